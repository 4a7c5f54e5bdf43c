// Two sides of an HTTP/2 conversation, cut into calls and partly unseen as the input says; and the
// input as one header block.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "assemble/protocols/http2/hpack.h"
#include "assemble/testing/bench.h"
#include "assemble/testing/http2.h"

namespace tarsier::assemble {
namespace {

// Byte pairs steer: direction and what is done, then how many bytes follow.
void converse(std::string_view input, bool client) {
  testing::Bench b;
  b.host.process(7, "fuzz");
  testing::Socket& socket = client ? b.host.connect(7, 80, 40'001) : b.host.accept(7, 80, 40'001);
  socket.call(client ? capture::TS_SEND : capture::TS_RECEIVE, testing::start_of_client());
  while (input.size() >= 2) {
    auto control = static_cast<uint8_t>(input[0]);
    size_t size = static_cast<uint8_t>(input[1]);
    if (control & 8) size *= 40;
    input.remove_prefix(2);
    std::string_view bytes = input.substr(0, size);
    input.remove_prefix(bytes.size());
    auto direction = control & 1 ? capture::TS_SEND : capture::TS_RECEIVE;
    if (control & 2) socket.lose(direction, bytes.size());
    if (control & 4) socket.captured(bytes.size() / 2);
    if (control & 16) b.wait(1'500 * kMillisecond);
    if (control & 32) socket.flags(capture::TS_DATA_FRAME);
    socket.call(direction, bytes);
  }
  b.flush();
}

}  // namespace
}  // namespace tarsier::assemble

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tarsier::assemble;  // NOLINT
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  converse(input.substr(1), input[0] & 1);
  http2::Decoder decoder(input[0] & 2);
  http2::Fields fields;
  for (int i = 0; i < 2; i++) decoder.decode(input.substr(1), fields);
  return 0;
}
