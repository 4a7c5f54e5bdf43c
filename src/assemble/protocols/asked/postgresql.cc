#include "assemble/protocols/asked/postgresql.h"

#include "assemble/protocols/asked/bytes.h"

namespace tarsier::assemble::asked::postgresql {
namespace {

constexpr std::string_view kQuestions = "QPBDECSHFXdcfp";
constexpr std::string_view kAnswers = "123ACDEGHIKNRSTVWZcdnst";
constexpr uint32_t kMessageMax = 1 << 30;

// A message is its type, a length that counts itself, and the rest. Calls `visit(type, body)` for
// each, as far as bytes are there; false when they are none.
template <typename Visit>
bool walk(const Part& part, std::string_view types, Visit visit) {
  uint64_t at = 0;
  while (at + 5 <= part.bytes.size()) {
    char type = part.bytes[at];
    uint64_t size = big_endian(part.bytes, at + 1);
    if (types.find(type) == types.npos || size < 4 || size > kMessageMax) return false;
    visit(type, part.bytes.substr(at + 5, size - 4));
    at += size + 1;
  }
  return at > 0 && (at >= part.bytes.size() || part.bytes.size() < part.length ||
                    types.find(part.bytes[at]) != types.npos);
}

}  // namespace

bool begins(const Part& question) {
  if (question.bytes.size() < 8 || big_endian(question.bytes, 0) != question.length) return false;
  uint32_t code = big_endian(question.bytes, 4);
  return code == 80877102 || code == 80877103 || code == 80877104 ||  // cancel, TLS, GSS
         code == 196608 || code == 196610;                            // 3.0, 3.2
}

bool may_ask(const Part& question) {
  return walk(question, kQuestions, [](char, std::string_view) {});
}

bool may_answer(const Part& answer) {
  return walk(answer, kAnswers, [](char, std::string_view) {});
}

bool is_one_way(const Part& question) {
  return question.length == 5 && question.bytes.starts_with('X');
}

std::string_view statement(const Part& question) {
  std::string_view found;
  walk(question, kQuestions, [&](char type, std::string_view body) {
    if (!found.empty()) return;
    if (type == 'Q') found = body;
    size_t name_end = body.find('\0');
    if (type == 'P' && name_end != body.npos) found = body.substr(name_end + 1);
  });
  return found;
}

// Of fields that begin with their kind and end with a zero, the one of kind C.
std::string error_code(const Part& answer) {
  std::string code;
  walk(answer, kAnswers, [&](char type, std::string_view body) {
    if (type != 'E' || !code.empty()) return;
    code = "error";
    for (size_t end; (end = body.find('\0')) != body.npos; body.remove_prefix(end + 1)) {
      std::string_view field = body.substr(0, end);
      if (field.starts_with('C') && is_word(field.substr(1))) code = field.substr(1);
    }
  });
  return code;
}

}  // namespace tarsier::assemble::asked::postgresql
