// The parser stages: what json, logfmt, regexp, pattern and unpack find in a line.
#pragma once

#include "query/logql/ast.h"
#include "query/logql/entry.h"

namespace tarsier::query::logql {

void parse_json(const Stage& stage, Entry& entry);
void parse_logfmt(const Stage& stage, Entry& entry);
void parse_regex(const Stage& stage, Entry& entry);
void parse_unpack(Entry& entry);

}  // namespace tarsier::query::logql
