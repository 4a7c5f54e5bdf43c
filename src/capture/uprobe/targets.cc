#include "capture/uprobe/targets.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "capture/uprobe/go_streams.h"
#include "capture/uprobe/places.h"
#include "capture/uprobe/symbols.h"

namespace tarsier::capture::uprobe {
namespace {

constexpr std::string_view kGoRead = "crypto/tls.(*Conn).Read";
constexpr std::string_view kGoWrite = "crypto/tls.(*Conn).Write";
constexpr std::string_view kGoCopy = "runtime.memmove";
constexpr uint64_t kInnerMax = 256;  // bytes looked at of a function that has no symbol

void add_go_tls(const ElfFile& file, const Functions& functions, std::vector<Target>& out) {
  for (std::string_view name : {kGoRead, kGoWrite, kGoCopy}) {
    if (!functions.contains(name)) return;
  }
  const Function& read = functions.find(kGoRead)->second;
  const Function& write = functions.find(kGoWrite)->second;
  auto copy = only_call(code_of(file, read), read.address, functions.find(kGoCopy)->second.address);
  auto begin = behind_stack_check(code_of(file, write));
  if (!copy || !begin) return;
  out.push_back({Hook::kGoTlsRead, file_offset(file, read.address + *copy)});
  out.push_back({Hook::kGoTlsWrite, file_offset(file, write.address + *begin)});
}

void add_go(const ElfFile& file, std::vector<Target>& out) {
  std::vector<std::string_view> names = {kGoRead, kGoWrite, kGoCopy};
  for (std::string_view name : stream_functions()) names.push_back(name);
  Functions functions = find_go_functions(file, names);
  add_go_tls(file, functions, out);
  add_go_streams(file, functions, out);
}

std::optional<ts_ssl_probe> layout_of(const ElfFile& file, const Functions& functions) {
  auto random = functions.find("SSL_get_client_random");
  auto server = functions.find("SSL_is_server");
  if (random == functions.end() || server == functions.end()) return std::nullopt;
  auto field = client_random(code_of(file, random->second));
  auto flag = server_flag(code_of(file, server->second));
  if (!field || !flag) return std::nullopt;
  return ts_ssl_probe{.random = field->offset, .state = field->pointer, .server = *flag};
}

// Most often SSL_read and SSL_read_ex only hand on to one function, which is then the place.
std::optional<Target> ssl_target(const ElfFile& file, const Function& function,
                                 ts_ssl_probe probe) {
  uint64_t address = function.address;
  auto entry = c_entry(code_of(file, function), address);
  if (entry && entry->hands_on) {
    address = entry->target;
    probe.result = entry->count_at_r8 ? TS_SSL_COUNT_AT_R8 : TS_SSL_COUNT_AT_RCX;
    entry = c_entry(code_of(file, {address, kInnerMax}), address);
    if (!entry || entry->hands_on) return std::nullopt;
  }
  Target out{.hook = Hook::kSsl, .cookie = std::bit_cast<uint64_t>(probe)};
  out.cheap = entry.has_value();
  out.offset = file_offset(file, address + (entry ? entry->at : 0));
  return out;
}

void add_openssl(const ElfFile& file, std::vector<Target>& out) {
  struct Wanted {
    std::string_view name;
    uint8_t direction, result;
  };
  constexpr Wanted kWanted[] = {
      {"SSL_read", TS_RECEIVE, TS_SSL_RETURNS_COUNT},
      {"SSL_read_ex", TS_RECEIVE, TS_SSL_COUNT_AT_RCX},
      {"SSL_write", TS_SEND, TS_SSL_RETURNS_COUNT},
      {"SSL_write_ex", TS_SEND, TS_SSL_COUNT_AT_RCX},
  };
  Functions functions = find_symbols(file, {"SSL_read", "SSL_read_ex", "SSL_write", "SSL_write_ex",
                                            "SSL_get_client_random", "SSL_is_server"});
  auto layout = layout_of(file, functions);
  if (!layout) return;
  for (const Wanted& wanted : kWanted) {
    auto function = functions.find(wanted.name);
    if (function == functions.end()) continue;
    layout->direction = wanted.direction;
    layout->result = wanted.result;
    auto target = ssl_target(file, function->second, *layout);
    if (target && std::find(out.begin(), out.end(), *target) == out.end()) out.push_back(*target);
  }
}

}  // namespace

std::vector<Target> find_targets(const ElfFile& file) {
  std::vector<Target> out;
  if (file.header().e_machine != EM_X86_64) return out;
  add_go(file, out);
  add_openssl(file, out);
  std::erase_if(out, [](const Target& target) { return target.offset == 0; });
  return out;
}

}  // namespace tarsier::capture::uprobe
