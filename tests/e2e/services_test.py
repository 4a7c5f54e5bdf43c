#!/usr/bin/env python3
"""Services in other languages, called in chains: a span for each hop; parents as they truly are where a runtime handles a
request on one thread; no wrong parent anywhere.

    services_test.py [--requests 300] [--concurrency 8]
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

import stack
import truth

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "services"))
import run  # noqa: E402 - found by the line above

CHAIN = ("nginx", "node", "python", "gunicorn", "java", "cpp")
SERVICE = {"nginx": "nginx", "node": "echo_node", "python": "echo_python", "gunicorn": "echo_gunicorn", "java": "EchoJava",
           "cpp": "echo_cpp"}
# These handle a request, its calls included, on one thread; the others have an event loop, whose thread serves many at once.
ONE_THREAD = {"python", "gunicorn", "java", "cpp"}
EVERY_SPAN = "{ resource.service.name =~ \"%s\" } | select(span:id, span:parentID, kind, resource.service.name, name, .url.path, .url.full, .url.query, .http.response.status_code, .server.port)"


def echo_id(span):
    return span.path.rsplit("/", 1)[1] if span.path.startswith("/echo/") else ""


def spans_of(tarsier):
    query = EVERY_SPAN % "|".join(SERVICE.values())
    return [truth.Span(t, s) for t in tarsier.traces(query) for spans in t["spanSets"] for s in spans["spans"]]


def ask(port, requests, concurrency, prefix):
    def one(number):
        answer = json.loads(stack.fetch(f"http://127.0.0.1:{port}/echo/{prefix}{number}", timeout=60))
        return run.chain_of(answer)[1]
    with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
        return [f"{prefix}{n}" for n, ids in enumerate(pool.map(one, range(requests))) if set(ids) == {f"{prefix}{n}"}]


def check_hops(checks, spans, ids):
    wanted = set(ids)
    for index, name in enumerate(CHAIN):
        for kind in ("server", "client"):
            if kind == "client" and index == len(CHAIN) - 1:
                continue
            seen = collections.Counter(echo_id(s) for s in spans if s.service == SERVICE[name] and s.kind == kind)
            missing = wanted - set(seen)
            twice = [i for i, n in seen.items() if n > 1]
            checks.check(f"{name}: one {kind} span a request", not missing and not twice,
                         f"{len(missing)} missing, e.g. {sorted(missing)[:3]}; {len(twice)} twice, e.g. {twice[:3]}")


def check_parents(checks, spans):
    """A server span is below the client span of the hop before; a client span below the server span of its own service."""
    by_id = {(s.trace, s.id): s for s in spans}
    before = {SERVICE[b]: SERVICE[a] for a, b in zip(CHAIN, CHAIN[1:])}
    counts = collections.defaultdict(collections.Counter)
    wrong = []
    for span in spans:
        if span.kind == "server" and span.service == SERVICE[CHAIN[0]]:
            continue
        parent = by_id.get((span.trace, span.parent))
        if parent is None:
            counts[span.service, span.kind]["none"] += 1
            continue
        service = span.service if span.kind == "client" else before[span.service]
        kind = "server" if span.kind == "client" else "client"
        if (parent.service, parent.kind, echo_id(parent)) == (service, kind, echo_id(span)):
            counts[span.service, span.kind]["right"] += 1
        else:
            counts[span.service, span.kind]["wrong"] += 1
            wrong.append((span, parent))
    checks.check("0 wrong parents", not wrong, f"{len(wrong)} wrong, e.g. {wrong[:2]}")
    for name in CHAIN:
        for kind in ("server", "client"):
            count = counts[SERVICE[name], kind]
            if not count:
                continue
            text = f"{name}: {kind} spans with their parent: {count['right']} of {count.total()}"
            if kind == "server" or name in ONE_THREAD:
                checks.check(text, count["none"] == 0, f"{count['none']} without a parent")
            else:
                print(f"      {text}")


def check_discover(checks, processes, ports):
    """`tarsier discover` names every service, as the spans will."""
    command = [stack.TARSIER, "discover", "--explain", *stack.watch_ports(processes, ports, name="discover")]
    def services():
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return {line.split()[1] for line in lines if "selected by open_ports" in line}
    checks.becomes("discover names the services", services, set(SERVICE.values()), 20)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--concurrency", type=int, default=8)
    options = parser.parse_args()
    checks = stack.Checks()
    with stack.folder("services") as processes, run.Services() as services:
        ports = [stack.free_port() for _ in CHAIN]
        tarsier = stack.Tarsier(processes, flags=stack.watch_ports(processes, ports)).wait_ready()
        for index in reversed(range(len(CHAIN))):
            services.start(CHAIN[index], ports[index], ports[index + 1] if index + 1 < len(CHAIN) else None)
        time.sleep(2)
        check_discover(checks, processes, ports)
        begin = time.time()
        ids = ask(ports[0], options.requests, options.concurrency, "s")
        print(f"      {options.requests / (time.time() - begin):.0f} requests/s through {len(CHAIN)} services")
        checks.equal("answers that carry the request's id from every service", len(ids), options.requests)
        time.sleep(6)
        spans = [s for s in spans_of(tarsier) if echo_id(s)]
        check_hops(checks, spans, ids)
        check_parents(checks, spans)
        checks.equal("exit code", processes.stop(tarsier.process), 0)
    checks.end()


if __name__ == "__main__":
    main()
