#include "query/promql/range_kernel.h"

#include <cmath>
#include <limits>
#include <map>

#include "query/promql/quantile.h"
#include "query/promql/rate.h"
#include "query/promql/window.h"

namespace tarsier::query::promql {
namespace {

using Samples = std::span<const model::Sample>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

template <bool kCounter, bool kPerSecond>
bool rate(Samples samples, const Windows& windows, const Params&, std::span<double> out) {
  Rate kernel(kCounter, kPerSecond, windows.range_ms);
  return slide(samples, windows, kernel, out);
}

template <typename Kernel>
bool run(Samples samples, const Windows& windows, const Params&, std::span<double> out) {
  Kernel kernel;
  return slide(samples, windows, kernel, out);
}

struct Greater {
  bool operator()(double a, double b) const { return a > b; }
};
struct Less {
  bool operator()(double a, double b) const { return a < b; }
};

// Between the last two samples.
template <bool kRate>
double instant_value(const Window& window) {
  if (window.size() < 2) return kAbsent;
  const model::Sample& last = window.last();
  const model::Sample& before = window.samples[window.end - 2];
  const int64_t interval = last.time_ms - before.time_ms;
  if (interval == 0) return kAbsent;
  const bool reset = kRate && last.value < before.value;
  const double difference = reset ? last.value : last.value - before.value;
  return kRate ? difference / (static_cast<double>(interval) / 1000) : difference;
}

double variance(const Window& window) {
  double count = 0;
  CompensatedSum mean, squares;
  for (const model::Sample& sample : window.values()) {
    count++;
    const double delta = sample.value - mean.total();
    mean.add(delta / count);
    squares.add(delta * (sample.value - mean.total()));
  }
  return squares.total() / count;
}

struct Line {
  double slope = 0, intercept = 0;
};
// Least squares, in seconds from `origin_ms`.
Line regression(Samples samples, int64_t origin_ms) {
  CompensatedSum sum_x, sum_y, sum_xy, sum_xx;
  bool constant = true;
  for (const model::Sample& sample : samples) {
    constant = constant && sample.value == samples[0].value;
    const double x = static_cast<double>(sample.time_ms - origin_ms) / 1e3;
    sum_x.add(x);
    sum_y.add(sample.value);
    sum_xy.add(x * sample.value);
    sum_xx.add(x * x);
  }
  if (constant || samples.size() == 1) {
    if (std::isinf(samples[0].value)) return {kNaN, kNaN};
    return {0, samples[0].value};
  }
  const auto n = static_cast<double>(samples.size());
  const double x = sum_x.total(), y = sum_y.total();
  const double covariance = sum_xy.total() - x * y / n;
  const double spread = sum_xx.total() - x * x / n;
  const double slope = covariance / spread;
  return {slope, y / n - slope * x / n};
}

double deriv(const Window& window) {
  if (window.size() < 2) return kAbsent;
  return regression(window.values(), window.first().time_ms).slope;
}

template <typename Better>
double time_of_extreme(const Window& window) {
  const model::Sample* best = &window.first();
  for (const model::Sample& sample : window.values()) {
    const bool ties = sample.value == best->value;
    if (Better()(sample.value, best->value) || ties || std::isnan(best->value)) best = &sample;
  }
  return static_cast<double>(best->time_ms) / 1000;
}

double median_deviation(const Window& window) {
  std::vector<double> values;
  values.reserve(window.size());
  for (const model::Sample& sample : window.values()) {
    if (std::isnan(sample.value)) return kNaN;
    values.push_back(sample.value);
  }
  const double median = quantile(0.5, values);
  for (double& value : values) value = std::abs(value - median);
  return quantile(0.5, values);
}

template <double (*kFunction)(const Window&)>
bool scan(Samples samples, const Windows& windows, const Params&, std::span<double> out) {
  Scan<double (*)(const Window&)> kernel{kFunction};
  return slide(samples, windows, kernel, out);
}

template <typename Function>
bool scan_with(Samples samples, const Windows& windows, std::span<double> out, Function function) {
  Scan<Function> kernel{std::move(function)};
  return slide(samples, windows, kernel, out);
}

bool quantile_over_time(Samples samples, const Windows& windows, const Params& params,
                        std::span<double> out) {
  std::vector<double> values;
  return scan_with(samples, windows, out, [&](const Window& window) {
    values.clear();
    for (const model::Sample& sample : window.values()) values.push_back(sample.value);
    return quantile(params[0][window.step], values);
  });
}

bool predict_linear(Samples samples, const Windows& windows, const Params& params,
                    std::span<double> out) {
  return scan_with(samples, windows, out, [&](const Window& window) {
    if (window.size() < 2) return kAbsent;
    // Ahead of the time of evaluation, not of the window's end.
    const Line line = regression(window.values(), windows.steps.at(window.step));
    return line.slope * params[0][window.step] + line.intercept;
  });
}

bool double_exponential_smoothing(Samples samples, const Windows& windows, const Params& params,
                                  std::span<double> out) {
  return scan_with(samples, windows, out, [&](const Window& window) {
    if (window.size() < 2) return kAbsent;
    const double smoothing = params[0][window.step], trending = params[1][window.step];
    const Samples values = window.values();
    double before = 0, smoothed = values[0].value, trend = values[1].value - values[0].value;
    for (size_t i = 1; i < values.size(); i++) {
      if (i > 1) trend = trending * (smoothed - before) + (1 - trending) * trend;
      const double next = smoothing * values[i].value + (1 - smoothing) * (smoothed + trend);
      before = smoothed;
      smoothed = next;
    }
    return smoothed;
  });
}

bool integral(Samples samples, const Windows& windows, const Params& params,
              std::span<double> out) {
  constexpr double kLeft = 0, kRight = 1, kTrapezoidal = 2;
  return scan_with(samples, windows, out, [&](const Window& window) {
    double strategy = params.empty() ? kTrapezoidal : params[0][window.step];
    if (strategy != kLeft && strategy != kRight) strategy = kTrapezoidal;
    const auto or_zero = [](double value) { return std::isnan(value) ? 0 : value; };
    CompensatedSum area;
    const Samples values = window.values();
    for (size_t i = 1; i < values.size(); i++) {
      const double left = or_zero(values[i - 1].value), right = or_zero(values[i].value);
      CompensatedSum height{strategy == kLeft ? left : right, 0};
      if (strategy == kTrapezoidal) {
        height = {left / 2, 0};
        height.add(right / 2);
      }
      if (height.sum == 0 && height.rest == 0) continue;
      const double seconds = static_cast<double>(values[i].time_ms - values[i - 1].time_ms) / 1000;
      area.rest += height.rest * seconds;
      area.add(height.sum * seconds);
    }
    return std::isinf(area.sum) ? area.sum : area.total();
  });
}

bool changes(Samples samples, const Windows& windows, const Params&, std::span<double> out) {
  const auto differ = [](double a, double b) {
    return a != b && !(std::isnan(a) && std::isnan(b));
  };
  CountPairs<decltype(differ)> kernel{differ};
  return slide(samples, windows, kernel, out);
}

bool resets(Samples samples, const Windows& windows, const Params&, std::span<double> out) {
  const auto falls = [](double a, double b) { return b < a; };
  CountPairs<decltype(falls)> kernel{falls};
  return slide(samples, windows, kernel, out);
}

double count(const Window& window) {
  return static_cast<double>(window.size());
}
double present(const Window&) {
  return 1;
}
double first(const Window& window) {
  return window.first().value;
}
double last(const Window& window) {
  return window.last().value;
}
double time_of_first(const Window& window) {
  return static_cast<double>(window.first().time_ms) / 1000;
}
double time_of_last(const Window& window) {
  return static_cast<double>(window.last().time_ms) / 1000;
}
double deviation(const Window& window) {
  return std::sqrt(variance(window));
}

}  // namespace

RangeKernel find_range_kernel(std::string_view function) {
  static const std::map<std::string_view, RangeKernel> kernels = {
      {"absent_over_time", scan<present>},
      {"avg_over_time", run<SumOrMean<true>>},
      {"changes", changes},
      {"count_over_time", scan<count>},
      {"delta", rate<false, false>},
      {"deriv", scan<deriv>},
      {"double_exponential_smoothing", double_exponential_smoothing},
      {"first_over_time", scan<first>},
      {"idelta", scan<instant_value<false>>},
      {"increase", rate<true, false>},
      {"integral", integral},
      {"irate", scan<instant_value<true>>},
      {"last_over_time", scan<last>},
      {"mad_over_time", scan<median_deviation>},
      {"max_over_time", run<Extreme<Greater>>},
      {"min_over_time", run<Extreme<Less>>},
      {"predict_linear", predict_linear},
      {"present_over_time", scan<present>},
      {"quantile_over_time", quantile_over_time},
      {"rate", rate<true, true>},
      {"resets", resets},
      {"stddev_over_time", scan<deviation>},
      {"stdvar_over_time", scan<variance>},
      {"sum_over_time", run<SumOrMean<false>>},
      {"ts_of_first_over_time", scan<time_of_first>},
      {"ts_of_last_over_time", scan<time_of_last>},
      {"ts_of_max_over_time", scan<time_of_extreme<Greater>>},
      {"ts_of_min_over_time", scan<time_of_extreme<Less>>},
  };
  const auto at = kernels.find(function);
  return at == kernels.end() ? nullptr : at->second;
}

}  // namespace tarsier::query::promql
