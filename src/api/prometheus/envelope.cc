#include "api/prometheus/envelope.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "base/error_map.h"

namespace tarsier::api::prometheus {
namespace {

constexpr size_t kAnnotationsMax = 10;

void write_annotations(wire::JsonWriter& json, std::string_view name, std::string_view kind,
                       const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  json.key(name).begin_array();
  for (size_t i = 0; i < texts.size() && i < kAnnotationsMax; i++) json.value(texts[i]);
  if (texts.size() > kAnnotationsMax) {
    json.value(fmt::format("{} more {} annotations omitted", texts.size() - kAnnotationsMax, kind));
  }
  json.end_array();
}

}  // namespace

net::Response error_response(const Error& error) {
  net::Response response;
  response.status = prometheus_http_status(error.code);
  wire::JsonWriter json(response.body);
  json.begin_object();
  json.member("status", "error");
  json.member("errorType", prometheus_error_type(error.code));
  json.member("error", error.message);
  json.end_object();
  return response;
}

net::Response answer(
    const std::function<Result<query::Annotations>(wire::JsonWriter& json)>& write) {
  net::Response response;
  wire::JsonWriter json(response.body);
  json.begin_object();
  json.member("status", "success");
  json.key("data");
  const Result<query::Annotations> annotations = write(json);
  if (!annotations) return error_response(annotations.error());
  write_annotations(json, "warnings", "warning", annotations->warnings);
  write_annotations(json, "infos", "info", annotations->infos);
  json.end_object();
  return response;
}

void write_labels(wire::JsonWriter& json, const model::Labels& labels) {
  json.begin_object();
  for (const model::Label& label : labels) json.member(label.name, label.value);
  json.end_object();
}

}  // namespace tarsier::api::prometheus
