#!/usr/bin/env python3
"""The street, end to end, with the real kernel: the demo under load, watched from before its start and from its middle.

    demo_test.py [--requests 10000] [--source sockets|syscalls]
"""
import argparse
import os
import subprocess
import time

import stack
import truth

# The load generator's secret values begin with this.
SECRET = b"tarsier-demo-secret-"


def settle(tarsier, ids, wanted, seconds=30):
    """Waits until the spans of the run have arrived."""
    def arrived():
        hits = tarsier.traces(f'{{ resource.service.name =~ "core.*" && kind = server && .url.query =~ ".*request={ids}-.*" }}', spans=1)
        return len(hits) >= wanted
    try:
        stack.wait_for("the spans arrive", arrived, seconds, every=0.5)
    except TimeoutError:
        pass  # the checks say what is missing
    time.sleep(6)  # one metrics interval


def secrets_on_disk(folder):
    found = subprocess.run(["grep", "-rlaF", SECRET.decode(), str(folder)], capture_output=True, text=True)
    return found.stdout.split()


def before_start(checks, requests, flags):
    with stack.folder("demo") as processes:
        tarsier = stack.Tarsier(processes, flags=flags).wait_ready()
        demo = stack.Demo(processes)
        ids = f"r{os.getpid()}"
        counts = demo.load(requests, ids=ids)
        checks.equal("requests answered", counts["answered"], requests)
        settle(tarsier, ids, requests)
        spans = truth.spans_of(tarsier)
        core = truth.check_spans(checks, spans, counts, ids)
        truth.check_metrics(checks, tarsier, truth.with_health_checks(counts), demo.ports["core"])
        truth.check_logs(checks, tarsier, core, ids)
        checks.check("secrets were sent", counts["secrets"] > 0)
        checks.equal("secrets on disk (log)", secrets_on_disk(tarsier.data), [])
        checks.equal("events lost", tarsier.self_metric("tarsier_capture_events_dropped_total") +
                     tarsier.self_metric("tarsier_assemble_events_lost_total"), 0)
        checks.check("events were counted", tarsier.self_metric("tarsier_assemble_events_total") > 6 * requests)
        checks.equal("exit code", processes.stop(tarsier.process), 0)
        checks.equal("secrets on disk (after the end)", secrets_on_disk(tarsier.data), [])


def under_load(checks, requests, flags):
    """Attached while the services answer: everything that begins after the attach is there."""
    with stack.folder("late") as processes:
        demo = stack.Demo(processes)
        background = demo.start_load("background", "-ids", "before", "-concurrency", "20", "-for", "60s")
        kept = demo.start_load("kept", "-ids", "kept", "-concurrency", "1", "-rate", "50", "-for", "60s")
        time.sleep(2)
        tarsier = stack.Tarsier(processes, flags=flags).wait_ready()
        time.sleep(2)
        counts = demo.load(requests, concurrency=30, ids="late")
        processes.stop(background)
        processes.stop(kept)
        settle(tarsier, "late", requests)
        spans = truth.spans_of(tarsier)
        truth.check_spans(checks, spans, counts, "late")
        early = [s for s in spans if s.request.startswith("before-")]
        served = {s.request for s in spans if s.request.startswith("kept-") and s.service.startswith("core") and s.kind == "server"}
        checks.check("requests on a connection from before the attach are seen", len(served) > 50, f"{len(served)} of 50 a second")
        _, _, wrong = truth.check_parents(stack.Checks(quiet=True), early, "before")
        checks.check("requests under way at the attach: 0 wrong parents", not wrong, str(wrong[:2]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--source", default="auto")
    options = parser.parse_args()
    checks = stack.Checks()
    flags = [f"--capture-source={options.source}"]
    before_start(checks, options.requests, flags)
    under_load(checks, options.requests // 2, flags)
    checks.end()


if __name__ == "__main__":
    main()
