// Which system answers on a connection, from the few bytes that are copied of each question and
// answer. Certain or not at all: what only looks like one of them is kOther.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assemble/exchange.h"

namespace tarsier::assemble::asked {

// The first bytes of a question or an answer, and how many there are in all.
struct Part {
  std::string_view bytes;
  uint64_t length = 0;
};

System by_greeting(const Part& answer);    // what a server says before it is asked
System by_question(const Part& question);  // one that nothing else looks like
System by_both(const Part& question, const Part& answer);

// No answer will come.
bool is_one_way(System system, const Part& question);
// "SELECT", "GET"; empty when it is not known. One of a fixed set, or a word of the client's.
std::string operation(System system, const Part& question);
// "WRONGTYPE", "42P01", "1064"; empty when the answer is no error.
std::string error_code(System system, const Part& answer);

}  // namespace tarsier::assemble::asked
