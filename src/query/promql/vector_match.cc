#include "query/promql/vector_match.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/promql/binary_op.h"
#include "query/promql/matcher.h"

namespace tarsier::query::promql {
namespace {

bool any_value(std::span<const double> values) {
  return std::ranges::any_of(values, [](double value) { return !is_absent(value); });
}

// {__name__="a", b="c"}: in errors the name is a label like any other.
std::string print(const model::Labels& labels) {
  std::string out = "{";
  for (const model::Label& label : labels) {
    if (out.size() > 1) out += ", ";
    out += to_string(store::Matcher{store::MatchKind::kEqual, label.name, label.value});
  }
  return out + "}";
}

void set_or_erase(model::Labels& labels, const std::string& name, std::string_view value) {
  std::erase_if(labels, [&](const model::Label& label) { return label.name == name; });
  if (value.empty()) return;
  const auto at = std::ranges::lower_bound(labels, name, {}, &model::Label::name);
  labels.insert(at, {name, std::string(value)});
}

}  // namespace

LabelKey signature_key(const Matching& matching) {
  return matching.on ? LabelKey::only(matching.labels) : LabelKey::all_but(matching.labels);
}

const std::string& PresenceBySignature::signature(const Row& row, bool hide_name) {
  buffer_.clear();
  key_.append(*row.labels, hide_name, buffer_);
  return buffer_;
}

bool PresenceBySignature::add(const Row& row, bool hide_name) {
  const auto [at, added] = present_.try_emplace(signature(row, hide_name), steps_);
  for (size_t i = 0; i < steps_; i++) at->second[i] |= is_absent(row.values[i]) ? 0 : 1;
  return added;
}

const std::vector<uint8_t>* PresenceBySignature::find(const Row& row, bool hide_name) {
  const auto at = present_.find(signature(row, hide_name));
  return at == present_.end() ? nullptr : &at->second;
}

Status VectorMatch::run(const Emit& emit) {
  TRY_STATUS(collect_sides());
  for (const Group& group : groups_) {
    TRY_STATUS(evaluation_.context.check());
    TRY_STATUS(check_one_side(group));
    results_of_group_.clear();
    TRY_STATUS(join(group));
  }
  std::vector<OwnedRow> rows;
  rows.reserve(results_.size());
  for (Result& result : results_) {
    if (any_value(result.row.values)) rows.push_back(std::move(result.row));
  }
  return emit_merged(std::move(rows), emit);
}

Status VectorMatch::collect_sides() {
  const Expr& many = swapped() ? *binary_.right : *binary_.left;
  const Expr& one = swapped() ? *binary_.left : *binary_.right;
  TRY(many_, collect(evaluation_, many, steps_));
  TRY(one_, collect(evaluation_, one, steps_));
  const LabelKey key = signature_key(matching_);
  std::unordered_map<std::string, size_t> index;
  std::string buffer;
  const auto group_of = [&](const OwnedRow& row) -> Group& {
    buffer.clear();
    key.append(row.labels, false, buffer);
    const auto [at, added] = index.emplace(buffer, groups_.size());
    if (added) groups_.emplace_back();
    return groups_[at->second];
  };
  std::vector<size_t> all_many, all_one;
  for (size_t r = 0; r < many_.size(); r++) {
    group_of(many_[r]).many.push_back(r);
    all_many.push_back(r);
  }
  for (size_t r = 0; r < one_.size(); r++) {
    group_of(one_[r]).one.push_back(r);
    all_one.push_back(r);
  }
  any_many_ = presence(all_many, many_);
  any_one_ = presence(all_one, one_);
  return {};
}

std::vector<uint8_t> VectorMatch::presence(const std::vector<size_t>& rows,
                                           const std::vector<OwnedRow>& side) const {
  std::vector<uint8_t> out(steps_.count);
  for (size_t r : rows) {
    for (size_t i = 0; i < out.size(); i++) out[i] |= is_absent(side[r].values[i]) ? 0 : 1;
  }
  return out;
}

Error VectorMatch::duplicate_error(size_t a, size_t b) const {
  const LabelKey key = signature_key(matching_);
  std::string first = print(one_[a].labels), second = print(one_[b].labels);
  if (first > second) std::swap(first, second);
  return execution_error(fmt::format(
      "found duplicate series for the match group {} on the {} hand-side of the operation: [{}, "
      "{}];many-to-many matching not allowed: matching labels must be unique on one side",
      print(key.project(one_[a].labels, false)), swapped() ? "left" : "right", first, second));
}

// No two rows of the "one" side at the same step, unless the other side is empty there anyway.
Status VectorMatch::check_one_side(const Group& group) const {
  if (group.one.size() < 2) return {};
  const bool fills = matching_.fill_left || matching_.fill_right;
  for (size_t i = 0; i < steps_.count; i++) {
    if (any_many_[i] == 0 && !fills) continue;
    size_t found = SIZE_MAX;
    for (size_t r : group.one) {
      if (is_absent(one_[r].values[i])) continue;
      if (found != SIZE_MAX) return duplicate_error(found, r);
      found = r;
    }
  }
  return {};
}

model::Labels VectorMatch::result_labels(const model::Labels& many,
                                         const model::Labels& one) const {
  model::Labels out = many;
  const bool drops_name = changes_metric(binary_.op) ||
                          (binary_.return_bool && !evaluation_.options.delayed_name_removal);
  if (drops_name) erase_metadata(out);
  if (matching_.cardinality == Cardinality::kOneToOne) {
    const LabelKey key = matching_.on ? LabelKey::only(matching_.labels)
                                      : LabelKey::all_but(matching_.labels, false);
    out = key.project(out, false);
  }
  for (const std::string& name : matching_.include) set_or_erase(out, name, model::get(one, name));
  return out;
}

Status VectorMatch::join(const Group& group) {
  std::vector<uint8_t> matched(steps_.count);
  const bool may_repeat = group.many.size() > 1;
  for (size_t m : group.many) {
    for (size_t o : group.one) TRY_STATUS(join_pair(many_[m], one_[o], may_repeat, matched));
  }
  TRY_STATUS(fill_many(group));
  return fill_one(group, matched);
}

Status VectorMatch::join_pair(const OwnedRow& many, const OwnedRow& one, bool may_repeat,
                              std::vector<uint8_t>& matched) {
  const bool one_to_one = matching_.cardinality == Cardinality::kOneToOne;
  OwnedRow joined{result_labels(many.labels, one.labels), binary_.return_bool,
                  std::vector<double>(steps_.count)};
  if (!evaluation_.options.delayed_name_removal) joined.drop_name = false;
  const OwnedRow &left = swapped() ? one : many, &right = swapped() ? many : one;
  apply_columns(binary_.op, binary_.return_bool, left.values, right.values, left.values,
                joined.values);
  std::string key;
  LabelKey::all_but({}, false).append(joined.labels, false, key);
  const auto [at, added] = results_of_group_.emplace(key, results_.size());
  if (added) {
    TRY_STATUS(evaluation_.reserve_rows(2, steps_));
    results_.push_back(
        {{joined.labels, joined.drop_name, std::vector<double>(steps_.count, kAbsent)},
         std::vector<uint8_t>(may_repeat ? steps_.count : 0)});
  }
  Result& result = results_[at->second];
  for (size_t i = 0; i < steps_.count; i++) {
    if (is_absent(many.values[i]) || is_absent(one.values[i])) continue;
    if (one_to_one && matched[i] != 0) {
      return execution_error(
          "multiple matches for labels: many-to-one matching must be explicit "
          "(group_left/group_right)");
    }
    matched[i] = 1;
    if (may_repeat && result.taken[i] != 0) {
      return execution_error(
          "multiple matches for labels: grouping labels must ensure unique matches");
    }
    if (may_repeat) result.taken[i] = 1;
    if (!is_absent(joined.values[i])) result.row.values[i] = joined.values[i];
  }
  return {};
}

// Rows of the "many" side against the fill value, where the "one" side has nothing.
Status VectorMatch::fill_many(const Group& group) {
  const auto& fill = swapped() ? matching_.fill_left : matching_.fill_right;
  if (!fill) return {};
  const std::vector<uint8_t> present = presence(group.one, one_);
  OwnedRow filled;
  filled.values.resize(steps_.count);
  for (size_t i = 0; i < steps_.count; i++) filled.values[i] = present[i] != 0 ? kAbsent : *fill;
  std::vector<uint8_t> matched(steps_.count);
  for (size_t m : group.many) {
    filled.labels = signature_key(matching_).project(many_[m].labels, false);
    TRY_STATUS(join_pair(many_[m], filled, group.many.size() > 1, matched));
  }
  return {};
}

// Rows of the "one" side against the fill value, where no row of the "many" side met them.
Status VectorMatch::fill_one(const Group& group, const std::vector<uint8_t>& matched) {
  const auto& fill = swapped() ? matching_.fill_right : matching_.fill_left;
  if (!fill) return {};
  const std::vector<uint8_t> present = presence(group.many, many_);
  OwnedRow filled;
  filled.values.resize(steps_.count);
  for (size_t i = 0; i < steps_.count; i++) {
    filled.values[i] = present[i] != 0 || matched[i] != 0 ? kAbsent : *fill;
  }
  std::vector<uint8_t> again(steps_.count);
  for (size_t o : group.one) {
    filled.labels = signature_key(matching_).project(one_[o].labels, false);
    TRY_STATUS(join_pair(filled, one_[o], group.many.size() > 1, again));
  }
  return {};
}

}  // namespace tarsier::query::promql
