#!/usr/bin/env python3
"""Real OpenTelemetry SDKs export to 4317 and 4318; every span, log record and number is found again through the APIs."""
import json
import subprocess

import stack

KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
STATUSES = {"unset": 0, "ok": 1, "error": 2}


def plain(value):
    """An OTLP JSON AnyValue as Python has it."""
    if not value:
        return None
    kind, content = next(iter(value.items()))
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [plain(v) for v in content.get("values", [])]
    return content


def stored_spans(tarsier, trace_id):
    spans = {}
    for resource in tarsier.trace(trace_id)["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                spans[span["spanId"]] = span
    return spans


def comparable(sent):
    return {k: sent[k] for k in ("name", "parent_span_id", "start_ns", "end_ns", "attributes")} | {
        "kind": KINDS[sent["kind"]], "status": STATUSES[sent["status"]], "events": sent["events"], "links": sent["links"]}


def as_sent(stored):
    return {
        "name": stored["name"], "parent_span_id": stored.get("parentSpanId", ""), "start_ns": stored["startTimeUnixNano"],
        "end_ns": stored["endTimeUnixNano"], "kind": stored.get("kind", 0), "status": stored.get("status", {}).get("code", 0),
        "attributes": {a["key"]: plain(a["value"]) for a in stored.get("attributes", [])},
        "events": len(stored.get("events", [])), "links": len(stored.get("links", []))}


def check_spans(checks, tarsier, sent):
    different = []
    for span in sent["spans"]:
        stored = stored_spans(tarsier, span["trace_id"]).get(span["span_id"])
        if stored is None or as_sent(stored) != comparable(span):
            different.append((comparable(span), stored and as_sent(stored)))
    checks.check(f"{sent['service']}: {len(sent['spans'])} spans as they were sent", not different, str(different[:1]))


def check_logs(checks, tarsier, sent):
    stored = sorted((line, m.get("trace_id"), m.get("span_id")) for _, _, line, m in tarsier.logs(f'{{service_name="{sent["service"]}"}}'))
    wanted = sorted((r["body"], r["trace_id"], r["span_id"]) for r in sent["logs"])
    checks.equal(f"{sent['service']}: log records", stored, wanted)


def check_metrics(checks, tarsier, sent):
    requests = next(m for m in sent["metrics"] if m["name"] == "work.requests")
    wanted = sum(p["value"] for p in requests["points"])
    got = sum(v for _, v in tarsier.promql(f'work_requests_total{{service_name="{sent["service"]}"}}'))
    checks.equal(f"{sent['service']}: the counter's value", got, wanted)
    got = sum(v for _, v in tarsier.promql(f'work_duration_seconds_count{{service_name="{sent["service"]}"}}'))
    checks.equal(f"{sent['service']}: the histogram's count", got, wanted)


def main():
    checks = stack.Checks()
    with stack.folder("otlp") as processes:
        tarsier = stack.Tarsier(processes, mode="server").wait_ready()
        sender = subprocess.run([stack.ROOT / "tests/otlp_sdk/run.py", "--http", tarsier.url("server-otlp-http"), "--grpc",
                                 tarsier.url("server-otlp-grpc")], stdout=subprocess.PIPE, text=True, timeout=300)
        checks.equal("every export was acknowledged", sender.returncode, 0)
        for sent in json.loads(sender.stdout):
            check_spans(checks, tarsier, sent)
            check_logs(checks, tarsier, sent)
            check_metrics(checks, tarsier, sent)
    checks.end()


if __name__ == "__main__":
    main()
