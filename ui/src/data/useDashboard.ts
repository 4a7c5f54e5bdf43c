import { useEffect, useState } from "react";
import { importDashboard } from "../engine/import/import";
import type { Dashboard } from "../engine/model";
import { getDashboard } from "./api";

export function useDashboard(uid: string): { dashboard?: Dashboard; error: string } {
  const [state, setState] = useState<{ uid: string; dashboard?: Dashboard; error: string }>({ uid: "", error: "" });
  useEffect(() => {
    const abort = new AbortController();
    getDashboard(uid, abort.signal)
      .then((source) => setState({ uid, dashboard: importDashboard(source, uid), error: "" }))
      .catch((e: unknown) => {
        if (!abort.signal.aborted) setState({ uid, error: e instanceof Error ? e.message : String(e) });
      });
    return () => abort.abort();
  }, [uid]);
  return state.uid === uid ? state : { error: "" };
}
