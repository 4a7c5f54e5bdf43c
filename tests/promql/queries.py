"""The corpus: templates over the demo series, each expanded over its variants."""
import itertools
import random
import re

VARIANTS = {
    "range": ["1s", "15s", "1m", "5m", "15m", "1h"],
    "offset": ["1m", "5m", "10m"],
    "instant_offset": ["-1m", "10m"],
    "reduce": ["sum", "avg", "max", "min", "count", "stddev", "stdvar", "group"],
    "topk": ["topk", "bottomk"],
    "q": ["-0.5", "0.1", "0.5", "0.75", "0.95", "1", "1.5", "NaN"],
    "over_time": ["sum", "avg", "max", "min", "count", "stddev", "stdvar", "last", "first", "present", "mad",
                  "ts_of_max", "ts_of_min", "ts_of_last", "ts_of_first", "absent"],
    "math": ["abs", "ceil", "floor", "exp", "sqrt", "ln", "log2", "log10", "sgn", "sin", "cos", "tan", "asin", "acos",
             "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "deg", "rad"],
    "extrapolate": ["rate", "delta", "increase"],
    "instant_rate": ["irate", "idelta"],
    "pairs": ["changes", "resets"],
    "arith": ["+", "-", "*", "/", "%", "^", "atan2"],
    "compare": ["==", "!=", "<", ">", "<=", ">="],
    "set": ["and", "or", "unless"],
    "date": ["day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"],
    "grouping": ["", " by()", " by(instance)", " by(instance, type)", " by(nonexistent)", " without()", " without(instance)",
                 " without(instance, type)"],
    "odd": ["demo_odd", "demo_temperature"],
}

TEMPLATES = """
42
1.234
.123
1.23e-3
0x3d
Inf
-Inf
NaN
5m
1_000
"text"
demo_memory_usage_bytes
{__name__="demo_memory_usage_bytes"}
{"demo_memory_usage_bytes", type="used"}
demo_memory_usage_bytes{type="free"}
demo_memory_usage_bytes{type!="free"}
demo_memory_usage_bytes{instance=~"demo-.*:8080"}
demo_memory_usage_bytes{instance=~"demo"}
demo_memory_usage_bytes{instance!~".*:8081"}
demo_memory_usage_bytes{type="free", instance!="demo-2:8080"}
{type="free", instance!="demo-2:8080"}
{__name__=~"demo_disk.*"}
nonexistent_metric_name
demo_memory_usage_bytes offset {offset}
demo_memory_usage_bytes offset {instant_offset}
demo_memory_usage_bytes @ start()
demo_memory_usage_bytes @ end() offset 1m
rate(demo_cpu_usage_seconds_total[5m] @ end())
sum(demo_memory_usage_bytes @ start()) + demo_num_cpus
demo_intermittent_metric
{reduce}{grouping}(demo_memory_usage_bytes)
{reduce}({odd})
{reduce}(nonexistent_metric_name)
{reduce}(demo_intermittent_metric)
sum by(instance)(rate(demo_cpu_usage_seconds_total[5m]))
avg without(mode)(rate(demo_cpu_usage_seconds_total[1m]))
{topk} (3, demo_memory_usage_bytes)
{topk} by(instance) (2, demo_memory_usage_bytes)
{topk} without(instance) (1, demo_memory_usage_bytes)
{topk} (0, demo_memory_usage_bytes)
{topk} (scalar(demo_num_cpus{instance="demo-0:8080"}), demo_cpu_usage_seconds_total)
quantile({q}, demo_memory_usage_bytes)
quantile by(type)({q}, demo_memory_usage_bytes)
quantile({q}, demo_odd)
count_values("value", demo_api_request_duration_seconds_bucket{path="/api/nonexistent",le="0.001"})
count_values("mode", demo_num_cpus)
count_values by(instance)("v", floor(demo_temperature / 10))
{over_time}_over_time(demo_memory_usage_bytes[{range}])
{over_time}_over_time(demo_intermittent_metric[{range}])
{over_time}_over_time(demo_odd[1m])
quantile_over_time({q}, demo_temperature[{range}])
{math}(demo_temperature)
{math}(-demo_temperature)
{math}(demo_odd)
{extrapolate}(nonexistent_metric[5m])
{extrapolate}(demo_cpu_usage_seconds_total[{range}])
{extrapolate}(demo_items_shipped_total[{range}] offset 3m)
{extrapolate}(demo_temperature[{range}])
{instant_rate}(demo_cpu_usage_seconds_total[{range}])
{pairs}(demo_cpu_usage_seconds_total[{range}])
{pairs}(demo_batch_last_success_timestamp_seconds[{range}])
{pairs}(demo_odd[{range}])
deriv(demo_temperature[{range}])
predict_linear(demo_disk_usage_bytes[{range}], 600)
predict_linear(demo_temperature[10m] offset 5m, scalar(demo_num_cpus{instance="demo-0:8080"}))
double_exponential_smoothing(demo_temperature[{range}], 0.5, 0.1)
integral(demo_temperature[5m])
integral(demo_odd[1m], 1)
clamp(demo_temperature, 10, 25)
clamp(demo_temperature, 25, 10)
clamp_min(demo_odd, 2)
clamp_max(demo_temperature, 2)
round(demo_temperature)
round(demo_temperature, 0.5)
round(demo_odd, 5)
-demo_temperature
-(demo_cpu_usage_seconds_total)
+demo_num_cpus
demo_memory_usage_bytes {arith} 1.2345
1.2345 {arith} demo_temperature
demo_odd {arith} demo_odd
demo_odd {arith} 2
demo_memory_usage_bytes {compare} 1500000000
demo_memory_usage_bytes {compare} bool 1500000000
20 {compare} demo_temperature
20 {compare} bool demo_temperature
demo_odd {compare} demo_odd
demo_odd {compare} bool demo_odd
1 {compare} bool 2
1 {arith} 2
demo_memory_usage_bytes{type="used"} {arith} ignoring(type) demo_memory_usage_bytes{type="free"}
demo_memory_usage_bytes {compare} ignoring(type) group_left demo_memory_usage_bytes{type="cached"}
demo_cpu_usage_seconds_total {compare} on(instance, job) group_left demo_num_cpus
demo_num_cpus * on(instance) group_right() demo_cpu_usage_seconds_total
demo_memory_usage_bytes / on(instance, job, type) demo_memory_usage_bytes
sum by(instance, type)(demo_memory_usage_bytes) / on(instance) group_left sum by(instance)(demo_memory_usage_bytes)
demo_memory_usage_bytes / on(instance, job) group_left(version) demo_num_cpus
demo_cpu_usage_seconds_total / on(instance) group_left(job) demo_num_cpus{instance!="demo-1:8080"}
demo_memory_usage_bytes {set} demo_memory_usage_bytes{type="used"}
demo_memory_usage_bytes {set} on(instance) demo_num_cpus{instance="demo-0:8080"}
demo_memory_usage_bytes {set} ignoring(type) demo_num_cpus
demo_memory_usage_bytes {set} demo_cpu_usage_seconds_total
demo_intermittent_metric {set} demo_num_cpus
demo_intermittent_metric {set} on() vector(1)
demo_temperature > 25 or demo_temperature < 10
demo_temperature > 20 unless demo_temperature > 30
vector(1) or demo_num_cpus
(demo_num_cpus) + on() group_left vector(time())
demo_num_cpus + fill(7) demo_intermittent_metric
demo_num_cpus + on(instance) fill_right(7) demo_intermittent_metric
demo_intermittent_metric - on(instance) fill_left(3) demo_num_cpus
demo_memory_usage_bytes + on(instance) group_left fill(0) demo_intermittent_metric
demo_num_cpus + demo_intermittent_metric
1 * 2 + 4 / 6 - 10 % 2 ^ 2
2 ^ 3 ^ 2
-2 ^ 2
time()
time() - demo_batch_last_success_timestamp_seconds
timestamp(demo_num_cpus)
timestamp(demo_num_cpus * 1)
timestamp(demo_num_cpus offset 2m)
timestamp(timestamp(demo_num_cpus))
{date}()
{date}(demo_batch_last_success_timestamp_seconds)
{date}(demo_batch_last_success_timestamp_seconds offset {offset})
vector(1.23)
vector(time())
scalar(demo_num_cpus)
scalar(demo_num_cpus{instance="demo-1:8080"})
scalar(nonexistent)
absent(demo_memory_usage_bytes)
absent(nonexistent)
absent(nonexistent{job="a", instance=~"b", x="y"})
absent(demo_intermittent_metric)
absent_over_time(demo_intermittent_metric[{range}])
absent_over_time(nonexistent{job="a"}[5m])
absent(sum(nonexistent))
label_replace(demo_num_cpus, "job", "destination-$1", "instance", "demo-(.*):.*")
label_replace(demo_num_cpus, "job", "d-${1}-$2-$$", "instance", "(?P<x>demo)-(.*)")
label_replace(demo_num_cpus, "job", "x-$name", "instance", "(?P<name>demo).*")
label_replace(demo_num_cpus, "job", "", "instance", ".*")
label_replace(demo_num_cpus, "new", "value", "nonexistent", "")
label_replace(demo_num_cpus, "__name__", "renamed_$1", "instance", "demo-(.).*")
label_replace(demo_num_cpus, "instance", "same", "instance", ".*")
label_replace(demo_num_cpus, "~invalid", "x", "instance", "(.*)")
label_replace(demo_num_cpus, "a", "x", "instance", "(")
label_join(demo_num_cpus, "new", "-", "instance", "job")
label_join(demo_num_cpus, "job", "", "instance", "nonexistent")
label_join(demo_num_cpus, "__name__", "_", "job", "job")
histogram_quantile({q}, rate(demo_api_request_duration_seconds_bucket[1m]))
histogram_quantile({q}, sum by(le, path)(rate(demo_api_request_duration_seconds_bucket[5m])))
histogram_quantile(0.9, nonexistent)
histogram_quantile(0.9, demo_num_cpus)
histogram_quantile(0.9, demo_api_request_duration_seconds_bucket{le!="+Inf"})
histogram_quantile(0.9, demo_api_request_duration_seconds_bucket{le=~"0.01|0.1|[+]Inf"})
histogram_quantile(0.9, demo_api_request_duration_seconds_bucket * on() group_left (0.5 - (demo_num_cpus{instance="demo-0:8080"} - 5) * 1))
histogram_fraction(0, 0.005, rate(demo_api_request_duration_seconds_bucket[5m]))
histogram_fraction(0.0003, 0.7, sum by(le)(rate(demo_api_request_duration_seconds_bucket[5m])))
histogram_quantiles(sum by(le)(rate(demo_api_request_duration_seconds_bucket[5m])), "q", 0.5, 0.95, 1)
sum by(status)(rate(demo_api_request_duration_seconds_count{status=~"4..|5.."}[5m])) / ignoring(status) group_left sum(rate(demo_api_request_duration_seconds_count[5m])) * 100
sum(rate(demo_api_request_duration_seconds_sum[5m])) / sum(rate(demo_api_request_duration_seconds_count[5m]))
max_over_time((time() - max(demo_batch_last_success_timestamp_seconds < 1000))[5m:10s] offset 5m)
avg_over_time(rate(demo_cpu_usage_seconds_total[1m])[2m:10s])
max_over_time(rate(demo_cpu_usage_seconds_total[1m])[10m:])
sum_over_time(demo_num_cpus[10m:{range}])
quantile_over_time(0.5, demo_temperature[10m:30s] @ end())
rate(demo_cpu_usage_seconds_total[5m:30s] offset 1m)
min_over_time(sum(demo_temperature)[5m:1m])
rate({__name__=~"demo_cpu.*|demo_items.*"}[5m])
rate({__name__=~"demo_.*_bytes", type=""}[5m])
sum(rate({__name__=~"demo_.*_bytes", type=""}[5m]))
last_over_time({__name__=~"demo_.*_bytes", type=""}[5m])
abs({__name__=~"demo_.*_bytes", type=""})
sum({__name__=~"demo_disk.*"}) by (__name__)
rate(demo_cpu_usage_seconds_total[step() * 5])
rate(demo_cpu_usage_seconds_total[max_of(step(), 5m)])
sum_over_time(demo_num_cpus[5m + 30s]) + range() + start() - end()
demo_num_cpus offset (2m * 2)
sort(demo_temperature)
sort_desc(demo_temperature)
sort_by_label(demo_memory_usage_bytes, "type", "instance")
sort_by_label_desc(demo_memory_usage_bytes, "type")
max_of(1, 2) + min_of(time(), 5)
pi()
demo_cpu_usage_seconds_total[1m]
demo_cpu_usage_seconds_total[1m] offset 10m
demo_temperature[2m:30s]
sum(
foo{
rate(demo_num_cpus)
demo_num_cpus{} + bool 1
1 < 2
sum by(instance) (demo_num_cpus) / on(job) demo_num_cpus
demo_memory_usage_bytes + on(instance) demo_num_cpus
demo_num_cpus + on(instance) demo_memory_usage_bytes
demo_memory_usage_bytes * on(instance) group_left(type) demo_memory_usage_bytes
demo_memory_usage_bytes and 1
nosuchfunction(demo_num_cpus)
topk(NaN, demo_num_cpus)
topk(1e30, demo_num_cpus)
double_exponential_smoothing(demo_temperature[5m], 1.5, 0.1)
demo_num_cpus @ 1e30
demo_num_cpus offset 5m offset 5m
{}
{job=~".*"}
count_values("", demo_num_cpus)
label_join(demo_num_cpus, "", "-", "job")
"""


def expand(template):
    names = [name for name in VARIANTS if "{" + name + "}" in template]
    for values in itertools.product(*(VARIANTS[name] for name in names)):
        query = template
        for name, value in zip(names, values):
            query = query.replace("{" + name + "}", value)
        yield query


def corpus():
    return [query for template in TEMPLATES.strip().split("\n") for query in expand(template)]


WRAPPERS = ["sum({})", "max by(instance)({})", "rate({}[5m])", "avg_over_time(({})[5m:30s])", "abs({})", "topk(2, {})", "-({})",
            "absent({})", "histogram_quantile(0.5, {})", "({}) offset 1m", "count without(type)({})", "scalar({})",
            'label_replace({}, "type", "$1", "instance", "(.*)")', "sort({})", "({}) > 1", "quantile_over_time(0.3, ({})[2m:])"]
JOINS = [" + ", " and ", " == bool ", " / on(instance) ", " * on(instance) group_left() ", " or ", " unless on(instance) ", " ^ ",
         " > ignoring(type) ", " + ignoring(type, mode) group_right "]


def random_queries(count, seed):
    """Queries made of the corpus: wrapped, joined, and with tokens lost, doubled or exchanged. Many are not valid."""
    rng = random.Random(seed)
    queries = corpus()
    tokens = [t for q in queries for t in re.findall(r"\w+|\"[^\"]*\"|\s+|.", q)]
    for _ in range(count):
        query = rng.choice(queries)
        for _ in range(rng.randrange(1, 4)):
            kind = rng.randrange(4)
            if kind == 0:
                query = rng.choice(WRAPPERS).format(query)
            elif kind == 1:
                query = query + rng.choice(JOINS) + rng.choice(queries)
            elif kind == 2:
                pieces = re.findall(r"\w+|\"[^\"]*\"|\s+|.", query)
                pieces[rng.randrange(len(pieces))] = rng.choice(tokens)
                query = "".join(pieces)
        yield query


if __name__ == "__main__":
    print("\n".join(corpus()))
