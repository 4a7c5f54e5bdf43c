// Runs the stages of a pipeline over entries.
#pragma once

#include "query/logql/ast.h"
#include "query/logql/entry.h"
#include "store/reader.h"

namespace tarsier::query::logql {

// False: the entry is filtered out.
bool run(const std::vector<Stage>& stages, Entry& entry);
bool passes(const LabelFilter& filter, Entry& entry);

// What the selector and the pipeline say that the store can use. At least one matcher must not
// match the empty string.
Result<store::LogSelect> log_select(const LogExpr& log);

}  // namespace tarsier::query::logql
