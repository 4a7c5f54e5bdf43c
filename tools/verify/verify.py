#!/usr/bin/env python3
"""Runs the parts of parts.py one after the other, keeps each result in build/verify, and writes docs/verified.md."""
import argparse
import datetime
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import report
from parts import FUZZ_MINUTES, ROOT, parts

STATE = ROOT / "build/verify"
FIGURES_MAX = 80
TAIL = 15  # lines of a failed part's log


def commit():
    def git(*arguments):
        return subprocess.check_output(["git", *arguments], cwd=ROOT, text=True).strip()
    changed = git("status", "--porcelain", "--", ".", ":!docs/verified.md", ":!docs/coverage.md")
    return git("rev-parse", "HEAD") + (" with changes" if changed else "")


def state_of(part, at):
    """The part's result at this commit, or None."""
    try:
        state = json.loads((STATE / f"{part.name}.json").read_text())
    except (OSError, ValueError):
        return None
    return state if state["commit"] == at else None


def end_group(process):
    """Ends the part and what it started; its own clean-up gets a moment first."""
    for how in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(60)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def await_end(process, part, log):
    """The exit code. Says every minute where the part is."""
    begin = time.time()
    while True:
        left = part.limit_minutes * 60 - (time.time() - begin)
        try:
            return process.wait(min(60, max(left, 0)))
        except subprocess.TimeoutExpired:
            if left <= 60:
                raise
            last = log.read_text(errors="replace").rstrip().rsplit("\n", 1)[-1]
            print(f"    {(time.time() - begin) / 60:.0f} min  {last.strip()[:120]}".rstrip(), flush=True)


def run(part, at):
    log = STATE / f"{part.name}.log"
    begin, reason = time.time(), ""
    with open(log, "w") as out:
        process = subprocess.Popen(["bash", "-c", part.command], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            code = await_end(process, part, log)
            reason = f"exit code {code}" if code else ""
        except subprocess.TimeoutExpired:
            reason = f"not done after {part.limit_minutes} minutes"
            end_group(process)
        except KeyboardInterrupt:
            end_group(process)
            raise
    text = log.read_text(errors="replace")
    figures = [m.group(0).rstrip() for m in re.finditer(part.figures, text, re.MULTILINE)]
    if not figures and not reason:
        reason = f"its output has no line like {part.figures}"
    state = {"part": part.name, "commit": at, "passed": not reason, "reason": reason, "seconds": round(time.time() - begin),
             "ended": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "command": part.command,
             "figures": figures[:FIGURES_MAX]}
    (STATE / f"{part.name}.json").write_text(json.dumps(state, indent=1))
    return state


def verdict(state):
    if state is None:
        return "not run"
    return "passed" if state["passed"] else f"FAILED: {state['reason']}"


def chosen(options, known, at):
    by_name = {part.name: part for part in known}
    for name in options.only or []:
        if name not in by_name:
            raise SystemExit(f"scripts/verify: no part is called {name}; there are {', '.join(by_name)}")
    wanted = [by_name[name] for name in options.only] if options.only else known
    if options.resume:
        wanted = [part for part in wanted if not (state_of(part, at) or {}).get("passed")]
    return wanted


def run_all(wanted, at):
    """How many failed."""
    failed = 0
    for number, part in enumerate(wanted, 1):
        print(f"==> {number}/{len(wanted)} {part.name}: {part.brief} (about {part.minutes} min)", flush=True)
        state = run(part, at)
        print(f"    {verdict(state)} after {state['seconds']} s", *(line.strip() for line in state["figures"][:8]), sep="\n    ", flush=True)
        if not state["passed"]:
            failed += 1
            log = STATE / f"{part.name}.log"
            print(f"    the end of {log.relative_to(ROOT)}:", *log.read_text(errors="replace").splitlines()[-TAIL:], sep="\n    | ", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser(prog="scripts/verify", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="the parts, and how each went at this commit")
    parser.add_argument("--resume", action="store_true", help="skip what has passed at this commit")
    parser.add_argument("--fuzz-minutes", type=int, default=FUZZ_MINUTES, metavar="N", help="for all fuzz targets together (%(default)s)")
    parser.add_argument("--report", type=pathlib.Path, default=ROOT / "docs/verified.md", metavar="FILE", help="instead of docs/verified.md")
    options = parser.parse_args()
    STATE.mkdir(parents=True, exist_ok=True)
    at, known = commit(), parts(options.fuzz_minutes)
    wanted = chosen(options, known, at)
    if options.list:
        for part in wanted:
            print(f"{part.name:20} {verdict(state_of(part, at)):10} {part.minutes:3} min  {part.brief}")
        print(f"{'':31} {sum(part.minutes for part in wanted):3} min on 2 processors with a warm compiler cache")
        return
    try:
        failed = run_all(wanted, at)
    finally:
        report.write(options.report, at, [(part, state_of(part, at)) for part in known])
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
