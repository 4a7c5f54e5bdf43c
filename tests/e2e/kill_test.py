#!/usr/bin/env python3
"""kill -9 of each of tarsier's two processes under load: the worker is started again, what a query once returned is returned
again, at most the last second of captured data is missing and is counted, and the services notice nothing. Also proves that
the worker has no privilege.

    kill_test.py [--rate 150]
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.parse

import stack
import truth

QUERIES = ('http_server_request_duration_seconds_count{service_name="core-service"}',
           'sum by (http_response_status_code) (http_server_request_duration_seconds_bucket{service_name="database-service"})',
           'http_server_response_body_size_bytes_sum{service_name="core-service"}')


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {k: v.split() for k, _, v in (line.partition(":") for line in lines)}


def check_no_privilege(checks, pid):
    status = status_of(pid)
    nobody = subprocess.run(["id", "-u", "nobody"], capture_output=True, text=True, check=True).stdout.strip()
    checks.equal("the worker's user ids", set(status["Uid"]), {nobody})
    checks.check("the worker's group ids are not root's", "0" not in status["Gid"], status["Gid"])
    checks.equal("the worker's supplementary groups", status["Groups"], [])
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        checks.equal(f"the worker's {kind}", int(status[kind][0], 16), 0)
    checks.equal("the worker's NoNewPrivs", status["NoNewPrivs"], ["1"])
    inside = ["setpriv", "--reuid", nobody, "--clear-groups", "--bounding-set", "-all", "--no-new-privs"]
    refused = subprocess.run([*inside, "bpftool", "prog", "list"], capture_output=True)
    checks.check("such a process can do nothing with BPF by itself", refused.returncode != 0)


class Memory:
    """Everything that queries return up to one moment."""

    def __init__(self, tarsier, start, end):
        self.start, self.end = start, end
        self.spans = {str(s) for s in truth.spans_of(tarsier)}
        self.logs = {str(line) for line in tarsier.logs('{service_name=~".+"}', end=int(end * 1e9))}
        self.samples = {sample for query in QUERIES for sample in self.history(tarsier, query)}

    def history(self, tarsier, query):
        params = stack.query_string(query=query, start=self.start, end=self.end, step=1)
        answer = json.loads(stack.fetch(f"{tarsier.url('server-prometheus')}/api/v1/query_range?{params}"))
        return [(query, str(sorted(s["metric"].items())), t, v) for s in answer["data"]["result"] for t, v in s["values"]]

    def check_kept(self, checks, tarsier, when):
        now = Memory(tarsier, self.start, self.end)
        for what in ("spans", "logs", "samples"):
            before, after = getattr(self, what), getattr(now, what)
            checks.check(f"{when}: {len(before)} {what} that a query returned are returned again", before and before <= after,
                         f"{len(before - after)} of {len(before)} are not, e.g. {sorted(before - after)[:3]}")


def request_number(span):
    return int(span.request.rsplit("-", 1)[1])


def trace_starts(tarsier):
    """Start of each request's trace, by request number."""
    found = {}
    for trace in tarsier.traces('{ kind = server && resource.service.name =~ "core.*" } | select(.url.query)', spans=1):
        for spans in trace["spanSets"]:
            for span in spans["spans"]:
                facts = {a["key"]: truth.value(a) for a in span.get("attributes", [])}
                ids = urllib.parse.parse_qs(facts.get("url.query", "")).get("request", [""])[0]
                if ids:
                    found[int(ids.rsplit("-", 1)[1])] = int(span["startTimeUnixNano"]) / 1e9
    return found


def check_missing(checks, tarsier, counts, killed, ready, rate):
    """What is missing began in the last second before the kill, or while no worker was there and its begin had been read."""
    starts = trace_starts(tarsier)
    sent = counts["answered"] + counts["failed"]
    missing = sorted(set(range(sent)) - set(starts))
    print(f"      {len(missing)} of {sent} requests are missing; the worker was away for {ready - killed:.2f} s")
    # Requests are sent in order, so one that is missing began between its neighbours.
    known = sorted(starts)
    window = []
    for n in missing:
        later = next((k for k in known if k > n), None)
        window.append((starts[later] if later is not None else counts["end_unix"]) - killed)
    if window:
        print(f"      they began {min(window):.2f} to {max(window):.2f} s after the kill")
    checks.check("only the last second of what was captured is missing", all(-1.0 <= w <= 0.5 for w in window),
                 f"began {min(window, default=0):.2f} to {max(window, default=0):.2f} s after the kill")
    checks.check("and no more than a second's requests", len(missing) <= rate * 1.0, f"{len(missing)} at {rate}/s")
    return missing


COUNT = 'http_server_request_duration_seconds_count{service_name="core-service"}'


def check_counts(checks, tarsier, counts, begin, rate):
    """A counter goes on in the new worker from at most a second before the death, whatever the interval; the rest is counted."""
    total = sum(v for _, v in tarsier.promql(COUNT))
    short = counts["answered"] + 1 - total  # one health check before the load
    lost = {reason: tarsier.self_metric("tarsier_assemble_lost_with_worker_total", reason=reason)
            for reason in ("after_checkpoint", "open_request", "record_not_durable")}
    print(f"      the counters are {short:.0f} requests short; lost with the worker: {lost}")
    checks.check("the counters miss at most a second's requests", 0 <= short <= rate, f"{short:.0f} at {rate}/s")
    checks.check("what the counters miss is counted", short <= lost["after_checkpoint"] + lost["open_request"], f"{short:.0f}: {lost}")
    params = stack.query_string(query=COUNT, start=begin, end=time.time(), step=1)
    answer = json.loads(stack.fetch(f"{tarsier.url('server-prometheus')}/api/v1/query_range?{params}"))
    values = [[float(v) for _, v in s["values"]] for s in answer["data"]["result"]]
    checks.check(f"no counter of {len(values)} ever goes back", values and all(v == sorted(v) for v in values), values)


