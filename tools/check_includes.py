#!/usr/bin/env python3
"""Refuses an #include that breaks the graph of rooms (ARCHITECTURE.md), and prints the graph.

A room's file may include the ground floor, its own room, and the doors of the rooms listed for it. Tests may include
anything below src/. Exit code 1 names each file, line and header that breaks the rule.
"""
import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"
GROUND = ["base", "model", "wire", "net"]

# room -> rooms whose doors it may include, beyond the ground floor below it
MAY = {
    "base": [],
    "model": [],
    "wire": [],
    "net": [],
    "capture": [],
    "assemble": ["capture"],
    "pipeline": [],
    "store": [],
    "query": ["store"],
    "insight": ["query"],
    "api": ["query", "store"],
    "app": ["capture", "assemble", "pipeline", "store", "query", "insight", "api"],
}
# What each room of the ground floor stands on; every other room stands on all of it but where listed in FLOOR.
FLOOR = {
    "base": [],
    "model": ["base"],
    "wire": ["base", "model"],
    "net": ["base"],
    "capture": ["base", "model"],
    "assemble": ["base", "model", "wire"],
    "store": ["base", "model", "wire"],
    "query": ["base", "model"],
    "insight": ["base", "model"],
}
DOORS = {
    "capture": ["events.h", "capture.h", "probe.h", "reader.h"],
    "assemble": ["assemble.h"],
    "pipeline": ["pipeline.h"],
    "store": ["writer.h", "reader.h", "catalog.h", "inspect.h"],
    "query": ["engine.h", "context.h", "syntax/literal.h", "syntax/source.h", "syntax/utf8.h"],
    "api": ["api.h", "assets/assets.h", "dashboards/dashboards.h", "dashboards/folder.h"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def is_test(path):
    return bool(re.search(r"_(test|bench|fuzz)\.cc$", path.name)) or "testing" in path.parts


def complaint(room, header):
    """Why `room` may not include `header`; None when it may."""
    target, _, rest = header.partition("/")
    if target == room or target not in MAY:
        return None
    if target in GROUND:
        return None if target in FLOOR.get(room, GROUND) else f"{room} does not stand on {target}"
    if target not in MAY[room]:
        return f"{room} may not know {target}"
    if rest not in DOORS.get(target, []):
        return f"{header} is not a door of {target} (doors: {', '.join(DOORS.get(target, []))})"
    return None


def main():
    failures = 0
    for path in sorted(SRC.rglob("*")):
        if path.suffix not in (".cc", ".h", ".c") or is_test(path.relative_to(SRC)):
            continue
        room = path.relative_to(SRC).parts[0]
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            reason = match and complaint(room, match.group(1))
            if reason:
                print(f"src/{path.relative_to(SRC)}:{number}: {reason}")
                failures += 1
    if not failures:
        for room, others in MAY.items():
            print(f"{room:9} -> {', '.join(FLOOR.get(room, GROUND) + others) or '-'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
