// Which series there are: by their whole label set, and by label pair (postings).
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "store/match.h"
#include "store/metrics/series.h"

namespace tarsier::store {

using SeriesId = uint32_t;
inline constexpr SeriesId kNoSeries = ~SeriesId{0};

// One writer, or many readers, at a time: the caller holds the lock.
class SeriesIndex {
 public:
  using Fingerprint = uint64_t (*)(const model::Labels&);
  explicit SeriesIndex(Fingerprint fingerprint = model::fingerprint) : fingerprint_(fingerprint) {}

  size_t size() const { return series_.size(); }
  Series& at(SeriesId id) { return *series_[id]; }
  const std::shared_ptr<Series>& shared(SeriesId id) const { return series_[id]; }

  // The series of these (normalised) labels, kNoSeries when there is none.
  SeriesId find(const model::Labels& labels) const;
  // Same, but makes one.
  SeriesId find_or_add(const model::Labels& labels);

  // Ids of the series that all matchers hold for, ascending.
  std::vector<SeriesId> select(const Matchers& matchers) const;

  // Label name -> value -> ids, ascending.
  using Values = std::map<std::string, std::vector<SeriesId>, std::less<>>;
  const std::map<std::string, Values, std::less<>>& postings() const { return postings_; }

  // Forgets series for which `dead` holds. Ids change.
  template <typename Dead>
  void compact(const Dead& dead) {
    std::vector<std::shared_ptr<Series>> old = std::move(series_);
    *this = SeriesIndex(fingerprint_);
    for (auto& series : old) {
      if (!dead(*series)) insert(std::move(series));
    }
  }

 private:
  SeriesId insert(std::shared_ptr<Series> series);
  std::vector<SeriesId> candidates(const CompiledMatcher& matcher) const;

  Fingerprint fingerprint_;
  std::vector<std::shared_ptr<Series>> series_;
  // Two label sets with one fingerprint are told apart by comparing them, along a chain.
  boost::unordered_flat_map<uint64_t, SeriesId> by_fingerprint_;
  std::vector<SeriesId> next_;
  std::map<std::string, Values, std::less<>> postings_;
};

}  // namespace tarsier::store
