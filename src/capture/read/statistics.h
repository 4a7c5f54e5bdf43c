// What the privileged side counts, shown by the worker's own metrics.
#pragma once

#include <string_view>

namespace tarsier::capture {

void show_statistics(std::string_view message);

}  // namespace tarsier::capture
