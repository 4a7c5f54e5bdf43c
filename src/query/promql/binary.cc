#include <algorithm>

#include "query/promql/binary_op.h"
#include "query/promql/eval.h"
#include "query/promql/vector_match.h"

namespace tarsier::query::promql {
namespace {

Status eval_with_scalar(Evaluation& evaluation, const Binary& binary, const Steps& steps,
                        const Emit& emit) {
  const bool vector_left = binary.left->type() == ValueType::kVector;
  const Expr& vector = vector_left ? *binary.left : *binary.right;
  TRY(const std::vector<double> scalar,
      eval_scalar(evaluation, vector_left ? *binary.right : *binary.left, steps));
  const auto apply = [&](std::span<double> values) {
    const std::span<const double> left = vector_left ? values : std::span<const double>(scalar);
    const std::span<const double> right = vector_left ? std::span<const double>(scalar) : values;
    apply_columns(binary.op, binary.return_bool, left, right, values, values);
  };
  if (changes_metric(binary.op) || binary.return_bool) {
    return map_rows(evaluation, vector, steps, emit, apply);
  }
  return eval_vector(evaluation, vector, steps, [&](Row& row) {
    apply(row.values);
    return emit(row);
  });
}

// Where some row of the right side is there, for each signature.
Result<PresenceBySignature> presence(Evaluation& evaluation, const Matching& matching,
                                     const Expr& expr, const Steps& steps) {
  PresenceBySignature out(matching, steps.count);
  TRY_STATUS(eval_vector(evaluation, expr, steps, [&](Row& row) -> Status {
    if (out.add(row, evaluation.hides_name(row))) return evaluation.reserve_rows(1, steps);
    return {};
  }));
  return out;
}

// and, unless: the left side's rows, masked.
Status eval_mask(Evaluation& evaluation, const Binary& binary, const Steps& steps,
                 const Emit& emit) {
  TRY(PresenceBySignature right, presence(evaluation, *binary.matching, *binary.right, steps));
  const bool keep_present = binary.op == Op::kAnd;
  return eval_vector(evaluation, *binary.left, steps, [&](Row& row) {
    const std::vector<uint8_t>* present = right.find(row, evaluation.hides_name(row));
    for (size_t i = 0; i < row.values.size(); i++) {
      const bool there = present != nullptr && (*present)[i] != 0;
      if (there != keep_present) row.values[i] = kAbsent;
    }
    return emit(row);
  });
}

Status eval_or(Evaluation& evaluation, const Binary& binary, const Steps& steps, const Emit& emit) {
  PresenceBySignature left(*binary.matching, steps.count);
  std::vector<OwnedRow> rows;
  TRY_STATUS(eval_vector(evaluation, *binary.left, steps, [&](Row& row) -> Status {
    left.add(row, evaluation.hides_name(row));
    TRY(OwnedRow kept, evaluation.keep(row));
    rows.push_back(std::move(kept));
    return {};
  }));
  TRY_STATUS(eval_vector(evaluation, *binary.right, steps, [&](Row& row) -> Status {
    if (const std::vector<uint8_t>* present = left.find(row, evaluation.hides_name(row))) {
      for (size_t i = 0; i < row.values.size(); i++) {
        if ((*present)[i] != 0) row.values[i] = kAbsent;
      }
    }
    TRY(OwnedRow kept, evaluation.keep(row));
    rows.push_back(std::move(kept));
    return {};
  }));
  return emit_merged(std::move(rows), emit);
}

}  // namespace

Status eval_binary(Evaluation& evaluation, const Expr&, const Binary& binary, const Steps& steps,
                   const Emit& emit) {
  if (!binary.matching) return eval_with_scalar(evaluation, binary, steps, emit);
  if (binary.op == Op::kOr) return eval_or(evaluation, binary, steps, emit);
  if (is_set_operator(binary.op)) return eval_mask(evaluation, binary, steps, emit);
  return VectorMatch(evaluation, binary, steps).run(emit);
}

}  // namespace tarsier::query::promql
