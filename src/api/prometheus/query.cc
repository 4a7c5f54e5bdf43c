#include <algorithm>
#include <map>

#include "api/answer.h"
#include "api/prometheus/envelope.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/params.h"

namespace tarsier::api::prometheus {
namespace {

constexpr std::string_view kTruncated = "results truncated due to limit";

void write_sample(wire::JsonWriter& json, int64_t time_ms, double value) {
  json.begin_array().seconds(time_ms).go_float(value).end_array();
}

template <typename Series>
bool truncate(std::vector<Series>& series, size_t limit) {
  if (limit == 0 || series.size() <= limit) return false;
  series.resize(limit);
  return true;
}

struct ValueWriter {
  wire::JsonWriter& json;

  void operator()(const query::Scalar& scalar) const {
    json.value("scalar").key("result");
    write_sample(json, scalar.time_ms, scalar.value);
  }
  void operator()(const query::String& text) const {
    json.value("string").key("result").begin_array();
    json.seconds(text.time_ms).value(text.value).end_array();
  }
  void operator()(const query::Vector& vector) const {
    json.value("vector").key("result").begin_array();
    for (const query::Series& series : vector.series) {
      json.begin_object().plain_key("metric");
      write_labels(json, series.labels);
      json.plain_key("value");
      write_sample(json, series.samples[0].time_ms, series.samples[0].value);
      json.end_object();
    }
    json.end_array();
  }
  void operator()(const query::Matrix& matrix) const {
    json.value("matrix").key("result").begin_array();
    for (const query::Series& series : matrix.series) {
      json.begin_object().plain_key("metric");
      write_labels(json, series.labels);
      json.plain_key("values").begin_array();
      for (const model::Sample& sample : series.samples) {
        write_sample(json, sample.time_ms, sample.value);
      }
      json.end_array().end_object();
    }
    json.end_array();
  }
};

// {"resultType":...,"result":...}
void write_value(wire::JsonWriter& json, const query::Value& value) {
  json.begin_object().plain_key("resultType");
  std::visit(ValueWriter{json}, value.data);
  json.end_object();
}

// A mistake in the query's text is one in the parameter.
Error query_error(Error error) {
  if (error.code != Code::kInvalid && error.code != Code::kUnsupported) return error;
  return {error.code, invalid_parameter("query", error.message).message};
}

Result<query::Annotations> evaluate(const Services& services, const net::Request& request,
                                    const net::Params& params, const query::Grid& grid,
                                    wire::JsonWriter& json) {
  TRY(const size_t limit, limit_parameter(params));
  TRY(const int64_t timeout_ns, timeout_parameter(params));
  TRY(const query::PromqlOptions options, promql_options(params));
  query::QueryContext context = query_context(services, request.tenant, timeout_ns);
  auto value =
      query::evaluate_promql(context, *services.metrics, params.get("query"), grid, options);
  if (!value) return query_error(std::move(value).error());
  bool truncated = false;
  if (auto* vector = std::get_if<query::Vector>(&value->data)) {
    truncated = truncate(vector->series, limit);
  } else if (auto* matrix = std::get_if<query::Matrix>(&value->data)) {
    truncated = truncate(matrix->series, limit);
  }
  if (truncated) value->annotations.warnings.emplace_back(kTruncated);
  write_value(json, *value);
  return std::move(value->annotations);
}

}  // namespace

net::Response instant_query(const Services& services, const net::Request& request) {
  return answer([&](wire::JsonWriter& json) -> Result<query::Annotations> {
    const net::Params params = request.params();
    TRY(const int64_t time_ms,
        time_parameter(params, "time", services.clock->now_ns() / kMillisecond));
    return evaluate(services, request, params, {time_ms, time_ms, 0}, json);
  });
}

net::Response range_query(const Services& services, const net::Request& request) {
  return answer([&](wire::JsonWriter& json) -> Result<query::Annotations> {
    const net::Params params = request.params();
    TRY(const query::Grid grid, grid_parameters(params));
    return evaluate(services, request, params, grid, json);
  });
}

net::Response format_query(const Services&, const net::Request& request) {
  return answer([&](wire::JsonWriter& json) -> Result<query::Annotations> {
    const auto formatted = query::promql_format(request.params().get("query"));
    if (!formatted) return query_error(formatted.error());
    json.value(*formatted);
    return query::Annotations();
  });
}

// Grouped by series: the reader gives them one exemplar at a time.
net::Response query_exemplars(const Services& services, const net::Request& request) {
  return answer([&](wire::JsonWriter& json) -> Result<query::Annotations> {
    const net::Params params = request.params();
    TRY(const store::TimeRange range, range_parameters(params));
    if (range.end_ns < range.start_ns) {
      return invalid("end timestamp must not be before start timestamp");
    }
    auto selectors = query::promql_selectors(params.get("query"));
    if (!selectors) return selectors.error();
    std::map<model::Labels, std::string> series;
    for (std::vector<store::Matcher>& matchers : *selectors) {
      const store::MetricsSelect select{request.tenant, range, std::move(matchers), 0};
      TRY_STATUS(services.metrics->exemplars(
          select, [&](const model::Labels& labels, const store::ExemplarView& exemplar) {
            std::string& body = series[labels];
            if (!body.empty()) body.push_back(',');
            wire::JsonWriter item(body);
            item.begin_object().plain_key("labels");
            write_labels(item, exemplar.labels != nullptr ? *exemplar.labels : model::Labels());
            item.plain_key("value").go_float(exemplar.value);
            item.plain_key("timestamp").seconds(exemplar.time_ms).end_object();
            return Status();
          }));
    }
    json.begin_array();
    for (const auto& [labels, body] : series) {
      json.begin_object().plain_key("seriesLabels");
      write_labels(json, labels);
      json.plain_key("exemplars").raw("[" + body + "]").end_object();
    }
    json.end_array();
    return query::Annotations();
  });
}

}  // namespace tarsier::api::prometheus

namespace tarsier::api {

Result<Warnings> answer_prometheus(const Services& services, query::QueryContext& context,
                                   const Question& question, wire::JsonWriter& json) {
  query::Grid grid{question.start_ms, question.end_ms, question.step_ms};
  if (question.instant) grid = {question.end_ms, question.end_ms, 0};
  TRY(const query::Value value,
      query::evaluate_promql(context, *services.metrics, question.expr, grid));
  prometheus::write_value(json, value);
  Warnings out = value.annotations.warnings;
  out.insert(out.end(), value.annotations.infos.begin(), value.annotations.infos.end());
  return out;
}

}  // namespace tarsier::api
