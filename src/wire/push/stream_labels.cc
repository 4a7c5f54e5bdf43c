#include "wire/push/stream_labels.h"

#include <fmt/format.h>

#include <charconv>

namespace tarsier::wire {
namespace {

void append_utf8(std::string& out, uint32_t c) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xc0 | c >> 6));
    out.push_back(static_cast<char>(0x80 | (c & 63)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | c >> 12));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 63)));
    out.push_back(static_cast<char>(0x80 | (c & 63)));
  } else {
    out.push_back(static_cast<char>(0xf0 | c >> 18));
    out.push_back(static_cast<char>(0x80 | (c >> 12 & 63)));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 63)));
    out.push_back(static_cast<char>(0x80 | (c & 63)));
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<model::Attributes> labels() {
    model::Attributes out;
    if (!eat('{')) return expected("'{'");
    while (!eat('}')) {
      if (!out.empty() && !eat(',')) return expected("',' or '}'");
      if (!out.empty() && eat('}')) break;  // a comma may follow the last pair
      TRY(std::string name, label_name());
      if (!eat('=')) return expected("'='");
      TRY(std::string value, quoted());
      out.push_back({std::move(name), {std::move(value)}});
    }
    skip_blanks();
    if (at_ != text_.size()) return expected("the end");
    return out;
  }

 private:
  Error expected(std::string_view what) const {
    return invalid(fmt::format("stream labels {:.200}: byte {}: expected {}", text_, at_, what));
  }
  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) {
      at_++;
    }
  }
  bool eat(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    at_++;
    return true;
  }

  Result<std::string> label_name() {
    skip_blanks();
    size_t begin = at_;
    auto fits = [&](char c) {
      bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
      return letter || (at_ > begin && ((c >= '0' && c <= '9') || c == '.'));
    };
    while (at_ < text_.size() && fits(text_[at_])) at_++;
    if (at_ == begin) return expected("a label name");
    return std::string(text_.substr(begin, at_ - begin));
  }

  // A Go string: "with \n escapes" or `as it stands`.
  Result<std::string> quoted() {
    skip_blanks();
    if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '`')) {
      return expected("a quoted value");
    }
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (quote == '"' && text_[at_] == '\\') {
        TRY_STATUS(escape(out));
      } else {
        out.push_back(text_[at_++]);
      }
    }
    if (at_ >= text_.size()) return expected("the closing quote");
    at_++;
    return out;
  }

  Status escape(std::string& out) {
    static constexpr std::string_view kLetters = "abfnrtv\\\"'", kBytes = "\a\b\f\n\r\t\v\\\"'";
    const char c = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (size_t simple = kLetters.find(c); simple != kLetters.npos) {
      out.push_back(kBytes[simple]);
      at_ += 2;
      return {};
    }
    const bool octal = c >= '0' && c <= '7';
    const size_t digits = octal ? 3 : c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    std::string_view number = text_.substr(std::min(at_ + (octal ? 1 : 2), text_.size()), digits);
    uint32_t value = 0;
    auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), value, octal ? 8 : 16);
    bool whole = digits > 0 && number.size() == digits && error == std::errc() &&
                 end == number.data() + number.size();
    if (!whole || value > (digits < 4 ? 0xffu : 0x10ffffu)) return expected("a valid escape");
    if (digits < 4) {
      out.push_back(static_cast<char>(value));
    } else {
      append_utf8(out, value);
    }
    at_ += digits + (octal ? 1 : 2);
    return {};
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Result<model::Attributes> parse_stream_labels(std::string_view text) {
  return Parser(text).labels();
}

}  // namespace tarsier::wire
