#!/usr/bin/env python3
"""HTTP/2 and gRPC as real programs speak them, both ends watched: every request once at each end, with its name, status, sizes
and time as the client knows them; the two ends joined; connections older than the agent never told wrongly.

    http2_test.py [--requests 100] [--concurrency 64] [--late 1] [--late-concurrency 1] [--source sockets]
"""
import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import stack  # noqa: E402
import truth  # noqa: E402

BUILD = stack.ROOT / "build/http2"
SPANS = ('{ resource.service.name =~ "h2-.*" } | select(span:id, span:parentID, kind, resource.service.name, name, .rpc.method, '
         '.rpc.system.name, .rpc.response.status_code, .http.request.method, .url.path, .url.full, .http.response.status_code, '
         '.http.request.body.size, .http.response.body.size)')
SERVERS = ("go-grpc", "py-grpc", "go-http", "node-http")
# Client and server.
PAIRS = (("go-grpc", "go-grpc"), ("py-grpc", "go-grpc"), ("go-grpc", "py-grpc"), ("py-grpc", "py-grpc"),
         ("go-http", "go-http"), ("node-http", "go-http"), ("go-http", "node-http"))
# Their handlers call two services in the back, over HTTP/1 and gRPC.
MIDDLE = (("go-grpc", "go-grpc"), ("go-http", "go-http"), ("go-grpc", "py-grpc"), ("node-http", "node-http"))
LINKS = {}  # what was counted, for docs/coverage.md
LINKED = ("go-grpc", "go-http")  # whose handlers' calls are found
# What a request takes at least, in ms.
SLOW = {"/echo.Echo/Watch": 7, "GET /slow": 19.5}
PATIENCE = 120  # seconds, on a busy machine
LATE_BYTES = 10_000  # of a client's output, which are about 60 requests
# Between the clocks of a client's program and its system calls, on a busy machine.
SLACK_MS = 5
KNOWN_PAIRS = {("/echo.Echo/Unary", "OK"), ("/echo.Echo/Unary", "NOT_FOUND"), ("/echo.Echo/Unary", "INTERNAL"),
               ("/echo.Echo/Watch", "OK"), ("/echo.Echo/Chat", "OK"), ("/echo.Echo/Nothing", "UNIMPLEMENTED"),
               ("GET /small", "200"), ("POST /echo", "200"), ("GET /missing", "404"), ("HEAD /small", "200"),
               ("DELETE /gone", "204"), ("GET /fail", "500"), ("GET /slow", "200")}


def build():
    """Builds and installs what is missing."""
    BUILD.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", BUILD / "echo", "."], cwd=HERE, check=True)
    pinned, installed = HERE / "requirements.txt", BUILD / "requirements.txt"
    if not installed.exists() or installed.read_bytes() != pinned.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", BUILD / "venv"], check=True)
        subprocess.run([BUILD / "venv/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", pinned], check=True)
        installed.write_bytes(pinned.read_bytes())


def server_command(kind, port, web="", rpc=""):
    if kind == "py-grpc":
        return [BUILD / "venv/bin/python", HERE / "echo.py", "server", f"127.0.0.1:{port}"]
    if kind == "node-http":
        return ["node", HERE / "echo.mjs", "server", port]
    mode = {"go-grpc": "grpc-server", "go-http": "http-server"}[kind]
    return [BUILD / "echo", "-mode", mode, "-listen", f"127.0.0.1:{port}", "-web", web, "-rpc", rpc]


def client_command(kind, port, requests, concurrency, context):
    if kind == "py-grpc":
        return [BUILD / "venv/bin/python", HERE / "echo.py", "client", f"127.0.0.1:{port}", "--requests", requests,
                "--concurrency", concurrency, "--context", context]
    if kind == "node-http":
        return ["node", HERE / "echo.mjs", "client", port, requests, concurrency, context]
    return [BUILD / "echo", "-mode", {"go-grpc": "grpc-client", "go-http": "http-client"}[kind], "-target", f"127.0.0.1:{port}",
            "-requests", requests, "-concurrency", concurrency, "-context", context]


