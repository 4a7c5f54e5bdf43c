#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <unordered_map>

#include "query/promql/aggregate_group.h"
#include "query/promql/eval.h"
#include "query/promql/format.h"
#include "query/promql/label_key.h"
#include "query/syntax/utf8.h"

namespace tarsier::query::promql {
namespace {

LabelKey grouping_key(const Aggregate& aggregate) {
  return aggregate.without ? LabelKey::all_but(aggregate.grouping)
                           : LabelKey::only(aggregate.grouping);
}

// Finds the group of a row; computed once a series.
class Grouper {
 public:
  explicit Grouper(LabelKey key) : key_(std::move(key)) {}

  // The group's index, and whether it is new.
  std::pair<size_t, bool> group(const model::Labels& labels, bool hide_name) {
    buffer_.clear();
    key_.append(labels, hide_name, buffer_);
    const auto [at, added] = index_.emplace(buffer_, index_.size());
    return {at->second, added};
  }
  model::Labels labels(const model::Labels& labels, bool hide_name) const {
    return key_.project(labels, hide_name);
  }

 private:
  LabelKey key_;
  std::string buffer_;
  std::unordered_map<std::string, size_t> index_;
};

void warn_quantile(Evaluation& evaluation, const Aggregate& aggregate, double q) {
  evaluation.notes.warn(
      fmt::format("quantile value should be between 0 and 1, got {}", format_g(q)),
      aggregate.param->span);
}

void check_quantiles(Evaluation& evaluation, const Aggregate& aggregate,
                     const std::vector<double>& quantiles) {
  if (std::ranges::any_of(quantiles, [](double q) { return std::isnan(q); })) {
    warn_quantile(evaluation, aggregate, std::numeric_limits<double>::quiet_NaN());
  }
  const auto [low, high] = std::ranges::minmax(quantiles);
  if (high > 1) warn_quantile(evaluation, aggregate, high);
  if (low < 0) warn_quantile(evaluation, aggregate, low);
}

// sum, avg, ...: a row of output per group, input streamed through.
Status eval_reducing(Evaluation& evaluation, const Aggregate& aggregate, const Steps& steps,
                     const Emit& emit) {
  std::vector<double> quantiles;
  if (aggregate.op == Aggregator::kQuantile) {
    TRY(quantiles, eval_scalar(evaluation, *aggregate.param, steps));
    check_quantiles(evaluation, aggregate, quantiles);
  }
  struct Group {
    model::Labels labels;
    bool drop_name = false;
    std::unique_ptr<GroupState> state;
  };
  std::vector<Group> groups;
  Grouper grouper(grouping_key(aggregate));
  TRY_STATUS(eval_vector(evaluation, *aggregate.expr, steps, [&](Row& row) -> Status {
    const bool hidden = evaluation.hides_name(row);
    const auto [index, added] = grouper.group(*row.labels, hidden);
    if (added) {
      TRY_STATUS(evaluation.context.reserve(steps.count * group_state_bytes(aggregate.op)));
      groups.push_back({grouper.labels(*row.labels, hidden), false,
                        make_group_state(aggregate.op, steps.count, quantiles)});
    }
    if (aggregate.op == Aggregator::kQuantile) TRY_STATUS(evaluation.reserve_rows(1, steps));
    groups[index].drop_name |= row.drop_name && !hidden;
    groups[index].state->add(row.values);
    return {};
  }));
  std::vector<double> values(steps.count);
  for (Group& group : groups) {
    group.state->finish(values);
    group.state.reset();
    Row row{&group.labels, group.drop_name, values};
    TRY_STATUS(emit(row));
  }
  return {};
}

Status eval_count_values(Evaluation& evaluation, const Aggregate& aggregate, const Steps& steps,
                         const Emit& emit) {
  const std::string& label = unwrap(*aggregate.param).as<StringLiteral>()->value;
  if (label.empty() || !syntax::is_utf8(label)) {
    return execution_error(fmt::format("invalid label name {}", syntax::quote(label)));
  }
  std::vector<std::string> grouping = aggregate.grouping;
  if (!aggregate.without) grouping.push_back(label);
  Grouper grouper(aggregate.without ? LabelKey::all_but(grouping) : LabelKey::only(grouping));
  std::vector<OwnedRow> rows;
  TRY_STATUS(eval_vector(evaluation, *aggregate.expr, steps, [&](Row& row) -> Status {
    model::Labels labels = *row.labels;
    if (evaluation.hides_name(row)) erase_metadata(labels);
    std::erase_if(labels, [&](const model::Label& l) { return l.name == label; });
    const auto at = std::ranges::lower_bound(labels, label, {}, &model::Label::name);
    const auto slot = static_cast<size_t>(labels.insert(at, {label, ""}) - labels.begin());
    std::string last;
    size_t last_index = SIZE_MAX;
    for (size_t i = 0; i < steps.count; i++) {
      if (is_absent(row.values[i])) continue;
      labels[slot].value = format_number(row.values[i]);
      if (last_index == SIZE_MAX || labels[slot].value != last) {
        const auto [index, added] = grouper.group(labels, false);
        if (added) {
          TRY_STATUS(evaluation.reserve_rows(1, steps));
          rows.push_back(
              {grouper.labels(labels, false), false, std::vector<double>(steps.count, kAbsent)});
        }
        last = labels[slot].value;
        last_index = index;
      }
      double& count = rows[last_index].values[i];
      count = is_absent(count) ? 1 : count + 1;
    }
    return {};
  }));
  return emit_merged(std::move(rows), emit);
}

// topk, bottomk, limitk: some of the input's rows, their other values made absent.
class Selecting {
 public:
  Selecting(Evaluation& evaluation, const Aggregate& aggregate, const Steps& steps)
      : evaluation_(evaluation), aggregate_(aggregate), steps_(steps) {}

