#include "wire/json_writer.h"

#include <array>
#include <charconv>
#include <cmath>

namespace tarsier::wire {
namespace {

constexpr size_t kNumberBytes = 32;  // holds every integer and every shortest double

template <typename Number>
void append_number(std::string& out, Number number) {
  std::array<char, kNumberBytes> buffer;
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  out.append(buffer.data(), end);
}

bool plain(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

// How many bytes the UTF-8 character at the front has; 0 when it is none (RFC 3629, table 3-7 of
// the Unicode standard).
size_t utf8_length(std::string_view text) {
  auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  auto tail = [&](size_t i) { return (at(i) & 0xc0) == 0x80; };
  unsigned lead = at(0), second = at(1);
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
    return tail(1) && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void append_control(std::string& out, char c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  switch (c) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += "\\u00";
      out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(kDigits[c & 15]);
  }
}

// The shortest decimal digits and the power of ten of the first one.
struct Decimal {
  std::string_view digits;
  int exponent = 0;
};

Decimal shortest(double magnitude, std::array<char, kNumberBytes>& buffer) {
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude,
                                    std::chars_format::scientific);
  std::string_view text(buffer.data(), end);
  size_t e = text.find('e');
  Decimal decimal;
  size_t sign = text[e + 1] == '+' ? 2 : 1;  // from_chars reads a minus but no plus
  std::from_chars(text.data() + e + sign, end, decimal.exponent);
  if (e > 1) buffer[1] = buffer[0];  // "1.25" -> "125"
  decimal.digits = e > 1 ? text.substr(1, e - 1) : text.substr(0, 1);
  return decimal;
}

void append_fixed(std::string& out, const Decimal& d) {
  if (d.exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-d.exponent - 1), '0');
    out += d.digits;
    return;
  }
  size_t whole = static_cast<size_t>(d.exponent) + 1;
  if (d.digits.size() <= whole) {
    out += d.digits;
    out.append(whole - d.digits.size(), '0');
    return;
  }
  out += d.digits.substr(0, whole);
  out.push_back('.');
  out += d.digits.substr(whole);
}

void append_scientific(std::string& out, const Decimal& d) {
  out.push_back(d.digits[0]);
  if (d.digits.size() > 1) out.append(".").append(d.digits.substr(1));
  int magnitude = std::abs(d.exponent);
  out.append(d.exponent < 0 ? "e-" : "e+");
  if (magnitude < 10) out.push_back('0');
  append_number(out, magnitude);
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    size_t run = 0;
    while (run < text.size() && plain(text[run])) run++;
    out += text.substr(0, run);
    text.remove_prefix(run);
    if (text.empty()) break;
    char c = text.front();
    size_t taken = 1;
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      append_control(out, c);
    } else if (size_t length = utf8_length(text); length > 0) {
      out += text.substr(0, length);
      taken = length;
    } else if (c == 0x7f) {
      out.push_back(c);
    } else {
      out += "\xef\xbf\xbd";
    }
    text.remove_prefix(taken);
  }
  out.push_back('"');
}

void append_go_float(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "NaN";
    return;
  }
  if (std::isinf(number)) {
    out += number > 0 ? "+Inf" : "-Inf";
    return;
  }
  if (std::signbit(number)) out.push_back('-');
  double magnitude = std::abs(number);
  std::array<char, kNumberBytes> buffer;
  Decimal decimal = shortest(magnitude, buffer);
  if (magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21)) {
    append_scientific(out, decimal);
  } else {
    append_fixed(out, decimal);
  }
}

JsonWriter& JsonWriter::open(char bracket) {
  comma();
  out_.push_back(bracket);
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_.push_back(bracket);
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  comma();
  append_json_string(out_, name);
  out_.push_back(':');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::plain_key(std::string_view name) {
  comma();
  out_.push_back('"');
  out_ += name;
  out_ += "\":";
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  comma();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  if (number == 0 && std::signbit(number)) return raw("-0.0");  // many read "-0" as an integer
  comma();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::integer(int64_t number) {
  comma();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(uint64_t number) {
  comma();
  append_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  comma();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::quoted(int64_t number) {
  comma();
  out_.push_back('"');
  append_number(out_, number);
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::quoted(uint64_t number) {
  comma();
  out_.push_back('"');
  append_number(out_, number);
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::go_float(double number) {
  comma();
  out_.push_back('"');
  append_go_float(out_, number);
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::seconds(int64_t time_ms) {
  comma();
  uint64_t magnitude = static_cast<uint64_t>(time_ms);
  if (time_ms < 0) {
    out_.push_back('-');
    magnitude = 0 - magnitude;
  }
  append_number(out_, magnitude / 1000);
  unsigned rest = static_cast<unsigned>(magnitude % 1000);
  if (rest == 0) return *this;
  out_.push_back('.');
  out_.push_back(static_cast<char>('0' + rest / 100));
  if (rest % 100) out_.push_back(static_cast<char>('0' + rest / 10 % 10));
  if (rest % 10) out_.push_back(static_cast<char>('0' + rest % 10));
  return *this;
}

}  // namespace tarsier::wire
