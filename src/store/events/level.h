// The level of a log record, by Loki's order of evidence.
#pragma once

#include <string>
#include <string_view>

#include "model/batch.h"

namespace tarsier::store {

// A label or attribute that says it, then the severity number, then a key in a JSON or logfmt
// line, then a word in the line: "trace", "debug", "info", "warn", "error", "critical", "fatal" or
// "unknown".
std::string detected_level(const model::Labels& stream, const model::Labels& metadata,
                           const model::LogRecord& record, std::string_view line);

}  // namespace tarsier::store
