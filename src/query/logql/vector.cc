// Aggregations over series and binary operations.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "query/logql/columns.h"

namespace tarsier::query::logql {
namespace {

double combine_column(VectorOp op, const std::vector<const Column*>& members, size_t step) {
  double sum = 0, n = 0, mean = 0, squares = 0, extreme = kMissing;
  for (const Column* member : members) {
    double value = member->values[step];
    if (missing(value)) continue;
    n++;
    sum += value;
    double delta = value - mean;
    mean += delta / n;
    squares += delta * (value - mean);
    bool better = op == VectorOp::kMin ? value < extreme : value > extreme;
    if (missing(extreme) || better) extreme = value;
  }
  if (n == 0) return kMissing;
  switch (op) {
    case VectorOp::kSum:
      return sum;
    case VectorOp::kAvg:
      return sum / n;
    case VectorOp::kCount:
      return n;
    case VectorOp::kStdvar:
      return squares / n;
    case VectorOp::kStddev:
      return std::sqrt(squares / n);
    default:
      return extreme;
  }
}

using Groups = std::map<model::Labels, std::vector<const Column*>>;

// Keeps the k best of each group at each step; the rest is missing there.
Columns best(const Metric& metric, const Groups& groups, size_t steps) {
  Columns out;
  auto k = metric.parameter < 1 ? size_t{0} : static_cast<size_t>(metric.parameter);
  for (const auto& [labels, members] : groups) {
    std::vector<Column> kept;
    for (const Column* member : members)
      kept.push_back({member->labels, std::vector<double>(steps, kMissing)});
    for (size_t i = 0; i < steps; i++) {
      std::vector<size_t> order;
      for (size_t m = 0; m < members.size(); m++) {
        if (!missing(members[m]->values[i])) order.push_back(m);
      }
      std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        double x = members[a]->values[i], y = members[b]->values[i];
        return metric.vector_op == VectorOp::kTopk ? x > y : x < y;
      });
      for (size_t r = 0; r < std::min(k, order.size()); r++)
        kept[order[r]].values[i] = members[order[r]]->values[i];
    }
    for (Column& column : kept) {
      if (!std::all_of(column.values.begin(), column.values.end(), missing))
        out.columns.push_back(std::move(column));
    }
  }
  return out;
}

bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterEqual;
}

double operate(BinaryOp op, double x, double y) {
  switch (op) {
    case BinaryOp::kAdd:
      return x + y;
    case BinaryOp::kSubtract:
      return x - y;
    case BinaryOp::kMultiply:
      return x * y;
    case BinaryOp::kDivide:
      return x / y;
    case BinaryOp::kModulo:
      return std::fmod(x, y);
    case BinaryOp::kPower:
      return std::pow(x, y);
    case BinaryOp::kEqual:
      return x == y;
    case BinaryOp::kNotEqual:
      return x != y;
    case BinaryOp::kLess:
      return x < y;
    case BinaryOp::kLessEqual:
      return x <= y;
    case BinaryOp::kGreater:
      return x > y;
    case BinaryOp::kGreaterEqual:
      return x >= y;
    default:
      return kMissing;
  }
}

// A comparison without bool keeps the value of the side that is a vector.
double result_of(const Metric& m, double x, double y, double shown) {
  if (missing(x) || missing(y)) return kMissing;
  double value = operate(m.binary_op, x, y);
  if (!is_comparison(m.binary_op) || m.return_bool) return value;
  return value != 0 ? shown : kMissing;
}

// Grouping::without on a match means ignoring(...).
model::Labels match_key(const Metric& m, const model::Labels& labels) {
  return m.matching ? grouped(labels, m.matching) : labels;
}

std::map<model::Labels, Column*> by_key(const Metric& m, Columns& side) {
  std::map<model::Labels, Column*> out;
  for (Column& column : side.columns) out.emplace(match_key(m, column.labels), &column);
  return out;
}

