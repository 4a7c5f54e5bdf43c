#include "capture/probe/udp_flows.h"

#include "base/clock.h"

namespace tarsier::capture {
namespace {

constexpr int64_t kIdle = 60 * kSecond;

std::string record_of(const Programs::UdpFlow& flow, int64_t now_ns, bool last) {
  ts_flow out{};
  out.header.kind = TS_FLOW;
  out.header.size = sizeof out;
  out.header.time_ns = static_cast<__u64>(now_ns);
  out.header.cookie = flow.flow.cookie;
  out.header.pid = flow.key.pid;
  out.tuple = flow.key.tuple;
  out.sent_bytes = flow.flow.sent_bytes;
  out.received_bytes = flow.flow.received_bytes;
  out.sent_packets = flow.flow.sent_packets;
  out.received_packets = flow.flow.received_packets;
  out.last = last;
  return {reinterpret_cast<const char*>(&out), sizeof out};
}

}  // namespace

void UdpFlows::report(Programs& programs, int64_t now_ns,
                      const std::function<void(std::string)>& send) {
  std::map<std::string, uint64_t> still;
  for (const Programs::UdpFlow& flow : programs.udp_flows()) {
    std::string key(reinterpret_cast<const char*>(&flow.key), sizeof flow.key);
    uint64_t packets = flow.flow.sent_packets + flow.flow.received_packets;
    bool idle = now_ns - static_cast<int64_t>(flow.flow.last_ns) > kIdle;
    auto before = sent_.find(key);
    if (idle || before == sent_.end() || before->second != packets) {
      send(record_of(flow, now_ns, idle));
    }
    if (idle) {
      programs.remove_udp_flow(flow.key);
    } else {
      still[std::move(key)] = packets;
    }
  }
  sent_ = std::move(still);
}

}  // namespace tarsier::capture
