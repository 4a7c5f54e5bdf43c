#include "wire/testing/random_batch.h"

#include <array>
#include <bit>
#include <limits>

namespace tarsier::wire::testing {
namespace {

using namespace model;

class Generator {
 public:
  Generator(Random& random, const RandomBatchOptions& options) : random_(random), o_(options) {}

  Batch batch() {
    Batch out;
    if (coin()) out.tenant = text();
    if (o_.spans) out.spans = resourced<Span>([this] { return span(); });
    if (o_.logs) out.logs = resourced<LogRecord>([this] { return log_record(); });
    if (o_.metrics) out.metrics = resourced<Metric>([this] { return metric(); });
    if (o_.series) out.series = list<SeriesSamples>(o_.records_max, [this] { return series(); });
    return out;
  }

 private:
  uint64_t below(uint64_t n) { return random_.next() % n; }
  bool coin() { return random_.next() >> 63; }
  std::string text() { return random_text(random_); }
  uint32_t small() { return coin() ? 0 : static_cast<uint32_t>(random_.next()); }
  double real() { return random_double(random_, o_.nan_payloads); }
  std::optional<double> maybe_real() { return coin() ? std::optional(real()) : std::nullopt; }

  // Small and huge numbers are equally likely, so that every varint length occurs.
  uint64_t any64() { return random_.next() >> below(64); }

  int64_t time() {
    if (o_.extremes && below(8) == 0) return coin() ? 0 : static_cast<int64_t>(random_.next());
    return o_.time_ns + static_cast<int64_t>(below(static_cast<uint64_t>(o_.range_ns)));
  }

  template <typename Id>
  Id id() {
    Id out;
    if (o_.extremes && below(8) == 0) return out;
    for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(random_.next());
    out.bytes[0] |= 1;  // never empty by accident
    return out;
  }

  template <typename T, typename Make>
  std::vector<T> list(size_t max, Make make) {
    std::vector<T> out(below(max + 1));
    for (T& item : out) item = make();
    return out;
  }

  template <typename Record, typename Make>
  std::vector<Resourced<Record>> resourced(Make make) {
    auto scoped = [&] {
      return Scoped<Record>{scope(), coin() ? text() : "", list<Record>(o_.records_max, make)};
    };
    return list<Resourced<Record>>(o_.resources_max, [&] {
      return Resourced<Record>{resource(), coin() ? text() : "",
                               list<Scoped<Record>>(o_.resources_max, scoped)};
    });
  }

  Value value(int depth) {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0:
        return {};
      case 1:
        return {text()};
      case 2:
        return {coin()};
      case 3:
        return {static_cast<int64_t>(coin() ? any64() : 0 - any64())};
      case 4:
        return {real()};
      case 5:
        return {Bytes{bytes()}};
      case 6:
        return {list<Value>(3, [&] { return value(depth - 1); })};
      default:
        return {KeyValueList{attributes(depth - 1)}};
    }
  }

  std::string bytes() {
    std::string out(below(20), '\0');
    for (char& c : out) c = static_cast<char>(random_.next());
    return out;
  }

  Attributes attributes(int depth) {
    return list<KeyValue>(4, [&] { return KeyValue{text(), value(depth)}; });
  }
  Attributes attributes() { return attributes(o_.value_depth); }

  Resource resource() {
    auto words = [&] { return list<std::string>(3, [&] { return text(); }); };
    auto entity = [&] { return EntityRef{text(), text(), words(), words()}; };
    return {attributes(), small(), list<EntityRef>(2, entity)};
  }
  Scope scope() { return {text(), text(), attributes(), small()}; }

  Span span() {
    Span s;
    s.trace_id = id<TraceId>();
    s.span_id = id<SpanId>();
    if (coin()) s.parent_span_id = id<SpanId>();
    s.trace_state = coin() ? text() : "";
    s.flags = small();
    s.name = text();
    s.kind = static_cast<SpanKind>(below(6));
    s.start_ns = time();
    s.end_ns = time();
    s.attributes = attributes();
    s.dropped_attributes = small();
    s.events =
        list<SpanEvent>(3, [this] { return SpanEvent{time(), text(), attributes(), small()}; });
    s.dropped_events = small();
    s.links = list<SpanLink>(3, [this] {
      return SpanLink{id<TraceId>(), id<SpanId>(), text(), attributes(), small(), small()};
    });
    s.dropped_links = small();
    s.status = static_cast<SpanStatus>(below(3));
    s.status_message = coin() ? text() : "";
    return s;
  }

  LogRecord log_record() {
    LogRecord r;
    r.time_ns = time();
    r.observed_time_ns = time();
    r.severity_number = static_cast<int32_t>(below(25));
    r.severity_text = coin() ? text() : "";
    r.body = value(o_.value_depth);
    r.attributes = attributes();
    r.dropped_attributes = small();
    r.flags = small();
    if (coin()) r.trace_id = id<TraceId>();
    if (coin()) r.span_id = id<SpanId>();
    r.event_name = coin() ? text() : "";
    return r;
  }

  Number number() {
    switch (below(o_.extremes ? 3 : 2)) {
      case 0:
        return {static_cast<int64_t>(random_.next())};
      case 1:
        return {real()};
      default:
        return {};
    }
  }

