#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "query/promql/eval.h"
#include "query/promql/range_kernel.h"
#include "query/syntax/source.h"

namespace tarsier::query::promql {
namespace {

size_t matrix_index(const Call& call) {
  for (size_t i = 0; i < call.args.size(); i++) {
    if (call.args[i]->type() == ValueType::kMatrix) return i;
  }
  return call.args.size();
}

bool counter_name(std::string_view name) {
  return name.ends_with("_total") || name.ends_with("_sum") || name.ends_with("_count") ||
         name.ends_with("_bucket");
}

class RangeCall {
 public:
  RangeCall(Evaluation& evaluation, const Call& call, const Steps& steps)
      : evaluation_(evaluation),
        call_(call),
        name_(call.function->name),
        matrix_(*call.args[matrix_index(call)]),
        steps_(steps),
        windows_(windows_of(evaluation, matrix_, steps)),
        values_(steps.count) {}

  Status run(const Emit& emit) {
    TRY_STATUS(evaluate_params());
    TRY_STATUS(evaluation_.reserve_rows(1 + params_.size(), steps_));
    if (name_ == "absent_over_time") return absent_over_time(emit);
    const bool keeps_name = name_ == "last_over_time" || name_ == "first_over_time";
    const bool merge = !evaluation_.options.delayed_name_removal && !keeps_name &&
                       may_collide_without_name(matrix_);
    if (!merge) return each(keeps_name, emit);
    std::vector<OwnedRow> rows;
    TRY_STATUS(each(keeps_name, [&](Row& row) -> Status {
      TRY(OwnedRow kept, evaluation_.keep(row));
      rows.push_back(std::move(kept));
      return {};
    }));
    return emit_merged(std::move(rows), emit);
  }

 private:
  Status evaluate_params() {
    for (const ExprPtr& arg : call_.args) {
      if (arg->type() != ValueType::kScalar) continue;
      TRY(std::vector<double> values, eval_scalar(evaluation_, *arg, steps_));
      params_.push_back(std::move(values));
    }
    return {};
  }

  Status each(bool keeps_name, const Emit& emit) {
    const RangeKernel kernel = find_range_kernel(name_);
    return for_each_series(evaluation_, matrix_, steps_,
                           [&](const SampledSeries& series) -> Status {
                             if (!kernel(series.samples, windows_, params_, values_))
                               return evaluation_.context.check();
                             TRY_STATUS(check_values());
                             annotate(series);
                             Row row{series.labels, series.drop_name || !keeps_name, values_};
                             return emit(row);
                           });
  }

  // Parameters matter, and are complained about, only where there was a window.
  Status check_values() {
    if (name_ == "double_exponential_smoothing") {
      TRY_STATUS(check_factor("smoothing", "sf", params_[0]));
      return check_factor("trend", "tf", params_[1]);
    }
    if (name_ == "quantile_over_time") {
      for (size_t i = 0; i < steps_.count; i++) {
        const double q = params_[0][i];
        if (is_absent(values_[i]) || (q >= 0 && q <= 1)) continue;
        evaluation_.notes.warn(
            fmt::format("quantile value should be between 0 and 1, got {}", format_g(q)),
            call_.args[0]->span);
      }
    }
    if (name_ == "integral" && !params_.empty()) {
      for (size_t i = 0; i < steps_.count; i++) {
        const double strategy = params_[0][i];
        const bool valid = strategy == 0 || strategy == 1 || strategy == 2;
        if (is_absent(values_[i]) || valid) continue;
        evaluation_.notes.warn(
            fmt::format("strategy should be 0, 1, or 2 (default), using 2, got {}",
                        format_g(strategy)),
            call_.args[1]->span);
      }
    }
    return {};
  }

  Status check_factor(std::string_view what, std::string_view name,
                      const std::vector<double>& factors) const {
    for (double factor : factors) {
      if (factor > 0 && factor < 1) continue;
      if (std::isnan(factor)) continue;
      return execution_error(
          fmt::format("invalid {} factor. Expected: 0 < {} < 1, got: {}", what, name,
                      std::isinf(factor) ? format_g(factor) : fmt::format("{:f}", factor)));
    }
    return {};
  }

  void annotate(const SampledSeries& series) {
    if (name_ != "rate" && name_ != "increase") return;
    const std::string_view metric = model::get(*series.labels, model::kMetricName);
    if (metric.empty() || counter_name(metric)) return;
    evaluation_.notes.info(fmt::format("metric might not be a counter, name does not end in "
                                       "_total/_sum/_count/_bucket: {}",
                                       syntax::quote(metric)),
                           call_.args[0]->span);
  }

  Status absent_over_time(const Emit& emit) {
    std::vector<double> out(steps_.count, 1.0);
    TRY_STATUS(each(false, [&](Row& row) {
      for (size_t i = 0; i < out.size(); i++) {
        if (!is_absent(row.values[i])) out[i] = kAbsent;
      }
      return Status();
    }));
    const model::Labels labels = labels_of_absent(matrix_);
    Row row{&labels, true, out};
    return emit(row);
  }

  Evaluation& evaluation_;
  const Call& call_;
  std::string_view name_;
  const Expr& matrix_;
  const Steps& steps_;
  Windows windows_;
  Params params_;
  std::vector<double> values_;
};

}  // namespace

bool is_range_function(const Call& call) {
  return matrix_index(call) < call.args.size() && find_range_kernel(call.function->name) != nullptr;
}

Status eval_range_function(Evaluation& evaluation, const Expr&, const Call& call,
                           const Steps& steps, const Emit& emit) {
  return RangeCall(evaluation, call, steps).run(emit);
}

}  // namespace tarsier::query::promql
