// The header fields that matter here, and HPACK's fixed table of common ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tarsier::assemble::http2 {

enum class Field : uint8_t {
  kMethod,
  kPath,
  kScheme,
  kAuthority,
  kStatus,
  kProtocol,
  kContentType,
  kTraceparent,
  kTracestate,
  kB3,
  kGrpcStatus,
  kGrpcTimeout,
  kCount,
  kOther = kCount,  // of no interest: its value is not kept
  kUnknown,         // its name is not known
};

Field field_of(std::string_view name);

// Index 1 to kStaticFields of RFC 7541, appendix A.
inline constexpr size_t kStaticFields = 61;
struct StaticField {
  Field field;
  uint8_t name_size;
  std::string_view value;
};
const StaticField& static_field(size_t index);

// What one header block says.
class Fields {
 public:
  void clear() {
    seen_ = 0;
    unknown_ = false;
  }
  bool has(Field field) const { return seen_ >> static_cast<int>(field) & 1; }
  // Empty when it is not there.
  std::string_view operator[](Field field) const {
    return has(field) ? std::string_view(values_[static_cast<int>(field)]) : std::string_view();
  }
  // Some field's name was not known: what is not here may still have been sent.
  bool unknown() const { return unknown_; }
  void set(Field field, std::string_view value) {
    if (field == Field::kUnknown) unknown_ = true;
    if (field >= Field::kCount || has(field)) return;
    seen_ |= 1u << static_cast<int>(field);
    values_[static_cast<int>(field)].assign(value);
  }

 private:
  std::string values_[static_cast<int>(Field::kCount)];
  uint32_t seen_ = 0;
  bool unknown_ = false;
};

}  // namespace tarsier::assemble::http2
