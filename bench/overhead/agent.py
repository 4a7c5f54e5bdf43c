#!/usr/bin/env python3
"""What `tarsier agent` needs: memory and CPU time when idle and at fixed rates, everything that it saw being delivered; and how
long `tarsier up` takes from its start to the first span that a query finds.

    bench/overhead/agent.py --rates 0,1000,20000 --seconds 20

Memory is that of both processes together, at its highest. The server that the agent sends to is another tarsier on the
same machine, whose CPU time is not counted.
"""
import argparse
import math
import os
import pathlib
import shutil
import tempfile
import threading
import time

from harness import ROOT, SERVICE, Processes, build_service, cpu_us, descendants, get, load, rss_mb, wait_for

PAUSE_MS = 8  # of each connection: few enough connections, and a rate that the service's speed hardly changes


def connections_for(rate):
    """So many that the rate is reached, found by trying, and the requests that this took."""
    connections, sent = rate * PAUSE_MS / 1000, 0
    for _ in range(3):
        tried = load(2, max(1, round(connections)), PAUSE_MS)
        sent += tried["requests"]
        connections *= 1.06 * rate / (tried["requests"] / (tried["duration_us"] / 1e6))
    return max(1, math.ceil(connections)), sent


class HighestMemory:
    """Of a process and its descendants, looked at ten times a second."""

    def __init__(self, pid):
        self.pid, self.mb, self.stopped = pid, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.stopped.wait(0.1):
            self.mb = max(self.mb, rss_mb(self.pid))

    def stop(self):
        self.stopped.set()
        self.thread.join()
        return self.mb


def requests_known():
    """Requests of the service that have arrived at the server, by its metric and by its logs."""
    metric = get('http://127.0.0.1:9009/prometheus/api/v1/query?query=sum(http_server_request_duration_seconds_count%7Bservice_name%3D%22svc%22%7D)')
    logs = get('http://127.0.0.1:3100/loki/api/v1/query?query=sum(count_over_time(%7Bservice_name%3D%22svc%22%7D%5B10m%5D))')
    return [int(float(answer["data"]["result"][0]["value"][1])) if answer["data"]["result"] else 0 for answer in (metric, logs)]


def at_rate(rate, options, svc):
    processes = Processes()
    data = tempfile.mkdtemp(prefix="tarsier-bench-")
    os.chmod(data, 0o755)
    with open(pathlib.Path(data) / "log", "w") as log:
        try:
            processes.start(options.tarsier, "server", "--data", data + "/server", log=log)
            wait_for("http://127.0.0.1:3000/ready")
            processes.start(svc, "-listen", f"127.0.0.1:{SERVICE}", log=log)
            agent = processes.start(options.tarsier, "agent", "--data", data + "/agent", "--export-endpoint=http://127.0.0.1:4318", log=log)
            time.sleep(4)  # an agent has no port to ask
            connections, sent = connections_for(rate) if rate else (0, 0)
            counted = 0
            memory = HighestMemory(agent.pid)
            before, begin = sum(map(cpu_us, descendants(agent.pid))), time.time()
            if rate:
                counted = load(options.seconds, connections, PAUSE_MS)["requests"]
            else:
                time.sleep(options.seconds)
            seconds = time.time() - begin
            cpu = sum(map(cpu_us, descendants(agent.pid))) - before
            time.sleep(8)  # a metrics interval and the queue
            sent += counted
            metric, logs = requests_known()
            return {"asked": rate, "rate": counted / seconds, "cpu": cpu / seconds / 1e4, "mb": memory.stop(),
                    "lost": max(0, sent - metric, sent - logs)}
        finally:
            processes.stop()
            shutil.rmtree(data, ignore_errors=True)


def start_up(options, svc):
    """Seconds from the start of `tarsier up` to the first answer with a span, requests coming all the time."""
    processes = Processes()
    data = tempfile.mkdtemp(prefix="tarsier-bench-")
    os.chmod(data, 0o755)
    with open(pathlib.Path(data) / "log", "w") as log:
        try:
            processes.start(svc, "-listen", f"127.0.0.1:{SERVICE}", log=log)
            wait_for(f"http://127.0.0.1:{SERVICE}/")
            requests = threading.Thread(target=load, args=(8, 4, PAUSE_MS))
            requests.start()
            time.sleep(0.5)
            begin = time.time()
            processes.start(options.tarsier, "up", "--data", data + "/store", log=log)
            while time.time() < begin + 7:
                try:
                    if get("http://127.0.0.1:3200/api/search?q=%7B%20resource.service.name%3D%22svc%22%20%7D&limit=1", 1)["traces"]:
                        break
                except OSError:
                    pass
                time.sleep(0.02)
            seconds = time.time() - begin
            requests.join()
            return seconds
        finally:
            processes.stop()
            shutil.rmtree(data, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default="0,1000,20000", help="requests a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--tarsier", default=str(ROOT / "build/release/tarsier"))
    options = parser.parse_args()
    build = tempfile.mkdtemp(prefix="tarsier-bench-build-")
    svc = build_service(build)
    print("| requests/s asked | had | agent CPU, % of one processor | agent RSS MB, highest | requests not delivered |")
    print("|---|---|---|---|---|")
    for rate in map(int, options.rates.split(",")):
        row = at_rate(rate, options, svc)
        print(f"| {row['asked']} | {row['rate']:.0f} | {row['cpu']:.1f} | {row['mb']:.0f} | {row['lost']} |", flush=True)
    print(f"start to first span: {start_up(options, svc):.2f} s")
    shutil.rmtree(build)


if __name__ == "__main__":
    main()
