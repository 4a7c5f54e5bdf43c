#!/usr/bin/env python3
"""What real programs say over TLS: every request once, with its status, and below the call that caused it.

    tls_test.py [--requests N] [--builds normal,stripped,...] [--fronts python,nginx,node]
"""
import argparse
import collections
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import stack  # noqa: E402
import truth  # noqa: E402

BUILDS = {
    "normal": ([], {}),
    "stripped": (["-ldflags=-s -w"], {}),
    "pie": (["-buildmode=pie", "-ldflags=-s -w"], {}),
    "cgo": (["-ldflags=-linkmode=external -s -w"], {"CGO_ENABLED": "1"}),
    "go1.19.13": (["-ldflags=-s -w"], {"GOTOOLCHAIN": "go1.19.13"}),
    "go1.20.14": (["-ldflags=-s -w"], {"GOTOOLCHAIN": "go1.20.14"}),
    "go1.21.13": (["-ldflags=-s -w"], {"GOTOOLCHAIN": "go1.21.13"}),
    "go1.22.12": (["-ldflags=-s -w"], {"GOTOOLCHAIN": "go1.22.12"}),
    "go1.23.12": (["-ldflags=-s -w"], {"GOTOOLCHAIN": "go1.23.12"}),
    "go1.24.13": (["-ldflags=-s -w"], {"GOTOOLCHAIN": "go1.24.13"}),
    "go1.25.7": (["-ldflags=-s -w"], {"GOTOOLCHAIN": "go1.25.7"}),
}
SPANS = ('{ resource.service.name =~ "SERVICES" } | select(span:id, span:parentID, kind, resource.service.name, name, .url.query, '
         '.url.full, .url.path, .http.route, .http.request.method, .http.response.status_code)')


def build(name):
    flags, environment = BUILDS[name]
    out = stack.ROOT / "build/tls" / name
    out.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", *flags, "-o", out, "."], cwd=HERE, check=True, env={**os.environ, **environment})
    return out


def certificate(folder):
    pair = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", pair[1], "-out", pair[0]],
                   check=True, capture_output=True)
    for file in pair:
        file.chmod(0o644)
    return pair


def answers(url):
    return subprocess.run(["curl", "-sk", "-o", "/dev/null", "--max-time", "2", url]).returncode == 0


def wait_watched(tarsier, processes):
    """A connection that is older than its program's probes is not read."""
    stack.wait_for("the services are watched", lambda: tarsier.self_metric("tarsier_capture_processes") >= processes)
    time.sleep(0.5)


def spans_of(tarsier, services, ids):
    spans = truth.spans_of(tarsier, SPANS.replace("SERVICES", "|".join([*services, "nginx"])))
    for span in spans:
        span.service = span.service.replace("nginx", "front")  # which writes its title over its environment, sooner or later
    return [s for s in spans if s.request.startswith(ids + "-")]


def wanted_status(request):
    return 404 if int(request.rsplit("-", 1)[1]) % 7 == 6 else 200


def judge(checks, what, spans, service, kind, requests, exact=True):
    """One span a request, with the status that the client was given."""
    mine = [s for s in spans if (s.service, s.kind) == (service, kind)]
    per_request = collections.Counter(s.request for s in mine)
    checks.equal(f"{what}: {service}'s {kind} spans", len(mine), requests)
    checks.check(f"{what}: {service}: one a request", all(n == 1 for n in per_request.values()), per_request.most_common(3))
    wrong = [s for s in mine if s.status != wanted_status(s.request)]
    checks.check(f"{what}: {service}: each with its status", not wrong, wrong[:3])
    return mine


def judge_parents(checks, what, spans, children, parents, allowed=0):
    by_id = {(s.trace, s.id): s for s in spans}
    got = collections.Counter()
    for span in children:
        parent = by_id.get((span.trace, span.parent))
        if parent is None:
            got["none"] += 1
        else:
            got["right" if parent in parents and parent.request == span.request else "wrong"] += 1
    checks.equal(f"{what}: wrong parents", got["wrong"], 0)
    checks.check(f"{what}: nearly all have their parent", got["none"] <= allowed, dict(got))


def front_command(name, processes, pair, port, target):
    if name == "nginx":
        text = (HERE / "nginx.conf").read_text()
        for word, value in {"FOLDER": processes.folder, "PORT": port, "TARGET": target, "CERTIFICATE": pair[0], "KEY": pair[1]}.items():
            text = text.replace(word, str(value))
        (processes.folder / "nginx.conf").write_text(text)
        return ["nginx", "-c", processes.folder / "nginx.conf", "-e", processes.folder / "nginx-error.log"]
    program = {"python": ["/usr/bin/python3", HERE / "front.py"], "node": ["node", HERE / "front.mjs"]}[name]
    return [*program, port, *pair, target]


