"""Compares what tarsier shows with what the load generator counted."""
import collections
import urllib.parse

# One search returns every span with what the comparison needs.
EVERY_SPAN = ('{ resource.service.name =~ "core.*|database.*|receipt" } | select(span:id, span:parentID, kind, resource.service.name, '
              'name, .url.query, .url.full, .url.path, .http.route, .http.request.method, .http.response.status_code)')


def value(attribute):
    return next(iter(attribute["value"].values()))


class Span:
    def __init__(self, trace, span):
        self.trace, self.id, self.name = trace["traceID"], span["spanID"], span.get("name", "")
        self.start_ns = int(span["startTimeUnixNano"])
        self.end_ns = self.start_ns + int(span["durationNanos"])
        facts = {a["key"]: value(a) for a in span.get("attributes", [])}
        self.parent = facts.get("span:parentID", "")
        self.kind, self.service = facts["kind"], facts["service.name"]
        self.route, self.method = facts.get("http.route", ""), facts.get("http.request.method", "")
        self.status = int(facts.get("http.response.status_code", 0))
        query = facts.get("url.query") or urllib.parse.urlsplit(facts.get("url.full", "")).query
        self.request = urllib.parse.parse_qs(query).get("request", [""])[0]
        self.path = facts.get("url.path") or urllib.parse.urlsplit(facts.get("url.full", "")).path

    def __repr__(self):
        return f"{self.service} {self.kind} {self.name} {self.status} request={self.request} trace={self.trace} span={self.id} parent={self.parent}"


def spans_of(tarsier, query=EVERY_SPAN):
    return [Span(t, s) for t in tarsier.traces(query) for spans in t["spanSets"] for s in spans["spans"]]


def route_shape(route):
    """/api/user/{id}/balance whatever the placeholder is called."""
    return "/".join("{}" if s[:1] in "{*:" else s for s in route.split("/"))


def check_spans(checks, spans, truth, ids, exact=True):
    """Every request of this run has one server span, and every call hangs below the request that caused it."""
    mine = [s for s in spans if s.request.startswith(ids + "-")]
    core = [s for s in mine if s.kind == "server" and s.service.startswith("core")]
    per_request = collections.Counter(s.request for s in core)
    checks.check(f"{ids}: one server span a request", all(n == 1 for n in per_request.values()),
                 str([r for r, n in per_request.items() if n != 1][:5]))
    if exact:
        got = collections.Counter((s.method, route_shape(s.route), s.status) for s in core)
        wanted = {(r["method"], route_shape(r["route"]), r["status"]): r["count"] for r in truth["rows"]}
        checks.equal(f"{ids}: server spans by method, route and status", dict(got), wanted)
    check_parents(checks, mine, ids)
    return core


def check_parents(checks, spans, ids):
    by_id = {(s.trace, s.id): s for s in spans}
    right, none, wrong = collections.Counter(), [], []
    for span in spans:
        entry = span.service.startswith("core") and span.kind == "server"
        if entry:
            continue
        parent = by_id.get((span.trace, span.parent))
        link = f"{span.service} {span.kind}"
        if parent is None:
            none.append(span)
        elif parent.request != span.request or parent.kind == span.kind:
            wrong.append((span, parent))
        else:
            right[link] += 1
    checks.check(f"{ids}: 0 wrong parents", not wrong, f"{len(wrong)} wrong, e.g. {wrong[:2]}")
    checks.check(f"{ids}: every call has its parent ({sum(right.values())} calls)", not none, f"{len(none)} without, e.g. {none[:3]}")
    if not checks.quiet:
        print(f"      {ids}: {len(spans)} spans; parents: {sum(right.values())} right, {len(wrong)} wrong, {len(none)} missing")
    return right, none, wrong


def with_health_checks(counts):
    """The harness asked core for its health once before the load."""
    rows = [dict(r) for r in counts["rows"]]
    health = next((r for r in rows if r["route"] == "/api/health" and r["status"] == 200), None)
    if health is None:
        health = {"method": "GET", "route": "/api/health", "status": 200, "count": 0, "request_body_bytes": 0, "response_body_bytes": 0}
        rows.append(health)
    health["count"] += 1
    health["response_body_bytes"] += len('{"status":"healthy"}\n')
    return {**counts, "rows": rows}


def check_metrics(checks, tarsier, truth, port):
    """Counts and body sizes of the RED metrics of the core that listens there are the generator's, by method, route and status."""
    def table(metric):
        rows = collections.Counter()
        for labels, v in tarsier.promql(f'{metric}{{service_name=~"core.*",server_port="{port}"}}'):
            rows[labels["http_request_method"], route_shape(labels.get("http_route", "")), int(labels["http_response_status_code"])] += v
        return {k: v for k, v in rows.items() if v}

    def wanted(field):
        return {(r["method"], route_shape(r["route"]), r["status"]): r[field] for r in truth["rows"] if r[field]}
    checks.equal("request counts of PromQL", table("http_server_request_duration_seconds_count"), wanted("count"))
    checks.equal("request body sizes of PromQL", table("http_server_request_body_size_bytes_sum"), wanted("request_body_bytes"))
    checks.equal("response body sizes of PromQL", table("http_server_response_body_size_bytes_sum"), wanted("response_body_bytes"))


def check_logs(checks, tarsier, core_spans, ids):
    """One log record a request, and its trace is there."""
    lines = [line for line in tarsier.logs('{service_name=~"core.*"}') if f"request={ids}-" in line[2] or
             any(f"request={ids}-" in v for v in line[3].values())]
    checks.equal(f"{ids}: log records of core", len(lines), len(core_spans))
    traces = {s.trace for s in core_spans}
    checks.check(f"{ids}: every log record's trace is known", all(m.get("trace_id") in traces for _, _, _, m in lines),
                 str([m for _, _, _, m in lines if m.get("trace_id") not in traces][:2]))
