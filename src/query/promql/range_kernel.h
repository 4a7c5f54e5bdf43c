// One series through one range vector function.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "query/promql/eval.h"

namespace tarsier::query::promql {

// The scalar arguments, a value per step each, in order.
using Params = std::vector<std::vector<double>>;

// Fills `out`; false when it stays empty.
using RangeKernel = bool (*)(std::span<const model::Sample> samples, const Windows& windows,
                             const Params& params, std::span<double> out);
RangeKernel find_range_kernel(std::string_view function);

}  // namespace tarsier::query::promql
