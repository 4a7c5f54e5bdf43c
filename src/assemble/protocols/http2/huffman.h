// The string code of HPACK (RFC 7541, appendix B).
#pragma once

#include <string>
#include <string_view>

namespace tarsier::assemble::http2 {

// Appends what the coded bytes mean; false when they are not such a code.
bool decode_huffman(std::string_view coded, std::string& out);

}  // namespace tarsier::assemble::http2
