#!/usr/bin/env python3
"""What watching costs: a Go service with nothing, with tarsier, and with the OpenTelemetry Go SDK.

Rounds are interleaved, so that only columns of one run compare. Per request it reports the CPU time of the
service, of tarsier and of the whole machine, and the throughput, p50 and p99 that the load generator saw. In the
tarsier rounds the parent of every sampled call is checked against the path that the request carried.

    bench/overhead/run.py --rounds 6 --seconds 8
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

from harness import BACKEND, SERVICE, ROOT, Processes, build_service, busy_us, cpu_us, descendants, get, load, rss_mb, text, wait_for

SETTLE = 2  # seconds


def spans_stored(variant):
    """Spans that have arrived in tarsier; the SDK drops some when it cannot keep up."""
    if variant == "nothing":
        return 0
    name = "tarsier_assemble_spans_total" if variant == "tarsier" else "tarsier_receiver_accepted_items_total"
    return sum(float(line.rsplit(" ", 1)[1]) for line in text("http://127.0.0.1:3000/metrics").splitlines() if line.startswith(name))


def check_parents(limit=200):
    """Every sampled server span of the backend must hang below the service's span of the same path."""
    found = get(f"http://127.0.0.1:3200/api/search?q=%7B%20resource.service.name%3D%22svc%22%20%7D&limit={limit}")
    right = wrong = none = 0
    for hit in found["traces"]:
        trace = get(f"http://127.0.0.1:3200/api/v2/traces/{hit['traceID']}")["trace"]
        spans = {}
        for resource in trace["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    spans[span["spanId"]] = span
        def path(span):
            for a in span["attributes"]:
                if a["key"] in ("url.path", "url.full"):
                    return "/work/" + a["value"]["stringValue"].split("/work/")[-1]
        for span in spans.values():
            parent = spans.get(span.get("parentSpanId"))
            if span["kind"] in (3, "SPAN_KIND_CLIENT"):
                if parent is None:
                    none += 1
                elif path(parent) == path(span):
                    right += 1
                else:
                    wrong += 1
    return right, wrong, none


def round_of(variant, mode, options, svc):
    processes = Processes()
    data = tempfile.mkdtemp(prefix="tarsier-bench-")
    os.chmod(data, 0o755)
    log = open(pathlib.Path(data) / "log", "w")
    try:
        command = [svc, "-listen", f"127.0.0.1:{SERVICE}"]
        backend = [svc, "-listen", f"127.0.0.1:{BACKEND}"]
        if mode == "call":
            command += ["-call", f"http://127.0.0.1:{BACKEND}"]
        watcher = None
        if variant != "nothing":
            role = "up" if variant == "tarsier" else "server"
            watcher = processes.start(options.tarsier, role, "--data", data + "/store", log=log)
            wait_for("http://127.0.0.1:3000/ready")
        if variant == "sdk":
            command += ["-otel", "http://127.0.0.1:4318", "-name", "svc"]
            backend += ["-otel", "http://127.0.0.1:4318", "-name", "backend"]
        if mode == "call":
            processes.start(*backend, log=log)
            wait_for(f"http://127.0.0.1:{BACKEND}/")
        service = processes.start(*command, log=log)
        wait_for(f"http://127.0.0.1:{SERVICE}/")
        load(1, options.connections)
        before = cpu_us(service.pid), busy_us(), sum(map(cpu_us, descendants(watcher.pid))) if watcher else 0
        stored_before = spans_stored(variant)
        result = load(options.seconds, options.connections)
        # Everyone has the same while to bring in what is still on its way; what that costs counts.
        time.sleep(SETTLE)
        after = cpu_us(service.pid), busy_us(), sum(map(cpu_us, descendants(watcher.pid))) if watcher else 0
        n = result["requests"]
        result |= {
            "service_us": (after[0] - before[0]) / n,
            "machine_us": (after[1] - before[1]) / n,
            "watcher_us": (after[2] - before[2]) / n,
            "rate": n / (result["duration_us"] / 1e6),
            "rss_mb": rss_mb(watcher.pid) if watcher else 0,
            "spans": (spans_stored(variant) - stored_before) / n,
        }
        if variant == "tarsier" and mode == "call":
            time.sleep(2)
            result["parents"] = check_parents()
        if result["errors"]:
            sys.exit(f"{variant}/{mode}: {result['errors']} errors, see {log.name}")
        return result
    finally:
        processes.stop()
        log.close()
        shutil.rmtree(data, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--tarsier", default=str(ROOT / "build/release/tarsier"))
    parser.add_argument("--variants", default="nothing,tarsier,sdk")
    parser.add_argument("--shapes", default="handler,call")
    parser.add_argument("--json", help="write the figures to this file as well")
    options = parser.parse_args()
    build = tempfile.mkdtemp(prefix="tarsier-bench-build-")
    svc = build_service(build)

    variants = options.variants.split(",")
    shapes = options.shapes.split(",")
    rounds = {(m, v): [] for m in shapes for v in variants}
    for i in range(options.rounds):
        for key in rounds:
            rounds[key].append(round_of(key[1], key[0], options, svc))
            print(f"round {i + 1}/{options.rounds} {key[0]:8} {key[1]:8} "
                  f"service {rounds[key][-1]['service_us']:.1f} us, machine {rounds[key][-1]['machine_us']:.1f} us",
                  file=sys.stderr)

    def median(mode, variant, figure):
        return statistics.median(r[figure] for r in rounds[mode, variant])

    print("| shape | variant | service us/req | watcher us/req | machine us/req | req/s | p50 us | p99 us | RSS MB | spans/req |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    summary = {}
    for mode, variant in rounds:
        row = {f: median(mode, variant, f) for f in
               ("service_us", "watcher_us", "machine_us", "rate", "p50_us", "p99_us", "rss_mb", "spans")}
        summary[f"{mode}/{variant}"] = row
        print(f"| {mode} | {variant} | {row['service_us']:.1f} | {row['watcher_us']:.1f} | {row['machine_us']:.1f} | "
              f"{row['rate']:.0f} | {row['p50_us']:.0f} | {row['p99_us']:.0f} | {row['rss_mb']:.0f} | {row['spans']:.2f} |")
    def added(mode, variant, figure):
        """Median over the rounds: the machine's pace changes from minute to minute, hardly within a round."""
        return statistics.median(with_it[figure] - without[figure] for with_it, without in zip(rounds[mode, variant], rounds[mode, "nothing"]))

    if {"nothing", "tarsier", "sdk"} <= set(variants):
        for mode in shapes:
            for figure in ("service_us", "machine_us"):
                ours, sdk = added(mode, "tarsier", figure), added(mode, "sdk", figure)
                ratio = sdk / ours if ours > 0 else float("inf")
                summary[f"{mode}/{figure}/ratio"] = ratio
                print(f"{mode}: {figure[:-3]} pays {ours:+.1f} us with tarsier, {sdk:+.1f} with the SDK: 1/{ratio:.1f}")
    parents = [r["parents"] for r in rounds.get(("call", "tarsier"), []) if "parents" in r]
    if parents:
        right, wrong, none = (sum(p[i] for p in parents) for i in range(3))
        summary["parents"] = {"right": right, "wrong": wrong, "none": none}
        print(f"parents checked: {right} right, {wrong} wrong, {none} none")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(summary, indent=1))
    shutil.rmtree(build)


if __name__ == "__main__":
    main()
