#include <unistd.h>

#include <thread>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/queue.h"
#include "pipeline/pipeline.h"
#include "pipeline/processors/span_line.h"
#include "wire/otlp_records.h"

namespace tarsier::pipeline {
namespace {

constexpr size_t kUnprintedBytesMax = 1 << 20;

// A thread of its own prints, so that a terminal that stands still does not hold up the data.
class SpanPrinter : public model::Sink {
 public:
  explicit SpanPrinter(model::Sink& next) : next_(next), thread_([this] { run(); }) {}

  ~SpanPrinter() override {
    lines_.close();
    thread_.join();
  }

  model::Offer offer(model::Batch&& batch) override {
    std::string text;
    size_t spans = 0;
    Status decoded = wire::decode_records(batch);
    if (!decoded) LOG_ERROR("spans cannot be printed", "error", decoded.error().message);
    for (const auto& resource : batch.spans) {
      std::string_view service = model::find_string(resource.resource.attributes, "service.name");
      for (const auto& scope : resource.scopes) {
        for (const auto& span : scope.records) append_span_line(text, service, span);
        spans += scope.records.size();
      }
    }
    size_t size = text.size();
    if (size > 0 && !lines_.try_push(text, size)) dropped_.add(spans);
    return next_.offer(std::move(batch));
  }

 private:
  void run() {
    while (!lines_.drained()) {
      auto text = lines_.pop(std::chrono::seconds(1));
      std::string_view rest = text ? std::string_view(*text) : std::string_view();
      while (!rest.empty()) {
        ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
        if (written <= 0) break;  // nobody reads: the data itself goes on
        rest.remove_prefix(static_cast<size_t>(written));
      }
    }
  }

  model::Sink& next_;
  Counter& dropped_ = metrics().counter("tarsier_span_printer_dropped_total",
                                        "Spans that were not printed (the data itself went on)",
                                        {{"reason", "terminal_too_slow"}});
  BoundedQueue<std::string> lines_{kUnprintedBytesMax};
  std::thread thread_;
};

}  // namespace

std::unique_ptr<model::Sink> make_span_printer(model::Sink& next) {
  return std::make_unique<SpanPrinter>(next);
}

}  // namespace tarsier::pipeline
