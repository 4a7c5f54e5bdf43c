#include "assemble/red.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "assemble/counters.h"
#include "assemble/records.h"
#include "assemble/rpc.h"
#include "assemble/scope.h"
#include "base/clock.h"
#include "base/hash.h"

namespace tarsier::assemble {
namespace {

constexpr size_t kSeriesMax = 20'000;           // more are counted under the overflow series
constexpr int64_t kIdleMaxNs = 5 * kMinute;     // a series that stays the same so long is dropped
constexpr int64_t kHeartbeatNs = 30 * kSecond;  // one that stays the same is sent this often
constexpr int kOverflow = -2;                   // as the status: the overflow series

void add(model::Attributes& out, std::string_view key, std::string_view value) {
  if (!value.empty()) out.push_back({std::string(key), {std::string(value)}});
}
void add(model::Attributes& out, std::string_view key, int64_t value) {
  out.push_back({std::string(key), {value}});
}

template <size_t N>
void fill(model::HistogramPoint& point, const Buckets<N>* buckets,
          const std::array<double, N>& bounds) {
  point.bounds.assign(bounds.begin(), bounds.end());
  point.bucket_counts.assign(N + 1, 0);
  point.sum = 0;
  if (!buckets) return;
  point.bucket_counts.assign(buckets->counts.begin(), buckets->counts.end());
  for (uint64_t n : buckets->counts) point.count += n;
  point.sum = buckets->sum;
}

model::Metric histogram(std::string name, std::string unit, std::string description) {
  model::Metric metric;
  metric.name = std::move(name);
  metric.unit = std::move(unit);
  metric.description = std::move(description);
  metric.data = model::HistogramData{{}, model::Temporality::kCumulative};
  return metric;
}

// One side's histograms of a system, as they travel together: three of HTTP, else one.
struct Sheet {
  Sheet(Side side, System system) {
    std::string_view of = side == Side::kServer ? "server" : "client";
    if (system == System::kGrpc) {
      metrics.push_back(
          histogram(fmt::format("rpc.{}.call.duration", of), "s", "Duration of RPCs"));
      return;
    }
    if (system != System::kHttp) {
      metrics.push_back(
          histogram("db.client.operation.duration", "s", "Duration of calls to databases"));
      return;
    }
    std::string prefix = fmt::format("http.{}.", of);
    metrics.push_back(histogram(prefix + "request.duration", "s", "Duration of HTTP requests"));
    metrics.push_back(histogram(prefix + "request.body.size", "By", "Size of request bodies"));
    metrics.push_back(histogram(prefix + "response.body.size", "By", "Size of response bodies"));
  }
  model::HistogramPoint& point(size_t metric, const model::Attributes& attributes, int64_t start_ns,
                               int64_t time_ns) {
    auto& points = std::get<model::HistogramData>(metrics[metric].data).points;
    model::HistogramPoint& added = points.emplace_back();
    added.attributes = attributes;
    added.start_ns = start_ns;
    added.time_ns = time_ns;
    return added;
  }
  std::vector<model::Metric> metrics;
};

}  // namespace

uint64_t RedMetrics::KeyHash::operator()(const Key& key) const {
  uint64_t seed = reinterpret_cast<uintptr_t>(key.process) ^ uint64_t(key.port) << 48 ^
                  static_cast<uint64_t>(key.status) << 8 ^ static_cast<uint64_t>(key.side) ^
                  static_cast<uint64_t>(key.system) << 1;
  return hash64(key.route, hash64(key.method, hash64(key.address, seed)));
}

void RedMetrics::add(const Exchange& e, std::string_view route) {
  Key key{e.process.get(), e.side,   e.system, server_port(e),
          e.status,        e.method, route,    server_address(e)};
  if (e.system == System::kGrpc) {
    key.method = route;
    key.route = {};
    key.status = e.rpc_status;
    if (e.side == Side::kClient) key.port = 0;
  } else if (e.system != System::kHttp) {
    key.route = e.error_code;
    key.port = 0;
  }
  auto found = series_.find(key);
  if (found == series_.end() && series_.size() >= kSeriesMax) {
    counters().series_overflow.add();
    key = {e.process.get(), e.side, e.system, 0, kOverflow, {}, {}, {}};
    found = series_.find(key);
  }
  Series& s = found == series_.end() ? series(key) : *found->second;
  s.changed = true;
  s.duration.add(kDurationBounds, static_cast<double>(e.end_ns - e.start_ns) / kSecond);
  s.request_body.add(kSizeBounds, static_cast<double>(e.request_body));
  s.response_body.add(kSizeBounds, static_cast<double>(e.response_body));
}

std::unique_ptr<RedMetrics::Series> RedMetrics::make(const Key& key) {
  auto made = std::make_unique<Series>();
  made->text.append(key.method).append(key.route).append(key.address);
  std::string_view text = made->text;
  made->key = key;
  made->key.method = text.substr(0, key.method.size());
  made->key.route = text.substr(key.method.size(), key.route.size());
  made->key.address = text.substr(key.method.size() + key.route.size());
  made->process = key.process;
  return made;
}

RedMetrics::Series& RedMetrics::series(const Key& key) {
  auto made = make(key);
  Key own = made->key;
  return *series_.emplace(own, std::move(made)).first->second;
}

std::vector<const RedMetrics::Series*> RedMetrics::due(int64_t now_ns,
                                                       std::vector<const Series*>& fresh) {
  int64_t start_ns = last_ns_ ? last_ns_ : now_ns - interval_ns_;
  std::vector<const Series*> list;
  for (auto& [key, s] : series_) {
    if (s->changed) s->changed_ns = now_ns;
    if (!s->changed && now_ns < s->sent_ns + kHeartbeatNs) continue;
    if (s->start_ns == 0) {
      s->start_ns = start_ns;
      fresh.push_back(s.get());
    }
    s->changed = false;
    s->sent_ns = now_ns;
    list.push_back(s.get());
  }
  return list;
}

namespace {

template <typename Series>
model::Attributes attributes(const Series& s) {
  model::Attributes out;
  out.reserve(8);
  add(out, "service.name", s.process->service_name);
  add(out, "service.namespace", s.process->service_namespace);
  if (s.key.status == kOverflow) {
    out.push_back({"otel.metric.overflow", {true}});
    return out;
  }
  if (s.key.system == System::kGrpc) {
    add(out, "rpc.method", s.key.method);
    add(out, "rpc.system.name", "grpc");
    add(out, "rpc.response.status_code", rpc_status_name(s.key.status));
    add(out, "server.address", s.key.address);
    if (s.key.port) add(out, "server.port", s.key.port);
    return out;
  }
  if (s.key.system != System::kHttp) {
    add(out, "db.system.name", system_name(s.key.system));
    add(out, "db.operation.name", s.key.method);
    add(out, "error.type", s.key.route);
    add(out, "server.address", s.key.address);
    return out;
  }
  add(out, "http.request.method", s.key.method);
  if (s.key.status) add(out, "http.response.status_code", s.key.status);
  add(out, "http.route", s.key.route);
  add(out, "url.scheme", "http");
  add(out, "server.address", s.key.address);
  if (s.key.port) add(out, "server.port", s.key.port);
  return out;
}

model::Metric target_info(const ProcessEntry& process, int64_t now_ns) {
  model::Metric metric;
  metric.name = "target.info";
  metric.description = "Attributes of the process, as labels";
  model::NumberPoint point;
  point.attributes = process.resource.attributes;
  point.time_ns = now_ns;
  point.value.data = int64_t{1};
  metric.data = model::GaugeData{{std::move(point)}};
  return metric;
}

// The series of one process and side, as they are now or as the zero they began with.
template <typename Series>
void append_group(const std::vector<const Series*>& all, size_t from, size_t to, bool zero,
                  int64_t now_ns, model::Batch& out) {
  const System system = all[from]->key.system;
  Sheet sheet(all[from]->key.side, system);
  for (size_t i = from; i < to; i++) {
    const Series& s = *all[i];
    model::Attributes labels = attributes(s);
    int64_t time_ns = zero ? s.start_ns : now_ns;
    fill(sheet.point(0, labels, s.start_ns, time_ns), zero ? nullptr : &s.duration,
         kDurationBounds);
    if (system != System::kHttp) continue;
    fill(sheet.point(1, labels, s.start_ns, time_ns), zero ? nullptr : &s.request_body,
         kSizeBounds);
    fill(sheet.point(2, labels, s.start_ns, time_ns), zero ? nullptr : &s.response_body,
         kSizeBounds);
  }
  ProcessEntry& process = *all[from]->process;
  if (!zero && process.info_sent_ns != now_ns) {
    process.info_sent_ns = now_ns;
    sheet.metrics.push_back(target_info(process, now_ns));
  }
  append(out.metrics, process.resource, std::move(sheet.metrics));
}

template <typename Series>
void append_groups(std::vector<const Series*>& all, bool zero, int64_t now_ns, model::Batch& out) {
  auto group = [](const Series* s) {
    return std::tuple(s->process.get(), s->key.side, s->key.system);
  };
  std::sort(all.begin(), all.end(),
            [&](const Series* a, const Series* b) { return group(a) < group(b); });
  for (size_t from = 0, to; from < all.size(); from = to) {
    for (to = from + 1; to < all.size() && group(all[to]) == group(all[from]);) to++;
    append_group(all, from, to, zero, now_ns, out);
  }
}

}  // namespace

void RedMetrics::emit(int64_t now_ns, model::Batch& zeros, model::Batch& out) {
  std::vector<const Series*> fresh;
  std::vector<const Series*> list = due(now_ns, fresh);
  append_groups(fresh, true, now_ns, zeros);
  append_groups(list, false, now_ns, out);
  last_ns_ = now_ns;
  expire(now_ns);
}

void RedMetrics::expire(int64_t now_ns) {
  if (!waiting_.empty() && now_ns > waiting_until_ns_) {
    counters().series_orphaned.add(waiting_.size());
    waiting_.clear();
  }
  counters().series_expired.add(boost::unordered::erase_if(series_, [&](const auto& entry) {
    return !entry.second->changed && entry.second->changed_ns + kIdleMaxNs < now_ns;
  }));
}

}  // namespace tarsier::assemble
