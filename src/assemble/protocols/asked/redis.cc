#include "assemble/protocols/asked/redis.h"

#include "assemble/protocols/asked/bytes.h"

namespace tarsier::assemble::asked::redis {
namespace {

constexpr std::string_view kEnd = "\r\n";

// Takes "*3\r\n" or "$5\r\n" from the front.
bool take_number(std::string_view& bytes, char kind, size_t& number) {
  size_t end = bytes.find(kEnd);
  if (end == bytes.npos || end < 2 || end > 8 || bytes[0] != kind) return false;
  number = 0;
  for (char c : bytes.substr(1, end - 1)) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<size_t>(c - '0');
  }
  bytes.remove_prefix(end + kEnd.size());
  return true;
}

// The first of a command's words.
bool take_command(std::string_view bytes, std::string_view& word) {
  size_t words = 0, size = 0;
  if (!take_number(bytes, '*', words) || !words || !take_number(bytes, '$', size)) return false;
  word = bytes.substr(0, size);
  return word.size() == size && bytes.substr(size).starts_with(kEnd) && is_word(word);
}

}  // namespace

bool asks(const Part& question) {
  std::string_view word;
  return take_command(question.bytes, word);
}

std::string_view command(const Part& question) {
  std::string_view word;
  return take_command(question.bytes, word) ? word : std::string_view();
}

// "-WRONGTYPE Operation against ..."
std::string error_code(const Part& answer) {
  if (!answer.bytes.starts_with('-')) return {};
  std::string_view word = answer.bytes.substr(1, answer.bytes.find_first_of(" \r") - 1);
  return std::string(is_word(word) ? word : "error");
}

}  // namespace tarsier::assemble::asked::redis
