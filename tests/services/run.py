#!/usr/bin/env python3
"""Starts services written in several languages, each on the port it is given, and stops them by pid.

    run.py node=7001:7002 java=7002:7003 cpp=7003     # node calls java calls cpp; ends on Ctrl-C or SIGTERM
    run.py --check                                    # all of them in one chain on free ports: does each answer?

NAME=PORT[:DOWNSTREAM_PORT]; NAME is one of node, python, gunicorn, java, cpp, nginx. Prints one JSON line for each service
when it listens: name, port, pid. A test may import this file and use `Services`.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "services"
NAMES = ("node", "python", "gunicorn", "java", "cpp", "nginx")


def need(*programs):
    """The first of these programs that there is."""
    for program in programs:
        path = shutil.which(program)
        if path:
            return path
    raise SystemExit(f"run.py: {' or '.join(programs)} is not installed (scripts/setup installs it)")


def build_cpp():
    source, program = HERE / "echo_cpp.cc", BUILD / "echo_cpp"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        BUILD.mkdir(parents=True, exist_ok=True)
        compiler = need("clang++-19", "clang++", "g++")
        subprocess.run([compiler, "-std=c++20", "-O2", "-pthread", source, "-o", program], check=True)
    return str(program)


def command(name, port, downstream, folder):
    if name == "node":
        return [need("node"), str(HERE / "echo_node.js")]
    if name == "python":
        return ["/usr/bin/python3", str(HERE / "echo_python.py")]
    if name == "gunicorn":
        options = ["--workers", "2", "--bind", f"127.0.0.1:{port}", "--keep-alive", "30", "--log-level", "error"]
        return [need("gunicorn"), *options, "--chdir", str(HERE), "echo_gunicorn:application"]
    if name == "java":
        return [need("java"), "-Xmx128m", str(HERE / "EchoJava.java")]
    if name == "cpp":
        return [build_cpp()]
    if name == "nginx":
        if not downstream:
            raise SystemExit("run.py: nginx is a proxy and needs a downstream port")
        text = (HERE / "nginx.conf").read_text()
        for key, value in {"folder": folder, "port": port, "downstream": f"127.0.0.1:{downstream}"}.items():
            text = text.replace("{" + key + "}", str(value))
        pathlib.Path(folder, "nginx.conf").write_text(text)
        return [need("nginx", "/usr/sbin/nginx"), "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    raise SystemExit(f"run.py: no service is called {name}; there are {', '.join(NAMES)}")


def wait_for_port(port, process, seconds=30):
    """Connects only, so that no request is seen that a test did not send."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


class Services:
    """Use it in a `with`: whatever was started is stopped at its end, by pid."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="services-")
        os.chmod(self.folder.name, 0o755)
        self.running = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self, name, port, downstream=None, environment=None):
        """Returns the process when it listens. Its children (gunicorn, nginx) end with it."""
        env = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
        env.update(environment or {}, PORT=str(port), PYTHONDONTWRITEBYTECODE="1")
        env["DOWNSTREAM"] = f"http://127.0.0.1:{downstream}/echo/" if downstream else ""
        folder = os.path.join(self.folder.name, f"{name}-{port}")
        os.mkdir(folder)
        os.chmod(folder, 0o777)
        line = command(name, port, downstream, folder)
        process = subprocess.Popen(line, env=env, cwd=HERE, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        self.running[process.pid] = process
        if not wait_for_port(port, process):
            raise SystemExit(f"run.py: {name} does not listen on port {port}: {' '.join(line)}")
        return process

    def stop(self):
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()
        self.folder.cleanup()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def chain_of(answer):
    """Services and ids of an answer, from the outermost to the innermost."""
    services, ids = [], []
    while answer:
        services.append(answer["service"])
        ids.append(answer["id"])
        answer = answer.get("downstream")
    return services, ids


def check():
    names = ["nginx", *(name for name in NAMES if name != "nginx")]
    ports = free_ports(len(names))
    with Services() as services:
        for index in reversed(range(len(names))):
            services.start(names[index], ports[index], ports[index + 1] if index + 1 < len(names) else None)

        def ask(number):
            with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/echo/{number}", timeout=10) as response:
                return chain_of(json.load(response))

        expected = ["echo_node", "echo_python", "echo_gunicorn", "EchoJava", "echo_cpp"]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(ask, range(200)))
    wrong = [(n, answer) for n, answer in enumerate(answers) if answer != (expected, [str(n)] * len(expected))]
    print(f"{len(answers)} requests through nginx > {' > '.join(expected)}: {len(wrong)} wrong answers")
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("services", nargs="*", metavar="NAME=PORT[:DOWNSTREAM_PORT]")
    parser.add_argument("--check", action="store_true", help="start all of them, in a chain, and send requests through it")
    arguments = parser.parse_args()
    if arguments.check:
        return check()
    if not arguments.services:
        parser.error("which services?")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with Services() as services:
        for item in arguments.services:
            name, _, ports = item.partition("=")
            port, _, downstream = ports.partition(":")
            if not port.isdigit() or (downstream and not downstream.isdigit()):
                parser.error(f"{item}: expected NAME=PORT or NAME=PORT:DOWNSTREAM_PORT")
            process = services.start(name, int(port), int(downstream) if downstream else None)
            print(json.dumps({"name": name, "port": int(port), "pid": process.pid}), flush=True)
        while all(process.poll() is None for process in services.running.values()):
            time.sleep(0.2)
    print("run.py: a service ended by itself", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
