// PromQL's tokens.
#pragma once

#include <string>
#include <string_view>

#include "query/syntax/lexer.h"

namespace tarsier::query::promql {

// What a token means depends on the brackets around it, so the lexer keeps count of them.
syntax::Lexer make_promql_lexer();

// The keyword in a token in lower case, whatever its case in the query; empty when it is none.
std::string keyword(const syntax::Token& token);

// A token in Prometheus's words: <aggr:sum>, <op:+>, <by>, identifier "x", number "1".
std::string describe_token(const syntax::Token& token);

}  // namespace tarsier::query::promql
