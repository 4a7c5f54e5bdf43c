// Trace and span identities (W3C Trace Context sizes). All zero means "none".
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tarsier::model {

template <size_t N>
struct Id {
  std::array<uint8_t, N> bytes{};

  bool empty() const { return *this == Id{}; }
  explicit operator bool() const { return !empty(); }
  auto operator<=>(const Id&) const = default;

  std::string hex() const {  // lower case, 2N digits
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out(2 * N, '0');
    for (size_t i = 0; i < N; i++) {
      out[2 * i] = kDigits[bytes[i] >> 4];
      out[2 * i + 1] = kDigits[bytes[i] & 15];
    }
    return out;
  }

  // 1 to 2N hex digits of any case, padded with zeros on the left; empty otherwise.
  static std::optional<Id> from_hex(std::string_view text) {
    if (text.empty() || text.size() > 2 * N) return std::nullopt;
    Id id;
    size_t at = 2 * N - text.size();
    for (char c : text) {
      int digit = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
      if (digit < 0) return std::nullopt;
      id.bytes[at / 2] |= static_cast<uint8_t>(at % 2 ? digit : digit << 4);
      at++;
    }
    return id;
  }

  // Exactly N raw bytes, or none at all; empty otherwise.
  static std::optional<Id> from_bytes(std::string_view raw) {
    if (!raw.empty() && raw.size() != N) return std::nullopt;
    Id id;
    for (size_t i = 0; i < raw.size(); i++) id.bytes[i] = static_cast<uint8_t>(raw[i]);
    return id;
  }

  std::string_view raw() const { return {reinterpret_cast<const char*>(bytes.data()), N}; }
};

using TraceId = Id<16>;
using SpanId = Id<8>;

}  // namespace tarsier::model
