// Where in a function a uprobe costs little: on an instruction that the kernel emulates, at which
// the arguments are still where the caller put them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "capture/bpf/shared.h"

namespace tarsier::capture::uprobe {

// Go: behind the stack check, most often its push; distance from the entry. The check itself runs
// twice when the stack grows.
std::optional<uint64_t> behind_stack_check(std::string_view code);

// The only call of `target` in a function that was linked at `address`: distance from its entry.
std::optional<uint64_t> only_call(std::string_view code, uint64_t address, uint64_t target);

// C: an instruction at which nothing has happened yet to the stack and the arguments, so that the
// return can be watched from there too; or the call that hands the arguments on, when the function
// does little else.
struct Entry {
  uint64_t at = 0;           // distance from the entry
  bool hands_on = false;     // to the function that this call calls
  uint64_t target = 0;       // linked address of that function
  bool count_at_r8 = false;  // the place for its result is its fifth argument, not the fourth
};
std::optional<Entry> c_entry(std::string_view code, uint64_t address);

// Offsets in OpenSSL's SSL, which differ by version and are nowhere written down, from functions
// that do no more than read the fields.
struct Field {
  uint16_t pointer = 0;  // of the structure that has the field; 0: SSL itself
  uint16_t offset = 0;
};
std::optional<Field> client_random(std::string_view ssl_get_client_random);
std::optional<uint16_t> server_flag(std::string_view ssl_is_server);

}  // namespace tarsier::capture::uprobe
