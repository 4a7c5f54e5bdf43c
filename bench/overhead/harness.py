"""What the benchmarks of this folder share: processes, their CPU time and memory, load, questions to tarsier."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TICK_US = 1e6 / os.sysconf("SC_CLK_TCK")
SERVICE, BACKEND = 18080, 18081


def cpu_us(pid):
    """User and system time of a process and its waited-for children, in microseconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_US


def busy_us():
    fields = [int(f) for f in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) * TICK_US


def descendants(pid):
    pids = [pid]
    for p in pids:
        for task in pathlib.Path(f"/proc/{p}/task").glob("*/children"):
            pids += [int(c) for c in task.read_text().split()]
    return pids


def rss_mb(pid):
    total = 0
    for p in descendants(pid):
        for line in pathlib.Path(f"/proc/{p}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1])
    return total / 1024


def text(url, timeout=20):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read().decode()


def get(url, timeout=20):
    return json.loads(text(url, timeout))


def wait_for(url, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        try:
            urllib.request.urlopen(url, timeout=1).read()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{url} did not answer within {seconds} s")


def build_service(folder):
    subprocess.run(["go", "build", "-o", f"{folder}/svc", "."], cwd=HERE, check=True)
    return f"{folder}/svc"


class Processes:
    def __init__(self):
        self.running = []

    def start(self, *command, log):
        process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log)
        self.running.append(process)
        return process

    def stop_one(self, process):
        self.running.remove(process)
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    def stop(self):
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.running):
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()


def load(seconds, connections, delay_ms=0):
    """As many requests as the service answers, or with a pause of every connection after each."""
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", HERE / "load.lua",
                          f"http://127.0.0.1:{SERVICE}", "--", str(delay_ms)], capture_output=True, text=True, check=True,
                         timeout=seconds + 30).stdout
    numbers = [int(n) for n in out.split("RESULT ")[1].split()]
    return dict(zip(("requests", "duration_us", "errors", "p50_us", "p99_us"), numbers))
