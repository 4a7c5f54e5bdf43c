"""Starts tarsier and the demo services on free ports, in a folder of their own, and asks tarsier's APIs.

Everything is ended by process id, whatever happens; nothing outlives the `with` block.
"""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARSIER = pathlib.Path(os.environ.get("TARSIER", ROOT / "build/release/tarsier"))
DEMO = ROOT / "examples/transactions"
PORTS = ("server-port", "server-prometheus-port", "server-loki-port", "server-tempo-port", "server-otlp-grpc-port", "server-otlp-http-port")


given = set()


def free_port():
    """Below the ports that the kernel gives to connections, so that it stays free until somebody listens."""
    while True:
        port = random.randint(15_000, 32_000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            if port not in given:
                given.add(port)
                return port


def wait_for(what, test, seconds=30, every=0.1):
    """Polls until test() is true; an exception counts as not yet. Raises with the last reason."""
    end, reason = time.time() + seconds, ""
    while time.time() < end:
        try:
            result = test()
            if result:
                return result
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be gone at the next try
            reason = f" ({error})"
        time.sleep(every)
    raise TimeoutError(f"{what}: not within {seconds} s{reason}")


def fetch(url, body=None, headers=None, timeout=60):
    request = urllib.request.Request(url, data=body, headers=headers or {})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.read()


def query_string(**params):
    return urllib.parse.urlencode({k: v for k, v in params.items() if v is not None})


def watch_ports(processes, ports, name="watch", **settings):
    """Flags that make tarsier watch only what listens on these ports: others may be at work on this host.

    `settings` are further settings of the file, which is YAML written as JSON."""
    file = processes.folder / f"{name}.yml"
    selector = {"open_ports": ",".join(map(str, ports))}
    file.write_text(json.dumps({"discovery": {"instrument": [selector]}, **settings}))
    return ["--config", file]


def demo_ports():
    return {name: free_port() for name in ("core", "database", "receipt")}


def build_demo():
    """Builds the demo's Go programs once; returns the folder they are in."""
    out = ROOT / "build/demo"
    out.mkdir(parents=True, exist_ok=True)
    for name in ("core", "database", "load"):
        subprocess.run(["go", "build", "-o", out / f"{name}-service", "."], cwd=DEMO / name, check=True)
    return out


class Processes:
    """Processes that end with the block, the last started first."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.running = []

    def start(self, name, command, prefix=(), env=None, cwd=None):
        log = open(self.folder / f"{name}.log", "ab")
        process = subprocess.Popen([*map(str, prefix), *map(str, command)], stdout=log, stderr=log, cwd=cwd,
                                   env={**os.environ, **(env or {})})
        log.close()
        process.name = name
        self.running.append(process)
        return process

    def stop(self, process, seconds=30):
        if process in self.running:
            self.running.remove(process)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise AssertionError(f"{process.name} did not stop within {seconds} s") from None
        return process.returncode

    def stop_all(self):
        for process in reversed(list(self.running)):
            with contextlib.suppress(AssertionError):
                self.stop(process)


class Tarsier:
    """A running `tarsier up`, `server` or `agent`, and its APIs."""

    def __init__(self, processes, mode="up", prefix=(), flags=(), data=None, env=None, name=None, ports=None, host="127.0.0.1"):
        self.processes, self.mode, self.host = processes, mode, host
        self.ports = ports or {name: free_port() for name in PORTS}
        self.data = pathlib.Path(data or processes.folder / f"data-{name or mode}")
        command = [TARSIER, mode, "--data", self.data, *flags]
        if mode != "agent":
            command += [f"--{name}={port}" for name, port in self.ports.items()]
        self.process = processes.start(name or f"tarsier-{mode}", command, prefix=prefix, env=env)

    def url(self, api="server"):
        return f"http://{self.host}:{self.ports[api + '-port']}"

    def wait_ready(self, seconds=60):
        def ready():
            if self.process.poll() is not None:
                raise SystemExit(f"tarsier ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            return fetch(self.url() + "/ready")
        wait_for("tarsier is ready", ready, seconds)
        return self

    def log(self):
        return (self.processes.folder / f"{self.process.name}.log").read_text(errors="replace")

    def worker(self):
        """Process id of the worker."""
        pid = self.process.pid
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def promql(self, query, at=None):
        """[(labels, value)] of an instant query."""
        params = query_string(query=query, time=at)
        answer = json.loads(fetch(f"{self.url('server-prometheus')}/api/v1/query?{params}"))
        return [(s["metric"], float(s["value"][1])) for s in answer["data"]["result"]]

    def traces(self, query, limit=100_000, spans=0, start=None, end=None):
        params = query_string(q=query, limit=limit, spss=spans, start=start, end=end)
        return json.loads(fetch(f"{self.url('server-tempo')}/api/search?{params}", timeout=120))["traces"]

    def trace(self, trace_id):
        return json.loads(fetch(f"{self.url('server-tempo')}/api/v2/traces/{trace_id}"))["trace"]

    def logs(self, query, limit=100_000, start=None, end=None):
        """[(index labels, time in ns, line, structured metadata)], newest first."""
        params = query_string(query=query, limit=limit, start=start, end=end)
        answer = json.loads(fetch(f"{self.url('server-loki')}/loki/api/v1/query_range?{params}", timeout=120,
                                  headers={"X-Loki-Response-Encoding-Flags": "categorize-labels"}))
        return [(s["stream"], int(e[0]), e[1], e[2].get("structuredMetadata", {}))
                for s in answer["data"]["result"] for e in s["values"]]

    def self_metric(self, name, **labels):
        """Sum of tarsier's own counter, as /metrics shows it."""
        total = 0.0
        for line in fetch(self.url() + "/metrics").decode().splitlines():
            if line.startswith(name) and all(f'{k}="{v}"' in line for k, v in labels.items()):
                total += float(line.rsplit(" ", 1)[1])
        return total


class Demo:
    """core, database and receipt on free ports."""

    def __init__(self, processes, speedup=20, incidents=False, ports=None, core=None):
        self.processes = processes
        self.bin = build_demo()
        self.ports = ports or demo_ports()
        self.database = processes.start("database", [
            self.bin / "database-service", "-listen", f"127.0.0.1:{self.ports['database']}", "-speedup", speedup,
            f"-incidents={'true' if incidents else 'false'}"])
        self.receipt = processes.start("receipt", [
            "gunicorn", "--workers", "2", "--bind", f"127.0.0.1:{self.ports['receipt']}", "app:application"],
            env={"SPEEDUP": str(speedup), "OTEL_SERVICE_NAME": "receipt"}, cwd=DEMO / "receipt")
        self.core = processes.start("core", [
            core or self.bin / "core-service", "-listen", f"127.0.0.1:{self.ports['core']}",
            "-database", self.url("database"), "-receipt", self.url("receipt")],
            env={"GODEBUG": "multipathtcp=2"})  # listeners speak MPTCP, as they do in modules of Go 1.24 and newer
        for service, path in (("database", "/db/health"), ("receipt", "/health"), ("core", "/api/health")):
            wait_for(f"{service} answers", lambda s=service, p=path: fetch(self.url(s) + p, timeout=2), 20)

    def url(self, service):
        return f"http://127.0.0.1:{self.ports[service]}"

    def load(self, requests, concurrency=50, ids="r", rate=0):
        """Sends the mix and returns the generator's truth."""
        truth = self.processes.folder / f"truth-{ids}.json"
        subprocess.run([self.bin / "load-service", "-target", self.url("core"), "-requests", str(requests), "-quiet",
                        "-concurrency", str(concurrency), "-ids", ids, "-rate", str(rate), "-truth", truth], check=True, timeout=300)
        return json.loads(truth.read_text())

    def start_load(self, name, *flags):
        return self.processes.start(name, [self.bin / "load-service", "-target", self.url("core"), "-quiet", *flags])


@contextlib.contextmanager
def folder(name):
    """A folder for one test; kept, and its path printed, when the test or a check in it fails."""
    failed_before = Checks.failed_ever
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"tarsier-{name}-"))
    path.chmod(0o755)
    processes = Processes(path)
    try:
        yield processes
    except BaseException:
        processes.stop_all()
        print(f"logs and data are kept in {path}")
        raise
    processes.stop_all()
    if Checks.failed_ever > failed_before:
        print(f"logs and data are kept in {path}")
    else:
        shutil.rmtree(path, ignore_errors=True)


