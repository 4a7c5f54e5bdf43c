#!/usr/bin/env python3
"""Which request caused this call? Go programs of several versions and builds, in every way a program can call.

    golinks_test.py [--requests N] [--builds normal,stripped,pie,cgo,go1.22.12,...]
"""
import argparse
import collections
import json
import pathlib
import struct
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import go_build  # noqa: E402
import stack  # noqa: E402
import truth  # noqa: E402

# Every call below the request that caused it.
ALWAYS = ("direct", "small", "smallctx", "post", "ctx", "ctxdeep", "slow", "two", "par", "parctx", "goro", "deepctx", "poolctx",
          "detached", "detachedctx", "proxy")
WITH_CONTEXT = ("smallctx", "ctx", "ctxdeep", "parctx", "deepctx", "poolctx", "detachedctx", "proxy")
# A caller that passes no context can be found only when it waits for its answer. When it loses its processor between sending
# and waiting, and the answer is there before it is back, nothing tells. So many calls of a build at most:
LATE_CALLERS = 1 / 1000
LATE_CALLERS_HURRIED = 1 / 150
# Nothing in the program says whose call it is: no parent, and never a wrong one.
NEVER = ("deep", "pool")
# Before Go 1.21 a goroutine does not know who started it.
BY_PARENT_ID = ("par", "goro", "detached")
# The first request starts the pool, so that seems to cause whatever the pool calls for others, until its connection gets another
# request or 2 s have passed.
SOMETIMES_WRONG = ("lazypool",)
CHILD_KEEP_NS = 2_000_000_000

BUILDS = {
    "normal": ([], {}),
    "stripped": (["-ldflags=-s -w"], {}),
    "pie": (["-buildmode=pie"], {}),
    "cgo": (["-ldflags=-linkmode=external"], {"CGO_ENABLED": "1"}),
    "hurried": ([], {}),  # more threads than processors, instant answers: a caller may be late for its own call
    "procs": ([], {}),  # more Ps than a record has room for
    "go1.19.13": ([], {}),
    "go1.20.14": (["-ldflags=-s -w"], {}),
    "go1.21.13": ([], {}),
    "go1.22.12": (["-ldflags=-s -w"], {}),
    "go1.23.12": ([], {}),
    "go1.24.13": ([], {}),
    "go1.25.7": ([], {}),
}
SPANS = ('{ resource.service.name =~ "front|back" } | select(span:id, span:parentID, kind, resource.service.name, name, .url.query, '
         '.url.full, .url.path, .http.route, .http.request.method, .http.response.status_code)')


def build(name):
    flags, environment = BUILDS[name]
    return go_build.build(HERE, stack.ROOT / "build/golinks" / name, name if name.startswith("go1.") else "", flags, environment)


def never(name):
    """Variants of a build whose calls show nothing that names their request."""
    return (*NEVER, *BY_PARENT_ID) if name.startswith(("go1.19.", "go1.20.")) else NEVER


class Services:
    """front and back, and the tarsier that watches them and nobody else on this host."""

    def __init__(self, processes, program, build_name="normal", flags=()):
        hurried = build_name == "hurried"
        self.ports = {name: stack.free_port() for name in ("front", "back", "tls")}
        self.program = program
        self.tarsier = stack.Tarsier(processes, flags=[*stack.watch_ports(processes, self.ports.values()), *flags]).wait_ready()
        address = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        processes.start("back", [program, "-mode=back", "-listen", address["back"], "-tls-listen", address["tls"], "-delay", "0" if hurried else "10ms"],
                        env={"OTEL_SERVICE_NAME": "back"})
        environment = {"hurried": {"GOMAXPROCS": "8", "GOGC": "2"}, "procs": {"GOMAXPROCS": "70"}}.get(build_name, {})
        self.front = processes.start("front", [program, "-mode=front", "-listen", address["front"], "-target", f"http://{address['back']}",
                                               "-tls-target", f"https://{address['tls']}"], env={"OTEL_SERVICE_NAME": "front", **environment})
        self.url = f"http://{address['front']}"
        stack.wait_for("the services answer", lambda: stack.fetch(self.url + "/v/none") and stack.fetch(f"http://{address['back']}/b/none"))

    def load(self, variants, ids, requests, concurrency=64):
        out = subprocess.run([self.program, "-mode=load", "-target", self.url, "-variants", ",".join(variants), "-ids", ids,
                              "-requests", str(requests), "-concurrency", str(concurrency)], check=True, capture_output=True, timeout=300)
        return int(out.stdout)


