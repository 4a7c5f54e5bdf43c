// Walks the fields of one protobuf message, bounds checked. Handed on by reference and inlined: a
// copied reader (protozero's pbf_reader) stalls on the store before.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tarsier::wire {

// Thrown for bytes that are not protobuf; caught in protobuf.h.
struct NotProtobuf {
  const char* what;
};

class Cursor {
 public:
  enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

  explicit Cursor(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  // Reads the next field's number and wire type; false at the end.
  [[gnu::always_inline]] bool next() {
    if (at_ == end_) return false;
    const uint64_t tag = varint();
    number_ = static_cast<uint32_t>(tag >> 3);
    wire_ = static_cast<Wire>(tag & 7);
    if (number_ == 0 || tag > UINT32_MAX) fail("no field has this number");
    return true;
  }
  // As next() when the next field has the same number; else false, and nothing is read.
  [[gnu::always_inline]] bool next_is_same() {
    const char* here = at_;
    const uint32_t number = number_;
    const Wire wire = wire_;
    if (!next()) return false;
    if (number_ == number) return true;
    at_ = here;
    number_ = number;
    wire_ = wire;
    return false;
  }
  uint32_t number() const { return number_; }
  Wire wire() const { return wire_; }
  bool at_end() const { return at_ == end_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  [[gnu::always_inline]] uint64_t varint() {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) return static_cast<uint8_t>(*at_++);
    return long_varint();
  }
  template <typename Word>
  [[gnu::always_inline]] Word fixed() {
    Word out;
    std::memcpy(&out, take(sizeof out), sizeof out);  // little-endian, as this program's hosts are
    return out;
  }
  [[gnu::always_inline]] std::string_view view() {
    const uint64_t size = varint();
    return {take(size), size};
  }
  void skip() {
    switch (wire_) {
      case kVarint:
        varint();
        break;
      case kFixed64:
        take(8);
        break;
      case kLength:
        view();
        break;
      case kFixed32:
        take(4);
        break;
      default:
        fail("unknown wire type");
    }
  }

 private:
  [[noreturn, gnu::cold, gnu::noinline]] static void fail(const char* what) {
    throw NotProtobuf{what};
  }
  [[gnu::always_inline]] const char* take(uint64_t size) {
    if (size > static_cast<uint64_t>(end_ - at_)) fail("the message ends too early");
    const char* out = at_;
    at_ += size;
    return out;
  }
  [[gnu::noinline]] uint64_t long_varint() {
    uint64_t out = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) fail("the message ends too early");
      const auto byte = static_cast<uint8_t>(*at_++);
      out |= uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return out;
    }
    fail("a varint of more than ten bytes");
  }

  const char* at_;
  const char* end_;
  uint32_t number_ = 0;
  Wire wire_ = kVarint;
};

}  // namespace tarsier::wire
