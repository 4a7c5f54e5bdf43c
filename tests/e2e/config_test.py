#!/usr/bin/env python3
"""The configuration file of a user of the old stack: accepted as it stands by `up` and `agent`, and each key does what its
writer wanted. Then warnings, origins, and which source wins.

Everything runs in a network namespace of its own, where the file's endpoint, http://alloy:4318, can be what a test needs.
"""
import collections
import re
import shutil
import statistics
import subprocess
import time

import namespaces
import stack
import truth

OLD = """\
discovery:
  services:
    - exe_path: /usr/local/bin/core-service
network:
  enable: true
otel:
  endpoint: http://alloy:4318
  insecure: true
  traces:
    sampler: always_on
  metrics:
    interval: 5s
  logs:
    submit: opentelemetry
http_request_trace: true
print_traces: true
log_level: debug
"""
# Key as a warning names it, its line in the text above, the modern form.
DEPRECATED = [("discovery.services", 3, "discovery.instrument"), ("network.enable", 5, "capture.network"),
              ("otel.endpoint", 7, "export.endpoint"), ("otel.insecure", 8, "export.insecure"),
              ("otel.traces.sampler", 10, "traces.sampler"), ("otel.metrics.interval", 12, "metrics.interval"),
              ("otel.logs.submit", 14, "export.logs"), ("http_request_trace", 15, "capture.http"),
              ("print_traces", 16, "traces.printer")]
DEFAULT_PORTS = dict(zip(stack.PORTS, (3000, 9009, 3100, 3200, 4317, 4318)))
NOBODY = "127.0.0.99"


class Street:
    """tarsiers that read variants of the file, all watching the same services."""

    def __init__(self, processes):
        self.processes = processes

    def start(self, name, mode="up", text=OLD, alloy=NOBODY, ports=None):
        folder = self.processes.folder
        (folder / f"{name}.yml").write_text(text)
        hosts = folder / f"{name}.hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{alloy} alloy\n")
        inside = f'mount --bind {hosts} /etc/hosts && exec "$@" > {folder}/{name}.stdout'
        return stack.Tarsier(self.processes, mode, prefix=["unshare", "--mount", "sh", "-c", inside, "sh"], name=name, ports=ports,
                             flags=["--config", folder / f"{name}.yml"])

    def variant(self, name, old, new, **options):
        assert OLD.count(old) == 1
        return self.start(name, text=OLD.replace(old, new), **options)

    def sink(self, name, host):
        """What listens as alloy: a server, which can be asked what it got."""
        ports = {name: stack.free_port() for name in stack.PORTS} | {"server-otlp-http-port": 4318}
        return stack.Tarsier(self.processes, "server", flags=[f"--server-address={host}"], name=name, ports=ports, host=host)

    def stdout(self, tarsier):
        return (self.processes.folder / f"{tarsier.process.name}.stdout").read_text()


def server_spans(tarsier):
    return [s for s in truth.spans_of(tarsier) if s.kind == "server" and s.request.startswith("c-")]


def requests_counted(tarsier):
    rows = tarsier.promql('http_server_request_duration_seconds_count{http_route!="/api/health"}')
    return sum(v for _, v in rows)


def logs(tarsier):
    return [line for line in tarsier.logs('{service_name=~".+"}') if "request=c-" in line[2] + str(line[3])]


def flow_series(tarsier):
    return tarsier.promql("beyla_network_flow_bytes_total")


def sample_times(tarsier):
    answer = stack.fetch(f"{tarsier.url('server-prometheus')}/api/v1/query?" + stack.query_string(
        query='http_server_request_duration_seconds_count{http_route="/api/transaction",http_request_method="GET",'
              'http_response_status_code="200"}[5m]'))
    return [float(t) for t in re.findall(r"\[([0-9.]+),\"", answer.decode())]


