// A client's conversation in any protocol, cut into calls as the input says, while a request is
// being served.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "assemble/testing/bench.h"

namespace tarsier::assemble {
namespace {

// Byte pairs steer: direction and what is done, then how many bytes follow.
void converse(std::string_view input) {
  testing::Bench b;
  b.host.process(7, "fuzz");
  b.host.accept(7, 80, 40'001).receive(testing::get("/in"));
  testing::Socket& socket = b.host.connect(7, 5432, 41'001);
  while (input.size() >= 2) {
    auto control = static_cast<uint8_t>(input[0]);
    size_t size = static_cast<uint8_t>(input[1]);
    input.remove_prefix(2);
    std::string_view bytes = input.substr(0, size);
    input.remove_prefix(bytes.size());
    if (control & 2) socket.captured(bytes.size() / 2);
    if (control & 4) b.wait(1'500 * kMillisecond);
    if (control & 8) socket.thread(8);
    socket.call(control & 1 ? capture::TS_SEND : capture::TS_RECEIVE, bytes);
    socket.thread(7);
  }
  b.flush();
}

}  // namespace
}  // namespace tarsier::assemble

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tarsier::assemble::converse({reinterpret_cast<const char*>(data), size});
  return 0;
}
