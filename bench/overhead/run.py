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
VARIANTS = ("nothing", "tarsier", "sdk")


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


class Round:
    """Fresh services, and what they cost under load with a tarsier and without."""

    def __init__(self, shape, options, svc):
        self.shape, self.options, self.svc = shape, options, svc
        self.processes = Processes()
        self.data = tempfile.mkdtemp(prefix="tarsier-bench-")
        os.chmod(self.data, 0o755)
        self.log = open(pathlib.Path(self.data) / "log", "w")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.processes.stop()
        self.log.close()
        shutil.rmtree(self.data, ignore_errors=True)

    def start_services(self, *flags):
        command = [self.svc, "-listen", f"127.0.0.1:{SERVICE}", *flags, "-name", "svc"]
        if self.shape == "call":
            self.processes.start(self.svc, "-listen", f"127.0.0.1:{BACKEND}", *flags, "-name", "backend", log=self.log)
            wait_for(f"http://127.0.0.1:{BACKEND}/")
            command += ["-call", f"http://127.0.0.1:{BACKEND}"]
        self.service = self.processes.start(*command, log=self.log)
        wait_for(f"http://127.0.0.1:{SERVICE}/")

    def start_tarsier(self, role):
        watcher = self.processes.start(self.options.tarsier, role, "--data", f"{self.data}/{role}", log=self.log)
        wait_for("http://127.0.0.1:3000/ready")
        return watcher

    def cpu(self, watcher):
        return cpu_us(self.service.pid), busy_us(), sum(map(cpu_us, descendants(watcher.pid))) if watcher else 0

    def measure(self, variant, watcher=None):
        load(1, self.options.connections)
        time.sleep(SETTLE)
        before, stored_before = self.cpu(watcher), spans_stored(variant)
        result = load(self.options.seconds, self.options.connections, self.options.pause_ms)
        time.sleep(SETTLE)  # what is still on its way costs too, in every variant
        after = self.cpu(watcher)
        if result["errors"]:
            sys.exit(f"{variant}, {self.shape}: {result['errors']} errors")
        n = result["requests"]
        result |= {f"{name}_us": (b - a) / n for name, a, b in zip(("service", "machine", "watcher"), before, after)}
        result |= {"rate": n / (result["duration_us"] / 1e6), "rss_mb": rss_mb(watcher.pid) if watcher else 0,
                   "spans": (spans_stored(variant) - stored_before) / n}
        if variant == "tarsier" and self.shape == "call":
            result["parents"] = check_parents()
        return result

    def measure_watched(self):
        watcher = self.start_tarsier("up")
        result = self.measure("tarsier", watcher)
        self.processes.stop_one(watcher)
        return result


def round_of(shape, number, options, svc):
    """{variant: figures}. Two instances of one program differ by more than tarsier costs: so it watches the same processes that
    were measured without it, before or after by turns."""
    results = {}
    with Round(shape, options, svc) as plain:
        plain.start_services()
        for variant in ("nothing", "tarsier") if number % 2 else ("tarsier", "nothing"):
            results[variant] = plain.measure_watched() if variant == "tarsier" else plain.measure("nothing")
    with Round(shape, options, svc) as sdk:
        watcher = sdk.start_tarsier("server")
        sdk.start_services("-otel", "http://127.0.0.1:4318")
        results["sdk"] = sdk.measure("sdk", watcher)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--pause-ms", type=int, default=0, help="that each connection waits before a request; 0: none")
    parser.add_argument("--tarsier", default=str(ROOT / "build/release/tarsier"))
    parser.add_argument("--shapes", default="handler,call")
    parser.add_argument("--json", help="write the figures to this file as well")
    options = parser.parse_args()
    build = tempfile.mkdtemp(prefix="tarsier-bench-build-")
    svc = build_service(build)

    shapes = options.shapes.split(",")
    rounds = {(shape, variant): [] for shape in shapes for variant in VARIANTS}
    for i in range(options.rounds):
        for shape in shapes:
            for variant, result in round_of(shape, i, options, svc).items():
                rounds[shape, variant].append(result)
                print(f"round {i + 1}/{options.rounds} {shape:8} {variant:8} service {result['service_us']:.1f} us, "
                      f"machine {result['machine_us']:.1f} us", file=sys.stderr)

    def median(shape, variant, figure):
        return statistics.median(r[figure] for r in rounds[shape, variant])

    print("| shape | variant | service us/req | watcher us/req | machine us/req | req/s | p50 us | p99 us | RSS MB | spans/req |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    summary = {}
    for shape, variant in rounds:
        row = {f: median(shape, variant, f) for f in
               ("service_us", "watcher_us", "machine_us", "rate", "p50_us", "p99_us", "rss_mb", "spans")}
        summary[f"{shape}/{variant}"] = row
        print(f"| {shape} | {variant} | {row['service_us']:.1f} | {row['watcher_us']:.1f} | {row['machine_us']:.1f} | "
              f"{row['rate']:.0f} | {row['p50_us']:.0f} | {row['p99_us']:.0f} | {row['rss_mb']:.0f} | {row['spans']:.2f} |")
    def added(shape, variant, figure):
        """Median of the differences within each round: the machine's pace changes from minute to minute."""
        return statistics.median(with_it[figure] - without[figure] for with_it, without in zip(rounds[shape, variant], rounds[shape, "nothing"]))

    for shape in shapes:
        for figure in ("service_us", "machine_us"):
            ours, sdk = added(shape, "tarsier", figure), added(shape, "sdk", figure)
            ratio = sdk / ours if ours > 0 else float("inf")
            summary[f"{shape}/{figure}/ratio"] = ratio
            print(f"{shape}: {figure[:-3]} pays {ours:+.1f} us with tarsier, {sdk:+.1f} with the SDK: 1/{ratio:.1f}")
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
