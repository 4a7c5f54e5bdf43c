// Verbs for tests: write one thing, read everything back as text. Times are seconds after the
// clock's start.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "store/tenant.h"
#include "store/writer.h"

namespace tarsier::store::testing {

// A folder of its own that goes with it.
class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "store_test.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// name{a="b",c="d"}: as the tests write series.
inline model::Labels parse_series(std::string_view text) {
  model::Labels labels;
  size_t brace = text.find('{');
  labels.push_back({std::string(model::kMetricName), std::string(text.substr(0, brace))});
  while (brace != std::string_view::npos && text[brace] != '}') {
    size_t equals = text.find('=', brace), end = text.find('"', equals + 2);
    labels.push_back({std::string(text.substr(brace + 1, equals - brace - 1)),
                      std::string(text.substr(equals + 2, end - equals - 2))});
    brace = end + 1;
  }
  model::normalise(labels);
  return labels;
}

class StoreFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.folder = folder_.path();
    options_.commit_interval = std::chrono::milliseconds(0);
    options_.fsync = false;  // what it is good for is tested on a disk that loses things
    reopen();
  }

  void TearDown() override { store_.reset(); }

  void reopen() {
    store_.reset();
    auto store = Store::open(options_, clock_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
  }

  int64_t now_ms() const { return clock_.now_ns() / kMillisecond; }
  int64_t at_ns(double second) const {
    return start_ns_ + static_cast<int64_t>(second * 1e3) * kMillisecond;
  }

  model::Batch sample_batch(std::string_view series, double second, double value) const {
    model::Batch batch;
    batch.tenant = tenant_;
    batch.series.push_back({parse_series(series), {{at_ns(second) / kMillisecond, value}}});
    return batch;
  }

  static model::Resource service(const std::string& name) {
    return {{{"service.name", {name}}}, 0, {}};
  }

  model::Batch log_batch(const std::string& name, const std::string& line, double second) const {
    model::LogRecord record;
    record.time_ns = at_ns(second);
    record.body = {line};
    model::Batch batch;
    batch.tenant = tenant_;
    batch.logs.push_back({service(name), "", {{{}, "", {record}}}});
    return batch;
  }

  static model::TraceId trace_id(uint8_t n) {
    model::TraceId id;
    id.bytes[15] = n;
    return id;
  }

  model::Span span(const std::string& name, uint8_t trace, uint8_t id, double second = 1,
                   double seconds = 0.1) const {
    model::Span span;
    span.trace_id = trace_id(trace);
    span.span_id.bytes[7] = id;
    span.name = name;
    span.start_ns = at_ns(second);
    span.end_ns = at_ns(second + seconds);
    return span;
  }

  model::Batch span_batch(const std::string& name, model::Span span) const {
    model::Batch batch;
    batch.tenant = tenant_;
    batch.spans.push_back({service(name), "", {{{}, "", {std::move(span)}}}});
    return batch;
  }

  void write(model::Batch&& batch) {
    size_t items = batch.items();
    model::Offer offer = store_->offer(std::move(batch));
    EXPECT_EQ(offer.taken, items) << (offer.refused.empty() ? "" : offer.refused[0].reason);
    Status durable = offer.wait();
    EXPECT_TRUE(durable) << durable.error().message;
  }
  void write_sample(std::string_view series, double second, double value) {
    write(sample_batch(series, second, value));
  }
  void write_log(const std::string& name, const std::string& line, double second) {
    write(log_batch(name, line, second));
  }
  void write_span(const std::string& name, const std::string& op, uint8_t trace, uint8_t id,
                  double second = 1, double seconds = 0.1) {
    write(span_batch(name, span(op, trace, id, second, seconds)));
  }

  // One line a series: labels, then value@second.
  std::string select(const std::string& metric, std::vector<Matcher> more = {}) const {
    MetricsSelect wanted{.tenant = tenant_, .range = {}, .matchers = std::move(more), .limit = 0};
    wanted.matchers.push_back({MatchKind::kRegex, std::string(model::kMetricName), metric});
    std::string out;
    Status status = store_->metrics().select(wanted, [&](const SeriesView& view) -> Status {
      out += model::to_string(view.labels);
      for (const model::Sample& sample : view.samples) {
        out += fmt::format(
            " {}@{}", model::is_stale(sample.value) ? "stale" : fmt::format("{}", sample.value),
            static_cast<double>(sample.time_ms - start_ns_ / kMillisecond) / 1e3);
      }
      out += "\n";
      return {};
    });
    return status ? out : status.error().message;
  }

  std::string logs(LogSelect wanted = {}) const {
    wanted.tenant = tenant_;
    std::string out;
    Status status = store_->events().logs(wanted, [&](const LogRow& row) -> Status {
      out += std::string(row.line) + "\n";
      return {};
    });
    return status ? out : status.error().message;
  }

  std::string trace(uint8_t id) const {
    std::string out;
    Status status =
        store_->events().trace(tenant_, trace_id(id), [&](const TraceView& view) -> Status {
          for (const SpanRow& row : view.spans) {
            out +=
                fmt::format("{} {}\n", model::find_string(row.resource.attributes, "service.name"),
                            row.span.name);
          }
          return {};
        });
    return status ? out : status.error().message;
  }

  const int64_t start_ns_ = 1'700'000'000 * kSecond;
  FakeClock clock_{start_ns_ + 600 * kSecond};
  TempFolder folder_;
  Options options_;
  std::string tenant_;
  std::unique_ptr<Store> store_;
};

}  // namespace tarsier::store::testing
