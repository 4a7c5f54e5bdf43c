// One request a tick. Earlier answers stay until new ones are here; a slow answer is never overtaken.
import { useEffect, useRef, useState } from "react";
import type { BatchQuery, BatchResult } from "../engine/wire";
import { ApiError, batch } from "./api";
import type { Tick } from "./clock";

export interface BatchState {
  results: Map<string, BatchResult>;
  range: { from: number; to: number }; // that the results are of
  error: string; // of the request as a whole
  loading: boolean; // a person waits for it
  loaded: boolean; // at least one answer has come
  at: number; // when the last one came
}

const nothing: BatchState = {
  results: new Map(),
  range: { from: 0, to: 0 },
  error: "",
  loading: true,
  loaded: false,
  at: 0,
};

// `ask` gives the queries for a tick's range, or nothing while it cannot know them yet.
export function useBatch(
  tick: Tick,
  ask: ((range: Tick["range"]) => BatchQuery[]) | undefined,
  key: string,
): BatchState {
  const [state, setState] = useState<BatchState>(nothing);
  const asking = useRef<{ key: string; abort: AbortController } | undefined>(undefined);
  const asked = useRef("");

  useEffect(() => {
    if (!ask) return;
    const mine = `${key}|${tick.occasion}`;
    const same = asked.current === mine;
    // The clock waits for the answer that is under way; a person's change does not.
    if (asking.current && same) return;
    asking.current?.abort.abort();
    const abort = new AbortController();
    const request = (asking.current = { key: mine, abort });
    asked.current = mine;
    if (!same) setState((s) => ({ ...s, loading: true }));
    batch(tick.range, ask(tick.range), abort.signal)
      .then((results) =>
        setState((s) => ({
          results: same ? keepData(s.results, results) : results,
          range: tick.range,
          error: "",
          loading: false,
          loaded: true,
          at: Date.now(),
        })),
      )
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const text = error instanceof ApiError || error instanceof Error ? error.message : String(error);
        setState((s) => ({ ...s, error: text, loading: false }));
      })
      .finally(() => {
        if (asking.current === request) asking.current = undefined;
      });
  }, [tick, ask, key]);

  useEffect(
    () => () => {
      asking.current?.abort.abort();
      asking.current = undefined;
    },
    [],
  );
  return state;
}

// A query that fails now and answered before shows both: its error, and what it last said.
function keepData(before: Map<string, BatchResult>, after: Map<string, BatchResult>): Map<string, BatchResult> {
  for (const result of after.values()) if (result.status === "error") result.data ??= before.get(result.id)?.data;
  return after;
}
