// LogQL text to tree. What the grammar has and is not evaluated here is refused by name.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/logql/ast.h"

namespace tarsier::query::logql {

Result<Query> parse(std::string_view text);

}  // namespace tarsier::query::logql
