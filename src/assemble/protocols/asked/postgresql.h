// PostgreSQL's frontend/backend protocol, version 3.
#pragma once

#include "assemble/protocols/asked/system.h"

namespace tarsier::assemble::asked::postgresql {

bool begins(const Part& question);  // the first one of a connection
bool may_ask(const Part& question);
bool may_answer(const Part& answer);
bool is_one_way(const Part& question);
std::string_view statement(const Part& question);
std::string error_code(const Part& answer);

}  // namespace tarsier::assemble::asked::postgresql
