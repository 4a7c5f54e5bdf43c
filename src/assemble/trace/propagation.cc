#include "assemble/trace/propagation.h"

#include <algorithm>

namespace tarsier::assemble {
namespace {

constexpr size_t kStateMax = 512;  // what the specification asks to be kept

bool lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

template <typename Id>
bool read_id(std::string_view text, Id& id) {
  if (!lower_hex(text)) return false;
  auto parsed = Id::from_hex(text);
  if (!parsed || parsed->empty()) return false;
  id = *parsed;
  return true;
}

// version "-" trace-id "-" parent-id "-" flags; later versions may append "-" and more.
bool read_traceparent(std::string_view text, Remote& out) {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  std::string_view version = text.substr(0, 2), flags = text.substr(53, 2);
  if (!lower_hex(version) || !lower_hex(flags) || version == "ff") return false;
  if (text.size() > 55 && (version == "00" || text[55] != '-')) return false;
  out.sampled = (flags[1] >= 'a' ? flags[1] - 'a' + 10 : flags[1] - '0') & 1;
  return read_id(text.substr(3, 32), out.trace_id) && read_id(text.substr(36, 16), out.span_id);
}

// trace-id "-" span-id ["-" sampled ["-" parent-span-id]]; the lone decision "0" names no trace.
bool read_b3(std::string_view text, Remote& out) {
  size_t dash = text.find('-');
  if (dash != 32 && dash != 16) return false;
  if (text.size() < dash + 17) return false;
  std::string_view rest = text.substr(dash + 17);
  if (!rest.empty() && rest[0] != '-') return false;
  char decision = rest.size() > 1 ? rest[1] : '1';  // deferred: ours to make, so keep it
  if (rest.size() > 2 && rest[2] != '-') return false;
  out.sampled = decision == '1' || decision == 'd';
  return read_id(text.substr(0, dash), out.trace_id) &&
         read_id(text.substr(dash + 1, 16), out.span_id);
}

}  // namespace

Remote extract(const Carrier& carrier) {
  Remote remote;
  if (!carrier.traceparent.empty() && read_traceparent(carrier.traceparent, remote)) {
    bool printable = std::all_of(carrier.tracestate.begin(), carrier.tracestate.end(),
                                 [](char c) { return c >= 0x20 && c < 0x7f; });
    if (printable && carrier.tracestate.size() <= kStateMax) remote.state = carrier.tracestate;
    return remote;
  }
  remote = {};
  if (!carrier.b3.empty() && read_b3(carrier.b3, remote)) return remote;
  return {};
}

}  // namespace tarsier::assemble
