#include <fmt/format.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "base/metrics.h"
#include "pipeline/exporter/disk_queue.h"
#include "pipeline/exporter/envelope.h"
#include "pipeline/exporter/sender.h"
#include "pipeline/pipeline.h"
#include "wire/compress.h"
#include "wire/otlp.h"

namespace tarsier::pipeline {
namespace {

using wire::Signal;

constexpr std::array kSignals = {Signal::kTraces, Signal::kMetrics, Signal::kLogs};
constexpr std::chrono::milliseconds kIdleWait{100};

size_t index(Signal signal) {
  return static_cast<size_t>(signal);
}

Counter& dropped(const char* reason) {
  return metrics().counter("tarsier_exporter_dropped_items_total",
                           "Items that were taken and not delivered", {{"reason", reason}});
}

// The batch without what the signal is not.
size_t items_of(Signal signal, const model::Batch& batch) {
  size_t n = 0;
  auto count = [&](const auto& resources, auto items) {
    for (const auto& resource : resources) {
      for (const auto& scope : resource.scopes) {
        for (const auto& record : scope.records) n += items(record);
      }
    }
  };
  auto one = [](const auto&) { return size_t{1}; };
  if (signal == Signal::kTraces) {
    count(batch.spans, one);
    n += batch.encoded_spans.items;
  }
  if (signal == Signal::kLogs) {
    count(batch.logs, one);
    n += batch.encoded_logs.items;
  }
  if (signal == Signal::kMetrics) count(batch.metrics, [](const auto& m) { return m.points(); });
  return n;
}

std::shared_future<Status> all_of(std::vector<std::shared_future<Status>> futures) {
  if (futures.empty()) return {};
  if (futures.size() == 1) return futures.front();
  // Deferred: whoever asks does the waiting.
  return std::async(std::launch::deferred,
                    [futures = std::move(futures)]() -> Status {
                      for (const auto& future : futures) TRY_STATUS(future.get());
                      return {};
                    })
      .share();
}

class QueuedExporter : public Exporter {
 public:
  QueuedExporter(const ExporterOptions& options, const Clock& clock, std::array<net::Url, 3> urls,
                 std::unique_ptr<DiskQueue> queue)
      : options_(options),
        clock_(clock),
        urls_(std::move(urls)),
        queue_(std::move(queue)),
        client_(options_.client),
        sender_([this] { run(); }) {}

  ~QueuedExporter() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    stop_.notify_all();
    client_.interrupt();
    sender_.join();
  }

  model::Offer offer(model::Batch&& batch) override {
    model::Offer offer;
    std::vector<std::shared_future<Status>> durable;
    for (Signal signal : kSignals) {
      const size_t items = items_of(signal, batch);
      if (items == 0) continue;
      if (urls_[index(signal)].host.empty()) {
        in_.add(items);
        signal_off_.add(items);
        offer.taken += items;
        continue;
      }
      std::string body = wire::gzip(wire::encode_otlp(signal, wire::Encoding::kProtobuf, batch));
      auto pushed = queue_->push(pack({signal, batch.tenant, body}), static_cast<uint32_t>(items));
      if (pushed) {
        in_.add(items);
        offer.taken += items;
        durable.push_back(std::move(*pushed));
      } else {
        refuse(offer, pushed.error().code, pushed.error().message, items);
      }
    }
    size_t samples = 0;
    for (const auto& series : batch.series) samples += series.samples.size();
    if (samples > 0) {
      refuse(offer, Code::kInvalid, "samples of remote write do not go out by OTLP", samples);
    }
    offer.durable = all_of(std::move(durable));
    return offer;
  }

  bool drain(int64_t timeout_ns) override {
    return queue_->wait_empty(std::chrono::nanoseconds(timeout_ns));
  }

 private:
  void refuse(model::Offer& offer, Code code, std::string reason, size_t items) {
    not_taken_.add(items);
    offer.refused.push_back({code, std::move(reason), items});
  }

  bool stopping() {
    std::lock_guard lock(mutex_);
    return stopping_;
  }

  void run() {
    while (!stopping()) {
      if (auto record = queue_->front(kIdleWait)) deliver(*record);
    }
  }

