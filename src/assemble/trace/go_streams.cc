#include "assemble/trace/go_streams.h"

#include <algorithm>

namespace tarsier::assemble {
namespace {

constexpr uint64_t kCallerKeepNs = 2'000'000'000;  // until the request is seen
constexpr size_t kEndedMax = 65'536, kCalledMax = 65'536;

}  // namespace

void GoStreams::told(const capture::ts_go_stream& event) {
  Key stream{event.header.cookie, event.stream};
  if (event.role == capture::TS_ROLE_CLIENT) {
    // The first one is who began it; later ones may be trailers.
    if (!callers_.emplace(stream, event).second) return;
    called_.push_back({event.header.time_ns, stream});
    return;
  }
  auto found = open_.find(stream);
  if (found == open_.end() || found->second.goid) return;
  Served& served = found->second;
  served.pid = event.header.pid;
  served.goid = event.goid;
  served.context = event.context;
  by_goid_[{served.pid, served.goid}] = served.node;
  if (served.context) by_context_[{served.pid, served.context}] = served.node;
}

void GoStreams::request(uint64_t cookie, uint32_t stream, Node& node) {
  open_[{cookie, stream}] = {.node = &node};
}

void GoStreams::answered(uint64_t cookie, uint32_t stream, uint64_t end_ns) {
  auto found = open_.find({cookie, stream});
  if (found == open_.end()) return;
  Served& served = found->second;
  if (served.goid) ended_.push_back({end_ns, {served.pid, served.goid}});
  auto context = by_context_.find({served.pid, served.context});
  if (context != by_context_.end() && context->second == served.node) by_context_.erase(context);
  open_.erase(found);
}

const capture::ts_go_stream* GoStreams::caller(uint64_t cookie, uint32_t stream) const {
  auto found = callers_.find({cookie, stream});
  return found == callers_.end() ? nullptr : &found->second;
}

void GoStreams::forget_caller(uint64_t cookie, uint32_t stream) {
  callers_.erase({cookie, stream});
}

void GoStreams::expire(uint64_t now_ns) {
  for (; !ended_.empty(); ended_.pop_front()) {
    const Ended& ended = ended_.front();
    if (ended.time_ns + kChildKeepNs >= now_ns && ended_.size() <= kEndedMax) break;
    by_goid_.erase(ended.goid);
  }
  for (; !called_.empty(); called_.pop_front()) {
    const Caller& caller = called_.front();
    if (caller.time_ns + kCallerKeepNs >= now_ns && called_.size() <= kCalledMax) break;
    auto found = callers_.find(caller.stream);
    if (found != callers_.end() && found->second.header.time_ns == caller.time_ns)
      callers_.erase(found);
  }
}

NodePtr GoStreams::find(uint32_t pid, const capture::ts_go_client& link) const {
  if (by_goid_.empty()) return nullptr;
  if (NodePtr own = serving(pid, link.caller_goid)) return own;
  size_t length = std::min<size_t>(link.chain_length, capture::TS_GO_CHAIN_MAX);
  for (size_t i = 0; i < length; i++) {
    auto found = by_context_.find({pid, link.chain[i]});
    if (found != by_context_.end()) return found->second;
  }
  return nullptr;
}

NodePtr GoStreams::serving(uint32_t pid, uint64_t goid) const {
  auto found = goid ? by_goid_.find({pid, goid}) : by_goid_.end();
  return found == by_goid_.end() ? nullptr : found->second;
}

}  // namespace tarsier::assemble
