#!/usr/bin/env python3
"""Ours beside the real Prometheus: the same samples, the same range queries, interleaved rounds.

  speed.py [SERIES]      5,000 series of an hour at 15 s unless said otherwise

Prints per query the median wall time and CPU time of each server, and how many times less ours takes.
"""
import random
import statistics
import sys
import time
import urllib.parse
import urllib.request

from reference import Ours, Reference
from remote_write import push_in_order

QUERIES = [
    "sum by(job)(rate(requests_total[5m]))",
    "sum(requests_total)",
    "max by(job)(max_over_time(requests_total[10m]))",
    "quantile by(job)(0.99, requests_total)",
    "topk(5, rate(requests_total[5m]))",
    'rate(requests_total{path="/path/1"}[5m])',
    "sum by(job)(rate(requests_total[5m])) / on(job) group_left sum by(job)(requests_total)",
]
ROUNDS = 7


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    end = int(time.time()) // 60 * 60 - 600
    start = end - 3_600
    rng = random.Random(1)
    series = []
    for s in range(count):
        value, samples = 0.0, []
        for t in range(start, end, 15):
            value += rng.randrange(20)
            samples.append((t * 1000, value))
        series.append(({"__name__": "requests_total", "instance": f"host-{s % 500:04}", "job": f"job-{s % 7}",
                        "path": f"/path/{s // 500}"}, samples))
    with Reference() as reference, Ours() as ours:
        push_in_order([reference.url, ours.url], series)
        print(f"{count} series, {count * 240} samples; median of {ROUNDS} interleaved rounds")
        print(f"{'query':86} {'Prometheus wall/cpu':>22} {'tarsier wall/cpu':>20} {'ratio':>12}")
        for query in QUERIES:
            measure(query, [reference, ours], start, end)


def measure(query, servers, start, end):
    form = urllib.parse.urlencode({"query": query, "start": start + 300, "end": end, "step": 15}).encode()
    walls, cpus = {s: [] for s in servers}, {s: [] for s in servers}
    for _ in range(ROUNDS):
        for server in servers:
            cpu, wall = server.cpu_seconds(), time.perf_counter()
            urllib.request.urlopen(server.url + "/api/v1/query_range", data=form, timeout=300).read()
            walls[server].append(time.perf_counter() - wall)
            cpus[server].append(server.cpu_seconds() - cpu)
    wall = [statistics.median(walls[s]) * 1000 for s in servers]
    cpu = [statistics.mean(cpus[s]) * 1000 for s in servers]
    print(f"{query:86} {wall[0]:8.0f} / {cpu[0]:6.0f} ms {wall[1]:7.0f} / {cpu[1]:5.0f} ms {wall[0] / wall[1]:5.1f} / "
          f"{cpu[0] / max(cpu[1], 1):4.1f}")


if __name__ == "__main__":
    main()
