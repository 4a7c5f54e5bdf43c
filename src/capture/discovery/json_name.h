// The top-level "name" of a package.json. It runs with rights over files that anybody may have
// written, so it reads just that and keeps nothing else; no escapes, since names have none.
#pragma once

#include <string>
#include <string_view>

namespace tarsier::capture {

// Empty when there is none, or it is not a plain string.
std::string json_name(std::string_view text);

}  // namespace tarsier::capture
