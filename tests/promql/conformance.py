#!/usr/bin/env python3
"""conformance.py [RUNNER]: the test files of the pinned Prometheus module (go.mod) against our engine, in process.

The files are read where Go's module cache has them; nothing of them is kept here. What we refuse by name (native
histograms, start timestamps, some functions) is counted apart.
"""
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
RUNNER = sys.argv[1] if len(sys.argv) > 1 else HERE.parent.parent / "build/release/src/query/promql_script"
# Behind feature flags that we do not offer.
FLAGGED = {"unquoted_utf8_names.test"}


def main():
    module = json.loads(subprocess.run(["go", "mod", "download", "-json", "github.com/prometheus/prometheus"],
                                       cwd=HERE, check=True, capture_output=True, text=True).stdout)
    files = sorted(p for p in pathlib.Path(module["Dir"], "promql/promqltest/testdata").glob("*.test") if p.name not in FLAGGED)
    result = subprocess.run([RUNNER, *files], capture_output=True, text=True)
    lines = result.stdout.strip().split("\n")
    print("\n".join(lines[:-1]))
    words = lines[-1].split()
    passed, failed, unsupported = int(words[1]), int(words[3]), int(words[5])
    print(f"{module['Path']} {module['Version']}: {len(files)} files; refused by name: {unsupported}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed < 1000 or result.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