class Span:
    def __init__(self, trace, span):
        self.trace, self.id = trace["traceID"].zfill(32), span["spanID"]
        self.start_ns, self.ms = int(span["startTimeUnixNano"]), int(span["durationNanos"]) / 1e6
        facts = {a["key"]: truth.value(a) for a in span.get("attributes", [])}
        self.parent, self.kind, self.service = facts.get("span:parentID", ""), facts["kind"], facts["service.name"]
        self.rpc = facts.get("rpc.system.name") == "grpc"
        if self.rpc:
            self.name, self.status = span["name"], facts.get("rpc.response.status_code", "")
            self.request = self.name.removeprefix("/down.Down/") if self.name.startswith("/down.Down/") else ""
            self.sent = self.received = 0
            return
        url = urllib.parse.urlsplit(facts.get("url.full", ""))
        path = facts.get("url.path") or url.path
        self.request = urllib.parse.parse_qs(url.query).get("request", [""])[0]
        self.name, self.status = f"{facts.get('http.request.method', '')} {path}", str(facts.get("http.response.status_code", ""))
        self.sent, self.received = int(facts.get("http.request.body.size", 0)), int(facts.get("http.response.body.size", 0))

    def __repr__(self):
        return f"{self.service} {self.kind} {self.name} {self.status} {self.sent}/{self.received} {self.ms:.1f} ms {self.trace}"


class Client:
    """A client program that waits until it is told to begin."""

    def __init__(self, kind, server, port, number, concurrency, requests=0, with_context=True, label=""):
        self.kind, self.server = kind, server
        self.service = f"h2-{label}{kind}-to-{server}"
        self.context = f"{number:08x}{os.getpid() & 0xffffffff:08x}" if with_context else ""
        command = client_command(kind, port, requests, concurrency, self.context)
        self.out = tempfile.TemporaryFile()
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=self.out,
                                        env={**os.environ, "OTEL_SERVICE_NAME": self.service})
        self.answers = []

    def begin(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def answered(self):
        """Bytes of what it has printed."""
        return os.fstat(self.out.fileno()).st_size

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)
        self.out.seek(0)
        self.answers = [json.loads(line) for line in self.out]
        return self.answers


def spans_of(tarsier):
    return [Span(t, s) for t in tarsier.traces(SPANS) for spans in t["spanSets"] for s in spans["spans"]]


def fault(span, answer):
    """What is wrong with a span, or nothing."""
    if (span.name, span.status) != (answer["name"], answer["status"]):
        return "name or status"
    if not span.rpc and (span.sent, span.received) != (answer["sent"], answer["received"]):
        return "sizes"
    if span.ms > answer["ms"] + SLACK_MS:
        return "takes longer than its client saw"
    if span.ms < SLOW.get(span.name, 0) - (SLACK_MS if span.kind == "client" else 1):
        return "takes less than it can"
    return ""


def check_known(checks, spans, client, may_miss):
    """Each request by its number."""
    what = client.service
    got = collections.defaultdict(list)
    for span in spans:
        got[span.trace].append(span)
    missing, double, wrong = [], [], []
    for answer in client.answers:
        kinds = collections.Counter(span.kind for span in got[answer["id"]])
        if kinds["server"] < 1 or kinds["client"] < 1:
            missing.append((answer, dict(kinds)))
        if kinds["server"] > 1 or kinds["client"] > 1:
            double.append(answer)
        wrong += [(fault(s, answer), s, answer) for s in got[answer["id"]] if fault(s, answer)]
    checks.check(f"{what}: {len(client.answers)} requests, each with a span at both ends", len(missing) <= may_miss, f"{len(missing)}, e.g. {missing[:2]}")
    checks.check(f"{what}: none twice", not double, str(double[:2]))
    times = [w for w in wrong if w[0].startswith("takes")]  # a thread may lose its processor between system call and tracepoint
    wrong = [w for w in wrong if w not in times]
    checks.check(f"{what}: names, statuses and sizes are right", not wrong, f"{len(wrong)}, e.g. {wrong[:3]}")
    checks.check(f"{what}: times are right", len(times) <= 2 + len(client.answers) / 50, f"{len(times)}, e.g. {times[:3]}")


def check_joined(checks, spans, client, may_miss):
    """Without a header: by the connection and the stream."""
    children = collections.defaultdict(list)
    for span in spans:
        if span.parent:
            children[(span.trace, span.parent)].append(span)
    calls = [s for s in spans if s.service == client.service]
    wrong = [(s, children[(s.trace, s.id)]) for s in calls
             if [(c.kind, c.name, c.status) for c in children[(s.trace, s.id)]] != [("server", s.name, s.status)]]
    checks.check(f"{client.service}: {len(calls)} calls, each joined with its answerer's span",
                 len(calls) >= len(client.answers) - may_miss and len(wrong) <= may_miss, f"{len(client.answers)} made, {len(wrong)} apart, e.g. {wrong[:2]}")


