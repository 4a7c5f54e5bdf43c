// MySQL's client/server protocol, which MariaDB speaks too.
#pragma once

#include "assemble/protocols/asked/system.h"

namespace tarsier::assemble::asked::mysql {

bool is_greeting(const Part& answer);
bool may_ask(const Part& question);
bool may_answer(const Part& answer);
bool is_one_way(const Part& question);
std::string_view statement(const Part& question);
std::string error_code(const Part& answer);

}  // namespace tarsier::assemble::asked::mysql
