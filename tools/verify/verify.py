#!/usr/bin/env python3
"""Runs the parts of parts.py one after the other, keeps each result in build/verify, and writes docs/verified.md."""
import argparse
import datetime
import json
import os
import re
import signal
import subprocess
import time

import report
from parts import PARTS, ROOT

STATE = ROOT / "build/verify"
FIGURES_MAX = 60


def commit():
    def git(*arguments):
        return subprocess.check_output(["git", *arguments], cwd=ROOT, text=True).strip()
    changed = git("status", "--porcelain", "--", ".", ":!docs/verified.md")
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


def run(part, at):
    log = STATE / f"{part.name}.log"
    begin, reason = time.time(), ""
    with open(log, "w") as out:
        process = subprocess.Popen(["bash", "-c", part.command], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        try:
            code = process.wait(part.minutes * 60)
            reason = f"exit code {code}" if code else ""
        except subprocess.TimeoutExpired:
            reason = f"not done after {part.minutes} minutes"
            end_group(process)
        except KeyboardInterrupt:
            end_group(process)
            raise
    text = log.read_text(errors="replace")
    figures = [m.group(0).strip() for m in re.finditer(part.figures, text, re.MULTILINE)]
    if not figures and not reason:
        reason = f"its output has no line like {part.figures}"
    state = {"part": part.name, "commit": at, "passed": not reason, "reason": reason, "seconds": round(time.time() - begin),
             "ended": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"), "figures": figures[:FIGURES_MAX]}
    (STATE / f"{part.name}.json").write_text(json.dumps(state, indent=1))
    return state


def verdict(state):
    if state is None:
        return "not run"
    return "passed" if state["passed"] else f"FAILED: {state['reason']}"


def chosen(options, at):
    known = {part.name: part for part in PARTS}
    for name in options.only or []:
        if name not in known:
            raise SystemExit(f"scripts/verify: no part is called {name}; there are {', '.join(known)}")
    parts = [known[name] for name in options.only] if options.only else PARTS
    if options.resume:
        parts = [part for part in parts if not (state_of(part, at) or {}).get("passed")]
    return parts


def main():
    parser = argparse.ArgumentParser(prog="scripts/verify", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="the parts, and how each went at this commit")
    parser.add_argument("--resume", action="store_true", help="skip what has passed at this commit")
    options = parser.parse_args()
    STATE.mkdir(parents=True, exist_ok=True)
    at = commit()
    if options.list:
        for part in PARTS:
            print(f"{part.name:20} {verdict(state_of(part, at)):10} {part.what}")
        return
    failed = 0
    try:
        for part in chosen(options, at):
            print(f"==> {part.name}: {part.what} (log: build/verify/{part.name}.log)", flush=True)
            state = run(part, at)
            failed += not state["passed"]
            print(f"    {verdict(state)} after {state['seconds']} s", *state["figures"][:8], sep="\n    ", flush=True)
    finally:
        report.write(ROOT / "docs/verified.md", at, [(part, state_of(part, at)) for part in PARTS])
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
