// Base64 (RFC 4648).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tarsier::wire {

std::string base64(std::string_view bytes);
// Reads both alphabets, with padding or without; empty when the text is neither.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace tarsier::wire
