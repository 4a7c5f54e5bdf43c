#include "store/metrics/index.h"

#include <algorithm>
#include <numeric>

namespace tarsier::store {

SeriesId SeriesIndex::find(const model::Labels& labels) const {
  auto it = by_fingerprint_.find(fingerprint_(labels));
  if (it == by_fingerprint_.end()) return kNoSeries;
  SeriesId id = it->second;
  while (id != kNoSeries && series_[id]->labels() != labels) id = next_[id];
  return id;
}

SeriesId SeriesIndex::find_or_add(const model::Labels& labels) {
  SeriesId id = find(labels);
  return id != kNoSeries ? id : insert(std::make_shared<Series>(labels));
}

SeriesId SeriesIndex::insert(std::shared_ptr<Series> series) {
  auto id = static_cast<SeriesId>(series_.size());
  auto [it, fresh] = by_fingerprint_.try_emplace(fingerprint_(series->labels()), id);
  next_.push_back(fresh ? kNoSeries : it->second);
  it->second = id;
  for (const model::Label& label : series->labels()) {
    postings_[label.name][label.value].push_back(id);
  }
  series_.push_back(std::move(series));
  return id;
}

// The series whose value of this label matches; only asked of matchers that refuse the empty value.
std::vector<SeriesId> SeriesIndex::candidates(const CompiledMatcher& matcher) const {
  std::vector<SeriesId> out;
  auto values = postings_.find(matcher.name());
  if (values == postings_.end()) return out;
  size_t lists = 0;
  auto take = [&](const std::vector<SeriesId>& ids) {
    out.insert(out.end(), ids.begin(), ids.end());
    lists++;
  };
  if (const auto* literals = matcher.literals()) {
    for (const std::string& literal : *literals) {
      auto it = values->second.find(literal);
      if (it != values->second.end()) take(it->second);
    }
  } else {
    for (const auto& [value, ids] : values->second) {
      if (matcher.matches(value)) take(ids);
    }
  }
  if (lists > 1) std::sort(out.begin(), out.end());
  return out;
}

std::vector<SeriesId> SeriesIndex::select(const Matchers& matchers) const {
  std::vector<SeriesId> out;
  bool first = true;
  for (const CompiledMatcher& matcher : matchers) {
    if (matcher.matches_empty()) continue;
    std::vector<SeriesId> ids = candidates(matcher);
    if (!first) {
      std::vector<SeriesId> both;
      std::set_intersection(out.begin(), out.end(), ids.begin(), ids.end(),
                            std::back_inserter(both));
      ids = std::move(both);
    }
    out = std::move(ids);
    first = false;
    if (out.empty()) return out;
  }
  if (first) {
    out.resize(series_.size());
    std::iota(out.begin(), out.end(), 0);
  }
  Matchers rest;
  for (const CompiledMatcher& matcher : matchers) {
    if (matcher.matches_empty()) rest.push_back(matcher);
  }
  if (!rest.empty()) {
    std::erase_if(out, [&](SeriesId id) { return !matches(rest, series_[id]->labels()); });
  }
  return out;
}

}  // namespace tarsier::store
