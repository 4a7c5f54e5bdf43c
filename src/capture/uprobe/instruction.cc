#include "capture/uprobe/instruction.h"

#include <array>

namespace tarsier::capture::uprobe {
namespace {

constexpr size_t kLengthMax = 15;

// What follows an opcode.
enum Shape : uint8_t {
  kPlain = 0,
  kModrm = 1,
  kImm8 = 2,
  kImm16 = 4,
  kImmZ = 8,     // 4 bytes, or 2 with the operand-size prefix
  kRel32 = 16,   // 4 bytes whatever the prefixes
  kOffset = 32,  // an absolute address: 8 bytes, or 4 with the address-size prefix
  kImmV = 64,    // 8 bytes with REX.W
  kInvalid = 128,
};

constexpr std::array<uint8_t, 256> one_byte_shapes() {
  std::array<uint8_t, 256> out{};
  auto set = [&out](int from, int to, uint8_t shape) {
    for (int i = from; i <= to; i++) out[static_cast<size_t>(i)] = shape;
  };
  for (int row = 0; row < 0x40; row += 8) {
    set(row, row + 3, kModrm);
    set(row + 4, row + 4, kImm8);
    set(row + 5, row + 5, kImmZ);
    set(row + 6, row + 7, kInvalid);
  }
  set(0x60, 0x62, kInvalid);
  set(0x63, 0x63, kModrm);
  set(0x68, 0x68, kImmZ);
  set(0x69, 0x69, kModrm | kImmZ);
  set(0x6a, 0x6a, kImm8);
  set(0x6b, 0x6b, kModrm | kImm8);
  set(0x70, 0x7f, kImm8);
  set(0x80, 0x80, kModrm | kImm8);
  set(0x81, 0x81, kModrm | kImmZ);
  set(0x82, 0x82, kInvalid);
  set(0x83, 0x83, kModrm | kImm8);
  set(0x84, 0x8f, kModrm);
  set(0x9a, 0x9a, kInvalid);
  set(0xa0, 0xa3, kOffset);
  set(0xa8, 0xa8, kImm8);
  set(0xa9, 0xa9, kImmZ);
  set(0xb0, 0xb7, kImm8);
  set(0xb8, 0xbf, kImmV);
  set(0xc0, 0xc1, kModrm | kImm8);
  set(0xc2, 0xc2, kImm16);
  set(0xc6, 0xc6, kModrm | kImm8);
  set(0xc7, 0xc7, kModrm | kImmZ);
  set(0xc8, 0xc8, kImm16 | kImm8);
  set(0xca, 0xca, kImm16);
  set(0xcd, 0xcd, kImm8);
  set(0xce, 0xce, kInvalid);
  set(0xd0, 0xd3, kModrm);
  set(0xd4, 0xd6, kInvalid);
  set(0xd8, 0xdf, kModrm);
  set(0xe0, 0xe7, kImm8);
  set(0xe8, 0xe9, kRel32);
  set(0xea, 0xea, kInvalid);
  set(0xeb, 0xeb, kImm8);
  set(0xf6, 0xf7, kModrm);  // and an immediate, when they are tests
  set(0xfe, 0xff, kModrm);
  return out;
}

constexpr std::array<uint8_t, 256> two_byte_shapes() {
  std::array<uint8_t, 256> out{};
  out.fill(kModrm);
  auto set = [&out](int from, int to, uint8_t shape) {
    for (int i = from; i <= to; i++) out[static_cast<size_t>(i)] = shape;
  };
  set(0x04, 0x04, kInvalid);
  set(0x05, 0x09, kPlain);
  set(0x0a, 0x0a, kInvalid);
  set(0x0b, 0x0b, kPlain);
  set(0x0c, 0x0c, kInvalid);
  set(0x0e, 0x0e, kPlain);
  set(0x0f, 0x0f, kModrm | kImm8);
  set(0x24, 0x27, kInvalid);
  set(0x30, 0x37, kPlain);
  set(0x70, 0x73, kModrm | kImm8);
  set(0x77, 0x77, kPlain);
  set(0x80, 0x8f, kRel32);
  set(0xa0, 0xa2, kPlain);
  set(0xa4, 0xa4, kModrm | kImm8);
  set(0xa8, 0xaa, kPlain);
  set(0xac, 0xac, kModrm | kImm8);
  set(0xba, 0xba, kModrm | kImm8);
  set(0xc2, 0xc2, kModrm | kImm8);
  set(0xc4, 0xc6, kModrm | kImm8);
  set(0xc8, 0xcf, kPlain);
  return out;
}

constexpr auto kOneByte = one_byte_shapes();
constexpr auto kTwoByte = two_byte_shapes();

class Decoder {
 public:
  explicit Decoder(std::string_view code) : code_(code.substr(0, kLengthMax)) {}

