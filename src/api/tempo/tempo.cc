// The Tempo API: trace by id, search, tags.
#include <fmt/format.h>

#include "api/answer.h"
#include "api/tempo/answers.h"
#include "api/tempo/params.h"
#include "base/error_map.h"
#include "wire/otlp.h"

namespace tarsier::api {
namespace {

using net::Request;
using net::Response;
using wire::JsonWriter;

Response failed(const Error& error) {
  return {http_status(error.code), "text/plain; charset=utf-8", error.message + "\n", {}};
}

// A handler's work: writes the whole JSON answer.
template <typename Work>
Response answer(const Services& services, const Request& request, const Work& work) {
  query::QueryContext context = query_context(services, request.tenant);
  Response response;
  JsonWriter json(response.body);
  Status done = work(context, json);
  return done ? response : failed(done.error());
}

Status search(const Services& services, query::QueryContext& context, const Request& request,
              JsonWriter& json) {
  net::Params params = request.params();
  TRY(query::TraceqlOptions options, tempo::search_options(params));
  TRY(std::string text, tempo::search_query(params));
  TRY(query::TraceqlResult result, query::search_traces(context, *services.events, text, options));
  tempo::write_search(result, json);
  return {};
}

Status tags(const Services& services, query::QueryContext& context, const Request& request, bool v2,
            JsonWriter& json) {
  net::Params params = request.params();
  TRY(query::TraceqlOptions options, tempo::search_options(params));
  TRY(query::ScopedTags found,
      query::trace_tags(context, *services.events, params.get("q"), options));
  std::string_view wanted = params.get("scope");
  if (!wanted.empty() && wanted != "none") {
    bool known = wanted == "resource" || wanted == "span" || wanted == "event" ||
                 wanted == "link" || wanted == "instrumentation" || wanted == "intrinsic";
    if (!known)
      return invalid(fmt::format(
          "scope \"{}\" is none of resource, span, event, link, instrumentation, intrinsic",
          wanted));
    std::erase_if(found, [&](const auto& scope) { return scope.first != wanted; });
  }
  v2 ? tempo::write_tags(found, json) : tempo::write_tag_names(found, json);
  return {};
}

Status tag_values(const Services& services, query::QueryContext& context, const Request& request,
                  bool v2, JsonWriter& json) {
  net::Params params = request.params();
  TRY(query::TraceqlOptions options, tempo::search_options(params));
  TRY(std::vector<query::TagValue> values,
      query::trace_tag_values(context, *services.events, request.path_param("tag"), params.get("q"),
                              options));
  v2 ? tempo::write_tag_values(values, json) : tempo::write_plain_values(values, json);
  return {};
}

void append_field(std::string& out, int number, std::string_view bytes) {
  out.push_back(static_cast<char>(number << 3 | 2));
  size_t n = bytes.size();
  for (; n >= 128; n >>= 7) out.push_back(static_cast<char>(n | 128));
  out.push_back(static_cast<char>(n));
  out += bytes;
}

// v1 answers a Trace, v2 a TraceByIDResponse{trace = 1, metrics = 2}.
Response trace_by_id(const Services& services, const Request& request, bool v2) {
  std::string_view text = request.path_param("id");
  auto id = model::TraceId::from_hex(text);
  if (!id)
    return failed(invalid(fmt::format("\"{}\" is not a trace id: up to 32 hex digits", text)));
  std::string_view accept = net::find_header(request.headers, "Accept");
  bool protobuf = accept.find("application/protobuf") != std::string_view::npos;
  auto encoding = protobuf ? wire::Encoding::kProtobuf : wire::Encoding::kJson;
  std::string trace;
  Status found =
      services.events->trace(request.tenant, *id, [&](const store::TraceView& view) -> Status {
        trace = wire::encode_otlp(wire::Signal::kTraces, encoding, tempo::to_batch(view));
        return {};
      });
  if (!found) return failed(found.error());
  Response response;
  if (protobuf) {
    response.content_type = "application/protobuf";
    if (v2) {
      append_field(response.body, 1, trace);
      append_field(response.body, 2, {});
    } else {
      response.body = std::move(trace);
    }
  } else if (v2) {
    response.body = "{\"trace\":" + trace + ",\"metrics\":{}}";
  } else {
    constexpr std::string_view kKey = "\"resourceSpans\"";
    size_t at = trace.find(kKey);
    if (at != std::string::npos) trace.replace(at, kKey.size(), "\"batches\"");
    response.body = std::move(trace);
  }
  return response;
}

}  // namespace

Result<Warnings> answer_tempo(const Services& services, query::QueryContext& context,
                              const Question& question, JsonWriter& json) {
  query::TraceqlOptions options;
  options.start_ns = question.start_ms * kMillisecond;
  options.end_ns = question.end_ms * kMillisecond;
  if (question.limit > 0) options.limit = static_cast<size_t>(question.limit);
  TRY(query::TraceqlResult result,
      query::search_traces(context, *services.events, question.expr, options));
  tempo::write_search(result, json);
  return Warnings{};
}

void add_tempo(net::Router& router, const Services& services) {
  auto get = [&](std::string_view path, auto work) {
    router.add("GET", path, [services, work](const Request& request) {
      return answer(services, request, [&](query::QueryContext& context, JsonWriter& json) {
        return work(services, context, request, json);
      });
    });
  };
  using Context = query::QueryContext;
  get("/api/search", search);
  get("/api/search/tags", [](const Services& s, Context& c, const Request& r, JsonWriter& j) {
    return tags(s, c, r, false, j);
  });
  get("/api/v2/search/tags", [](const Services& s, Context& c, const Request& r, JsonWriter& j) {
    return tags(s, c, r, true, j);
  });
  get("/api/search/tag/{tag}/values", [](const Services& s, Context& c, const Request& r,
                                         JsonWriter& j) { return tag_values(s, c, r, false, j); });
  get("/api/v2/search/tag/{tag}/values",
      [](const Services& s, Context& c, const Request& r, JsonWriter& j) {
        return tag_values(s, c, r, true, j);
      });
  router.add("GET", "/api/traces/{id}",
             [services](const Request& r) { return trace_by_id(services, r, false); });
  router.add("GET", "/api/v2/traces/{id}",
             [services](const Request& r) { return trace_by_id(services, r, true); });
  router.add("GET", "/api/echo",
             [](const Request&) { return Response{200, "text/plain", "echo", {}}; });
  // Refused by name rather than with a plain 404: people try them.
  for (std::string_view path : {"/api/metrics/query_range", "/api/metrics/query"}) {
    router.add("GET", path, [](const Request&) {
      return failed(unsupported("TraceQL metrics queries are not supported yet"));
    });
  }
}

}  // namespace tarsier::api
