import { useEffect, useState } from "react";

interface Props {
  value: string; // "" = all
  load(): Promise<string[]>;
  onPick(service: string): void;
}

// Services to choose from, asked once; the chosen one is there before the answer is.
export function ServicePick({ value, load, onPick }: Props) {
  const [known, setKnown] = useState<string[]>([]);
  useEffect(() => {
    load().then(
      (names) => setKnown(names),
      () => setKnown([]),
    );
  }, []);
  const names = [...new Set([...known, ...(value ? [value] : [])])].sort();
  return (
    <select className="input" aria-label="Service" value={value} onChange={(e) => onPick(e.target.value)}>
      <option value="">All services</option>
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