def calls_of(spans, ids):
    """{variant: Counter(right, wrong, none)} of the front's calls, {variant: [(call, its wrong parent)]}, and how many answers
    found their call."""
    by_id = {(s.trace, s.id): s for s in spans}
    table, wrong, joined, apart = collections.defaultdict(collections.Counter), collections.defaultdict(list), 0, []
    for span in spans:
        if not span.request.startswith(ids + "-"):
            continue
        parent = by_id.get((span.trace, span.parent))
        if span.service == "front" and span.kind == "client":
            verdict = "none" if parent is None else "right" if (parent.kind, parent.request) == ("server", span.request) else "wrong"
            variant = span.path.removeprefix("/b/")
            table[variant][verdict] += 1
            if verdict == "wrong":
                wrong[variant].append((span, parent))
        elif span.service == "back":
            if parent is not None and (parent.kind, parent.request) == ("client", span.request):
                joined += 1
            else:
                apart.append(span)
    return table, wrong, joined, apart


def judge_starter(checks, what, wrong):
    """All below the request that started the pool, and soon no more."""
    checks.check(f"{what}: no parent but the request that started the pool", len({parent.id for _, parent in wrong}) <= 1, wrong[:3])
    late = [(call, parent) for call, parent in wrong if call.start_ns > parent.end_ns + CHILD_KEEP_NS]
    checks.check(f"{what}: {len(wrong)} wrong parents, none 2 s after that request", not late, late[:3])


def judge(checks, name, table, wrong, requests):
    # By the context alone (old Go), or with a runtime that is always at its garbage, a call can come too late for that too.
    lenient = name == "hurried" or never(name) != NEVER
    for variant in (*ALWAYS, *NEVER, *SOMETIMES_WRONG):
        got = table[variant]
        total = sum(got.values())
        wanted = requests // (len(ALWAYS) + len(NEVER) + len(SOMETIMES_WRONG))
        wanted *= 2 if variant in ("two", "par", "parctx") else 1
        checks.check(f"{name}: {variant}: {total} calls seen", abs(total - wanted) <= 2, f"wanted about {wanted}")
        if variant in SOMETIMES_WRONG:
            judge_starter(checks, f"{name}: {variant}", wrong[variant])
        else:
            checks.equal(f"{name}: {variant}: wrong parents", got["wrong"], 0)
        if variant in WITH_CONTEXT and not lenient:
            checks.equal(f"{name}: {variant}: every call has its parent", got["none"], 0)
    # Chance may put most of a build's late callers into one variant, so they are judged together.
    late = [variant for variant in ALWAYS if variant not in never(name) and (lenient or variant not in WITH_CONTEXT)]
    calls = sum((table[variant] for variant in late), collections.Counter())
    most = (LATE_CALLERS_HURRIED if name == "hurried" else LATE_CALLERS) * sum(calls.values())
    checks.check(f"{name}: {calls['none']} of {sum(calls.values())} calls have no parent", calls["none"] <= most,
                 {variant: table[variant]["none"] for variant in late})


def keep(name, table):
    """For docs/coverage.md."""
    file = stack.ROOT / "build/golinks/results.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    known[name] = {variant: dict(got) for variant, got in table.items()}
    file.write_text(json.dumps({build: known[build] for build in BUILDS if build in known}, indent=1))


