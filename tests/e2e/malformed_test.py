#!/usr/bin/env python3
"""Malformed traffic beside good: tarsier neither crashes nor restarts, sees every good request with its right parents, and
counts what it could not read. What it costs the service is printed.

    malformed_test.py [--requests 1500] [--rounds 20] [--seed N]
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time

import stack
import truth

MALFORMED = pathlib.Path(__file__).parent / "malformed.py"
REASONS = ("not_http", "answer_without_request", "bad_head", "unfinished_head", "upgraded")


def dropped(tarsier):
    return {reason: tarsier.self_metric("tarsier_assemble_events_dropped_total", reason=reason) for reason in REASONS}


def rate(counts):
    return counts["answered"] / (counts["end_unix"] - counts["start_unix"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    checks = stack.Checks()
    with stack.folder("malformed") as processes:
        ports = stack.demo_ports()
        tarsier = stack.Tarsier(processes, flags=stack.watch_ports(processes, ports.values())).wait_ready()
        demo = stack.Demo(processes, ports=ports)
        worker = tarsier.worker()
        alone = demo.load(options.requests, concurrency=20, ids="alone")
        before = dropped(tarsier)

        print(f"      seed {options.seed}")
        bad = [subprocess.Popen([sys.executable, MALFORMED, "127.0.0.1", str(port), "--seed", str(options.seed + i),
                                 "--rounds", str(options.rounds)], stdout=subprocess.PIPE)
               for i, port in enumerate((ports["core"], ports["core"], ports["database"], ports["receipt"]))]
        beside = demo.load(options.requests, concurrency=20, ids="beside")
        sent = [json.loads(process.communicate(timeout=120)[0]) for process in bad]

        checks.check("the services answer afterwards", all(s["healthy"] for s in sent), sent)
        for ids, counts in (("alone", alone), ("beside", beside)):
            checks.equal(f"{ids}: requests answered", counts["answered"], options.requests)
        time.sleep(6)
        spans = truth.spans_of(tarsier)
        for ids, counts in (("alone", alone), ("beside", beside)):
            core = truth.check_spans(checks, spans, counts, ids)
            truth.check_logs(checks, tarsier, core, ids)
        checks.equal("the worker is the same process", tarsier.worker(), worker)
        checks.check("tarsier says nothing of a crash", "worker was killed" not in tarsier.log(), tarsier.log()[-2000:])
        more = {reason: int(n - before[reason]) for reason, n in dropped(tarsier).items()}
        print(f"      {sum(sum(s['sent'].values()) for s in sent)} malformed connections; events dropped: {more}")
        for reason in ("not_http", "bad_head"):
            checks.check(f"what could not be read is counted: {reason}", more[reason] > 0, more)
        print(f"      {rate(alone):.0f} requests/s alone, {rate(beside):.0f} beside malformed traffic "
              "(the service answers that as well)")
        checks.equal("events lost", tarsier.self_metric("tarsier_capture_events_dropped_total"), 0)
        checks.equal("exit code", processes.stop(tarsier.process), 0)
    checks.end()


if __name__ == "__main__":
    main()