def check_effects(checks, street, t, answered, counted):
    for where in ("stands", "sink", "agent_sink"):
        checks.becomes(f"{where}: server spans", lambda: len(server_spans(t[where])), answered)
        checks.becomes(f"{where}: requests counted", lambda: requests_counted(t[where]), counted)
        checks.becomes(f"{where}: log records", lambda: len(logs(t[where])), answered)
        checks.check(f"{where}: network flows", flow_series(t[where]))
        services = {s.service for s in truth.spans_of(t[where])}
        checks.equal(f"{where}: exe_path selects", services, {"core-service"})
    checks.becomes("exe_path is a regex, matched anywhere", lambda: len(server_spans(t["regex"])), answered)
    checks.equal("exe_path of another program selects nothing", truth.spans_of(t["other"]), [])
    checks.equal("sampler always_off: traces", t["off"].traces("{}"), [])
    checks.becomes("sampler always_off: requests counted", lambda: requests_counted(t["off"]), counted)
    checks.equal("network.enable false: flows", flow_series(t["no_flows"]), [])
    checks.becomes("network.enable false: server spans", lambda: len(server_spans(t["no_flows"])), answered)
    checks.equal("http_request_trace false: requests counted", requests_counted(t["no_http"]), 0)
    checks.equal("http_request_trace false: traces", t["no_http"].traces("{}"), [])
    checks.check("http_request_trace false: flows go on", flow_series(t["no_http"]))
    checks.equal("otel.logs.submit none: log records sent", logs(t["no_logs_sink"]), [])
    checks.becomes("otel.logs.submit none: server spans sent", lambda: len(server_spans(t["no_logs_sink"])), answered)
    checks.becomes("otel.logs.submit none: log records stored", lambda: len(logs(t["no_logs"])), answered)
    gaps = {name: [b - a for a, b in zip(times, times[1:])] for name, times in
            (("5s", sample_times(t["stands"])), ("1s", sample_times(t["each_second"])))}
    print(f"      seconds between metric points: {[round(g, 1) for g in gaps['5s']]} at 5s, {[round(g, 1) for g in gaps['1s']]} at 1s")
    checks.check("otel.metrics.interval 5s", gaps["5s"] and statistics.median(gaps["5s"]) > 4, gaps["5s"])
    checks.check("otel.metrics.interval 1s", len(gaps["1s"]) > len(gaps["5s"]) and statistics.median(gaps["1s"]) < 2, gaps["1s"])
    for name in ("stands", "agent"):
        lines = re.findall(r' core-service SERVER "', street.stdout(t[name]))
        checks.check(f"{name}: print_traces prints a line per span", len(lines) >= answered, f"{len(lines)} lines")
    checks.equal("print_traces false prints none", street.stdout(t["quiet"]), "")
    level = collections.Counter(re.findall(r"level=(\w+)", t["error_only"].log()))
    checks.check("log_level error: nothing less is said", not set(level) - {"error"}, level)
    checks.check("log_level debug: more is said", "level=debug" in t["stands"].log(),
                 t["stands"].log()[:500])


def check_warnings(checks, log, file):
    for key, line, modern in DEPRECATED:
        said = [l for l in log.splitlines() if re.search(rf"{re.escape(file)}:{line}: {re.escape(key)} ", l)]
        checks.check(f"{key}: one warning with line and modern form", len(said) == 1 and modern in said[0], said)
    checks.equal("warnings in all", log.count("is deprecated"), len(DEPRECATED))


