#!/usr/bin/env python3
"""The UI in Chromium, on the demo under a steady load: numbers, panels, traces, logs.

    browser_test.py [--seconds 70] [--rate 40] [--screenshots FOLDER]
"""
import argparse
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import stack  # noqa: E402 - beside the other whole-program tests


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=70, help="how long the load lasts; rates look back one minute")
    parser.add_argument("--rate", type=int, default=40, help="requests a second")
    parser.add_argument("--screenshots", help="also take pictures of every page into this folder")
    options = parser.parse_args()
    with stack.folder("browser") as processes:
        ports = stack.demo_ports()
        tarsier = stack.Tarsier(processes, flags=stack.watch_ports(processes, ports.values())).wait_ready()
        demo = stack.Demo(processes, ports=ports)
        demo.load(options.rate * options.seconds, rate=options.rate, ids="r")
        truth = processes.folder / "truth-r.json"
        # The live part needs traffic that goes on; the last counts of the run need two metric intervals for themselves.
        time.sleep(12)
        background = demo.start_load("background", "-ids", "later", "-rate", str(options.rate // 2), "-for", "10m", "-truth", processes.folder / "truth-later.json")
        run = subprocess.run(["node", HERE / "run.mjs", tarsier.url(), truth], check=False)
        if options.screenshots:
            subprocess.run(["node", HERE / "screenshots.mjs", tarsier.url(), options.screenshots], check=True)
        processes.stop(background)
        if run.returncode != 0:
            raise SystemExit(run.returncode)


if __name__ == "__main__":
    main()
