#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "query/promql/eval.h"
#include "query/promql/format.h"
#include "query/promql/label_key.h"
#include "query/promql/quantile.h"
#include "query/syntax/source.h"

namespace tarsier::query::promql {
namespace {

// The upper bound in a label "le"; empty when it is none.
std::optional<double> parse_bound(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || std::isnan(value)) {
    return std::nullopt;
  }
  return negative ? -value : value;
}

// The buckets of one histogram.
struct Histogram {
  OwnedRow row;  // labels without le; values hold the result
  std::vector<double> bounds;
  std::vector<std::vector<double>> counts;  // per bound, per step
};

class Histograms {
 public:
  Histograms(Evaluation& evaluation, const Expr& arg, const Steps& steps)
      : evaluation_(evaluation), arg_(arg), steps_(steps) {}

  Status read() {
    return eval_vector(evaluation_, arg_, steps_, [this](Row& row) { return add(row); });
  }

  // Sets values of each histogram by compute(buckets, step), and emits it.
  template <typename Compute>
  Status each(const Emit& emit, const Compute& compute) {
    std::vector<Bucket> buckets;
    std::vector<OwnedRow> rows;
    const bool merge = !evaluation_.options.delayed_name_removal;
    for (Histogram& histogram : histograms_) {
      for (size_t i = 0; i < steps_.count; i++) {
        buckets.clear();
        for (size_t b = 0; b < histogram.bounds.size(); b++) {
          const double count = histogram.counts[b][i];
          if (!is_absent(count)) buckets.push_back({histogram.bounds[b], count});
        }
        histogram.row.values[i] = buckets.empty() ? kAbsent : compute(buckets, i, histogram.row);
      }
      OwnedRow out = histogram.row;
      out.drop_name = true;
      if (merge) {
        erase_metadata(out.labels);
        rows.push_back(std::move(out));
      } else {
        Row row = out.view();
        TRY_STATUS(emit(row));
      }
    }
    return emit_merged(std::move(rows), emit);
  }

  std::string_view metric(const OwnedRow& row) const {
    if (!evaluation_.options.delayed_name_removal) return {};
    return model::get(row.labels, model::kMetricName);
  }

 private:
  Status add(const Row& row) {
    const std::string_view le = model::get(*row.labels, "le");
    const std::optional<double> bound = parse_bound(le);
    if (!bound) {
      warn(row, le);
      return {};
    }
    key_.clear();
    const bool hidden = evaluation_.hides_name(row);
    without_le_.append(*row.labels, hidden, key_);
    const auto [at, added] = index_.emplace(key_, histograms_.size());
    if (added) {
      histograms_.push_back({{without_le_.project(*row.labels, hidden), row.drop_name,
                              std::vector<double>(steps_.count)},
                             {},
                             {}});
    }
    TRY_STATUS(evaluation_.reserve_rows(added ? 2 : 1, steps_));
    Histogram& histogram = histograms_[at->second];
    histogram.bounds.push_back(*bound);
    histogram.counts.emplace_back(row.values.begin(), row.values.end());
    return {};
  }

  void warn(const Row& row, std::string_view le) {
    bool any = false;
    for (double value : row.values) any = any || !is_absent(value);
    if (!any) return;
    std::string text =
        "bucket label \"le\" is missing or has a malformed value of " + syntax::quote(le);
    if (evaluation_.options.delayed_name_removal) {
      const std::string_view name = model::get(*row.labels, model::kMetricName);
      if (!name.empty()) text += " for metric name " + syntax::quote(name);
    }
    evaluation_.notes.warn(text, arg_.span);
  }