  Status run(const Emit& emit) {
    TRY(params_, eval_scalar(evaluation_, *aggregate_.param, steps_));
    Grouper grouper(grouping_key(aggregate_));
    TRY_STATUS(eval_vector(evaluation_, *aggregate_.expr, steps_, [&](Row& row) -> Status {
      const bool hidden = evaluation_.hides_name(row);
      const auto [index, added] = grouper.group(*row.labels, hidden);
      if (added) groups_.emplace_back();
      groups_[index].push_back(rows_.size());
      TRY(OwnedRow kept, evaluation_.keep(row));
      rows_.push_back(std::move(kept));
      return {};
    }));
    TRY_STATUS(check_params());
    if (std::ranges::max(params_) < 1) return {};
    for (size_t i = 0; i < steps_.count; i++) {
      TRY_STATUS(i % 64 == 0 ? evaluation_.context.check() : Status());
      for (std::vector<size_t>& group : groups_) choose(group, i);
    }
    return steps_.count == 1 ? emit_in_order(emit) : emit_rows(emit);
  }

 private:
  Status check_params() const {
    constexpr double kMax = 9223372036854775807.0;
    for (double k : params_) {
      if (std::isnan(k)) return execution_error("Parameter value is NaN");
    }
    if (std::ranges::max(params_) < 1) return {};
    const auto [low, high] = std::ranges::minmax(params_);
    if (low <= -kMax) {
      return execution_error(fmt::format("Scalar value {} underflows int64", format_g(low)));
    }
    if (high >= kMax) {
      return execution_error(fmt::format("Scalar value {} overflows int64", format_g(high)));
    }
    return {};
  }

  bool better(size_t a, size_t b, size_t step) const {
    const double left = rows_[a].values[step], right = rows_[b].values[step];
    if (std::isnan(left) || std::isnan(right)) return !std::isnan(left) && std::isnan(right);
    return aggregate_.op == Aggregator::kTopk ? left > right : left < right;
  }

  // Keeps the k best values of the step, ties by order of arrival, and makes the rest absent.
  void choose(const std::vector<size_t>& group, size_t step) {
    present_.clear();
    for (size_t r : group) {
      if (!is_absent(rows_[r].values[step])) present_.push_back(r);
    }
    const auto k = static_cast<int64_t>(params_[step]);
    const size_t keep = k < 1 ? 0 : std::min(static_cast<size_t>(k), present_.size());
    if (aggregate_.op != Aggregator::kLimitk) {
      const auto middle = present_.begin() + static_cast<std::ptrdiff_t>(keep);
      std::partial_sort(present_.begin(), middle, present_.end(), [&](size_t a, size_t b) {
        return better(a, b, step) || (!better(b, a, step) && a < b);
      });
    }
    for (size_t i = keep; i < present_.size(); i++) rows_[present_[i]].values[step] = kAbsent;
    present_.resize(keep);
    if (steps_.count == 1) order_.insert(order_.end(), present_.begin(), present_.end());
  }

  Status emit_in_order(const Emit& emit) {
    for (size_t r : order_) {
      Row row = rows_[r].view();
      TRY_STATUS(emit(row));
    }
    return {};
  }
  Status emit_rows(const Emit& emit) {
    for (OwnedRow& owned : rows_) {
      Row row = owned.view();
      TRY_STATUS(emit(row));
    }
    return {};
  }

  Evaluation& evaluation_;
  const Aggregate& aggregate_;
  const Steps& steps_;
  std::vector<double> params_;
  std::vector<OwnedRow> rows_;
  std::vector<std::vector<size_t>> groups_;
  std::vector<size_t> present_, order_;
};

}  // namespace

Status eval_aggregate(Evaluation& evaluation, const Aggregate& aggregate, const Steps& steps,
                      const Emit& emit) {
  switch (aggregate.op) {
    case Aggregator::kTopk:
    case Aggregator::kBottomk:
    case Aggregator::kLimitk:
      return Selecting(evaluation, aggregate, steps).run(emit);
    case Aggregator::kCountValues:
      return eval_count_values(evaluation, aggregate, steps, emit);
    case Aggregator::kLimitRatio:
      return unsupported("the aggregation \"limit_ratio\" is not supported");
    default:
      return eval_reducing(evaluation, aggregate, steps, emit);
  }
}

}  // namespace tarsier::query::promql
