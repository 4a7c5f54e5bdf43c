import { ALL, type Variable, type Values } from "../engine/model";
import { chosen } from "../engine/variables";
import { setParams } from "../data/url";
import { Icon } from "../widgets/Icon";
import { Popover } from "../widgets/Popover";
import { useState } from "react";

export function VariableBar({ variables, values }: { variables: Variable[]; values: Values }) {
  // A data source has no choice here: there is one of each kind.
  const shown = variables.filter(
    (v) => v.hide !== 2 && v.type !== "constant" && v.type !== "datasource" && v.type !== "adhoc",
  );
  if (shown.length === 0) return null;
  return (
    <div className="variables">
      {shown.map((v) => (
        <div className="variable" key={v.name}>
          {v.hide !== 1 && (
            <span className="variable-label" id={`var-${v.name}`}>
              {v.label}
            </span>
          )}
          {v.type === "textbox" ? (
            <TextVariable variable={v} value={values[v.name]?.[0] ?? ""} />
          ) : (
            <Choice variable={v} values={values} />
          )}
        </div>
      ))}
    </div>
  );
}

function TextVariable({ variable, value }: { variable: Variable; value: string }) {
  return (
    <input
      key={value}
      className="input"
      aria-labelledby={`var-${variable.name}`}
      defaultValue={value}
      onBlur={(e) => setParams({ [`var-${variable.name}`]: e.target.value })}
      onKeyDown={(e) => e.key === "Enter" && e.currentTarget.blur()}
    />
  );
}

function Choice({ variable: v, values }: { variable: Variable; values: Values }) {
  const [filter, setFilter] = useState("");
  const now = chosen(v, values);
  const text = now.length === 0 ? "None" : now.map((o) => o.text).join(" + ");
  const selected = new Set(now.map((o) => o.value));
  const options = [...(v.includeAll ? [{ text: "All", value: ALL }] : []), ...v.options].filter((o) =>
    o.text.toLowerCase().includes(filter.toLowerCase()),
  );
  const pick = (value: string, close: () => void) => {
    const name = `var-${v.name}`;
    if (!v.multi || value === ALL) {
      setParams({ [name]: value });
      return close();
    }
    const next = new Set([...selected].filter((x) => x !== ALL));
    if (!next.delete(value)) next.add(value);
    setParams({ [name]: next.size === 0 && v.includeAll ? ALL : [...next] });
  };
  return (
    <Popover
      label={`${v.label}: ${text}`}
      className="button variable-button"
      button={
        <>
          <span className="variable-value">{text}</span>
          <Icon name="down" size={11} />
        </>
      }
    >
      {(close) => (
        <div className="picker">
          {v.options.length > 8 && (
            <input
              className="input"
              placeholder="Search"
              aria-label="Search"
              value={filter}
              onChange={(e) => setFilter(e.target.value)}
            />
          )}
          <ul className="menu">
            {options.slice(0, 500).map((o) => (
              <li key={o.value}>
                <button
                  type="button"
                  role={v.multi ? "checkbox" : undefined}
                  aria-checked={v.multi ? selected.has(o.value) : undefined}
                  aria-current={!v.multi && selected.has(o.value)}
                  onClick={() => pick(o.value, close)}
                >
                  {v.multi && <span className={`check ${selected.has(o.value) ? "on" : ""}`} />}
                  {o.text}
                </button>
              </li>
            ))}
            {options.length === 0 && <li className="muted pad">No values</li>}
          </ul>
        </div>
      )}
    </Popover>
  );
}
