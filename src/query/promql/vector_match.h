// Two vectors joined by their labels.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "query/promql/eval.h"
#include "query/promql/label_key.h"

namespace tarsier::query::promql {

LabelKey signature_key(const Matching& matching);

// For each signature the steps at which some row has a value: the right side of a set operator.
class PresenceBySignature {
 public:
  PresenceBySignature(const Matching& matching, size_t steps)
      : key_(signature_key(matching)), steps_(steps) {}
  // True when the signature is new.
  bool add(const Row& row, bool hide_name);
  const std::vector<uint8_t>* find(const Row& row, bool hide_name);

 private:
  const std::string& signature(const Row& row, bool hide_name);

  LabelKey key_;
  size_t steps_;
  std::string buffer_;
  std::unordered_map<std::string, std::vector<uint8_t>> present_;
};

// One-to-one and many-to-one arithmetic and comparison. Signatures are computed once a series;
// what must hold at each step (no two on the "one" side, ...) is checked column by column.
class VectorMatch {
 public:
  VectorMatch(Evaluation& evaluation, const Binary& binary, const Steps& steps)
      : evaluation_(evaluation), binary_(binary), matching_(*binary.matching), steps_(steps) {}

  Status run(const Emit& emit);

 private:
  // The rows of both sides that share a signature.
  struct Group {
    std::vector<size_t> many, one;
  };
  struct Result {
    OwnedRow row;
    std::vector<uint8_t> taken;  // by one pair already; empty while there can be only one
  };

  Status collect_sides();
  Status check_one_side(const Group& group) const;
  Error duplicate_error(size_t a, size_t b) const;
  Status join(const Group& group);
  Status join_pair(const OwnedRow& many, const OwnedRow& one, bool may_repeat,
                   std::vector<uint8_t>& matched);
  Status fill_many(const Group& group);
  Status fill_one(const Group& group, const std::vector<uint8_t>& matched);
  model::Labels result_labels(const model::Labels& many, const model::Labels& one) const;
  std::vector<uint8_t> presence(const std::vector<size_t>& rows,
                                const std::vector<OwnedRow>& side) const;
  bool swapped() const { return matching_.cardinality == Cardinality::kOneToMany; }

  Evaluation& evaluation_;
  const Binary& binary_;
  const Matching& matching_;
  const Steps& steps_;
  std::vector<OwnedRow> many_, one_;
  std::vector<uint8_t> any_many_, any_one_;  // steps at which the side is not empty
  std::vector<Group> groups_;
  std::unordered_map<std::string, size_t> results_of_group_;  // by result labels
  std::vector<Result> results_;
};

}  // namespace tarsier::query::promql
