// A cursor over a query's bytes with the pieces that every lexer is made of.
#pragma once

#include <span>
#include <string_view>

#include "query/syntax/token.h"

namespace tarsier::query::syntax {

bool is_digit(char32_t rune);
bool is_name_start(char32_t rune);  // letters of ASCII and '_'
bool is_name_part(char32_t rune);   // and digits

class Scanner {
 public:
  explicit Scanner(std::string_view source) : source_(source) {}

  std::string_view source() const { return source_; }
  size_t position() const { return position_; }
  void seek(size_t position) { position_ = position; }
  std::string_view rest() const { return source_.substr(position_); }
  bool at_end() const { return position_ == source_.size(); }
  char peek(size_t ahead = 0) const {  // '\0' past the end
    return position_ + ahead < source_.size() ? source_[position_ + ahead] : '\0';
  }
  char32_t peek_rune() const;  // 0 at the end, U+FFFD where the bytes are not UTF-8
  void skip(size_t bytes) { position_ += bytes; }
  void skip_rune();

  // Blanks, newlines, and comments from `comment` to the end of the line ('\0': there are none).
  void skip_space(char comment);

  // Each reads one token from here on.
  Token end() const;
  Token take(TokenKind kind, size_t bytes);
  Token word(bool (*part)(char32_t));
  // "..." '...' `...`; kError when it does not end, is not UTF-8, or has a bad escape.
  Token string();
  // What starts with a digit or with '.' and a digit: kNumber, kDuration (Prometheus's, or with
  // go_durations also 1.5h and 20us), with `bytes` also kBytes; else kError.
  Token number(bool go_durations, bool bytes);
  // The longest of the operators that matches, kEnd when none does.
  Token longest_operator(std::span<const std::string_view> operators);

  Token error(Span span, std::string message) const;
  Token error_here(std::string message) const { return error({position_, position_}, message); }

 private:
  std::string_view source_;
  size_t position_ = 0;
};

}  // namespace tarsier::query::syntax
