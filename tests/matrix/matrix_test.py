#!/usr/bin/env python3
"""Whose call is this? Services with one server, one client and one way to call each, against real databases.

    matrix_test.py [--requests N] [--versions go1.19.13,newest] [--servers nethttp,fasthttp] [--clients http,redis] [--coverage FILE]

Every request's number comes back in the call's span: in an HTTP call's query, or in the code of an error that the database
was asked to answer.
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import coverage  # noqa: E402
import databases  # noqa: E402
import go_build  # noqa: E402
import stack  # noqa: E402
import truth  # noqa: E402

SERVERS = ("nethttp", "fasthttp")
CLIENTS = {"http": "net/http", "fasthttp": "fasthttp", "pq": "PostgreSQL, lib/pq", "pgx": "PostgreSQL, pgx", "mysql": "MySQL, go-sql-driver",
           "redis": "Redis, go-redis"}
NEEDS = {"http": "http", "fasthttp": "http", "pq": "postgresql", "pgx": "postgresql", "mysql": "mysql", "redis": "redis"}
PYTHON_CLIENTS = {"http": "http.client", "pq": "PostgreSQL, psycopg2", "mysql": "MySQL, PyMySQL", "redis": "Redis, redis-py"}
HOW = {"direct": "the handler's goroutine", "goro": "one that it starts"}
FOUND = 0.999
ROUND = 12_000  # requests that are judged at once: a search returns all their spans
# Before Go 1.21 a goroutine does not know who started it.
WITHOUT_PARENT_ID = ("go1.19.", "go1.20.")
SPANS = ('{ resource.service.name = "front" } | select(span:id, span:parentID, kind, resource.service.name, name, .url.query, .url.full, '
         '.url.path, .http.route, .http.request.method, .http.response.status_code, .db.system.name, .db.response.status_code)')


class Span(truth.Span):
    def __init__(self, trace, span):
        super().__init__(trace, span)
        facts = {a["key"]: truth.value(a) for a in span.get("attributes", [])}
        self.system, self.code = facts.get("db.system.name", ""), facts.get("db.response.status_code", "")

    def number(self):
        """Of the request that this is, or was called for; None when it does not tell."""
        if self.request:
            return int(self.request.rsplit("-", 1)[1])
        try:
            if self.system == "postgresql":
                return int(self.code[1:], 36) if self.code.startswith("T") else None
            if self.system == "redis":
                return int(self.code[1:]) if self.code.startswith("E") else None
            if self.system == "mysql":
                return int(self.code) - 5_000
        except ValueError:
            pass
        return None


def is_call_of(span, client):
    system = {"pq": "postgresql", "pgx": "postgresql"}.get(client, client)
    if client in ("http", "fasthttp"):
        return span.path == f"/b/{client}"
    return span.system == system


def variant_of(server_span):
    return server_span.path.removeprefix("/v/")


def verdicts(spans):
    """{variant: Counter(right, wrong, none)}, and some that are wrong. `none`: requests without a child that is theirs."""
    requests = {s.number(): s for s in spans if s.kind == "server" and s.request}
    by_id = {(s.trace, s.id): s for s in spans}
    table, wrong, found = collections.defaultdict(collections.Counter), [], set()
    for span in spans:
        if span.kind != "client" or (number := span.number()) is None or number not in requests:
            continue
        parent = by_id.get((span.trace, span.parent))
        if parent is None:
            continue
        variant = variant_of(requests[number])
        if parent.kind == "server" and parent.number() == number:
            found.add(number)
        else:
            table[variant]["wrong"] += 1
            wrong.append((span, parent))
    for number, request in requests.items():
        variant = variant_of(request)
        if not variant.startswith("none"):
            table[variant]["right" if number in found else "none"] += 1
    return table, wrong


def install_python():
    """An interpreter with the clients' packages."""
    folder, wanted = stack.ROOT / "build/matrix/venv", (HERE / "requirements.txt").read_text()
    python, mark = folder / "bin/python", folder / "installed.txt"
    if not mark.exists() or mark.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", HERE / "requirements.txt"], check=True)
        mark.write_text(wanted)
    return python


class Front:
    def __init__(self, processes, program, server, port, targets):
        self.url = f"http://127.0.0.1:{port}"
        self.process = processes.start("front", [*program, "-server", server, "-listen", f"127.0.0.1:{port}", *targets],
                                       env={"OTEL_SERVICE_NAME": "front"})
        stack.wait_for("the front answers", lambda: stack.fetch(self.url + "/v/none"))


