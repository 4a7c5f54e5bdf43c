#include "api/tempo/answers.h"

#include <algorithm>
#include <set>

#include "base/clock.h"

namespace tarsier::api::tempo {
namespace {

using wire::JsonWriter;

void write_value(const model::Value& value, JsonWriter& json) {
  json.begin_object();
  if (const auto* i = std::get_if<int64_t>(&value.data)) {
    json.key("intValue").quoted(*i);
  } else if (const auto* d = std::get_if<double>(&value.data)) {
    json.member("doubleValue", *d);
  } else if (const auto* b = std::get_if<bool>(&value.data)) {
    json.member("boolValue", *b);
  } else {
    json.member("stringValue", std::string_view(model::to_string(value)));
  }
  json.end_object();
}

void write_attributes(const model::Attributes& attributes, JsonWriter& json) {
  json.key("attributes").begin_array();
  for (const model::KeyValue& entry : attributes) {
    json.begin_object();
    json.member("key", std::string_view(entry.key));
    json.key("value");
    write_value(entry.value, json);
    json.end_object();
  }
  json.end_array();
}

void write_span(const query::TraceSpan& span, JsonWriter& json) {
  json.begin_object();
  json.member("spanID", std::string_view(span.span_id.hex()));
  if (!span.name.empty()) json.member("name", std::string_view(span.name));
  json.key("startTimeUnixNano").quoted(span.start_ns);
  json.key("durationNanos").quoted(span.duration_ns);
  if (!span.attributes.empty()) write_attributes(span.attributes, json);
  json.end_object();
}

void write_span_set(const query::SpanSet& set, JsonWriter& json) {
  json.begin_object();
  json.key("spans").begin_array();
  for (const query::TraceSpan& span : set.spans) write_span(span, json);
  json.end_array();
  json.member("matched", set.matched);
  if (!set.attributes.empty()) write_attributes(set.attributes, json);
  json.end_object();
}

void write_hit(const query::TraceHit& hit, JsonWriter& json) {
  json.begin_object();
  json.member("traceID", std::string_view(hit.trace_id.hex()));
  json.member("rootServiceName", std::string_view(hit.root_service_name));
  json.member("rootTraceName", std::string_view(hit.root_trace_name));
  json.key("startTimeUnixNano").quoted(hit.start_ns);
  json.member("durationMs", hit.duration_ns / kMillisecond);
  if (!hit.span_sets.empty()) {
    json.key("spanSet");  // of old: the first set once more
    write_span_set(hit.span_sets.front(), json);
  }
  json.key("spanSets").begin_array();
  for (const query::SpanSet& set : hit.span_sets) write_span_set(set, json);
  json.end_array();
  json.key("serviceStats").begin_object();
  for (const query::ServiceStats& service : hit.services) {
    json.key(service.service).begin_object();
    json.member("spanCount", service.spans);
    if (service.errors) json.member("errorCount", service.errors);
    json.end_object();
  }
  json.end_object();
  json.end_object();
}

}  // namespace

model::Batch to_batch(const store::TraceView& trace) {
  model::Batch batch;
  for (const store::SpanRow& row : trace.spans) {
    auto resource = std::find_if(batch.spans.begin(), batch.spans.end(), [&](const auto& r) {
      return r.resource == row.resource && r.schema_url == row.resource_schema_url;
    });
    if (resource == batch.spans.end()) {
      resource = batch.spans.insert(resource, {row.resource, row.resource_schema_url, {}});
    }
    auto& scopes = resource->scopes;
    auto scope = std::find_if(scopes.begin(), scopes.end(), [&](const auto& s) {
      return s.scope == row.scope && s.schema_url == row.scope_schema_url;
    });
    if (scope == scopes.end()) scope = scopes.insert(scope, {row.scope, row.scope_schema_url, {}});
    scope->records.push_back(row.span);
  }
  return batch;
}

void write_search(const query::TraceqlResult& result, JsonWriter& json) {
  json.begin_object();
  json.key("traces").begin_array();
  for (const query::TraceHit& hit : result.traces) write_hit(hit, json);
  json.end_array();
  json.key("metrics").begin_object();
  json.member("inspectedTraces", result.inspected_traces);
  json.key("inspectedBytes").quoted(static_cast<uint64_t>(result.inspected_bytes));
  json.member("completedJobs", 1);
  json.member("totalJobs", 1);
  json.end_object();
  json.end_object();
}

void write_tags(const query::ScopedTags& tags, JsonWriter& json) {
  json.begin_object();
  json.key("scopes").begin_array();
  for (const auto& [scope, names] : tags) {
    json.begin_object();
    json.member("name", std::string_view(scope));
    json.key("tags").begin_array();
    for (const std::string& name : names) json.value(std::string_view(name));
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.key("metrics").begin_object().end_object();
  json.end_object();
}

void write_tag_names(const query::ScopedTags& tags, JsonWriter& json) {
  std::set<std::string_view> all;
  for (const auto& [scope, names] : tags) all.insert(names.begin(), names.end());
  json.begin_object();
  json.key("tagNames").begin_array();
  for (std::string_view name : all) json.value(name);
  json.end_array();
  json.end_object();
}

void write_tag_values(const std::vector<query::TagValue>& values, JsonWriter& json) {
  json.begin_object();
  json.key("tagValues").begin_array();
  for (const query::TagValue& value : values) {
    json.begin_object();
    json.member("type", std::string_view(value.type));
    json.member("value", std::string_view(value.value));
    json.end_object();
  }
  json.end_array();
  json.key("metrics").begin_object().end_object();
  json.end_object();
}

void write_plain_values(const std::vector<query::TagValue>& values, JsonWriter& json) {
  json.begin_object();
  json.key("tagValues").begin_array();
  for (const query::TagValue& value : values) json.value(std::string_view(value.value));
  json.end_array();
  json.end_object();
}

}  // namespace tarsier::api::tempo