  std::optional<Instruction> run() {
    prefixes();
    if (!opcode()) return std::nullopt;
    uint8_t shape = shape_of();
    if (shape & kInvalid) return std::nullopt;
    if (shape & kModrm) modrm();
    if (out_.is(0, 0xf6) && (out_.reg & 7) < 2) shape |= kImm8;
    if (out_.is(0, 0xf7) && (out_.reg & 7) < 2) shape |= kImmZ;
    immediates(shape);
    if (short_) return std::nullopt;
    out_.length = static_cast<uint8_t>(at_);
    return out_;
  }

 private:
  uint8_t next() {
    if (at_ >= code_.size()) {
      short_ = true;
      return 0;
    }
    return static_cast<uint8_t>(code_[at_++]);
  }

  int64_t number(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value |= uint64_t{next()} << 8 * i;
    int unused = 64 - 8 * bytes;
    return unused > 0 ? static_cast<int64_t>(value << unused) >> unused
                      : static_cast<int64_t>(value);
  }

  void prefixes() {
    for (;; at_++) {
      uint8_t byte = at_ < code_.size() ? static_cast<uint8_t>(code_[at_]) : uint8_t{0};
      switch (byte) {
        case 0x66:
          small_ = true;
          break;
        case 0x67:
          short_address_ = true;
          break;
        case 0x26:
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0xf0:
        case 0xf2:
        case 0xf3:
          break;
        default:
          if ((byte & 0xf0) == 0x40) {
            rex_ = byte;
            at_++;
          }
          out_.wide = rex_ & 8;
          return;
      }
    }
  }

  bool opcode() {
    uint8_t byte = next();
    if (byte == 0xc4 || byte == 0xc5 || byte == 0x62) return rex_ == 0 && vector_prefix(byte);
    out_.opcode = byte;
    if (byte != 0x0f) return !short_;
    out_.map = 1;
    out_.opcode = next();
    if (out_.opcode != 0x38 && out_.opcode != 0x3a) return !short_;
    out_.map = out_.opcode == 0x38 ? 2 : 3;
    out_.opcode = next();
    return !short_;
  }

  bool vector_prefix(uint8_t kind) {
    out_.vector = true;
    uint8_t first = next();
    rex_ = first & 0x80 ? 0 : 4;
    out_.map = 1;
    if (kind == 0xc4) {
      out_.map = first & 0x1f;
      rex_ |= first & 0x20 ? 0 : 1;
      next();
    } else if (kind == 0x62) {
      out_.map = first & 7;
      rex_ |= first & 0x20 ? 0 : 1;
      next();
      next();
    }
    out_.opcode = next();
    return !short_ && out_.map >= 1 && out_.map <= 6;
  }

  uint8_t shape_of() const {
    if (out_.map == 0) return kOneByte[out_.opcode];
    if (out_.map == 3) return kModrm | kImm8;
    if (out_.map != 1) return kModrm;
    uint8_t shape = kTwoByte[out_.opcode];
    if (!out_.vector) return shape;
    if (out_.opcode == 0x77) return kPlain;
    bool byte = (out_.opcode >= 0x70 && out_.opcode <= 0x73) || out_.opcode == 0xc2 ||
                (out_.opcode >= 0xc4 && out_.opcode <= 0xc6);
    return byte ? kModrm | kImm8 : kModrm;
  }

  void modrm() {
    uint8_t byte = next();
    int mod = byte >> 6;
    out_.has_modrm = true;
    out_.reg = static_cast<int8_t>((byte >> 3 & 7) | (rex_ & 4 ? 8 : 0));
    out_.rm = static_cast<int8_t>((byte & 7) | (rex_ & 1 ? 8 : 0));
    if (mod == 3) return;
    out_.memory = true;
    out_.base = out_.rm;
    bool far = mod == 2;  // without a base, or from the instruction pointer: also 4 bytes
    if ((byte & 7) == 4) {
      uint8_t sib = next();
      out_.base = static_cast<int8_t>((sib & 7) | (rex_ & 1 ? 8 : 0));
      if ((sib & 7) == 5 && mod == 0) far = true, out_.base = kNone;
    } else if ((byte & 7) == 5 && mod == 0) {
      far = true;
      out_.base = kNone;
    }
    if (far) {
      out_.displacement = static_cast<int32_t>(number(4));
    } else if (mod == 1) {
      out_.displacement = static_cast<int32_t>(number(1));
    }
  }

  void immediates(uint8_t shape) {
    if (shape & kOffset) number(short_address_ ? 4 : 8);
    if (shape & kImm16) out_.immediate = number(2);
    if (shape & kImm8) out_.immediate = number(1);
    if (shape & kRel32) out_.immediate = number(4);
    bool two = small_ && !out_.wide;
    if (shape & kImmZ) out_.immediate = number(two ? 2 : 4);
    if (shape & kImmV) out_.immediate = number(out_.wide ? 8 : two ? 2 : 4);
  }

  std::string_view code_;
  size_t at_ = 0;
  uint8_t rex_ = 0;
  bool small_ = false, short_address_ = false, short_ = false;
  Instruction out_;
};

}  // namespace

std::optional<Instruction> decode(std::string_view code) {
  return Decoder(code).run();
}

}  // namespace tarsier::capture::uprobe
