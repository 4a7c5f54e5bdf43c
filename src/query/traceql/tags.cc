// Which attributes there are, and which values: for editors and drop-down lists.
#include <algorithm>
#include <set>

#include "query/engine.h"
#include "query/traceql/field.h"
#include "query/traceql/hints.h"
#include "query/traceql/names.h"
#include "query/traceql/parser.h"
#include "query/traceql/spansets.h"

namespace tarsier::query {
namespace {

using namespace traceql;

// More distinct values than a person can look at.
constexpr size_t kValuesMax = 10'000;

// Calls visit for every span that the filter leaves, newest traces first.
Status each_span(QueryContext& context, const store::EventsReader& events, std::string_view filter,
                 const TraceqlOptions& options, const std::function<Status(FieldContext&)>& visit) {
  TRY(Query query, parse_lenient(filter));
  store::TraceSelect select = hints(query);
  select.tenant = context.tenant;
  select.range = {options.start_ns, options.end_ns};
  return events.traces(select, [&](const store::TraceView& view) -> Status {
    TRY_STATUS(context.check());
    Trace trace(view);
    FieldContext field{trace, 0, {}};
    for (const Spanset& set : run(query.pipeline, trace)) {
      for (int span : set.spans) {
        field.span = span;
        TRY_STATUS(visit(field));
      }
    }
    return {};
  });
}

using Names = std::set<std::string, std::less<>>;

void add_keys(Names& names, const model::Attributes& attributes) {
  for (const model::KeyValue& entry : attributes) {
    if (names.size() < kValuesMax && names.find(entry.key) == names.end()) names.insert(entry.key);
  }
}

TagValue tag_value(const Static& value) {
  switch (value.type) {
    case Type::kInt:
      return {"int", to_string(value)};
    case Type::kFloat:
      return {"float", to_string(value)};
    case Type::kBool:
      return {"bool", to_string(value)};
    case Type::kDuration:
      return {"duration", to_string(value)};
    case Type::kStatus:
    case Type::kKind:
      return {"keyword", to_string(value)};
    default:
      return {"string", to_string(value)};
  }
}

}  // namespace

Result<ScopedTags> trace_tags(QueryContext& context, const store::EventsReader& events,
                              std::string_view filter, const TraceqlOptions& options) {
  Names resource, span, event, link, instrumentation;
  TRY_STATUS(each_span(context, events, filter, options, [&](FieldContext& field) -> Status {
    const store::SpanRow& row = field.trace.row(field.span);
    add_keys(resource, row.resource.attributes);
    add_keys(span, row.span.attributes);
    add_keys(instrumentation, row.scope.attributes);
    for (const model::SpanEvent& e : row.span.events) add_keys(event, e.attributes);
    for (const model::SpanLink& l : row.span.links) add_keys(link, l.attributes);
    return {};
  }));
  ScopedTags out;
  auto add = [&](std::string scope, const Names& names) {
    if (!names.empty())
      out.emplace_back(std::move(scope), std::vector<std::string>(names.begin(), names.end()));
  };
  add("resource", resource);
  add("span", span);
  add("event", event);
  add("link", link);
  add("instrumentation", instrumentation);
  std::vector<std::string> intrinsics;
  for (const IntrinsicName& entry : intrinsic_names()) {
    if (entry.listed) intrinsics.emplace_back(entry.text);
  }
  out.emplace_back("intrinsic", std::move(intrinsics));
  return out;
}

Result<std::vector<TagValue>> trace_tag_values(QueryContext& context,
                                               const store::EventsReader& events,
                                               std::string_view tag, std::string_view filter,
                                               const TraceqlOptions& options) {
  std::optional<Attribute> attribute = parse_attribute(tag);
  bool plain = tag.find_first_of("{}()|=\"") == std::string_view::npos;
  if (!attribute && plain)
    attribute = parse_attribute("." + std::string(tag));  // v1 tags have no scope
  if (!attribute)
    return invalid("\"" + std::string(tag) +
                   "\" is not a tag: write .name, span.name or resource.name");
  std::set<std::pair<std::string, std::string>> values;  // value, type
  bool full = false;
  Status done = each_span(context, events, filter, options, [&](FieldContext& field) -> Status {
    each_value(*attribute, field, [&](const Static& value) {
      TagValue found = tag_value(value);
      values.emplace(std::move(found.value), std::move(found.type));
    });
    full = values.size() >= kValuesMax;
    if (full) return Error{Code::kCancelled, "enough"};
    return {};
  });
  if (!done && !full) return Error(done.error());
  std::vector<TagValue> out;
  for (const auto& [value, type] : values) out.push_back({type, value});
  return out;
}

}  // namespace tarsier::query
