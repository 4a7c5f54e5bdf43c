"""Series like those of three instances of a small service, the same at every run."""
import math
import random

from remote_write import STALE

INTERVAL_MS = 5_000
BUCKETS = ["0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.1", "1", "+Inf"]


def demo_series(start_ms, end_ms, instances=3):
    rng = random.Random(7)
    out = []
    for number in range(instances):
        out += instance_series(rng, start_ms, end_ms, number)
    return out


# No denormal among the odd values: Go's logarithm of one is wrong.
def instance_series(rng, start_ms, end_ms, number):
    instance = {"instance": f"demo-{number}:8080", "job": "demo"}
    times = range(start_ms + number * 137, end_ms, INTERVAL_MS)
    if number == 2:
        # An outage, marked by stale markers; and missed scrapes.
        outage = (start_ms + 1_800_000, start_ms + 2_500_000)
        times = [t for t in times if not outage[0] < t < outage[1] and t % 11 != 0]
    out = []

    def add(name, values, **labels):
        samples = list(zip(times, values))
        if number == 2:
            ends = [t for t in times if t <= start_ms + 1_800_000]
            samples.append((ends[-1] + INTERVAL_MS, STALE))
            samples.sort(key=lambda s: s[0])
        out.append(({"__name__": name, **instance, **labels}, samples))

    def counter(step, reset_every=None):
        value, values = 0.0, []
        for i, _ in enumerate(times):
            value += step()
            if reset_every and i % reset_every == reset_every - 1:
                value = step()
            values.append(value)
        return values

    for mode, share in (("user", 0.3), ("system", 0.2), ("idle", 3.5)):
        add("demo_cpu_usage_seconds_total", counter(lambda: 5 * share * rng.uniform(0.7, 1.3), 400 + 90 * number), mode=mode)
    for kind, base in (("used", 4e9), ("free", 2e9), ("buffers", 1.5e9), ("cached", 0.5e9)):
        add("demo_memory_usage_bytes", [base * (1 + 0.3 * math.sin(t / 6e5 + number)) // 1 for t in times], type=kind)
    add("demo_num_cpus", [4.0 for _ in times])
    add("demo_disk_total_bytes", [2.6e11 for _ in times])
    add("demo_disk_usage_bytes", [1e11 + 1e5 * i * rng.random() for i, _ in enumerate(times)])
    add("demo_batch_last_success_timestamp_seconds", [float((t // 300_000) * 300) for t in times])
    add("demo_items_shipped_total", counter(lambda: float(rng.randrange(5)), 700))
    add("demo_temperature", [20 + 15 * math.sin(t / 9e5) + rng.gauss(0, 1) for t in times])
    add("demo_odd", [[0.0, -0.0, 1e308, -1e308, math.inf, -math.inf, math.nan, 2.5e-308][rng.randrange(8)] for t in times])
    for path, rate in (("/api/foo", 9), ("/api/bar", 5), ("/api/nonexistent", 1)):
        for method in ("GET", "POST"):
            for status in ("200", "500"):
                histogram(rng, times, counter, add, rate if status == "200" else rate / 10, path=path, method=method, status=status)
    if number != 1:
        sparse = times[::70]
        out.append(({"__name__": "demo_intermittent_metric", **instance}, [(t, 1.0) for t in sparse]))
    return out


def histogram(rng, times, counter, add, rate, **labels):
    name = "demo_api_request_duration_seconds"
    counts = [0.0] * len(BUCKETS)
    columns = [[] for _ in BUCKETS]
    sums, total = [], 0.0
    for _ in times:
        for _ in range(rng.randrange(int(2 * rate) + 1)):
            seconds = rng.lognormvariate(-6, 1.5)
            total += seconds
            for b, bound in enumerate(BUCKETS):
                if seconds <= float(bound):
                    counts[b] += 1
        for b, count in enumerate(counts):
            columns[b].append(count)
        sums.append(total)
    for b, bound in enumerate(BUCKETS):
        add(name + "_bucket", columns[b], le=bound, **labels)
    add(name + "_count", columns[-1], **labels)
    add(name + "_sum", sums, **labels)