class Checks:
    """Counts what held and what did not, and says so at the end: N passed, N failed."""

    failed_ever = 0

    def __init__(self, quiet=False):
        self.passed, self.failures, self.quiet = 0, [], quiet

    @property
    def failed(self):
        return len(self.failures)

    def check(self, what, ok, detail=""):
        line = f"ok    {what}" if ok else f"FAIL  {what}: {detail}"[:2000]
        if ok:
            self.passed += 1
        else:
            self.failures.append(line)
            Checks.failed_ever += 1
        if not self.quiet:
            print(line)
        return ok

    def equal(self, what, got, wanted):
        return self.check(what, got == wanted, f"got {got!r}, wanted {wanted!r}")

    def becomes(self, what, get, wanted, seconds=60):
        """What arrives in its own time: asks until it is so, at most that long."""
        end = time.time() + seconds
        while (got := get()) != wanted and time.time() < end:
            time.sleep(0.5)
        return self.equal(what, got, wanted)

    def near(self, what, got, wanted, share):
        return self.check(what, abs(got - wanted) <= share * abs(wanted), f"got {got}, wanted {wanted} within {share:.1%}")

    def end(self):
        print(*self.failures, f"{self.passed} passed, {self.failed} failed", sep="\n")
        if self.failures:
            raise SystemExit(1)