def check_late(checks, spans, client, begin_ns, concurrency, may_miss):
    """On a connection older than the agent: as many as there were, and nothing wrong about any."""
    end_ns = max(a["start"] for a in client.answers) - 300_000_000
    made = sum(begin_ns <= a["start"] < end_ns for a in client.answers)
    calls = [s for s in spans if s.service == client.service and begin_ns <= s.start_ns < end_ns]
    checks.check(f"{client.service}: late: {made} requests, {len(calls)} seen", made > 20 and abs(len(calls) - made) <= 2 + concurrency + made / 100)
    known = {name for name, _ in KNOWN_PAIRS}
    wrong = [s for s in calls if s.name.strip() not in known and s.name not in ("*", " ") and not half_known(s)]
    wrong += [s for s in calls if s.status and s.name in known and (s.name, s.status) not in KNOWN_PAIRS]
    checks.check(f"{client.service}: late: no wrong name or status", not wrong, f"{len(wrong)}, e.g. {wrong[:3]}")
    answered = collections.Counter(a["status"] for a in client.answers)
    rpcs = "grpc" in client.kind
    # Until the first one has shown what it is, an RPC is a POST.
    told = collections.Counter(s.status for s in spans if s.service == client.service and s.status and s.rpc == rpcs)
    # An answer that is missing when its connection ends looks like one that never came.
    checks.check(f"{client.service}: late: no status is told more often than answered", (told - answered).total() <= may_miss, f"{told}, {answered}")
    kinds = collections.Counter(s.rpc for s in calls)
    checks.check(f"{client.service}: late: RPCs are told from other requests", kinds[not rpcs] <= made / 100, str(kinds))
    named = sum(s.name in known for s in calls)
    print(f"      {client.service}: {named} of {len(calls)} have their name, {sum(bool(s.status) for s in calls)} their status")


def check_middle(checks, spans, server):
    """What a handler calls has its own request as its parent, or none."""
    service = f"h2-mid-{server}"
    by_id = {(s.trace, s.id): s for s in spans}
    got, wrong = collections.Counter(), []
    for span in spans:
        if span.service != service or span.kind != "client" or not span.request:
            continue
        parent = by_id.get((span.trace, span.parent))
        right = parent is not None and (parent.service, parent.kind, parent.trace) == (service, "server", span.request)
        verdict = "right" if right else "wrong" if span.parent else "none"
        got[verdict] += 1
        wrong += [(span, parent)] if verdict == "wrong" else []
    checks.check(f"{service}: {got.total()} calls of its handlers, no wrong parent", got.total() > 0 and not wrong, f"{len(wrong)}, e.g. {wrong[:2]}")
    LINKS[server] = dict(got)
    if server in LINKED:
        checks.check(f"{service}: each has its parent", got["none"] <= 1 + got.total() / 1000, str(dict(got)))
    print(f"      {service}: {got['right']} have their parent, {got['none']} none")


def half_known(span):
    """Only the method, or only the path."""
    method, _, path = span.name.partition(" ")
    return not span.rpc and (not method or not path) and any(
        pair.startswith(method) and pair.endswith(path) for pair, _ in KNOWN_PAIRS)


def check_metrics(checks, tarsier, server, answers):
    service = f'service_name="h2-{server}"'
    if "grpc" in server:
        wanted = collections.Counter((a["name"] if a["status"] != "UNIMPLEMENTED" else "*", a["status"]) for a in answers)
        query = f"sum by (rpc_method, rpc_response_status_code) (rpc_server_call_duration_seconds_count{{{service}}})"
        labels = ("rpc_method", "rpc_response_status_code")
    else:
        wanted = collections.Counter((a["name"].split()[0], a["status"]) for a in answers)
        query = f"sum by (http_request_method, http_response_status_code) (http_server_request_duration_seconds_count{{{service}}})"
        labels = ("http_request_method", "http_response_status_code")

    def got():
        return {tuple(m.get(label, "") for label in labels): int(v) for m, v in tarsier.promql(query)}
    checks.becomes(f"{server}: requests by name and status, as metrics", got, dict(wanted), PATIENCE)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100, help="of each client")
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--late", type=float, default=1, help="seconds that older connections go on at least")
    parser.add_argument("--late-concurrency", type=int, default=1)
    parser.add_argument("--source", default="auto")
    parser.add_argument("--may-miss", type=int, default=0, help="spans, and answers of spans, of each pair; metrics are then left alone")
    options = parser.parse_args()
    build()
    checks = stack.Checks()
    with stack.folder("http2") as processes:
        run(checks, processes, options)
    (BUILD / "results.json").write_text(json.dumps(LINKS))
    checks.end()


