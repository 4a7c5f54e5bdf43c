// Natural order: numbers inside of texts compare as numbers, so that cpu2 comes before cpu10.
#pragma once

#include <string_view>

namespace tarsier::query::promql {

bool natural_less(std::string_view a, std::string_view b);

}  // namespace tarsier::query::promql