  std::vector<Exemplar> exemplars() {
    return list<Exemplar>(2, [this] {
      return Exemplar{attributes(), time(), number(), id<SpanId>(), id<TraceId>()};
    });
  }

  template <typename P>
  P point() {
    P p;
    p.attributes = attributes();
    p.start_ns = time();
    p.time_ns = time();
    p.flags = coin() ? 0 : small();
    return p;
  }

  NumberPoint number_point() {
    auto p = point<NumberPoint>();
    p.value = number();
    p.exemplars = exemplars();
    return p;
  }

  template <typename P>
  void fill_summary_values(P& p) {
    p.count = any64();
    p.sum = maybe_real();
    p.min = maybe_real();
    p.max = maybe_real();
    p.exemplars = exemplars();
  }

  HistogramPoint histogram_point() {
    auto p = point<HistogramPoint>();
    fill_summary_values(p);
    double bound = -10;
    p.bounds = list<double>(20, [&] { return bound += 0.001 + random_.uniform(); });
    if (p.bounds.empty() && coin()) return p;
    for (size_t i = 0; i <= p.bounds.size(); i++) p.bucket_counts.push_back(any64());
    return p;
  }

  ExponentialBuckets exponential_buckets() {
    return {static_cast<int32_t>(random_.next()), list<uint64_t>(10, [this] { return any64(); })};
  }

  ExponentialHistogramPoint exponential_histogram_point() {
    auto p = point<ExponentialHistogramPoint>();
    fill_summary_values(p);
    p.scale = static_cast<int32_t>(below(31)) - 10;
    p.zero_count = any64();
    p.zero_threshold = coin() ? real() : 0;
    p.positive = exponential_buckets();
    p.negative = exponential_buckets();
    return p;
  }

  SummaryPoint summary_point() {
    auto p = point<SummaryPoint>();
    p.count = any64();
    p.sum = real();
    p.quantiles = list<SummaryPoint::Quantile>(
        3, [this] { return SummaryPoint::Quantile{random_.uniform(), real()}; });
    return p;
  }

  template <typename P, typename Make>
  std::vector<P> points(Make make) {
    return list<P>(o_.records_max, make);
  }

  Metric metric() {
    Metric m{text(), text(), text(), attributes(), {}};
    auto temporality = static_cast<Temporality>(below(3));
    switch (below(6)) {
      case 0:
        m.data = GaugeData{points<NumberPoint>([this] { return number_point(); })};
        break;
      case 1:
        m.data =
            SumData{points<NumberPoint>([this] { return number_point(); }), temporality, coin()};
        break;
      case 2:
        m.data = HistogramData{points<HistogramPoint>([this] { return histogram_point(); }),
                               temporality};
        break;
      case 3:
        m.data = ExponentialHistogramData{
            points<ExponentialHistogramPoint>([this] { return exponential_histogram_point(); }),
            temporality};
        break;
      case 4:
        m.data = SummaryData{points<SummaryPoint>([this] { return summary_point(); })};
        break;
      default:
        break;
    }
    return m;
  }

  SeriesSamples series() {
    SeriesSamples s;
    s.labels = {{std::string(kMetricName), "metric_" + std::to_string(below(100))}};
    for (size_t i = below(4); i > 0; i--) {
      s.labels.push_back({"label_" + std::to_string(i), text()});
    }
    normalise(s.labels);
    int64_t time_ms = o_.time_ns / kMillisecond;
    s.samples = list<Sample>(o_.records_max, [&] {
      time_ms += 1 + static_cast<int64_t>(below(15'000));
      return Sample{time_ms, below(16) == 0 ? stale_marker() : real()};
    });
    return s;
  }

  Random& random_;
  const RandomBatchOptions& o_;
};

}  // namespace

Batch random_batch(Random& random, const RandomBatchOptions& options) {
  return Generator(random, options).batch();
}

std::string random_text(Random& random) {
  static constexpr std::array<std::string_view, 12> kPieces = {
      "\"", "\\",  "\n", "\t", "\x01", "\x7f",
      "/",  "<&>", "ä",  "€",  "😀",   std::string_view("\0", 1)};
  std::string out;
  for (size_t n = random.next() % 41; n > 0; n--) {
    uint64_t pick = random.next();
    if (pick % 8 == 0) {
      out += kPieces[pick / 8 % kPieces.size()];
    } else {
      out.push_back(static_cast<char>('a' + pick / 8 % 26));
    }
  }
  return out;
}

double random_double(Random& random, bool nan_payloads) {
  using Limits = std::numeric_limits<double>;
  static constexpr std::array kSpecial = {0.0,           -0.0,
                                          1.0,           Limits::infinity(),
                                          Limits::min(), -Limits::infinity(),
                                          Limits::max(), Limits::denorm_min(),
                                          0.1,           9007199254740993.0};
  uint64_t pick = random.next();
  if (pick % 4 == 0) return kSpecial[pick / 4 % kSpecial.size()];
  if (pick % 4 == 1) return static_cast<double>(pick >> 44) / 8;
  double any = std::bit_cast<double>(random.next());
  return any == any || nan_payloads ? any : Limits::quiet_NaN();
}

}  // namespace tarsier::wire::testing
