#!/usr/bin/env python3
"""`tarsier agent` and `tarsier server` on two hosts (network namespaces joined by a cable): everything that the agent sees
arrives, and nothing of other namespaces; then the server is away for a while, and nothing is lost.

    hosts_test.py [--away 15] [--rate 100]
"""
import argparse
import json
import time

import namespaces
import stack
import truth

SERVER, AGENT = "10.77.0.1", "10.77.0.2"


def start_server(processes, ports=None):
    return stack.Tarsier(processes, "server", flags=["--server-address=0.0.0.0"], ports=ports).wait_ready()


def start_agent(processes, server):
    endpoint = f"http://{SERVER}:{server.ports['server-otlp-http-port']}"
    return stack.Tarsier(processes, "agent", flags=["--capture-netns=self", f"--export-endpoint={endpoint}"])


def start_stranger(processes):
    """An HTTP service that the agent must not see: it is in another namespace."""
    port = stack.free_port()
    folder = processes.folder / "empty"
    folder.mkdir(exist_ok=True)
    processes.start("stranger", ["python3", "-m", "http.server", "--bind", "127.0.0.1", port, "--directory", folder],
                    env={"OTEL_SERVICE_NAME": "stranger"})
    url = f"http://127.0.0.1:{port}/"
    stack.wait_for("the stranger answers", lambda: stack.fetch(url), 20)
    return url


def arrived(tarsier, ids, wanted, seconds):
    """Waits for the server spans of a run; what is missing then is for the checks to say."""
    query = f'{{ resource.service.name = "core-service" && kind = server && .url.query =~ ".*request={ids}-.*" }}'
    begin = time.time()
    try:
        stack.wait_for("the spans arrive", lambda: len(tarsier.traces(query, spans=1)) >= wanted, seconds, every=0.5)
    except TimeoutError:
        pass
    return time.time() - begin


def together(counts, *more):
    """The truth of several runs as one."""
    rows = {}
    for row in [r for c in (counts, *more) for r in c["rows"]]:
        key = row["method"], row["route"], row["status"]
        kept = rows.setdefault(key, {**row, "count": 0, "request_body_bytes": 0, "response_body_bytes": 0})
        for field in ("count", "request_body_bytes", "response_body_bytes"):
            kept[field] += row[field]
    return {**counts, "rows": list(rows.values())}


def check_scope(checks, tarsier, services):
    names = {labels["service_name"] for labels, _ in tarsier.promql("http_server_request_duration_seconds_count")}
    checks.equal("services with metrics", names, services)
    checks.equal("services with spans", {s.service for s in truth.spans_of(tarsier)}, services)
    checks.equal("spans of the stranger", tarsier.traces('{ resource.service.name = "stranger" }'), [])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--away", type=int, default=15, help="seconds that the server is away")
    parser.add_argument("--rate", type=int, default=100)
    options = parser.parse_args()
    checks = stack.Checks()
    with namespaces.made("server", "agent", "other") as (server_ns, agent_ns, other_ns), stack.folder("hosts") as processes:
        namespaces.connect(server_ns, f"{SERVER}/24", agent_ns, f"{AGENT}/24")
        with namespaces.inside(other_ns):
            stranger = start_stranger(processes)
        with namespaces.inside(server_ns):
            server = start_server(processes)
        with namespaces.inside(agent_ns):
            start_agent(processes, server)
            time.sleep(3)  # an agent has no port to ask
            demo = stack.Demo(processes)
            near = demo.load(1000, concurrency=20, ids="near")
        with namespaces.inside(other_ns):
            for _ in range(50):
                stack.fetch(stranger)

        with namespaces.inside(server_ns):
            arrived(server, "near", 1000, 30)
            time.sleep(6)
            core = truth.check_spans(checks, truth.spans_of(server), near, "near")
            truth.check_logs(checks, server, core, "near")
            truth.check_metrics(checks, server, truth.with_health_checks(near), demo.ports["core"])
            check_scope(checks, server, {"core-service", "database-service", "receipt"})

            server.processes.stop(server.process)
        with namespaces.inside(agent_ns):
            file = processes.folder / "truth-away.json"
            load = demo.start_load("load-away", "-ids", "away", "-rate", str(options.rate), "-for", f"{options.away + 2}s", "-truth", file)
            time.sleep(options.away)
        with namespaces.inside(server_ns):
            server = start_server(processes, server.ports)
            load.wait(60)
            away = json.loads(file.read_text())
            took = arrived(server, "away", away["answered"], 60)
            print(f"      {away['answered']} requests while the server was away for {options.away} s; there {took:.1f} s after its return")
            time.sleep(6)
            checks.equal("requests without an answer", away["failed"], 0)
            core = truth.check_spans(checks, truth.spans_of(server), away, "away")
            truth.check_logs(checks, server, core, "away")
            truth.check_metrics(checks, server, truth.with_health_checks(together(near, away)), demo.ports["core"])
            check_scope(checks, server, {"core-service", "database-service", "receipt"})
    checks.end()


if __name__ == "__main__":
    main()
