// The functions of PromQL: names and types.
#pragma once

#include <cstdint>
#include <string_view>

namespace tarsier::query::promql {

enum class ValueType { kNone, kScalar, kVector, kMatrix, kString };
// "scalar", "instant vector", "range vector", "string": as users know them.
std::string_view type_name(ValueType type);

struct Function {
  std::string_view name;
  std::string_view args;  // a letter each: s(calar), v(ector), m(atrix), t(ext)
  // 0: exactly these. N > 0: the last may be absent, or come up to N times. -1: any number.
  int variadic = 0;
  ValueType result = ValueType::kVector;
  bool supported = true;  // else it parses, and is refused by name
};

ValueType arg_type(const Function& function, size_t index);
const Function* find_function(std::string_view name);

}  // namespace tarsier::query::promql
