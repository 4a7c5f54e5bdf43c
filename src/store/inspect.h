// `tarsier inspect FILE`: a log segment or a snapshot part as text.
#pragma once

#include <cstdio>
#include <filesystem>

#include "base/result.h"

namespace tarsier::store {

// One line a record or entry, damage named where it is. kInvalid when the file is neither.
Status inspect(const std::filesystem::path& file, std::FILE* out);

}  // namespace tarsier::store
