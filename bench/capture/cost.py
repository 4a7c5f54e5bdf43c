#!/usr/bin/env python3
"""What capture alone adds to a Go service: CPU per request of the service, interleaved rounds of nothing and each source.

    cost.py [--rounds N] [--seconds N]       needs build/release/src/capture/capture_drain, go and wrk
"""
import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/e2e"))

import stack  # noqa: E402

DRAIN = ROOT / "build/release/src/capture/capture_drain"


def cpu_seconds(pid):
    """From schedstat, which counts nanoseconds; of all threads."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def round_of(service, url, seconds):
    before = cpu_seconds(service.pid)
    out = subprocess.run(["wrk", "-t1", "-c32", f"-d{seconds}s", url], check=True, capture_output=True, text=True).stdout
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    return (cpu_seconds(service.pid) - before) / requests * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=4)
    options = parser.parse_args()
    program = ROOT / "build/golinks/bench"
    program.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", program, "."], cwd=ROOT / "tests/golinks", check=True)
    rows = {}
    with stack.folder("capture-cost") as processes:
        ports = [stack.free_port(), stack.free_port()]
        processes.start("back", [program, "-mode=back", "-listen", f"127.0.0.1:{ports[1]}"])
        front = processes.start("front", [program, "-mode=front", "-listen", f"127.0.0.1:{ports[0]}",
                                          "-target", f"http://127.0.0.1:{ports[1]}"])
        url = f"http://127.0.0.1:{ports[0]}/v/"
        stack.wait_for("the service answers", lambda: stack.fetch(url + "direct?request=1"))
        for _ in range(options.rounds):
            for source in ("nothing", "sockets", "syscalls"):
                if source != "nothing":
                    drain = processes.start("drain", [DRAIN, 600, source])
                    time.sleep(2)
                for variant in ("none", "ctx"):
                    rows.setdefault((variant, source), []).append(round_of(front, url + variant + "?request=1", options.seconds))
                if source != "nothing":
                    processes.stop(drain)
                    time.sleep(1)
    print(f"{'CPU of the service per request, us':40}{'nothing':>10}{'sockets':>10}{'syscalls':>10}")
    for variant, label in (("none", "handler only"), ("ctx", "handler with one pooled call")):
        medians = [statistics.median(rows[variant, s]) for s in ("nothing", "sockets", "syscalls")]
        print(f"{label:40}" + "".join(f"{m:>10.1f}" for m in medians) + "".join(f"  {m - medians[0]:+.1f}" for m in medians[1:]))


if __name__ == "__main__":
    main()
