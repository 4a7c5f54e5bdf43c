// Writes JSON into a string, in one pass and without a tree.
//
//   std::string out;
//   JsonWriter json(out);
//   json.begin_object();
//   json.member("status", "success");
//   json.key("values").begin_array();
//   for (double v : values) json.value(v);
//   json.end_array();
//   json.end_object();
//
// The caller keeps the shape right (a key before each member, ends that match begins); commas,
// quotes and escapes are the writer's. Bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace tarsier::wire {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& plain_key(std::string_view name);  // of letters and digits only: not looked at

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
  // The shortest text that reads back as the same double; null when it is not finite.
  JsonWriter& value(double number);
  template <std::integral Integer>
  JsonWriter& value(Integer number) {
    if constexpr (std::signed_integral<Integer>) {
      return integer(static_cast<int64_t>(number));
    } else {
      return unsigned_integer(static_cast<uint64_t>(number));
    }
  }
  JsonWriter& null() { return raw("null"); }
  // Text that already is JSON.
  JsonWriter& raw(std::string_view json);

  // "123": a 64-bit number that a JavaScript reader must not round.
  JsonWriter& quoted(int64_t number);
  JsonWriter& quoted(uint64_t number);
  // A double as Prometheus and Loki put it into their answers: "1.5", "+Inf", "NaN".
  JsonWriter& go_float(double number);
  // Milliseconds since the epoch as seconds with up to three decimals: 1435781430.781.
  JsonWriter& seconds(int64_t time_ms);

  template <typename T>
  JsonWriter& member(std::string_view name, const T& content) {
    key(name);
    return value(content);
  }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& integer(int64_t number);
  JsonWriter& unsigned_integer(uint64_t number);
  void comma() {
    if (comma_) out_.push_back(',');
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;  // something was written in this bracket, so that the next needs a comma
};

// The text in quotes, escaped.
void append_json_string(std::string& out, std::string_view text);

// As Go's strconv prints the shortest form for Prometheus: like 'f', but like 'e' below 1e-6 and
// from 1e21 on ("1e+21", "1e-07"); "NaN", "+Inf", "-Inf".
void append_go_float(std::string& out, double number);

}  // namespace tarsier::wire
