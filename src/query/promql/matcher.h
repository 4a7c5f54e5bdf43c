// What the front end must know about a matcher; the store does the matching.
#pragma once

#include "base/result.h"
#include "store/reader.h"

namespace tarsier::query::promql {

// kInvalid "error parsing regexp: ..." when the matcher's regex is none.
Status check_regex(const store::Matcher& matcher);
bool matches_empty(const store::Matcher& matcher);
// label="value", the value quoted; the label too when it has to be.
std::string to_string(const store::Matcher& matcher);

// Whether a label can be written without quotes.
bool is_plain_label(std::string_view name);

}  // namespace tarsier::query::promql