def kill_worker(checks, tarsier, demo, begin, rate):
    ids = "worker"
    file = tarsier.processes.folder / "truth-worker.json"
    load = demo.start_load("load-worker", "-ids", ids, "-rate", str(rate), "-for", "18s", "-truth", file)
    time.sleep(7)
    memory = Memory(tarsier, begin, int(time.time()))
    old, killed = tarsier.worker(), time.time()
    os.kill(old, signal.SIGKILL)

    def again():
        new = tarsier.worker()
        return new != old and stack.fetch(tarsier.url() + "/ready", timeout=2) and new
    new = stack.wait_for("the worker is started again", again, 20, every=0.05)
    ready = time.time()
    checks.check("the supervisor starts the worker again", new != old)
    check_no_privilege(stack.Checks(quiet=True), new)
    memory.check_kept(checks, tarsier, "after the worker's death")
    load.wait(60)
    counts = json.loads(file.read_text())
    checks.check(f"the services notice nothing ({counts['answered']} requests)", counts["failed"] == 0 and counts["answered"] > 0,
                 counts["errors"])
    time.sleep(8)
    memory.check_kept(checks, tarsier, "after more load")
    missing = check_missing(checks, tarsier, counts, killed, ready, rate)
    # The dead worker took the request's head along, or what it had made of the whole.
    counted = (tarsier.self_metric("tarsier_assemble_events_dropped_total", reason="answer_without_request") +
               tarsier.self_metric("tarsier_assemble_lost_with_worker_total", reason="record_not_durable"))
    checks.check("what is missing is counted", counted >= len(missing), f"{len(missing)} are missing, {counted:.0f} are counted")
    check_counts(checks, tarsier, counts, begin, rate)
    _, _, wrong = truth.check_parents(stack.Checks(quiet=True), [s for s in truth.spans_of(tarsier) if s.request.startswith(ids)], ids)
    checks.check("0 wrong parents", not wrong, str(wrong[:2]))


def bpf_ids(pid):
    """Ids of the BPF programs and maps that this process holds."""
    ids = set()
    for file in pathlib.Path(f"/proc/{pid}/fdinfo").iterdir():
        for line in file.read_text().splitlines():
            kind, _, value = line.partition(":")
            if kind in ("prog_id", "map_id", "link_id"):
                ids.add((kind.split("_")[0], int(value)))
    return ids


def loaded(ids):
    """Those of these ids that the kernel still has."""
    left = set()
    for kind in ("prog", "map", "link"):
        listed = json.loads(subprocess.run(["bpftool", "-j", kind, "list"], capture_output=True, check=True).stdout or "[]")
        left |= {(kind, item["id"]) for item in listed} & ids
    return left


def kill_privileged(checks, processes, tarsier, demo, begin, flags, rate):
    ids = bpf_ids(tarsier.process.pid)
    kinds = {kind for kind, _ in ids}
    checks.check(f"BPF programs and maps are there while it runs ({len(ids)})", {"prog", "map"} <= kinds and loaded(ids) == ids, kinds)
    file = processes.folder / "truth-privileged.json"
    load = demo.start_load("load-privileged", "-ids", "privileged", "-rate", str(rate), "-for", "8s", "-truth", file)
    time.sleep(4)
    worker, memory = tarsier.worker(), Memory(tarsier, begin, int(time.time()))
    os.kill(tarsier.process.pid, signal.SIGKILL)
    tarsier.process.wait()
    processes.running.remove(tarsier.process)
    stack.wait_for("the worker ends by itself", lambda: not pathlib.Path(f"/proc/{worker}").exists(), 20)
    checks.check("the worker ends by itself when the privileged process is killed", True)
    stack.wait_for("the kernel lets go of the programs", lambda: not loaded(ids), 10)
    checks.equal("BPF programs, maps and links that remain", loaded(ids), set())
    load.wait(60)
    counts = json.loads(file.read_text())
    checks.check(f"the services notice nothing ({counts['answered']} requests)", counts["failed"] == 0 and counts["answered"] > 0,
                 counts["errors"])
    again = stack.Tarsier(processes, flags=flags, data=tarsier.data, name="tarsier-again").wait_ready()
    memory.check_kept(checks, again, "after a start on the same folder")
    checks.equal("exit code", processes.stop(again.process), 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=150)
    rate = parser.parse_args().rate
    checks = stack.Checks()
    with stack.folder("kill") as processes:
        begin = int(time.time())
        ports = stack.demo_ports()
        flags = stack.watch_ports(processes, ports.values())
        tarsier = stack.Tarsier(processes, flags=flags).wait_ready()
        check_no_privilege(checks, tarsier.worker())
        demo = stack.Demo(processes, ports=ports)
        kill_worker(checks, tarsier, demo, begin, rate)
        kill_privileged(checks, processes, tarsier, demo, begin, flags, rate)
    checks.end()


if __name__ == "__main__":
    main()
