// Whole event streams: opens, calls with Go links, closes, processes and flows, in any order, on a
// few connections whose ends may be each other's.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "assemble/testing/bench.h"
#include "base/metrics.h"

namespace tarsier::assemble {
namespace {

class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  bool empty() const { return rest_.empty(); }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    auto b = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  std::string_view bytes(size_t n) {
    std::string_view out = rest_.substr(0, n);
    rest_.remove_prefix(out.size());
    return out;
  }

 private:
  std::string_view rest_;
};

capture::ts_header header(Input& in, testing::Bench& b) {
  capture::ts_header h{};
  h.time_ns = b.host.now();
  h.cookie = in.byte() % 8;
  h.pid = 1 + h.cookie % 3;
  h.tid = h.pid + in.byte() % 2;
  return h;
}

capture::ts_tuple tuple(Input& in, uint64_t cookie) {
  capture::ts_tuple t{};
  testing::set_address(t.local_address, "127.0.0.1");
  testing::set_address(t.peer_address, "127.0.0.1");
  t.local_port = cookie % 2 ? 80 : static_cast<uint16_t>(1'000 + cookie / 2);
  t.peer_port = cookie % 2 ? static_cast<uint16_t>(1'000 + cookie / 2) : 80;
  t.protocol = in.byte() % 8 ? IPPROTO_TCP : IPPROTO_UDP;
  return t;
}

void data(Input& in, testing::Bench& b) {
  capture::ts_data e{};
  e.header = header(in, b);
  uint8_t control = in.byte();
  e.direction = control & 1;
  e.flags = control >> 1 & 7;
  e.goid = in.byte() % 8;
  e.offset = in.byte() * 16u;
  e.tcp_seq = static_cast<uint32_t>(e.offset);
  std::string_view bytes = in.bytes(in.byte());
  e.captured = static_cast<uint32_t>(bytes.size());
  e.length = e.captured + (control & 16 ? in.byte() * 64u : 0);
  memcpy(e.tail, "\r\n0\r\n\r\n", 7);
  auto server = testing::go_server(in.byte() % 8, in.byte() % 8, {{in.byte(), in.byte()}});
  auto client = testing::go_client(in.byte() % 8, in.byte() % 8, {in.byte() % 8u, in.byte() % 8u});
  b.events.on_data(e, control & 32 ? &server : nullptr, control & 64 ? &client : nullptr, bytes);
}

void step(Input& in, testing::Bench& b) {
  switch (in.byte() % 8) {
    case 0: {
      capture::ts_open e{};
      e.header = header(in, b);
      e.tuple = tuple(in, e.header.cookie);
      e.role = in.byte() % 3;
      e.late = in.byte() & 1;
      return b.events.on_open(e);
    }
    case 1:
      return b.events.on_close(header(in, b));
    case 2: {
      capture::ts_flow e{};
      e.header = header(in, b);
      e.tuple = tuple(in, e.header.cookie);
      e.role = in.byte() % 3;
      e.sent_bytes = in.byte();
      e.received_bytes = in.byte();
      e.last = in.byte() & 1;
      return b.events.on_flow(e);
    }
    case 3: {
      auto pid = 1u + in.byte() % 3;
      if (in.byte() & 1) return b.events.on_process_exit(pid);
      return b.host.process(pid, "p",
                            in.byte() & 1 ? capture::Language::kGo : capture::Language::kPython);
    }
    case 4:
      return b.wait(in.byte() * 50 * kMillisecond);
    default:
      return data(in, b);
  }
}

double requests() {
  double n = 0;
  for (std::string side : {"server", "client"}) {
    n += metrics().value("tarsier_assemble_requests_total", {{"side", side}});
  }
  for (std::string reason : {"not_sampled", "answer_lost", "traces_off"}) {
    n -= metrics().value("tarsier_assemble_requests_dropped_total", {{"reason", reason}});
  }
  return n;
}

}  // namespace
}  // namespace tarsier::assemble

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace tarsier::assemble;  // NOLINT: the whole file is this room's
  double before = requests();
  Input in(bytes, size);
  testing::Bench b;
  while (!in.empty()) step(in, b);
  b.flush();
  if (requests() - before != static_cast<double>(b.sink.spans.size())) abort();  // one is missing
  return 0;
}