def front_of(checks, name, requests):
    """load -> a front that is not Go -> Go, TLS on both ways."""
    program = build("stripped")
    with stack.folder(f"tls-{name}") as processes:
        pair = certificate(processes.folder)
        ports = [stack.free_port(), stack.free_port()]
        tarsier = stack.Tarsier(processes, flags=stack.watch_ports(processes, ports)).wait_ready()
        processes.start("back", [program, "-listen", f"127.0.0.1:{ports[1]}", "-certificate", pair[0], "-key", pair[1]],
                        env={"OTEL_SERVICE_NAME": "back"})
        processes.start("front", front_command(name, processes, pair, *ports), env={"OTEL_SERVICE_NAME": "front"})
        wait_watched(tarsier, 4 if name == "nginx" else 2)
        stack.wait_for("the services answer", lambda: answers(f"https://127.0.0.1:{ports[0]}/call/size/1"))
        out = subprocess.run([program, "-target", f"https://127.0.0.1:{ports[0]}", "-ids", name, "-requests", str(requests), "-paths",
                              "/call/size/100,/call/size/50000", "-concurrency", "32"], check=True, capture_output=True, text=True, timeout=120)
        checks.equal(f"{name}: answered", int(out.stdout), requests)
        checks.becomes(f"{name}: spans", lambda: len(spans_of(tarsier, ["front", "back"], name)), 3 * requests, 15)
        spans = spans_of(tarsier, ["front", "back"], name)
        served = judge(checks, name, spans, "front", "server", requests)
        calls = judge(checks, name, spans, "front", "client", requests)
        behind = judge(checks, name, spans, "back", "server", requests)
        judge_parents(checks, f"{name}: calls", spans, calls, served, requests if name in ("node", "nginx") else 0)
        judge_parents(checks, f"{name}: what was called", spans, behind, calls)
        report(tarsier)


def report(tarsier):
    for counter in ("tls_unread_connections_total", "tls_dropped_calls_total"):
        print(f"      {counter}: {tarsier.self_metric('tarsier_capture_' + counter):.0f}")


def go_chain(checks, name, requests):
    """load -> front -> back, TLS on both ways."""
    program, http2 = build("stripped" if name == "http2" else name), ["-http2"] if name == "http2" else []
    with stack.folder(f"tls-{name}") as processes:
        pair = certificate(processes.folder)
        ports = [stack.free_port(), stack.free_port()]
        tarsier = stack.Tarsier(processes, flags=stack.watch_ports(processes, ports)).wait_ready()
        flags = ["-certificate", pair[0], "-key", pair[1], *http2]
        processes.start("back", [program, "-listen", f"127.0.0.1:{ports[1]}", *flags], env={"OTEL_SERVICE_NAME": "back"})
        processes.start("front", [program, "-listen", f"127.0.0.1:{ports[0]}", "-target", f"https://127.0.0.1:{ports[1]}", *flags],
                        env={"OTEL_SERVICE_NAME": "front"})
        wait_watched(tarsier, 2)
        for port in ports:
            stack.wait_for("the services answer", lambda p=port: answers(f"https://127.0.0.1:{p}/size/1"))
        out = subprocess.run([program, "-target", f"https://127.0.0.1:{ports[0]}", "-ids", name, "-requests", str(requests), "-paths",
                              "/call/size/100,/call/size/100000", *http2], check=True, capture_output=True, text=True, timeout=120)
        checks.equal(f"{name}: answered", int(out.stdout), requests)
        checks.becomes(f"{name}: spans", lambda: len(spans_of(tarsier, ["front", "back"], name)), 3 * requests, 15)
        spans = spans_of(tarsier, ["front", "back"], name)
        served = judge(checks, name, spans, "front", "server", requests)
        calls = judge(checks, name, spans, "front", "client", requests)
        behind = judge(checks, name, spans, "back", "server", requests)
        judge_parents(checks, f"{name}: calls", spans, calls, served, requests if http2 else max(3, requests // 1000))
        judge_parents(checks, f"{name}: what was called", spans, behind, calls)
        report(tarsier)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--builds", default="stripped")
    parser.add_argument("--fronts", default="python")
    options = parser.parse_args()
    checks = stack.Checks()
    for name in filter(None, options.builds.split(",")):
        go_chain(checks, name, options.requests)
    for name in filter(None, options.fronts.split(",")):
        front_of(checks, name, options.requests)
    checks.end()


if __name__ == "__main__":
    main()
