#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "query/promql/calendar.h"
#include "query/promql/eval.h"

namespace tarsier::query::promql {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double sign(double value) {
  return value < 0 ? -1 : value > 0 ? 1 : value;
}
double degrees(double value) {
  return value * (180 / std::numbers::pi);
}
double radians(double value) {
  return value * (std::numbers::pi / 180);
}

using Math = double (*)(double);
const std::map<std::string_view, Math>& math_functions() {
  static const std::map<std::string_view, Math> functions = {
      {"abs", std::fabs},    {"acos", std::acos}, {"acosh", std::acosh}, {"asin", std::asin},
      {"asinh", std::asinh}, {"atan", std::atan}, {"atanh", std::atanh}, {"ceil", std::ceil},
      {"cos", std::cos},     {"cosh", std::cosh}, {"deg", degrees},      {"exp", std::exp},
      {"floor", std::floor}, {"ln", std::log},    {"log10", std::log10}, {"log2", std::log2},
      {"rad", radians},      {"sgn", sign},       {"sin", std::sin},     {"sinh", std::sinh},
      {"sqrt", std::sqrt},   {"tan", std::tan},   {"tanh", std::tanh}};
  return functions;
}

template <typename Function>
void change_each(std::span<double> values, const Function& function) {
  for (size_t i = 0; i < values.size(); i++) {
    if (!is_absent(values[i])) values[i] = function(values[i], i);
  }
}

Status eval_math(Evaluation& evaluation, const Expr&, const Call& call, const Steps& steps,
                 const Emit& emit) {
  const Math function = math_functions().at(call.function->name);
  return map_rows(evaluation, *call.args[0], steps, emit, [function](std::span<double> values) {
    change_each(values, [function](double value, size_t) { return function(value); });
  });
}

Status eval_clamp(Evaluation& evaluation, const Expr&, const Call& call, const Steps& steps,
                  const Emit& emit) {
  const std::string_view name = call.function->name;
  std::vector<double> low(steps.count, -kInf), high(steps.count, kInf);
  if (name != "clamp_max") {
    TRY(low, eval_scalar(evaluation, *call.args[1], steps));
  }
  if (name != "clamp_min") {
    TRY(high, eval_scalar(evaluation, *call.args[name == "clamp" ? 2 : 1], steps));
  }
  return map_rows(evaluation, *call.args[0], steps, emit, [&](std::span<double> values) {
    change_each(values, [&](double value, size_t i) {
      if (high[i] < low[i]) return kAbsent;
      if (std::isnan(value) || std::isnan(low[i]) || std::isnan(high[i])) {
        return std::numeric_limits<double>::quiet_NaN();
      }
      return std::max(low[i], std::min(high[i], value));
    });
  });
}

Status eval_round(Evaluation& evaluation, const Expr&, const Call& call, const Steps& steps,
                  const Emit& emit) {
  std::vector<double> to(steps.count, 1.0);
  if (call.args.size() > 1) {
    TRY(to, eval_scalar(evaluation, *call.args[1], steps));
  }
  return map_rows(evaluation, *call.args[0], steps, emit, [&](std::span<double> values) {
    change_each(values, [&](double value, size_t i) {
      const double inverse = 1.0 / to[i];
      return std::floor(value * inverse + 0.5) / inverse;
    });
  });
}

Status eval_vector_of_scalar(Evaluation& evaluation, const Expr&, const Call& call,
                             const Steps& steps, const Emit& emit) {
  TRY(std::vector<double> values, eval_scalar(evaluation, *call.args[0], steps));
  const model::Labels none;
  Row row{&none, false, values};
  return emit(row);
}

Status eval_timestamp(Evaluation& evaluation, const Expr&, const Call& call, const Steps& steps,
                      const Emit& emit) {
  if (const auto* selector = call.args[0]->as<VectorSelector>()) {
    if (evaluation.options.delayed_name_removal || !may_collide_without_name(*call.args[0])) {
      return eval_timestamps(evaluation, *selector, steps, emit);
    }
    std::vector<OwnedRow> rows;
    TRY_STATUS(eval_timestamps(evaluation, *selector, steps, [&](Row& row) -> Status {
      TRY(OwnedRow kept, evaluation.keep(row));
      rows.push_back(std::move(kept));
      return {};
    }));
    return emit_merged(std::move(rows), emit);
  }
  return map_rows(evaluation, *call.args[0], steps, emit, [&](std::span<double> values) {
    change_each(values, [&](double, size_t i) { return static_cast<double>(steps.at(i)) / 1000; });
  });
}

Status eval_date(Evaluation& evaluation, const Expr&, const Call& call, const Steps& steps,
                 const Emit& emit) {
  const DatePart part = date_part(call.function->name);
  if (!call.args.empty()) {
    return map_rows(evaluation, *call.args[0], steps, emit, [part](std::span<double> values) {
      change_each(values, [part](double value, size_t) { return part(to_unix_seconds(value)); });
    });
  }
  std::vector<double> values(steps.count);
  for (size_t i = 0; i < values.size(); i++) values[i] = part(steps.at(i) / 1000);
  const model::Labels none;
  Row row{&none, false, values};
  return emit(row);
}

Status eval_absent(Evaluation& evaluation, const Expr&, const Call& call, const Steps& steps,
                   const Emit& emit) {
  std::vector<double> out(steps.count, 1.0);
  TRY_STATUS(eval_vector(evaluation, *call.args[0], steps, [&](Row& row) {
    for (size_t i = 0; i < out.size(); i++) {
      if (!is_absent(row.values[i])) out[i] = kAbsent;
    }
    return Status();
  }));
  const model::Labels labels = labels_of_absent(*call.args[0]);
  Row row{&labels, false, out};
  return emit(row);
}

}  // namespace

model::Labels labels_of_absent(const Expr& arg) {
  const auto* selector = arg.as<VectorSelector>();
  if (const auto* matrix = arg.as<MatrixSelector>()) {
    selector = matrix->vector->as<VectorSelector>();
  }
  if (selector == nullptr) return {};
  // A label with more than one matcher says nothing.
  std::map<std::string_view, const store::Matcher*> labels;
  for (const store::Matcher& matcher : selector->matchers) {
    if (is_metadata_label(matcher.name)) continue;
    const bool first = labels.emplace(matcher.name, &matcher).second;
    if (!first || matcher.kind != store::MatchKind::kEqual) labels[matcher.name] = nullptr;
  }
  model::Labels out;
  for (const auto& [name, matcher] : labels) {
    if (matcher != nullptr) out.push_back({std::string(name), matcher->value});
  }
  model::normalise(out);
  return out;
}

VectorFunction find_instant_function(std::string_view name) {
  static const std::map<std::string_view, VectorFunction> functions = {
      {"absent", eval_absent},          {"clamp", eval_clamp}, {"clamp_max", eval_clamp},
      {"clamp_min", eval_clamp},        {"round", eval_round}, {"timestamp", eval_timestamp},
      {"vector", eval_vector_of_scalar}};
  if (math_functions().contains(name)) return eval_math;
  if (date_part(name) != nullptr) return eval_date;
  const auto at = functions.find(name);
  return at == functions.end() ? nullptr : at->second;
}

}  // namespace tarsier::query::promql
