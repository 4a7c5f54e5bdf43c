// TraceQL text to tree. The whole grammar parses; what is not evaluated here is refused by name.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "query/syntax/lexer.h"
#include "query/traceql/ast.h"

namespace tarsier::query::traceql {

syntax::Lexer make_lexer();

// kInvalid "line:col: parse error: ...", kUnsupported names the construct.
Result<Query> parse(std::string_view text);

// For tag searches while a query is being typed: only its complete conditions, joined by &&.
Result<Query> parse_lenient(std::string_view text);

}  // namespace tarsier::query::traceql
