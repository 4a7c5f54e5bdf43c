#include "pipeline/exporter/sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace tarsier::pipeline {
namespace {

constexpr int64_t kBackoffMax = 10 * kSecond;
constexpr int64_t kRetryAfterMax = 5 * kMinute;  // whatever the far side says

// google.rpc.Status has its message in field 2, as a partial success has in its own message; a body
// may also be plain text. So the reason is what can be printed of it.
std::string reason_of(const net::Response& response) {
  std::string out = fmt::format("HTTP {}", response.status);
  constexpr size_t kReasonMax = 200;
  if (response.body.empty()) return out;
  out += ": ";
  for (char c : response.body.substr(0, kReasonMax)) {
    if (c >= 0x20 && c < 0x7f) out.push_back(c);
  }
  return out;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view text, int64_t now_ns) {
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    tm date{};
    std::string copy(text);
    const char* rest = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (!rest || *rest) return std::nullopt;
    seconds = timegm(&date) - now_ns / kSecond;
  }
  return std::chrono::nanoseconds(std::clamp<int64_t>(seconds, 0, kRetryAfterMax / kSecond) *
                                  kSecond);
}

Verdict judge(wire::Signal signal, const Result<net::Response>& response, int64_t now_ns) {
  if (!response) return {Verdict::kTryAgain, 0, response.error().message, {}};
  const int status = response->status;
  if (status / 100 == 2) {
    bool json = response->content_type.find("json") != std::string::npos;
    auto encoding = json ? wire::Encoding::kJson : wire::Encoding::kProtobuf;
    auto partial = wire::decode_otlp_response(signal, encoding, response->body);
    if (!partial) return {};  // it took the data; what else it says is no matter of ours
    uint64_t rejected = static_cast<uint64_t>(std::max<int64_t>(0, partial->rejected));
    return {Verdict::kDelivered, rejected, std::move(partial->message), {}};
  }
  Verdict verdict{Verdict::kRefused, 0, reason_of(*response), {}};
  if (status == 429 || status == 502 || status == 503 || status == 504) {
    verdict.kind = Verdict::kTryAgain;
    std::string_view wait = net::find_header(response->headers, "Retry-After");
    verdict.retry_after = parse_retry_after(wait, now_ns);
  }
  return verdict;
}

std::chrono::nanoseconds Backoff::next(Random& random) {
  auto wait = static_cast<double>(wait_ns_) * (0.5 + random.uniform() / 2);
  wait_ns_ = std::min(2 * wait_ns_, kBackoffMax);
  return std::chrono::nanoseconds(static_cast<int64_t>(wait));
}

}  // namespace tarsier::pipeline
