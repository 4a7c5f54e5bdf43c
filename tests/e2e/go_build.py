"""Builds Go programs with the newest Go, or with one of another version, which the go command fetches."""
import os
import subprocess

import stack

OLD_MODULES = stack.ROOT / "build/go-modules"


def build(folder, out, version="", flags=(), env=None):
    """`version` is "go1.22.12", or empty for the one that is installed."""
    environment = {**os.environ, **(env or {}), **({"GOTOOLCHAIN": version} if version else {})}
    out.parent.mkdir(parents=True, exist_ok=True)
    command = ["go"]
    if version.startswith(("go1.19.", "go1.20.")):
        # These lose their way when they are in the module cache themselves, where the go command puts them.
        root = subprocess.run(["go", "env", "GOROOT"], cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout.strip()
        command = [f"{root}/bin/go"]
        environment["GOMODCACHE"] = str(OLD_MODULES)
    subprocess.run([*command, "build", *flags, "-o", str(out), "."], cwd=folder, env=environment, check=True)
    return out
