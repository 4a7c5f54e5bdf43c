#include "assemble/protocols/asked/mysql.h"

#include "assemble/protocols/asked/bytes.h"

namespace tarsier::assemble::asked::mysql {
namespace {

// A packet is the length of its body (3 bytes), its number in the conversation, and the body.
constexpr size_t kHead = 4;
enum Command : uint8_t {
  kQuit = 0x01,
  kQuery = 0x03,
  kPrepare = 0x16,
  kSendLongData = 0x18,
  kCloseStatement = 0x19,
  kLastCommand = 0x1f,
};
constexpr uint8_t kError = 0xff, kProtocolVersion = 10;

uint64_t packet_size(const Part& part) {
  return kHead + little_endian(part.bytes, 0, 3);
}

}  // namespace

bool is_greeting(const Part& answer) {
  std::string_view bytes = answer.bytes;
  return bytes.size() > kHead + 4 && packet_size(answer) == answer.length &&
         byte_at(bytes, 3) == 0 && byte_at(bytes, kHead) == kProtocolVersion &&
         byte_at(bytes, kHead + 1) >= '1' && byte_at(bytes, kHead + 1) <= '9';
}

bool may_ask(const Part& question) {
  uint32_t command = byte_at(question.bytes, kHead);
  return question.bytes.size() > kHead && packet_size(question) == question.length &&
         byte_at(question.bytes, 3) == 0 && command >= kQuit && command <= kLastCommand;
}

bool may_answer(const Part& answer) {
  return answer.bytes.size() > kHead && byte_at(answer.bytes, 3) == 1 &&
         packet_size(answer) > kHead && packet_size(answer) <= answer.length;
}

bool is_one_way(const Part& question) {
  if (!may_ask(question)) return false;
  uint32_t command = byte_at(question.bytes, kHead);
  return command == kQuit || command == kSendLongData || command == kCloseStatement;
}

std::string_view statement(const Part& question) {
  uint32_t command = byte_at(question.bytes, kHead);
  if (!may_ask(question) || (command != kQuery && command != kPrepare)) return {};
  std::string_view text = question.bytes.substr(kHead + 1);
  // Attributes of the query, of which there are none: their number, and that of their sets.
  if (text.starts_with(std::string_view("\0\1", 2))) text.remove_prefix(2);
  return text;
}

std::string error_code(const Part& answer) {
  if (!may_answer(answer) || byte_at(answer.bytes, kHead) != kError) return {};
  return std::to_string(little_endian(answer.bytes, kHead + 1, 2));
}

}  // namespace tarsier::assemble::asked::mysql
