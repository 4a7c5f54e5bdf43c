#include "capture/uprobe/places.h"

#include "capture/uprobe/instruction.h"

namespace tarsier::capture::uprobe {
namespace {

constexpr int32_t kStackLimit = 16;    // in Go's g, which is in r14
constexpr uint64_t kCheckMax = 128;    // bytes of a stack check
constexpr int kEntryMax = 24;          // instructions from a C function's entry on
constexpr int kFieldMax = 48;          // instructions of a function that reads a field
constexpr int32_t kFirstField = 0x18;  // what comes before is no field that is looked for

// Calls `visit(distance, instruction)` until it returns false.
template <typename Visit>
void each_instruction(std::string_view code, Visit visit) {
  for (size_t at = 0; at < code.size();) {
    auto found = decode(code.substr(at));
    if (!found || !visit(at, *found)) return;
    at += found->length;
  }
}

uint64_t jump_target(uint64_t address, uint64_t at, const Instruction& jump) {
  return address + at + jump.length + static_cast<uint64_t>(jump.immediate);
}

bool is_endbr(std::string_view code) {
  return code.starts_with("\xf3\x0f\x1e\xfa");
}

// The register that a simple instruction writes; kNone: none. Nothing for what is not known.
std::optional<int8_t> written(const Instruction& it) {
  if (it.is(1, 0x11) && it.memory) return kNone;  // movups to memory
  if (it.vector || it.map != 0) return std::nullopt;
  switch (it.opcode) {
    case 0x84:
    case 0x85:
    case 0x38:
    case 0x39:
    case 0x3a:
    case 0x3b:
    case 0xa8:
    case 0xa9:
      return kNone;  // test, cmp
    case 0x89:       // mov to memory or a register
    case 0x31:       // xor
      return it.memory ? int8_t{kNone} : it.rm;
    case 0x8b:
    case 0x8d:
    case 0x63:
    case 0x33:
      return it.reg;
    case 0xc6:
    case 0xc7:
      return it.memory ? int8_t{kNone} : it.rm;
    case 0x81:
    case 0x83:
      return it.memory || (it.reg & 7) == 7 ? int8_t{kNone} : it.rm;
    case 0xf6:
    case 0xf7:
      return (it.reg & 7) < 2 ? std::optional<int8_t>(kNone) : std::nullopt;
    default:
      return std::nullopt;
  }
}

// Are the first three arguments still there? The length may be widened where it is.
bool keeps_arguments(const Instruction& it, int8_t into) {
  if (into == kRdi || into == kRsi) return false;
  return into != kRdx || (it.is(0, 0x63) && it.rm == kRdx && !it.memory);
}

}  // namespace

std::optional<uint64_t> behind_stack_check(std::string_view code) {
  std::optional<uint64_t> place;
  bool checked = false;
  each_instruction(code.substr(0, kCheckMax), [&](size_t at, const Instruction& it) {
    bool limit = it.is(0, 0x3b) && it.base == kR14 && it.displacement == kStackLimit;
    if (limit) checked = true;
    if (limit || it.is_conditional_jump()) return true;
    if (it.is_emulated()) {
      if (checked) place = at;
      return false;
    }
    auto into = written(it);
    return into && *into != kRax && *into != kRbx && *into != kRcx;
  });
  return place;
}

std::optional<uint64_t> only_call(std::string_view code, uint64_t address, uint64_t target) {
  std::optional<uint64_t> place;
  bool several = false;
  each_instruction(code, [&](size_t at, const Instruction& it) {
    if (!it.is_call() || jump_target(address, at, it) != target) return true;
    several = place.has_value();
    place = at;
    return !several;
  });
  return several ? std::nullopt : place;
}

std::optional<Entry> c_entry(std::string_view code, uint64_t address) {
  std::optional<Entry> entry;
  bool stack_moved = false, rcx_set = false, r8_set = false;
  int left = kEntryMax;
  each_instruction(code, [&](size_t at, const Instruction& it) {
    if (--left < 0) return false;
    if (is_endbr(code.substr(at)) || (it.is(1, 0x1f) && it.memory)) return true;
    bool leaves = it.is(0, 0xe9) && !stack_moved;
    if (it.is_call() || leaves) {
      entry = Entry{.at = at,
                    .hands_on = true,
                    .target = jump_target(address, at, it),
                    .count_at_r8 = r8_set};
      return false;
    }
    if (it.is_emulated() && !stack_moved && !rcx_set && !r8_set) {
      entry = Entry{.at = at};
      return false;
    }
    if (it.is_conditional_jump()) return true;  // away to an error
    if (it.is_emulated() && !it.is_push()) return false;
    if (it.is_push()) return stack_moved = true;
    auto into = written(it);
    if (!into || !keeps_arguments(it, *into)) return false;
    if (*into == kRsp) stack_moved = true;
    if (*into == kRcx) rcx_set = true;
    if (*into == kR8) r8_set = true;
    return true;
  });
  return entry;
}

std::optional<Field> client_random(std::string_view code) {
  std::optional<Field> field;
  int8_t state = kNone;  // register that holds SSL's pointer to more of its state
  uint16_t pointer = 0;
  int left = kFieldMax;
  each_instruction(code, [&](size_t, const Instruction& it) {
    auto offset = static_cast<uint16_t>(it.displacement);
    bool usual = it.memory && it.displacement >= kFirstField && it.displacement < 0x4000;
    if (--left < 0) return false;
    if (it.is(0, 0x8d) && usual && it.base == kRdi) field = Field{0, offset};
    bool of_state = state != kNone && it.base == state;
    if (it.is(0, 0x8d) && usual && of_state) field = Field{pointer, offset};
    bool adds = (it.is(0, 0x81) || it.is(0, 0x83) || it.is(0, 0x05)) && !it.memory;
    if (adds && (it.reg & 7) == 0 && state != kNone && it.rm == state && it.immediate > 0)
      field = Field{pointer, static_cast<uint16_t>(it.immediate)};
    if (it.is(0, 0x8b) && it.wide && usual && it.base == kRdi) {
      state = it.reg;
      pointer = offset;
    }
    return !field;
  });
  return field;
}

std::optional<uint16_t> server_flag(std::string_view code) {
  std::optional<uint16_t> offset;
  int left = kFieldMax;
  each_instruction(code, [&](size_t, const Instruction& it) {
    bool load = it.is(0, 0x8b) && !it.wide && it.memory && it.base == kRdi && it.reg == kRax;
    if (load && it.displacement > 0 && it.displacement < 0x4000)
      offset = static_cast<uint16_t>(it.displacement);
    return !offset && --left > 0;
  });
  return offset;
}

}  // namespace tarsier::capture::uprobe