  // Until the far side has taken it, refused it for good, or it had to make room.
  void deliver(const QueueRecord& record) {
    auto envelope = unpack(record.payload);
    if (!envelope) {
      finish(record, dropped("corrupt"), envelope.error().message);
      return;
    }
    Backoff backoff;
    for (;;) {
      Verdict verdict = send(*envelope);
      if (verdict.kind == Verdict::kRefused) {
        finish(record, dropped("refused"), verdict.reason);
        return;
      }
      if (verdict.kind == Verdict::kDelivered) {
        delivered(record, verdict);
        return;
      }
      if (stopping()) return;
      away(verdict.reason);
      retries_.add();
      if (!pause(verdict.retry_after.value_or(backoff.next(thread_random())))) return;
      if (queue_->front_was_dropped()) return;
    }
  }

  Verdict send(const Envelope& envelope) {
    net::Headers headers = options_.headers;
    headers.emplace_back("Content-Type", "application/x-protobuf");
    headers.emplace_back("Content-Encoding", "gzip");
    if (!envelope.tenant.empty()) headers.emplace_back("X-Scope-OrgID", envelope.tenant);
    const net::Url& url = urls_[index(envelope.signal)];
    if (url.host.empty()) {
      return {Verdict::kRefused, 0, "this signal is no longer exported", {}};
    }
    return judge(envelope.signal, client_.send("POST", url, headers, envelope.body),
                 clock_.now_ns());
  }

  void delivered(const QueueRecord& record, const Verdict& verdict) {
    if (away_) LOG_INFO("export goes on", "held_items", queue_->held_items());
    away_ = false;
    uint64_t rejected = std::min<uint64_t>(verdict.rejected, record.items);
    if (rejected > 0) {
      dropped("rejected").add(rejected);
      LOG_WARN("the far side did not take everything", "items", rejected, "reason", verdict.reason);
    }
    sent_.add(record.items - rejected);
    queue_->pop();
  }

  void finish(const QueueRecord& record, Counter& lost, const std::string& reason) {
    LOG_WARN("export refused for good", "items", record.items, "reason", reason, "hint",
             "check the endpoint's address and what it accepts");
    lost.add(record.items);
    queue_->pop();
  }

  void away(const std::string& reason) {
    if (!away_) {
      LOG_WARN("export waits for the far side", "reason", reason, "queue",
               options_.queue_folder.string(), "hint",
               "nothing is lost while the queue has room; it is tried again at least every 10 s");
    }
    away_ = true;
  }

  // False when the exporter stops.
  bool pause(std::chrono::nanoseconds time) {
    std::unique_lock lock(mutex_);
    return !stop_.wait_for(lock, time, [this] { return stopping_; });
  }

  static Counter& counter(const char* name, const char* help) {
    return metrics().counter(fmt::format("tarsier_exporter_{}_total", name), help);
  }

  const ExporterOptions options_;
  const Clock& clock_;
  const std::array<net::Url, 3> urls_;  // by signal; without a host: not exported
  Counter& in_ = counter("in_items", "Items taken; in + recovered = sent + dropped + held");
  Counter& sent_ = counter("sent_items", "Items that the far side took");
  Counter& not_taken_ = counter("not_taken_items", "Items that did not get into the queue");
  Counter& retries_ = counter("retries", "Requests that have to be sent again");
  Counter& signal_off_ = dropped("signal_off");
  std::unique_ptr<DiskQueue> queue_;
  net::Client client_;  // of the sender's thread, but for interrupt()
  bool away_ = false;   // of the sender's thread

  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread sender_;
};

}  // namespace

Result<std::unique_ptr<Exporter>> Exporter::open(const ExporterOptions& options,
                                                 const Clock& clock) {
  std::array<net::Url, 3> urls;
  const std::array texts = {options.traces_url, options.metrics_url, options.logs_url};
  for (size_t i = 0; i < texts.size(); i++) {
    if (!texts[i].empty()) {
      TRY(urls[i], net::parse_url(texts[i]));
    }
  }
  DiskQueueOptions queue_options;
  queue_options.folder = options.queue_folder;
  queue_options.bytes_max = options.queue_bytes_max;
  TRY(std::unique_ptr<DiskQueue> queue, DiskQueue::open(queue_options));
  return std::unique_ptr<Exporter>(
      new QueuedExporter(options, clock, std::move(urls), std::move(queue)));
}

}  // namespace tarsier::pipeline
