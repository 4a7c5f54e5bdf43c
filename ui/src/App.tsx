import { lazy, Suspense } from "react";
import { usePath } from "./data/url";
import { DashboardPage } from "./pages/DashboardPage";
import { HOME, Shell } from "./shell/Shell";
import { Problem } from "./pages/Problem";

const DashboardsPage = lazy(() => import("./pages/DashboardsPage").then((m) => ({ default: m.DashboardsPage })));
const TracesPage = lazy(() => import("./pages/TracesPage").then((m) => ({ default: m.TracesPage })));
const TracePage = lazy(() => import("./pages/TracePage").then((m) => ({ default: m.TracePage })));
const LogsPage = lazy(() => import("./pages/LogsPage").then((m) => ({ default: m.LogsPage })));

export function App() {
  const path = usePath();
  return (
    <Suspense
      fallback={
        <Shell name="" title={<h1>&nbsp;</h1>}>
          <div />
        </Shell>
      }
    >
      {route(path)}
    </Suspense>
  );
}

function route(path: string) {
  const [page = "", first = ""] = path.split("/").filter(Boolean).map(decode);
  if (page === "") return <DashboardPage uid={HOME} />;
  if (page === "d" && first) return <DashboardPage key={first} uid={first} />;
  if (page === "dashboards" || page === "d") return <DashboardsPage />;
  if (page === "traces") return <TracesPage />;
  if (page === "trace" && first) return <TracePage key={first} id={first} />;
  if (page === "logs") return <LogsPage />;
  return <Problem title="There is no such page" text={path} />;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
