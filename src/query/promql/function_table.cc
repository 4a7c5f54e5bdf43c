#include "query/promql/function_table.h"

#include <algorithm>
#include <array>

namespace tarsier::query::promql {
namespace {

constexpr ValueType kVector = ValueType::kVector;
constexpr ValueType kScalar = ValueType::kScalar;

// Sorted by name.
constexpr Function kFunctions[] = {
    {"abs", "v"},
    {"absent", "v"},
    {"absent_over_time", "m"},
    {"acos", "v"},
    {"acosh", "v"},
    {"asin", "v"},
    {"asinh", "v"},
    {"atan", "v"},
    {"atanh", "v"},
    {"avg_over_time", "m"},
    {"ceil", "v"},
    {"changes", "m"},
    {"clamp", "vss"},
    {"clamp_max", "vs"},
    {"clamp_min", "vs"},
    {"cos", "v"},
    {"cosh", "v"},
    {"count_over_time", "m"},
    {"day_of_month", "v", 1},
    {"day_of_week", "v", 1},
    {"day_of_year", "v", 1},
    {"days_in_month", "v", 1},
    {"deg", "v"},
    {"delta", "m"},
    {"deriv", "m"},
    {"double_exponential_smoothing", "mss"},
    {"end", "", 0, kScalar},
    {"exp", "v"},
    {"first_over_time", "m"},
    {"floor", "v"},
    {"histogram_avg", "v", 0, kVector, false},
    {"histogram_count", "v", 0, kVector, false},
    {"histogram_fraction", "ssv"},
    {"histogram_quantile", "sv"},
    {"histogram_quantiles", "vtss", 9},
    {"histogram_stddev", "v", 0, kVector, false},
    {"histogram_stdvar", "v", 0, kVector, false},
    {"histogram_sum", "v", 0, kVector, false},
    {"hour", "v", 1},
    {"idelta", "m"},
    {"increase", "m"},
    {"info", "vv", 1, kVector, false},
    {"integral", "ms", 1},
    {"irate", "m"},
    {"label_join", "vttt", -1},
    {"label_replace", "vtttt"},
    {"last_over_time", "m"},
    {"ln", "v"},
    {"log10", "v"},
    {"log2", "v"},
    {"mad_over_time", "m"},
    {"max_of", "ss", 0, kScalar},
    {"max_over_time", "m"},
    {"min_of", "ss", 0, kScalar},
    {"min_over_time", "m"},
    {"minute", "v", 1},
    {"month", "v", 1},
    {"pi", "", 0, kScalar},
    {"predict_linear", "ms"},
    {"present_over_time", "m"},
    {"quantile_over_time", "sm"},
    {"rad", "v"},
    {"range", "", 0, kScalar},
    {"rate", "m"},
    {"resets", "m"},
    {"round", "vs", 1},
    {"scalar", "v", 0, kScalar},
    {"sgn", "v"},
    {"sin", "v"},
    {"sinh", "v"},
    {"sort", "v"},
    {"sort_by_label", "vt", -1},
    {"sort_by_label_desc", "vt", -1},
    {"sort_desc", "v"},
    {"sqrt", "v"},
    {"start", "", 0, kScalar},
    {"start_timestamp", "v", 0, kVector, false},
    {"stddev_over_time", "m"},
    {"stdvar_over_time", "m"},
    {"step", "", 0, kScalar},
    {"sum_over_time", "m"},
    {"tan", "v"},
    {"tanh", "v"},
    {"time", "", 0, kScalar},
    {"timestamp", "v"},
    {"ts_of_first_over_time", "m"},
    {"ts_of_last_over_time", "m"},
    {"ts_of_max_over_time", "m"},
    {"ts_of_min_over_time", "m"},
    {"vector", "s"},
    {"year", "v", 1},
};
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::kScalar:
      return "scalar";
    case ValueType::kVector:
      return "instant vector";
    case ValueType::kMatrix:
      return "range vector";
    case ValueType::kString:
      return "string";
    case ValueType::kNone:
      return "none";
  }
  return "none";
}

ValueType arg_type(const Function& function, size_t index) {
  switch (function.args[std::min(index, function.args.size() - 1)]) {
    case 's':
      return ValueType::kScalar;
    case 'v':
      return ValueType::kVector;
    case 'm':
      return ValueType::kMatrix;
    default:
      return ValueType::kString;
  }
}

const Function* find_function(std::string_view name) {
  const auto* at = std::ranges::lower_bound(kFunctions, name, {}, &Function::name);
  return at != std::end(kFunctions) && at->name == name ? at : nullptr;
}

}  // namespace tarsier::query::promql
