"""The two servers that the differential test and the benchmark compare."""
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build"
REFERENCE = BUILD / "rivals" / "prometheus"
FEATURES = "promql-experimental-functions,promql-binop-fill-modifiers"


def build_reference():
    """A real Prometheus from the pinned module (go.mod), built once: minutes the first time."""
    if REFERENCE.exists() and REFERENCE.stat().st_mtime > (HERE / "go.mod").stat().st_mtime:
        return REFERENCE
    print("building the pinned Prometheus (minutes, once)", file=sys.stderr)
    REFERENCE.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["nice", "go", "build", "-mod=mod", "-tags", "remove_all_sd,netgo", "-ldflags", "-s -w", "-o", REFERENCE,
                    "github.com/prometheus/prometheus/cmd/prometheus"], cwd=HERE, check=True)
    REFERENCE.touch()
    return REFERENCE


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A process that answers the Prometheus API at self.url until stopped."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="promql-")

    def wait_ready(self):
        for _ in range(300):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args[0]} ended with {self.process.returncode}: see {self.log.name}")
            try:
                urllib.request.urlopen(self.url + "/api/v1/query?query=1", timeout=1).read()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"{self.url} does not answer: see {self.log.name}")

    def start(self, *arguments, **options):
        self.log = open(os.path.join(self.folder.name, "log"), "w+")
        self.process = subprocess.Popen([str(a) for a in arguments], stderr=self.log, **options)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Reference(Server):
    name = "Prometheus"

    def __init__(self):
        super().__init__()
        config = pathlib.Path(self.folder.name) / "prometheus.yml"
        config.write_text("{}\n")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.start(build_reference(), f"--config.file={config}", f"--storage.tsdb.path={self.folder.name}/data",
                   f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver",
                   f"--enable-feature={FEATURES}", "--storage.tsdb.retention.time=10y",
                   "--storage.tsdb.min-block-duration=240h", "--storage.tsdb.max-block-duration=240h",
                   stdout=subprocess.DEVNULL)
        self.wait_ready()


class Ours(Server):
    name = "tarsier"

    def __init__(self):
        super().__init__()
        binary = os.environ.get("PROMQL_SERVE", BUILD / "release" / "src" / "api" / "promql_serve")
        self.start(binary, f"{self.folder.name}/data", stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().strip()}"
        self.wait_ready()
