// Is a text JSON, and if not, where does it stop being?
#pragma once

#include <simdjson.h>

#include <string_view>

#include "base/result.h"

namespace tarsier::api {

// kInvalid with "line 3, column 7: ..." as far as the place can be told. The element lives as long
// as the parser and until its next document.
Result<simdjson::dom::element> parse_json(simdjson::dom::parser& parser, std::string_view text);

}  // namespace tarsier::api
