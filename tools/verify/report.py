"""docs/verified.md: what was run at a commit, on what machine, with what result."""
import datetime
import os
import pathlib
import platform
import re

from parts import OUT_OF_REACH


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


def row(part, state):
    if state is None:
        return f"| {part.name} | not run | | {part.what} |"
    result = "passed" if state["passed"] else f"**failed**: {state['reason']}"
    minutes, seconds = divmod(state["seconds"], 60)
    return f"| {part.name} | {result} | {minutes}:{seconds:02} | {part.what} |"


def write(path, commit, results):
    run = [(part, state) for part, state in results if state]
    left_out = [part for part, state in results if not state]
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    lines = ["# Verified", "", "Written by `scripts/verify`.", "", f"- Commit: {commit}", f"- Date: {date}", f"- Machine: {machine()}",
             f"- Passed: {sum(s['passed'] for _, s in run)} of {len(results)} parts", "",
             "| part | result | min:s | what |", "|---|---|---|---|", *(row(part, state) for part, state in results)]
    lines += ["", "## Skipped", ""]
    if left_out:
        lines.append(f"- {', '.join(part.name for part in left_out)}: not asked for in this run.")
    lines += [f"- {name}: {why}." for name, why in OUT_OF_REACH]
    lines += ["", "## Figures"]
    for part, state in run:
        if state["figures"]:
            lines += ["", f"### {part.name}", f"`{part.command}`, ended {state['ended']}", "", *figures(state["figures"])]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def figures(lines):
    """Tables stay tables; everything else is shown as it was printed."""
    out, block = [], []
    for line in [*lines, None]:
        if line is not None and not line.startswith("|"):
            block.append(line)
            continue
        if block:
            out += ["```", *block, "```"]
            block = []
        if line is not None:
            out.append(line)
    return out
