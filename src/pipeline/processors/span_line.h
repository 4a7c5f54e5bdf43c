// A span as one readable line.
#pragma once

#include <string>
#include <string_view>

#include "model/span.h"

namespace tarsier::pipeline {

// Ends with a newline. Attributes are left out: they may hold what nobody should read.
//   2023-11-14T22:13:20.123Z checkout SERVER "GET /cart" OK 12.3ms trace=4bf9... span=00f0...
void append_span_line(std::string& out, std::string_view service, const model::Span& span);

}  // namespace tarsier::pipeline