def tarsier_config(command, *flags, env=None):
    done = subprocess.run([stack.TARSIER, "config", command, *map(str, flags)], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", **(env or {})})
    return done.returncode, done.stdout, done.stderr


def check_sources(checks, folder):
    file = folder / "old.yml"
    file.write_text(OLD)
    code, out, _ = tarsier_config("print", "--config", file)
    checks.equal("config print: exit code", code, 0)
    for line in ('metrics.interval: "5s"', 'export.endpoint: "http://alloy:4318"', 'traces.printer: "text"'):
        said = [l for l in out.splitlines() if l.startswith(line)]
        checks.check(f"config print: {line}, and its origin", said and f"# {file}:" in said[0], out)
    _, out, _ = tarsier_config("print", "--config", file, env={"TARSIER_METRICS_INTERVAL": "2s"})
    checks.check("the environment wins over the file", 'metrics.interval: "2s"  # environment TARSIER_METRICS_INTERVAL' in out, out)
    _, out, _ = tarsier_config("print", "--config", file, "--metrics-interval", "3s", env={"TARSIER_METRICS_INTERVAL": "2s"})
    checks.check("a flag wins over both", 'metrics.interval: "3s"  # flag --metrics-interval' in out, out)
    unknown = folder / "unknown.yml"
    unknown.write_text("otel:\n  endpont: http://alloy:4318\n")
    code, _, said = tarsier_config("check", "--config", unknown)
    checks.check("an unknown key names file, line and the nearest match",
                 code == 1 and f"{unknown}:2: unknown key otel.endpont; the nearest known key is otel.endpoint" in said, said)
    wrong = folder / "wrong.yml"
    wrong.write_text("otel:\n  metrics:\n    interval: often\n")
    code, _, said = tarsier_config("check", "--config", wrong)
    checks.check("a wrong value names file, line, key and value", code == 1 and all(
        part in said for part in (f"{wrong}:3", "metrics.interval", '"often"')), said)


def main():
    checks = stack.Checks()
    with namespaces.made("config") as (name,), namespaces.inside(name), stack.folder("config") as processes:
        check_sources(checks, processes.folder)
        street = Street(processes)
        t = {"sink": street.sink("sink", "127.0.0.2"), "agent_sink": street.sink("agent-sink", "127.0.0.3"),
             "no_logs_sink": street.sink("no-logs-sink", "127.0.0.4")}
        t |= {
            "stands": street.start("stands", alloy="127.0.0.2", ports=DEFAULT_PORTS),
            "agent": street.start("agent", mode="agent", alloy="127.0.0.3"),
            "no_logs": street.variant("no-logs", "submit: opentelemetry", "submit: none", alloy="127.0.0.4"),
            "regex": street.variant("regex", "/usr/local/bin/core-service", "local/b.n/core-[s]erv"),
            "other": street.variant("other", "/usr/local/bin/core-service", "/usr/local/bin/core$"),
            "off": street.variant("off", "always_on", "always_off"),
            "no_flows": street.variant("no-flows", "enable: true", "enable: false"),
            "no_http": street.variant("no-http", "http_request_trace: true", "http_request_trace: false"),
            "each_second": street.variant("each-second", "interval: 5s", "interval: 1s"),
            "quiet": street.variant("quiet", "print_traces: true", "print_traces: false"),
            "error_only": street.variant("error-only", "log_level: debug", "log_level: error"),
        }
        for tarsier in t.values():
            if tarsier.mode != "agent":
                tarsier.wait_ready()
        core = processes.folder / "usr/local/bin/core-service"
        core.parent.mkdir(parents=True)
        shutil.copy(stack.build_demo() / "core-service", core)
        demo = stack.Demo(processes, core=core)
        time.sleep(2)
        begin = time.time()
        counts = demo.load(300, ids="c", rate=25)
        print(f"      300 requests in {time.time() - begin:.0f} s before {len(t)} tarsiers")
        checks.equal("requests answered", counts["answered"], 300)
        time.sleep(6)  # longer than any interval: what is not wanted would have come
        counted = sum(r["count"] for r in counts["rows"] if r["route"] != "/api/health")
        check_effects(checks, street, t, 300, counted)
        check_warnings(checks, t["stands"].log(), str(processes.folder / "stands.yml"))
        check_warnings(checks, t["agent"].log(), str(processes.folder / "agent.yml"))
    checks.end()


if __name__ == "__main__":
    main()
