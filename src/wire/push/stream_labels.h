// The labels of a Loki stream as text: {app="api", env="prod"}.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/value.h"

namespace tarsier::wire {

// kInvalid says at which byte, and what was expected there.
Result<model::Attributes> parse_stream_labels(std::string_view text);

}  // namespace tarsier::wire