  Evaluation& evaluation_;
  const Expr& arg_;
  const Steps& steps_;
  const LabelKey without_le_ = LabelKey::all_but({"le"}, false);
  std::string key_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<Histogram> histograms_;
};

void check_quantiles(Evaluation& evaluation, const std::vector<double>& quantiles, Span at) {
  for (double q : quantiles) {
    if (q >= 0 && q <= 1) continue;
    evaluation.notes.warn(
        fmt::format("quantile value should be between 0 and 1, got {}", format_g(q)), at);
  }
}

Status emit_quantiles(Evaluation& evaluation, Histograms& histograms, const Expr& arg,
                      const Steps& steps, const std::vector<double>& quantiles, const Emit& emit) {
  return histograms.each(emit, [&](std::vector<Bucket>& buckets, size_t i, const OwnedRow& row) {
    const BucketQuantile result = bucket_quantile(quantiles[i], buckets);
    if (result.forced_monotonic) {
      evaluation.notes.forced_monotonic(histograms.metric(row), arg.span,
                                        {steps.at(i), steps.at(i), result.bucket_min,
                                         result.bucket_max, result.difference_max, 1});
    }
    return result.value;
  });
}

Status eval_histogram_quantile(Evaluation& evaluation, const Expr&, const Call& call,
                               const Steps& steps, const Emit& emit) {
  TRY(const std::vector<double> quantiles, eval_scalar(evaluation, *call.args[0], steps));
  check_quantiles(evaluation, quantiles, call.args[0]->span);
  Histograms histograms(evaluation, *call.args[1], steps);
  TRY_STATUS(histograms.read());
  return emit_quantiles(evaluation, histograms, *call.args[1], steps, quantiles, emit);
}

Status eval_histogram_quantiles(Evaluation& evaluation, const Expr&, const Call& call,
                                const Steps& steps, const Emit& emit) {
  const std::string& label = unwrap(*call.args[1]).as<StringLiteral>()->value;
  Histograms histograms(evaluation, *call.args[0], steps);
  TRY_STATUS(histograms.read());
  std::vector<OwnedRow> rows;
  for (size_t a = 2; a < call.args.size(); a++) {
    TRY(const std::vector<double> quantiles, eval_scalar(evaluation, *call.args[a], steps));
    check_quantiles(evaluation, quantiles, call.args[a]->span);
    // A quantile that changes over time makes a series for each of its values.
    std::map<std::string, std::vector<bool>> texts;
    for (size_t i = 0; i < steps.count; i++) {
      std::string text = format_g(quantiles[i]);
      if (text.find_first_of(".eNI") == std::string::npos) text += ".0";
      texts.try_emplace(text, steps.count).first->second[i] = true;
    }
    TRY_STATUS(emit_quantiles(
        evaluation, histograms, *call.args[0], steps, quantiles, [&](Row& row) -> Status {
          for (const auto& [text, at] : texts) {
            TRY(OwnedRow out, evaluation.keep(row));
            std::erase_if(out.labels, [&](const model::Label& l) { return l.name == label; });
            out.labels.push_back({label, text});
            model::normalise(out.labels);
            for (size_t i = 0; i < steps.count; i++) {
              if (!at[i]) out.values[i] = kAbsent;
            }
            rows.push_back(std::move(out));
          }
          return {};
        }));
  }
  return emit_merged(std::move(rows), emit);
}

Status eval_histogram_fraction(Evaluation& evaluation, const Expr&, const Call& call,
                               const Steps& steps, const Emit& emit) {
  TRY(const std::vector<double> lower, eval_scalar(evaluation, *call.args[0], steps));
  TRY(const std::vector<double> upper, eval_scalar(evaluation, *call.args[1], steps));
  Histograms histograms(evaluation, *call.args[2], steps);
  TRY_STATUS(histograms.read());
  return histograms.each(emit, [&](std::vector<Bucket>& buckets, size_t i, const OwnedRow&) {
    return bucket_fraction(lower[i], upper[i], buckets);
  });
}

}  // namespace

VectorFunction find_histogram_function(std::string_view name) {
  if (name == "histogram_quantile") return eval_histogram_quantile;
  if (name == "histogram_quantiles") return eval_histogram_quantiles;
  if (name == "histogram_fraction") return eval_histogram_fraction;
  return nullptr;
}

}  // namespace tarsier::query::promql
