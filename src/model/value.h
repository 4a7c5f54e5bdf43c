// The values of attributes and log bodies: OTLP's AnyValue.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tarsier::model {

struct Value;
struct KeyValue;

using Array = std::vector<Value>;
using Attributes = std::vector<KeyValue>;  // in the order received; keys are normally unique

struct Bytes {
  std::string data;
  bool operator==(const Bytes&) const = default;
};
struct KeyValueList {
  Attributes entries;
  bool operator==(const KeyValueList&) const;
};

// std::monostate is OTLP's "no value set".
struct Value {
  std::variant<std::monostate, std::string, bool, int64_t, double, Array, KeyValueList, Bytes> data;
  bool operator==(const Value&) const;  // doubles are compared by bits, so that NaN equals itself
};

struct KeyValue {
  std::string key;
  Value value;
  bool operator==(const KeyValue&) const;
};

// The value under the key, nullptr when there is none.
const Value* find(const Attributes& attributes, std::string_view key);
// The string under the key; empty when there is none or it is not a string.
std::string_view find_string(const Attributes& attributes, std::string_view key);
// Replaces the value of an existing key, else appends.
void set(Attributes& attributes, std::string_view key, Value value);

// As shown to people and used as a label: strings as they are, numbers in shortest form, arrays and
// maps as JSON, bytes in base64 (the rule of the OpenTelemetry specification for AnyValue as
// string).
std::string to_string(const Value& value);

bool same_bits(double a, double b);

}  // namespace tarsier::model
