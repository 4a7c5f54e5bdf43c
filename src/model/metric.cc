#include "model/metric.h"

#include <algorithm>
#include <limits>

namespace tarsier::model {
namespace {

bool same(const std::optional<double>& a, const std::optional<double>& b) {
  return a.has_value() == b.has_value() && (!a || same_bits(*a, *b));
}

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_bits);
}

}  // namespace

bool Number::operator==(const Number& other) const {
  if (data.index() != other.data.index()) return false;
  if (const auto* d = std::get_if<double>(&data))
    return same_bits(*d, std::get<double>(other.data));
  return data == other.data;
}

double Number::as_double() const {
  if (const auto* i = std::get_if<int64_t>(&data)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&data)) return *d;
  return std::numeric_limits<double>::quiet_NaN();
}

bool HistogramPoint::operator==(const HistogramPoint& o) const {
  return Point::operator==(o) && count == o.count && same(sum, o.sum) && same(min, o.min) &&
         same(max, o.max) && bucket_counts == o.bucket_counts && same(bounds, o.bounds) &&
         exemplars == o.exemplars;
}

bool ExponentialHistogramPoint::operator==(const ExponentialHistogramPoint& o) const {
  return Point::operator==(o) && count == o.count && same(sum, o.sum) && same(min, o.min) &&
         same(max, o.max) && scale == o.scale && zero_count == o.zero_count &&
         same_bits(zero_threshold, o.zero_threshold) && positive == o.positive &&
         negative == o.negative && exemplars == o.exemplars;
}

bool SummaryPoint::Quantile::operator==(const Quantile& o) const {
  return same_bits(quantile, o.quantile) && same_bits(value, o.value);
}

bool SummaryPoint::operator==(const SummaryPoint& o) const {
  return Point::operator==(o) && count == o.count && same_bits(sum, o.sum) &&
         quantiles == o.quantiles;
}

size_t Metric::points() const {
  return std::visit(
      [](const auto& d) -> size_t {
        if constexpr (std::is_same_v<std::decay_t<decltype(d)>, std::monostate>) {
          return 0;
        } else {
          return d.points.size();
        }
      },
      data);
}

}  // namespace tarsier::model
