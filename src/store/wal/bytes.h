// Little-endian integers and varints in byte strings: the alphabet of the store's formats.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/labels.h"

namespace tarsier::store {

static_assert(std::endian::native == std::endian::little, "formats are little-endian");

template <std::integral T>
void put(std::string& out, T value) {
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out.append(raw, sizeof value);
}

inline void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

inline void put_bytes(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out.append(bytes);
}

inline uint64_t zigzag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
inline int64_t unzigzag(uint64_t v) {
  return static_cast<int64_t>((v >> 1) ^ (~(v & 1) + 1));
}

// Reads from the front. Past the end, or at a wrong varint, ok() becomes false and everything read
// is zero or empty.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  template <std::integral T>
  T get() {
    T value{};
    if (std::string_view raw = take(sizeof value); !raw.empty()) {
      std::memcpy(&value, raw.data(), sizeof value);
    }
    return value;
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint8_t byte = get<uint8_t>();
      if (!ok_) return 0;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    ok_ = false;
    return 0;
  }

  int64_t svarint() { return unzigzag(varint()); }
  std::string_view bytes() { return take(varint()); }

  // A count of things that take at least `each` bytes: never more than the rest can hold, so that
  // nothing large is reserved for a lie.
  size_t count(size_t each = 1) {
    uint64_t n = varint();
    if (n > bytes_.size() / each) ok_ = false;
    return ok_ ? static_cast<size_t>(n) : 0;
  }

  std::string_view take(uint64_t n) {
    if (!ok_ || n > bytes_.size()) {
      ok_ = false;
      return {};
    }
    std::string_view out = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return out;
  }

  bool ok() const { return ok_; }
  bool done() const { return !ok_ || bytes_.empty(); }
  size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

inline void put_labels(std::string& out, const model::Labels& labels) {
  put_varint(out, labels.size());
  for (const model::Label& label : labels) {
    put_bytes(out, label.name);
    put_bytes(out, label.value);
  }
}

inline model::Labels get_labels(Cursor& in) {
  model::Labels labels(in.count(2));
  for (model::Label& label : labels) {
    label.name = in.bytes();
    label.value = in.bytes();
  }
  return labels;
}

}  // namespace tarsier::store
