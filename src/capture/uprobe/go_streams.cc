#include "capture/uprobe/go_streams.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <optional>

#include "base/log.h"
#include "capture/bpf/shared.h"
#include "capture/go/elf.h"
#include "capture/uprobe/places.h"

namespace tarsier::capture::uprobe {
namespace {

constexpr uint16_t kServerConnection = 16, kClientConnection = 8;  // of net/http's connections
constexpr uint16_t kRpcServerConnection = 16, kRpcClientConnection = 128;  // of gRPC's

struct Known {
  std::string_view name;
  Hook hook;
  ts_stream_probe_kind kind;
  uint16_t connection;
};
constexpr Known kKnown[] = {
    {"net/http.(*http2serverConn).runHandler", Hook::kGoHandler, TS_STREAM_HANDLER,
     kServerConnection},
    {"golang.org/x/net/http2.(*serverConn).runHandler", Hook::kGoHandler, TS_STREAM_HANDLER,
     kServerConnection},
    {"google.golang.org/grpc.(*Server).handleStream", Hook::kGoHandler, TS_STREAM_RPC_HANDLER,
     kRpcServerConnection},
    {"net/http.(*http2ClientConn).writeHeaders", Hook::kGoStreamCall, TS_STREAM_CALL,
     kClientConnection},
    {"golang.org/x/net/http2.(*ClientConn).writeHeaders", Hook::kGoStreamCall, TS_STREAM_CALL,
     kClientConnection},
    {"google.golang.org/grpc/internal/transport.(*http2Client).write", Hook::kGoStreamCall,
     TS_STREAM_RPC_CALL, kRpcClientConnection},
};

// From the debug information of programs with each version.
struct RpcLayout {
  uint16_t minor;
  uint16_t stream;  // of its number in the Stream
  uint8_t context;  // of its context's data pointer there
};
constexpr RpcLayout kRpcLayouts[] = {{83, 108, 8}, {84, 108, 8}, {85, 108, 8}};

bool is_rpc(ts_stream_probe_kind kind) {
  return kind == TS_STREAM_RPC_HANDLER || kind == TS_STREAM_RPC_CALL;
}

std::optional<RpcLayout> rpc_layout(const ElfFile& file) {
  auto binary = go::read(file);
  if (!binary) return std::nullopt;
  std::string_view version = binary->grpc_version;
  if (version.starts_with('v')) version.remove_prefix(1);
  go::Version parsed = go::parse_version("go" + std::string(version));
  for (const RpcLayout& layout : kRpcLayouts) {
    if (parsed.major == 1 && parsed.minor == layout.minor) return layout;
  }
  LOG_INFO("calls of gRPC's handlers are not linked to their requests", "grpc", version,
           "supported", "1.83 to 1.85");
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> stream_functions() {
  std::vector<std::string_view> out;
  for (const Known& known : kKnown) out.push_back(known.name);
  return out;
}

void add_go_streams(const ElfFile& file, const Functions& functions, std::vector<Target>& out) {
  bool rpcs = std::any_of(std::begin(kKnown), std::end(kKnown), [&](const Known& known) {
    return is_rpc(known.kind) && functions.contains(known.name);
  });
  auto layout = rpcs ? rpc_layout(file) : std::nullopt;
  for (const Known& known : kKnown) {
    auto function = functions.find(known.name);
    if (function == functions.end()) continue;
    auto begin = behind_stack_check(code_of(file, function->second));
    if (!begin) continue;
    ts_stream_probe probe{};
    probe.kind = known.kind;
    probe.connection = known.connection;
    if (is_rpc(known.kind)) {
      if (!layout) continue;
      probe.stream = layout->stream;
      probe.context = layout->context;
    }
    out.push_back({known.hook, file_offset(file, function->second.address + *begin),
                   std::bit_cast<uint64_t>(probe)});
  }
}

}  // namespace tarsier::capture::uprobe
