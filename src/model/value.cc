#include "model/value.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <string_view>

namespace tarsier::model {
namespace {

std::string base64(std::string_view in) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < in.size(); i += 3) {
    uint32_t group = 0;
    size_t n = std::min<size_t>(3, in.size() - i);
    for (size_t k = 0; k < 3; k++) {
      group = group << 8 | (k < n ? static_cast<uint8_t>(in[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; k++) {
      out.push_back(k <= n ? kAlphabet[group >> (18 - 6 * k) & 63] : '=');
    }
  }
  return out;
}

std::string number(double d) {
  if (std::isnan(d)) return "NaN";
  if (std::isinf(d)) return d > 0 ? "+Inf" : "-Inf";
  char buffer[32];
  auto [end, ec] = std::to_chars(buffer, buffer + sizeof buffer, d);
  return {buffer, end};
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_json(std::string& out, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    append_json_string(out, *text);
  } else if (const auto* array = std::get_if<Array>(&value.data)) {
    out.push_back('[');
    for (size_t i = 0; i < array->size(); i++) {
      if (i) out.push_back(',');
      append_json(out, (*array)[i]);
    }
    out.push_back(']');
  } else if (const auto* map = std::get_if<KeyValueList>(&value.data)) {
    out.push_back('{');
    for (size_t i = 0; i < map->entries.size(); i++) {
      if (i) out.push_back(',');
      append_json_string(out, map->entries[i].key);
      out.push_back(':');
      append_json(out, map->entries[i].value);
    }
    out.push_back('}');
  } else if (const auto* bytes = std::get_if<Bytes>(&value.data)) {
    append_json_string(out, base64(bytes->data));
  } else if (std::holds_alternative<std::monostate>(value.data)) {
    out += "null";
  } else {
    out += to_string(value);
  }
}

}  // namespace

bool same_bits(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

bool KeyValueList::operator==(const KeyValueList& other) const {
  return entries == other.entries;
}

bool Value::operator==(const Value& other) const {
  if (data.index() != other.data.index()) return false;
  if (const auto* d = std::get_if<double>(&data))
    return same_bits(*d, std::get<double>(other.data));
  return data == other.data;
}

bool KeyValue::operator==(const KeyValue& other) const {
  return key == other.key && value == other.value;
}

const Value* find(const Attributes& attributes, std::string_view key) {
  for (const KeyValue& kv : attributes) {
    if (kv.key == key) return &kv.value;
  }
  return nullptr;
}

std::string_view find_string(const Attributes& attributes, std::string_view key) {
  const Value* value = find(attributes, key);
  if (!value) return {};
  const auto* text = std::get_if<std::string>(&value->data);
  return text ? std::string_view(*text) : std::string_view();
}

void set(Attributes& attributes, std::string_view key, Value value) {
  for (KeyValue& kv : attributes) {
    if (kv.key != key) continue;
    kv.value = std::move(value);
    return;
  }
  attributes.push_back({std::string(key), std::move(value)});
}

std::string to_string(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) return *text;
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag ? "true" : "false";
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&value.data)) return number(*real);
  if (const auto* bytes = std::get_if<Bytes>(&value.data)) return base64(bytes->data);
  if (std::holds_alternative<std::monostate>(value.data)) return {};
  std::string out;
  append_json(out, value);
  return out;
}

}  // namespace tarsier::model
