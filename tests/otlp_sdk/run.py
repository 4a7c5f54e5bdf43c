#!/usr/bin/env python3
"""Exports with real OpenTelemetry SDKs, every language and protocol, and prints what they sent as one JSON array.

    run.py --http http://127.0.0.1:4318 --grpc http://127.0.0.1:4317 [--requests N] [--build DIR]

The SDKs' versions are pinned in requirements.txt and package-lock.json; they are installed below DIR (build/otlp_sdk) when
missing. Each language and protocol has a service of its own: sdk-python-grpc, sdk-node-http-json, ... Ends with 1 when an
export failed; what was sent is printed all the same.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
RUNS = [("python", "grpc"), ("python", "http/protobuf"), ("node", "grpc"), ("node", "http/protobuf"), ("node", "http/json")]


def install(build):
    """Installs what is missing or of another version than pinned. Returns the two interpreters' commands."""
    build.mkdir(parents=True, exist_ok=True)
    python, node = build / "venv" / "bin" / "python", build / "node"
    if not same(HERE / "requirements.txt", build / "requirements.txt"):
        run([sys.executable, "-m", "venv", "--clear", build / "venv"])
        run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", HERE / "requirements.txt"])
        shutil.copy(HERE / "requirements.txt", build)
    if not same(HERE / "package-lock.json", node / "installed.json"):
        node.mkdir(exist_ok=True)
        shutil.copy(HERE / "package.json", node)
        shutil.copy(HERE / "package-lock.json", node)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=node)
        shutil.copy(HERE / "package-lock.json", node / "installed.json")
    return [python, HERE / "python_sdk.py"], ["node", HERE / "node_sdk.mjs"], node


def same(wanted, installed):
    return installed.exists() and wanted.read_bytes() == installed.read_bytes()


def run(command, **options):
    subprocess.run([str(c) for c in command], check=True, stdout=sys.stderr, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--http", required=True)
    parser.add_argument("--grpc", required=True)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build" / "otlp_sdk")
    parser.add_argument("--install-only", action="store_true")
    options = parser.parse_args()

    python, node, modules = install(options.build)
    if options.install_only:
        return 0
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")} | {"NODE_MODULES": str(modules)}
    sent, failed = [], False
    for language, protocol in RUNS:
        endpoint = options.grpc if protocol == "grpc" else options.http
        command = (python if language == "python" else node) + [
            "--protocol", protocol, "--endpoint", endpoint, "--requests", str(options.requests),
            "--service", f"sdk-{language}-{protocol.replace('/', '-')}"]
        result = subprocess.run([str(c) for c in command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, timeout=120)
        if result.returncode != 0:
            print(f"{language} {protocol} ended with {result.returncode}:\n{result.stderr}", file=sys.stderr)
            failed = True
            continue
        sent.append(json.loads(result.stdout))
        # An SDK that cannot export logs it and goes on.
        if not all(sent[-1]["flushed"].values()) or "rror" in result.stderr:
            print(f"{language} {protocol}: {result.stderr}", file=sys.stderr)
            failed = True
    print(json.dumps(sent))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
