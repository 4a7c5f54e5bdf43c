#include "query/promql/aggregate_group.h"

#include <cmath>
#include <limits>
#include <vector>

#include "query/promql/compensated.h"
#include "query/promql/quantile.h"
#include "query/promql/row.h"

namespace tarsier::query::promql {
namespace {

class Sum : public GroupState {
 public:
  explicit Sum(size_t steps) : sums_(steps), seen_(steps) {}
  void add(std::span<const double> values) override {
    for (size_t i = 0; i < values.size(); i++) {
      if (is_absent(values[i])) continue;
      if (seen_[i]) {
        sums_[i].add(values[i]);
      } else {
        sums_[i] = {values[i], 0};
        seen_[i] = 1;
      }
    }
  }
  void finish(std::span<double> out) override {
    for (size_t i = 0; i < out.size(); i++) out[i] = seen_[i] ? sums_[i].total() : kAbsent;
  }

 private:
  std::vector<CompensatedSum> sums_;
  std::vector<uint8_t> seen_;
};

class Mean : public GroupState {
 public:
  explicit Mean(size_t steps) : means_(steps), seen_(steps) {}
  void add(std::span<const double> values) override {
    for (size_t i = 0; i < values.size(); i++) {
      if (is_absent(values[i])) continue;
      means_[i].add(values[i]);
      seen_[i] = 1;
    }
  }
  void finish(std::span<double> out) override {
    for (size_t i = 0; i < out.size(); i++) out[i] = seen_[i] ? means_[i].mean() : kAbsent;
  }

 private:
  std::vector<CompensatedMean> means_;
  std::vector<uint8_t> seen_;
};

// Folds every value into the one before; the first is taken as `first` makes it.
template <typename First, typename Fold>
class Folded : public GroupState {
 public:
  explicit Folded(size_t steps) : state_(steps, kAbsent) {}
  void add(std::span<const double> values) override {
    for (size_t i = 0; i < values.size(); i++) {
      if (is_absent(values[i])) continue;
      state_[i] = is_absent(state_[i]) ? First()(values[i]) : Fold()(state_[i], values[i]);
    }
  }
  void finish(std::span<double> out) override { std::ranges::copy(state_, out.begin()); }

 private:
  std::vector<double> state_;
};

struct Itself {
  double operator()(double value) const { return value; }
};
struct One {
  double operator()(double) const { return 1; }
};
struct Count {
  double operator()(double count, double) const { return count + 1; }
};
struct Keep {
  double operator()(double state, double) const { return state; }
};
struct Max {
  double operator()(double a, double b) const { return a < b || std::isnan(a) ? b : a; }
};
struct Min {
  double operator()(double a, double b) const { return a > b || std::isnan(a) ? b : a; }
};

class Variance : public GroupState {
 public:
  Variance(size_t steps, bool deviation) : states_(steps), deviation_(deviation) {}
  void add(std::span<const double> values) override {
    for (size_t i = 0; i < values.size(); i++) {
      if (is_absent(values[i])) continue;
      State& state = states_[i];
      const double value = values[i];
      if (state.count++ == 0) {
        state.mean = value;
        state.squares = std::isfinite(value) ? 0 : std::numeric_limits<double>::quiet_NaN();
        continue;
      }
      const double delta = value - state.mean;
      state.mean += delta / state.count;
      state.squares += delta * (value - state.mean);
    }
  }
  void finish(std::span<double> out) override {
    for (size_t i = 0; i < out.size(); i++) {
      const State& state = states_[i];
      const double variance = state.squares / state.count;
      out[i] = state.count == 0 ? kAbsent : deviation_ ? std::sqrt(variance) : variance;
    }
  }

 private:
  struct State {
    double count = 0, mean = 0, squares = 0;
  };
  std::vector<State> states_;
  bool deviation_;
};

class Quantile : public GroupState {
 public:
  Quantile(size_t steps, std::span<const double> quantiles)
      : values_(steps), quantiles_(quantiles) {}
  void add(std::span<const double> values) override {
    for (size_t i = 0; i < values.size(); i++) {
      if (!is_absent(values[i])) values_[i].push_back(values[i]);
    }
  }
  void finish(std::span<double> out) override {
    for (size_t i = 0; i < out.size(); i++) {
      out[i] = values_[i].empty() ? kAbsent : quantile(quantiles_[i], values_[i]);
    }
  }

 private:
  std::vector<std::vector<double>> values_;
  std::span<const double> quantiles_;
};

}  // namespace

std::unique_ptr<GroupState> make_group_state(Aggregator op, size_t steps,
                                             std::span<const double> quantiles) {
  switch (op) {
    case Aggregator::kSum:
      return std::make_unique<Sum>(steps);
    case Aggregator::kAvg:
      return std::make_unique<Mean>(steps);
    case Aggregator::kCount:
      return std::make_unique<Folded<One, Count>>(steps);
    case Aggregator::kGroup:
      return std::make_unique<Folded<One, Keep>>(steps);
    case Aggregator::kMin:
      return std::make_unique<Folded<Itself, Min>>(steps);
    case Aggregator::kMax:
      return std::make_unique<Folded<Itself, Max>>(steps);
    case Aggregator::kStddev:
      return std::make_unique<Variance>(steps, true);
    case Aggregator::kStdvar:
      return std::make_unique<Variance>(steps, false);
    default:
      return std::make_unique<Quantile>(steps, quantiles);
  }
}

size_t group_state_bytes(Aggregator op) {
  switch (op) {
    case Aggregator::kSum:
      return sizeof(CompensatedSum) + 1;
    case Aggregator::kAvg:
      return sizeof(CompensatedMean) + 1;
    case Aggregator::kStddev:
    case Aggregator::kStdvar:
      return 3 * sizeof(double);
    case Aggregator::kQuantile:
      return sizeof(std::vector<double>);
    default:
      return sizeof(double);
  }
}

}  // namespace tarsier::query::promql