def plain(checks, name, program, requests):
    with stack.folder(f"golinks-{name}") as processes:
        services = Services(processes, program, name)
        time.sleep(0.5)
        checks.equal(f"{name}: answered", services.load((*ALWAYS, *NEVER, *SOMETIMES_WRONG), name, requests), requests)
        time.sleep(12)  # a call whose parent is not found waits for it
        spans = truth.spans_of(services.tarsier, SPANS)
        table, wrong, joined, apart = calls_of(spans, name)
        judge(checks, name, table, wrong, requests)
        keep(name, table)
        checks.check(f"{name}: every answer found its call ({joined})", not apart, f"{len(apart)} apart, e.g. {apart[:2]}")


def cut_short(checks, program, times=30):
    """Clients that die in the middle: what they had sent is read together with their end, or after it."""
    with stack.folder("golinks-cut") as processes:
        services = Services(processes, program, "hurried")
        time.sleep(0.5)
        for i in range(times):
            load = subprocess.Popen([program, "-mode=load", "-target", services.url, "-variants", "direct,ctx,par",
                                     "-ids", f"cut{i}", "-requests", "1000000"], stdout=subprocess.DEVNULL)
            time.sleep(0.15)
            load.kill()
            load.wait()
        time.sleep(12)
        spans = truth.spans_of(services.tarsier, SPANS)
        total = collections.Counter()
        for i in range(times):
            for got in calls_of(spans, f"cut{i}")[0].values():
                total += got
        checks.check(f"cut short: {total.total()} calls seen", total.total() > 20 * times, str(dict(total)))
        checks.equal("cut short: wrong parents", total["wrong"], 0)
        checks.check(f"cut short: {total['none']} calls have no parent", total["none"] <= LATE_CALLERS_HURRIED * total.total(), str(dict(total)))
        for counter in ("framing_lost_total", 'events_dropped_total{reason="bad_head"}'):
            checks.equal(f"cut short: {counter}", services.tarsier.self_metric(f"tarsier_assemble_{counter}"), 0)


def records(path):
    """(kind, pid, cookie, body) of a recording."""
    data = path.read_bytes()
    assert data[:8] == b"TSREC001"
    at = 8
    while at + 32 <= len(data):
        kind, size, _, cookie, pid, _ = struct.unpack_from("<B3xIQQII", data, at)
        yield kind, pid, cookie, data[at + 32:at + size]
        at += size


def tls_calls(path, services):
    """One request at a time: the goroutine that waits for the answer must be the one that got the request."""
    peers, caller, right, wrong = {}, None, 0, 0
    for kind, pid, cookie, body in records(path):
        if kind == 1:
            local, peer = struct.unpack_from("<HH", body, 32)
            peers[cookie] = (local, peer)
        if kind != 2 or pid != services.front.pid or cookie not in peers:
            continue
        direction, link, goid = *struct.unpack_from("<BB", body, 20), struct.unpack_from("<Q", body, 24)[0]
        local, peer = peers[cookie]
        if local == services.ports["front"] and direction == 0 and link == 1:
            caller = goid
        elif peer == services.ports["tls"] and link == 2:
            waiting = struct.unpack_from("<Q", body, 40)[0]
            if waiting == caller:
                right += 1
            elif waiting:
                wrong += 1
    return right, wrong


def over_tls(checks, program, requests=200):
    """What is said over TLS cannot be read, but whose call it is can be told."""
    with stack.folder("golinks-tls") as processes:
        recording = processes.folder / "tls.rec"
        recording.touch()
        recording.chmod(0o666)
        services = Services(processes, program, flags=[f"--capture-record={recording}"])
        time.sleep(0.5)
        checks.equal("tls: answered", services.load(("tls",), "tls", requests, concurrency=1), requests)
        time.sleep(1)
        processes.stop(services.tarsier.process)
        right, wrong = tls_calls(recording, services)
        checks.equal("tls: calls by another goroutine", wrong, 0)
        checks.equal("tls: calls by the goroutine of the request", right, requests)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=5_700)
    parser.add_argument("--builds", default="normal,stripped,pie,cgo,hurried,go1.22.12")
    options = parser.parse_args()
    checks = stack.Checks()
    for name in options.builds.split(","):
        plain(checks, name, build(name), options.requests)
    cut_short(checks, build("normal"))
    over_tls(checks, build("normal"))
    checks.end()


if __name__ == "__main__":
    main()
