#include "api/ui/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "api/dashboards/json_check.h"

namespace tarsier::api {
namespace {

namespace dom = simdjson::dom;

constexpr size_t kQueriesMax = 200;
constexpr int64_t kPoints = 250;
constexpr int64_t kStepMinMs = 1'000;
constexpr double kTimeMaxMs = 9e12;  // in nanoseconds it would still fit

// An optional member of one kind; kInvalid when it is there and something else.
Status read(const dom::object& from, std::string_view key, std::string& into) {
  dom::element element;
  if (from.at_key(key).get(element)) return {};
  std::string_view text;
  if (element.get_string().get(text)) return invalid(fmt::format("\"{}\" is not a string", key));
  into = text;
  return {};
}

Status read(const dom::object& from, std::string_view key, bool& into) {
  dom::element element;
  if (from.at_key(key).get(element)) return {};
  if (element.get_bool().get(into)) return invalid(fmt::format("\"{}\" is not a boolean", key));
  return {};
}

Status read(const dom::object& from, std::string_view key, int64_t& into) {
  dom::element element;
  if (from.at_key(key).get(element)) return {};
  double number = 0;
  if (element.get_double().get(number)) return invalid(fmt::format("\"{}\" is not a number", key));
  if (!(std::abs(number) <= kTimeMaxMs)) {
    return invalid(fmt::format("\"{}\" is {}, out of range", key, number));
  }
  into = std::llround(number);
  return {};
}

Result<BatchQuery> read_query(const dom::object& object, int64_t from_ms, int64_t to_ms) {
  BatchQuery query;
  Question& question = query.question;
  question.start_ms = from_ms;
  question.end_ms = to_ms;
  TRY_STATUS(read(object, "id", query.id));
  TRY_STATUS(read(object, "kind", query.kind));
  TRY_STATUS(read(object, "expr", question.expr));
  TRY_STATUS(read(object, "from_ms", question.start_ms));
  TRY_STATUS(read(object, "to_ms", question.end_ms));
  TRY_STATUS(read(object, "step_ms", question.step_ms));
  TRY_STATUS(read(object, "instant", question.instant));
  TRY_STATUS(read(object, "limit", question.limit));
  if (question.limit < 0) return invalid("\"limit\" is less than 0");
  if (question.end_ms < question.start_ms) return invalid("\"to_ms\" lies before \"from_ms\"");
  if (question.step_ms < 0) return invalid("\"step_ms\" is less than 0");
  if (question.step_ms == 0) {
    question.step_ms = std::max(kStepMinMs, (question.end_ms - question.start_ms) / kPoints);
  }
  return query;
}

void write_error(wire::JsonWriter& json, const BatchQuery& query, std::string_view error) {
  json.begin_object();
  json.member("id", query.id);
  json.member("status", "error");
  json.member("error", error);
  json.end_object();
}

std::string answer_one(const Services& services, std::string_view tenant, const BatchQuery& query,
                       const std::vector<Language>& languages) {
  std::string out;
  wire::JsonWriter json(out);
  auto language = std::find_if(languages.begin(), languages.end(),
                               [&](const Language& l) { return l.kind == query.kind; });
  if (language == languages.end()) {
    write_error(json, query,
                fmt::format("kind \"{}\" is none of prometheus, loki, tempo", query.kind));
    return out;
  }
  query::QueryContext context = query_context(services, tenant);
  json.begin_object();
  json.member("id", query.id);
  json.member("status", "success");
  json.key("data");
  auto warnings = language->answer(services, context, query.question, json);
  if (!warnings) {
    std::string refusal;
    wire::JsonWriter instead(refusal);
    write_error(instead, query, warnings.error().message);
    return refusal;
  }
  json.key("warnings").begin_array();
  for (const std::string& warning : *warnings) json.value(warning);
  json.end_array();
  json.end_object();
  return out;
}

}  // namespace

Result<std::vector<BatchQuery>> parse_batch(std::string_view text) {
  dom::parser parser;
  TRY(dom::element root, parse_json(parser, text));
  dom::object batch;
  if (root.get_object().get(batch)) return invalid("a batch has to be a JSON object");
  int64_t from_ms = 0, to_ms = 0;
  TRY_STATUS(read(batch, "from_ms", from_ms));
  TRY_STATUS(read(batch, "to_ms", to_ms));
  dom::array list;
  if (batch.at_key("queries").get_array().get(list)) {
    return invalid("a batch needs \"queries\", a list");
  }
  std::vector<BatchQuery> queries;
  for (dom::element element : list) {
    dom::object object;
    if (queries.size() >= kQueriesMax) {
      return invalid(fmt::format("a batch may hold {} queries at most", kQueriesMax));
    }
    if (element.get_object().get(object)) {
      return invalid(fmt::format("queries[{}] is not an object", queries.size()));
    }
    auto query = read_query(object, from_ms, to_ms);
    if (!query) return std::move(query).error().with(fmt::format("queries[{}]", queries.size()));
    queries.push_back(std::move(*query));
  }
  return queries;
}

std::string answer_batch(const Services& services, std::string_view tenant,
                         const std::vector<BatchQuery>& queries,
                         const std::vector<Language>& languages, HelperPool& pool) {
  std::vector<std::string> answers(queries.size());
  pool.for_each(queries.size(), [&](size_t i) {
    answers[i] = answer_one(services, tenant, queries[i], languages);
  });
  size_t bytes = 0;
  for (const std::string& answer : answers) bytes += answer.size() + 1;
  std::string out;
  out.reserve(bytes + 32);
  wire::JsonWriter json(out);
  json.begin_object();
  json.key("results").begin_array();
  for (const std::string& answer : answers) json.raw(answer);
  json.end_array();
  json.end_object();
  return out;
}

}  // namespace tarsier::api
