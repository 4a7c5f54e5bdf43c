#!/usr/bin/env python3
"""Asks a real Prometheus and ours the same over the same samples, and compares every answer.

  differential.py            the whole corpus, instant and range
  differential.py --quick    every seventh query
  differential.py --random N [--seed S]   N queries made at random from the corpus
  differential.py --query Q  one query, both answers printed

Label sets must be equal, values within 1e-9 (NaN is NaN), annotations equal, errors errors of the same type.
"""
import argparse
import json
import math
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from demo_data import demo_series
from queries import corpus, random_queries
from reference import Ours, Reference
from remote_write import push_in_order

SPAN_MS = 2 * 3600 * 1000
TOLERANCE = 1e-9


def is_sort(query):
    """Whether the whole query is one call of a sort function."""
    if not query.startswith("sort"):
        return False
    depth = 0
    for at, c in enumerate(query):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if c == ")" and depth == 0:
            return at == len(query) - 1
    return False


def ask(url, path, **params):
    request = urllib.request.Request(f"{url}/api/v1/{path}", data=urllib.parse.urlencode(params).encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def close(a, b):
    x, y = float(a), float(b)
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    if math.isinf(x) or math.isinf(y):
        return x == y
    return abs(x - y) <= TOLERANCE * max(abs(x), abs(y), 1e-300)


def sample_difference(wanted, got):
    if wanted[0] != got[0]:
        return f"time {got[0]} instead of {wanted[0]}"
    if not close(wanted[1], got[1]):
        return f"at {wanted[0]}: {got[1]} instead of {wanted[1]}"
    return None


def values_by_time(series):
    out = {}
    for one in series:
        for time_s, value in one["values"] if "values" in one else [one["value"]]:
            out.setdefault(time_s, []).append(value)
    return out


def tie_difference(wanted, got, ordered):
    """Of equal values the order, and so which of them topk takes, is that of the storage: only values count."""
    a, b = values_by_time(wanted), values_by_time(got)
    if a.keys() != b.keys():
        return "other times"
    for time_s in a:
        x, y = (a[time_s], b[time_s]) if ordered else (sorted(a[time_s]), sorted(b[time_s]))
        if len(x) != len(y) or not all(close(i, j) for i, j in zip(x, y)):
            return f"at {time_s}: {y} instead of {x}"
    return None


def series_difference(wanted, got, ordered):
    def key(series):
        return json.dumps(series["metric"], sort_keys=True)
    if ordered and [key(s) for s in wanted] != [key(s) for s in got]:
        return "another order"
    ours = {key(s): s for s in got}
    if len(ours) != len(got):
        return "the same labels twice"
    for series in wanted:
        if key(series) not in ours:
            return f"no series {key(series)}"
        other = ours.pop(key(series))
        a, b = (series["values"], other["values"]) if "values" in series else ([series["value"]], [other["value"]])
        if len(a) != len(b):
            return f"{key(series)}: {len(b)} samples instead of {len(a)}"
        for x, y in zip(a, b):
            if difference := sample_difference(x, y):
                return f"{key(series)}: {difference}"
    return f"unexpected series {next(iter(ours))}" if ours else None


def difference_of(wanted, got, ordered, ties):
    if wanted["status"] != got["status"]:
        return f"{got['status']} instead of {wanted['status']}: {wanted.get('error') or got.get('error')}"
    if wanted["status"] == "error":
        if wanted["errorType"] != got["errorType"]:
            return f"error type {got['errorType']} instead of {wanted['errorType']}: {got['error']} | {wanted['error']}"
        return None
    for kind in ("warnings", "infos"):
        # Which ten of many are shown is a matter of chance there.
        if len(wanted.get(kind, [])) < 10 and sorted(wanted.get(kind, [])) != sorted(got.get(kind, [])):
            return f"{kind} {got.get(kind)} instead of {wanted.get(kind)}"
    a, b = wanted["data"], got["data"]
    if a["resultType"] != b["resultType"]:
        return f"{b['resultType']} instead of {a['resultType']}"
    if a["resultType"] == "scalar":
        return sample_difference(a["result"], b["result"])
    if a["resultType"] == "string":
        return None if a["result"] == b["result"] else "another string"
    difference = series_difference(a["result"], b["result"], ordered)
    if difference and ties:
        return tie_difference(a["result"], b["result"], ordered and a["resultType"] == "vector")
    return difference


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--query")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--errors", action="store_true", help="print where error texts differ")
    arguments = parser.parse_args()
    end_ms = (int(time.time() * 1000) - 600_000) // 60_000 * 60_000
    start_ms = end_ms - SPAN_MS
    queries = [arguments.query] if arguments.query else corpus()
    if arguments.random:
        queries = list(random_queries(arguments.random, arguments.seed))
    if arguments.quick:
        queries = queries[::7]
    ranges = {"start": (start_ms + 4_800_000) / 1000, "end": (end_ms - 300_000) / 1000, "step": "17"}
    asked = [("query", {"time": (end_ms - 900_000) / 1000}), ("query", {"time": (start_ms + 2_000_000) / 1000}),
             ("query_range", ranges), ("query_range", {**ranges, "start": start_ms / 1000, "step": "121.5"})]
    passed = failed = unsupported = errors = same_errors = 0
    with Reference() as reference, Ours() as ours:
        push_in_order([reference.url, ours.url], demo_series(start_ms, end_ms))
        for query in queries:
            for path, params in asked:
                wanted, got = ask(reference.url, path, query=query, **params), ask(ours.url, path, query=query, **params)
                if arguments.query:
                    print(json.dumps(wanted)[:3000], json.dumps(got)[:3000], sep="\n")
                if got["status"] == "error" and "not supported" in got["error"] and wanted["status"] == "success":
                    unsupported += 1
                    continue
                ordered = path == "query_range" or is_sort(query)
                ties = "sort" in query or "topk" in query or "bottomk" in query
                difference = difference_of(wanted, got, ordered, ties)
                if "error" in wanted and "error" in got:
                    errors += 1
                    same_errors += wanted["error"] == got["error"]
                    if arguments.errors and wanted["error"] != got["error"]:
                        print(f"ERROR {query}: {got['error']} | {wanted['error']}")
                if difference is None:
                    passed += 1
                else:
                    failed += 1
                    print(f"FAIL {path} {query}: {difference}")
    print(f"{len(queries)} queries over {len(asked)} grids; refused by name: {unsupported}")
    print(f"errors with the same text: {same_errors} of {errors}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
