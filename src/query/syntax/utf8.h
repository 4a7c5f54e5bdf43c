// UTF-8, one code point at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tarsier::query::syntax {

struct Decoded {
  char32_t rune = 0xfffd;
  size_t size = 1;  // bytes to step over; 1 when they are not UTF-8
  bool valid = false;
};

// The first code point; text must not be empty. Overlong forms and surrogates are not valid.
Decoded decode_utf8(std::string_view text);
void append_utf8(std::string& out, char32_t rune);
bool is_utf8(std::string_view text);

}  // namespace tarsier::query::syntax