def run(checks, processes, options):
    middle = [f"mid-{name}" for name in dict.fromkeys(server for _, server in MIDDLE)]
    names = (*SERVERS, *(f"old-{name}" for name in SERVERS), "back-go-http", "back-go-grpc", *middle)
    ports = {name: stack.free_port() for name in names}
    back = {"web": f"127.0.0.1:{ports['back-go-http']}", "rpc": f"127.0.0.1:{ports['back-go-grpc']}"}
    for name, port in ports.items():
        calls = back if name in middle else {}
        environment = {"OTEL_SERVICE_NAME": f"h2-{name}", **{key.upper(): address for key, address in calls.items()}}
        processes.start(name, server_command(name.split("-", 1)[1] if name not in SERVERS else name, port, **calls), env=environment)
    for name, port in ports.items():
        stack.wait_for(f"{name} listens", lambda port=port: stack.socket.create_connection(("127.0.0.1", port), 1).close() is None, PATIENCE)
    begin = time.time()
    late = [Client(c, f"old-{s}", ports[f"old-{s}"], 0, options.late_concurrency, with_context=False) for c, s in PAIRS]
    for client in late:
        client.begin()
    for client in late:
        stack.wait_for(f"{client.service} is answered", client.answered, PATIENCE)
    flags = [f"--capture-source={options.source}"]
    who = [{"open_ports": ",".join(map(str, ports.values()))}, {"exe_path": str(BUILD / "echo")}, {"exe_path": "*/python3*"}, {"exe_path": "*/node"}]
    file = processes.folder / "watch.yml"
    file.write_text(json.dumps({"discovery": {"instrument": who}, "otel": {"metrics": {"interval": "1s"}}}))
    tarsier = stack.Tarsier(processes, flags=["--config", file, *flags]).wait_ready(PATIENCE)
    watched_ns = time.time_ns() + 1_000_000_000
    clients = [Client(c, s, ports[s], i + 1, options.concurrency, options.requests) for i, (c, s) in enumerate(PAIRS)]
    plain = [Client(c, s, ports[s], 0, options.concurrency, options.requests, with_context=False, label="plain-") for c, s in PAIRS]
    middle = [Client(c, f"mid-{s}", ports[f"mid-{s}"], 100 + i, options.concurrency, options.requests) for i, (c, s) in enumerate(MIDDLE)]
    time.sleep(1 + options.late)
    before = [client.answered() for client in late]
    for client, size in zip(late, before):
        stack.wait_for(f"{client.service} goes on", lambda client=client, size=size: client.answered() > size + LATE_BYTES, PATIENCE)
    for client in late:
        client.end()
    for client in clients + plain:
        client.begin()
    for client in clients + plain:
        checks.equal(f"{client.service}: answered", len(client.end()), options.requests)
    for client in middle:
        client.begin()
    for client in middle:
        checks.equal(f"{client.service}: answered", len(client.end()), options.requests)
    print(f"      {time.time() - begin:.1f} s until all are answered")
    total = 2 * sum(len(c.answers) for c in clients + plain)
    fresh = {c.service for c in clients + plain} | {f"h2-{s}" for s in SERVERS}
    checks.becomes("spans of new connections, but for what may be missing",
                   lambda: sum(s.service in fresh for s in spans_of(tarsier)) >= total - options.may_miss, True, PATIENCE)
    spans = spans_of(tarsier)
    for client in clients:
        check_known(checks, spans, client, options.may_miss)
    for client in plain:
        check_joined(checks, spans, client, options.may_miss)
    for client in late:
        check_late(checks, spans, client, watched_ns, options.late_concurrency, options.may_miss)
    for _, server in MIDDLE:
        check_middle(checks, spans, server)
    for server in SERVERS if options.may_miss == 0 else ():
        check_metrics(checks, tarsier, server, [a for c in clients + plain if c.server == server for a in c.answers])
    checks.equal("frames lost", tarsier.self_metric("tarsier_assemble_framing_lost_total"), 0)
    checks.equal("exit code", processes.stop(tarsier.process), 0)


if __name__ == "__main__":
    main()
