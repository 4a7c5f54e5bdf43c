"""docs/verified.md: what was run at a commit, on what machine, with what result."""
import os
import pathlib
import platform
import re

from parts import OUT_OF_REACH

INDENT = 6 * " "  # of figures among lines that begin with ok or FAIL


def first(pattern, path, fallback="unknown"):
    try:
        match = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    except OSError:
        return fallback
    return match.group(1).strip() if match else fallback


def machine():
    cpu = first(r"^model name\s*:\s*(.*)$", "/proc/cpuinfo")
    memory = int(first(r"^MemTotal:\s*(\d+)", "/proc/meminfo", "0")) / (1 << 20)
    system = first(r'^PRETTY_NAME="(.*)"$', "/etc/os-release")
    return f"{os.cpu_count()} x {cpu}, {memory:.0f} GiB, {system}, kernel {platform.release()}"


def duration(seconds):
    return f"{seconds // 60}:{seconds % 60:02}"


def row(part, state):
    if state is None:
        return f"| {part.name} | {part.brief} | not run | |"
    return f"| {part.name} | {part.brief} | {'passed' if state['passed'] else '**failed**'} | {duration(state['seconds'])} |"


def head(commit, results):
    run = [state for _, state in results if state]
    ended = sorted(state["ended"] for state in run)
    return ["# Verified", "",
            "What was run, on what, and what came out. Written by `scripts/verify`, which runs it again.", "",
            f"- Commit: `{commit}`",
            f"- When: {f'{ended[0]} to {ended[-1]} (ends of the first and the last part)' if run else 'never'}",
            f"- Machine: {machine()}",
            f"- Result: {sum(s['passed'] for s in run)} of {len(results)} parts passed, "
            f"{sum(not s['passed'] for s in run)} failed, {len(results) - len(run)} not run; "
            f"{duration(sum(s['seconds'] for s in run))} minutes", "",
            "| part | what | result | min:s |", "|---|---|---|---:|", *(row(part, state) for part, state in results)]


def failures(results):
    failed = [(part, state) for part, state in results if state and not state["passed"]]
    lines = [f"- {part.name}: {state['reason']}. Its log is `build/verify/{part.name}.log`." for part, state in failed]
    return ["", "## Failed", "", *lines] if failed else []


def skipped(results):
    left_out = [part.name for part, state in results if not state]
    lines = [f"- Not asked for in this run: {', '.join(left_out)}."] if left_out else []
    return ["", "## Skipped", "", *lines, *(f"- {name[0].upper()}{name[1:]}: {why}." for name, why in OUT_OF_REACH)]


def write(path, commit, results):
    lines = [*head(commit, results), *failures(results), *skipped(results), "", "## Figures"]
    for part, state in results:
        if state and state["figures"]:
            lines += ["", f"### {part.name}", "", part.what + ".", "", f"    {state['command']}", "", *figures(state["figures"])]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def figures(lines):
    """Tables stay tables; everything else is shown as it was printed."""
    out, block = [], []
    for line in [*lines, None]:
        if line is not None and not line.startswith("|"):
            block.append(line)
            continue
        if block:
            out += ["```", *(line.removeprefix(INDENT) for line in block), "```"]
            block = []
        if line is not None:
            out.append(line)
    return out
