// Redis's serialization protocol (RESP), as clients write it.
#pragma once

#include "assemble/protocols/asked/system.h"

namespace tarsier::assemble::asked::redis {

bool asks(const Part& question);
std::string_view command(const Part& question);
std::string error_code(const Part& answer);

}  // namespace tarsier::assemble::asked::redis
