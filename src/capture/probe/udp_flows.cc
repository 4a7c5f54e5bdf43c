#include "capture/probe/udp_flows.h"

#include "base/clock.h"

namespace tarsier::capture {
namespace {

constexpr int64_t kIdle = 60 * kSecond;

std::string record_of(const Programs::UdpFlow& flow, const ts_traffic& before, int64_t now_ns,
                      bool last) {
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
  out.before = before;
  out.last = last;
  return {reinterpret_cast<const char*>(&out), sizeof out};
}

}  // namespace

void UdpFlows::report(Programs& programs, int64_t now_ns,
                      const std::function<void(std::string)>& send) {
  std::map<std::string, ts_traffic> still;
  for (const Programs::UdpFlow& flow : programs.udp_flows()) {
    std::string key(reinterpret_cast<const char*>(&flow.key), sizeof flow.key);
    ts_traffic traffic = {flow.flow.sent_bytes, flow.flow.received_bytes, flow.flow.sent_packets,
                          flow.flow.received_packets};
    bool idle = now_ns - static_cast<int64_t>(flow.flow.last_ns) > kIdle;
    ts_traffic before = told_[key];
    if (idle || before.sent_packets != traffic.sent_packets ||
        before.received_packets != traffic.received_packets) {
      send(record_of(flow, before, now_ns, idle));
    }
    if (idle) {
      programs.remove_udp_flow(flow.key);
    } else {
      still[std::move(key)] = traffic;
    }
  }
  told_ = std::move(still);
}

}  // namespace tarsier::capture
