// Door of wire: whole-buffer compression. Every decompressor takes a limit, so that a small body
// cannot become a large one.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tarsier::wire {

std::string gzip(std::string_view bytes, int level = 1);
// kInvalid when the bytes are not gzip, kLimitExceeded when they unpack to more than max_bytes.
Result<std::string> gunzip(std::string_view bytes, size_t max_bytes);

std::string snappy(std::string_view bytes);  // block format
Result<std::string> unsnappy(std::string_view bytes, size_t max_bytes);

std::string zstd(std::string_view bytes, int level = 1);
Result<std::string> unzstd(std::string_view bytes, size_t max_bytes);

}  // namespace tarsier::wire