def run(checks, version, server, options):
    what = f"{version}, {server}"
    python = server == "python"
    if python:
        program = [install_python(), HERE / "front.py"]
    else:
        program = [go_build.build(HERE, stack.ROOT / "build/matrix" / version, "" if version == "newest" else version)]
    golinks = go_build.build(HERE.parent / "golinks", stack.ROOT / "build/golinks/normal")
    with stack.folder(f"matrix-{server}") as processes:
        port, back = stack.free_port(), stack.free_port()
        clients = [client for client in options.clients.split(",") if not python or client in PYTHON_CLIENTS]
        needed = {NEEDS[client] for client in clients}
        at = {name: start(processes) for name, start in databases.STARTERS.items() if name in needed}
        at["http"] = f"http://127.0.0.1:{back}"
        targets = [argument for name, target in at.items() for argument in (f"-{name}", target)]
        tarsier = stack.Tarsier(processes, flags=stack.watch_ports(processes, (port, back))).wait_ready()
        processes.start("back", [golinks, "-mode=back", "-listen", f"127.0.0.1:{back}", "-delay", "5ms"], env={"OTEL_SERVICE_NAME": "back"})
        front = Front(processes, program, server, port, targets)
        time.sleep(0.5)
        variants = [f"{client}-{how}" for client in clients for how in HOW if how == "direct" or not python]
        total, requests = collections.defaultdict(collections.Counter), options.requests
        for n in range(0, requests, ROUND):
            ask(checks, f"{what}, from {n}", golinks, front, variants, min(ROUND, requests - n), tarsier, total)
        return judge(checks, what, version, variants, total)


def ask(checks, what, golinks, front, variants, requests, tarsier, total):
    """One round of load, whose counts are added to the total."""
    begin = int(time.time())
    load = subprocess.run([golinks, "-mode=load", "-target", front.url, "-variants", ",".join(variants), "-ids", f"m{begin}", "-requests",
                           str(requests), "-concurrency", "64"], check=True, capture_output=True, timeout=600)
    # On a machine that has other things to do, a database may refuse a connection.
    checks.check(f"{what}: {int(load.stdout)} answered", int(load.stdout) >= FOUND * requests, f"of {requests}")

    def seen():
        found = tarsier.traces(SPANS, start=begin - 1, end=int(time.time()) + 1)
        spans = [Span(t, s) for t in found for sets in t["spanSets"] for s in sets["spans"]]
        mine = {(s.trace, s.id) for s in spans if s.request.startswith(f"m{begin}-")}
        return [s for s in spans if (s.trace, s.id) in mine or s.kind == "client"]
    time.sleep(2)
    wait_until_still(seen)
    spans = seen()
    checks.equal(f"{what}: requests seen", sum(s.kind == "server" for s in spans), requests)
    table, wrong = verdicts(spans)
    for variant, got in table.items():
        total[variant] += got
    if wrong:
        print("      wrong, e.g.", *wrong[:3], sep="\n      ")


def judge(checks, what, version, variants, total):
    for variant in variants:
        got = total[variant]
        calls = got["right"] + got["none"]
        checks.equal(f"{what}: {variant}: wrong parents", got["wrong"], 0)
        hidden = variant.endswith("-goro") and version.startswith(WITHOUT_PARENT_ID)
        if not hidden:
            checks.check(f"{what}: {variant}: {got['right']} of {calls} found", got["none"] <= max(1, (1 - FOUND) * calls), str(dict(got)))
    return {variant: dict(got) for variant, got in total.items()}


def wait_until_still(seen, most=60):
    """Spans that wait for their parent, or for the end of an answer, come late."""
    before, end = -1, time.time() + most
    while (now := len(seen())) != before and time.time() < end:
        before = now
        time.sleep(2.5)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=60_000, help="of each pair of version and server (%(default)s)")
    parser.add_argument("--versions", default="newest")
    parser.add_argument("--servers", default=",".join(SERVERS), help="also python")
    parser.add_argument("--clients", default=",".join(CLIENTS))
    parser.add_argument("--coverage", type=pathlib.Path, metavar="FILE", help="writes docs/coverage.md there")
    options = parser.parse_args()
    checks, results = stack.Checks(), {}
    servers = options.servers.split(",")
    pairs = [(version, server) for version in options.versions.split(",") for server in servers if server != "python"]
    for version, server in pairs + [("python", server) for server in servers if server == "python"]:
        results[f"{version} {server}"] = run(checks, version, server, options)
    if options.coverage:
        coverage.write(options.coverage, results, options.requests, CLIENTS, PYTHON_CLIENTS, HOW, stack.ROOT / "build/golinks/results.json")
    checks.end()


if __name__ == "__main__":
    main()
