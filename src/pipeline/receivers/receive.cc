#include "pipeline/receivers/receive.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error_map.h"
#include "wire/compress.h"

namespace tarsier::pipeline {
namespace {

Counter& items(std::string_view name, std::string_view help, const std::string& protocol) {
  return metrics().counter(fmt::format("tarsier_receiver_{}_total", name), help,
                           {{"protocol", protocol}});
}
Counter& refused(const std::string& protocol, const std::string& reason) {
  return metrics().counter("tarsier_receiver_refused_items_total",
                           "Items a receiver did not take: rejected for good, deferred to be sent "
                           "again",
                           {{"protocol", protocol}, {"reason", reason}});
}

// OTLP: a span without its ids is invalid.
size_t remove_nameless_spans(model::Batch& batch) {
  size_t removed = 0;
  for (auto& resource : batch.spans) {
    for (auto& scope : resource.scopes) {
      removed += std::erase_if(scope.records,
                               [](const model::Span& s) { return !s.trace_id || !s.span_id; });
    }
  }
  return removed;
}

void reject(Receipt& receipt, size_t count, Error error) {
  if (count == 0) return;
  if (receipt.rejected + receipt.deferred == 0) receipt.error = std::move(error);
  receipt.rejected += count;
}
void defer(Receipt& receipt, size_t count, Error error) {
  if (count == 0) return;
  if (receipt.deferred == 0) receipt.error = std::move(error);
  receipt.deferred += count;
}

}  // namespace

ReceiverCounters::ReceiverCounters(const std::string& protocol)
    : received(items("received_items", "Items that came in", protocol)),
      accepted(items("accepted_items", "Items that were taken and made durable", protocol)),
      rejected(refused(protocol, "rejected")),
      deferred(refused(protocol, "deferred")),
      undecodable(items("undecodable_requests", "Requests that could not be read", protocol)) {}

Receipt deliver(model::Sink& sink, model::Batch&& batch, ReceiverCounters& counters) {
  Receipt receipt;
  counters.received.add(batch.items());
  reject(receipt, remove_nameless_spans(batch), invalid("a span has no trace id or no span id"));
  if (!batch.empty()) {
    model::Offer offer = sink.offer(std::move(batch));
    receipt.retry_after = offer.retry_after;
    for (model::Refusal& refusal : offer.refused) {
      auto note = retryable(refusal.code) ? defer : reject;
      note(receipt, refusal.items, {refusal.code, std::move(refusal.reason)});
    }
    Status durable = offer.wait();
    if (durable) {
      receipt.taken = offer.taken;
    } else {
      defer(receipt, offer.taken, {Code::kUnavailable, durable.error().message});
    }
  }
  counters.accepted.add(receipt.taken);
  counters.rejected.add(receipt.rejected);
  counters.deferred.add(receipt.deferred);
  return receipt;
}

std::string media_type(const net::Request& request) {
  std::string_view header = net::find_header(request.headers, "Content-Type");
  header = header.substr(0, header.find(';'));
  while (header.ends_with(' ')) header.remove_suffix(1);
  std::string out(header);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

Result<std::string_view> unpacked_body(const net::Request& request, std::string& storage) {
  std::string_view encoding = net::find_header(request.headers, "Content-Encoding");
  if (encoding.empty()) return std::string_view(request.body);
  if (encoding == "snappy") {
    TRY(storage, wire::unsnappy(request.body, kBodyBytesMax));
  } else if (encoding == "zstd") {
    TRY(storage, wire::unzstd(request.body, kBodyBytesMax));
  } else {
    return unsupported(fmt::format(
        "Content-Encoding \"{}\" is not understood; use gzip, deflate, zstd, snappy or none",
        encoding));
  }
  return std::string_view(storage);
}

void add_retry_after(net::Response& response, const Receipt& receipt) {
  auto wait = receipt.retry_after.value_or(std::chrono::milliseconds(1000));
  auto seconds = std::max<int64_t>(1, (wait.count() + 999) / 1000);
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
}

}  // namespace tarsier::pipeline