Columns set_operation(const Metric& m, Columns& left, Columns& right) {
  auto others = by_key(m, right);
  Columns out;
  size_t steps = left.columns.empty() ? 0 : left.columns[0].values.size();
  for (Column& column : left.columns) {
    auto it = others.find(match_key(m, column.labels));
    Column kept = column;
    for (size_t i = 0; i < steps && m.binary_op != BinaryOp::kOr; i++) {
      bool there = it != others.end() && !missing(it->second->values[i]);
      if (there != (m.binary_op == BinaryOp::kAnd)) kept.values[i] = kMissing;
    }
    out.columns.push_back(std::move(kept));
  }
  if (m.binary_op != BinaryOp::kOr) return out;
  auto mine = by_key(m, left);
  for (Column& column : right.columns) {
    auto it = mine.find(match_key(m, column.labels));
    for (size_t i = 0; i < column.values.size() && it != mine.end(); i++) {
      if (!missing(it->second->values[i])) column.values[i] = kMissing;
    }
    auto same = std::find_if(out.columns.begin(), out.columns.end(),
                             [&](const Column& c) { return c.labels == column.labels; });
    if (same == out.columns.end()) {
      out.columns.push_back(std::move(column));
      continue;
    }
    for (size_t i = 0; i < column.values.size(); i++) {
      if (missing(same->values[i])) same->values[i] = column.values[i];
    }
  }
  return out;
}

}  // namespace

model::Labels grouped(const model::Labels& labels, const std::optional<Grouping>& grouping) {
  model::Labels out;
  if (!grouping) return out;
  for (const model::Label& label : labels) {
    bool named = std::find(grouping->names.begin(), grouping->names.end(), label.name) !=
                 grouping->names.end();
    if (named != grouping->without) out.push_back(label);
  }
  return out;
}

Result<Columns> aggregate(const Metric& metric, Columns&& in, Evaluation& evaluation) {
  if (metric.vector_op == VectorOp::kSort || metric.vector_op == VectorOp::kSortDesc) {
    bool descending = metric.vector_op == VectorOp::kSortDesc;
    std::stable_sort(in.columns.begin(), in.columns.end(), [&](const Column& a, const Column& b) {
      return descending ? a.values[0] > b.values[0] : a.values[0] < b.values[0];
    });
    return std::move(in);
  }
  Groups groups;
  for (const Column& column : in.columns)
    groups[grouped(column.labels, metric.grouping)].push_back(&column);
  size_t steps = evaluation.grid.steps();
  if (metric.vector_op == VectorOp::kTopk || metric.vector_op == VectorOp::kBottomk)
    return best(metric, groups, steps);
  Columns out;
  for (const auto& [labels, members] : groups) {
    TRY_STATUS(evaluation.context.check());
    Column column{labels, std::vector<double>(steps)};
    for (size_t i = 0; i < steps; i++)
      column.values[i] = combine_column(metric.vector_op, members, i);
    out.columns.push_back(std::move(column));
  }
  return out;
}

Result<Columns> binary(const Metric& m, Columns&& left, Columns&& right) {
  bool is_set = m.binary_op >= BinaryOp::kAnd;
  if (is_set && (left.scalar || right.scalar))
    return invalid("unexpected literal for a side of a logical/set binary operation");
  if (is_set) return set_operation(m, left, right);
  Columns out;
  if (left.scalar || right.scalar) {
    out.scalar = left.scalar && right.scalar;
    if (out.scalar && is_comparison(m.binary_op) && !m.return_bool)
      return invalid("comparisons between scalars must use bool");
    const Column& constant = left.scalar ? left.columns[0] : right.columns[0];
    for (Column& column : left.scalar ? right.columns : left.columns) {
      for (size_t i = 0; i < column.values.size(); i++) {
        double value = column.values[i];
        column.values[i] = left.scalar ? result_of(m, constant.values[i], value, value)
                                       : result_of(m, value, constant.values[i], value);
      }
      out.columns.push_back(std::move(column));
    }
    return out;
  }
  std::map<model::Labels, const Column*> others;
  for (const Column& column : right.columns) {
    if (!others.emplace(match_key(m, column.labels), &column).second) {
      return invalid(
          "multiple matches for labels: many-to-one matching must be explicit "
          "(group_left/group_right)");
    }
  }
  std::map<model::Labels, bool> used;
  for (Column& column : left.columns) {
    model::Labels key = match_key(m, column.labels);
    auto it = others.find(key);
    if (it == others.end()) continue;
    if (!used.emplace(key, true).second)
      return invalid(
          "multiple matches for labels: many-to-one matching must be explicit "
          "(group_left/group_right)");
    for (size_t i = 0; i < column.values.size(); i++) {
      column.values[i] = result_of(m, column.values[i], it->second->values[i], column.values[i]);
    }
    if (m.matching && !is_comparison(m.binary_op)) column.labels = std::move(key);
    out.columns.push_back(std::move(column));
  }
  return out;
}

}  // namespace tarsier::query::logql
