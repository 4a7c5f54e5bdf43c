#!/usr/bin/env python3
"""Builds every fuzz target with libFuzzer and runs each for a set time, some at once, beginning with its seeds.

    fuzz.py [--seconds 60] [--targets http1_fuzz,...] [--jobs N]

What libFuzzer found interesting is kept in build/fuzz-corpus/<target>; an input that crashes, in build/fuzz-crashes/<target>.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess

from parts import ROOT

BUILD = ROOT / "build/fuzz"


def build(targets, jobs):
    subprocess.run(["cmake", "--preset", "fuzz"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", BUILD, "-j", str(jobs), *targets], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def fuzz(target, seconds):
    program = next(path for path in BUILD.glob(f"src/**/{target}") if path.is_file())
    grown, crashes, seeds = ROOT / "build/fuzz-corpus" / target, ROOT / "build/fuzz-crashes" / target, ROOT / "tests/corpus" / target
    for folder in (grown, crashes):
        folder.mkdir(parents=True, exist_ok=True)
    command = [program, grown, seeds, f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/", "-print_final_stats=1", "-timeout=20",
               "-rss_limit_mb=2048"]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, errors="replace", cwd=ROOT)
    runs = re.search(r"stat::number_of_executed_units:\s*(\d+)", result.stderr)
    coverage = re.findall(r"cov: (\d+)", result.stderr)
    print(f"{target}: {runs.group(1) if runs else '?'} inputs, {coverage[-1] if coverage else '?'} edges, "
          f"{'ok' if result.returncode == 0 else 'FAILED'}", flush=True)
    if result.returncode:
        print(result.stderr[-6000:], flush=True)
    return result.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--targets", type=lambda text: text.split(","))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    targets = options.targets or sorted(path.stem for path in (ROOT / "src").rglob("*_fuzz.cc"))
    build(targets, options.jobs)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        passed = list(pool.map(lambda target: fuzz(target, options.seconds), targets))
    raise SystemExit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
