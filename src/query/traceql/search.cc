// Trace search: the store's traces, newest first, until enough of them match.
#include <algorithm>

#include "query/engine.h"
#include "query/traceql/field.h"
#include "query/traceql/hints.h"
#include "query/traceql/names.h"
#include "query/traceql/parser.h"
#include "query/traceql/spansets.h"

namespace tarsier::query {
namespace {

using namespace traceql;

std::vector<ServiceStats> service_stats(const Trace& trace) {
  std::vector<ServiceStats> out;
  for (const store::SpanRow& row : trace.view().spans) {
    std::string_view service = model::find_string(row.resource.attributes, "service.name");
    auto it =
        std::find_if(out.begin(), out.end(), [&](const auto& s) { return s.service == service; });
    if (it == out.end()) it = out.insert(out.end(), {std::string(service), 0, 0});
    it->spans++;
    it->errors += row.span.status == model::SpanStatus::kError;
  }
  return out;
}

// Facts that the answer has fields for are not repeated among the attributes.
bool has_own_field(const Attribute& a) {
  if (a.scope != Scope::kIntrinsic) return false;
  switch (a.intrinsic) {
    case Intrinsic::kName:
    case Intrinsic::kDuration:
    case Intrinsic::kTraceId:
    case Intrinsic::kSpanId:
    case Intrinsic::kTraceDuration:
    case Intrinsic::kRootName:
    case Intrinsic::kRootServiceName:
      return true;
    default:
      return false;
  }
}

TraceSpan describe_span(const std::vector<Attribute>& mentioned, FieldContext& context) {
  const model::Span& span = context.trace.span(context.span);
  TraceSpan out{span.span_id, {}, span.start_ns, span.end_ns - span.start_ns, {}};
  for (const Attribute& attribute : mentioned) {
    if (attribute.scope == Scope::kIntrinsic && attribute.intrinsic == Intrinsic::kName)
      out.name = span.name;
    if (has_own_field(attribute)) continue;
    each_value(attribute, context, [&](const Static& value) {
      model::set(out.attributes,
                 attribute.scope == Scope::kIntrinsic ? name_of(attribute.intrinsic)
                                                      : std::string_view(attribute.name),
                 to_value(value));
    });
  }
  return out;
}

SpanSet describe_set(const Spanset& set, const Query& query, const Trace& trace,
                     size_t spans_per_set) {
  SpanSet out;
  out.matched = set.spans.size();
  out.attributes = set.attributes;
  FieldContext context{trace, 0, {}};
  for (int span : set.spans) {
    if (spans_per_set != 0 && out.spans.size() == spans_per_set) break;
    context.span = span;
    out.spans.push_back(describe_span(query.mentioned, context));
  }
  return out;
}

size_t approximate_bytes(const Trace& trace) {
  return trace.size() * 512;
}

}  // namespace

Result<TraceqlResult> search_traces(QueryContext& context, const store::EventsReader& events,
                                    std::string_view text, const TraceqlOptions& options) {
  TRY(Query query, parse(text));
  store::TraceSelect select = hints(query);
  select.tenant = context.tenant;
  select.range = {options.start_ns, options.end_ns};
  TraceqlResult result;
  bool enough = false;
  Status done = events.traces(select, [&](const store::TraceView& view) -> Status {
    TRY_STATUS(context.check());
    Trace trace(view);
    result.inspected_traces++;
    result.inspected_bytes += approximate_bytes(trace);
    std::vector<Spanset> sets = run(query.pipeline, trace);
    if (sets.empty()) return {};
    TraceHit hit;
    hit.trace_id = view.trace_id;
    hit.root_service_name = trace.root_service();
    hit.root_trace_name = trace.root_name();
    hit.start_ns = trace.start_ns();
    hit.duration_ns = trace.duration_ns();
    hit.services = service_stats(trace);
    for (const Spanset& set : sets)
      hit.span_sets.push_back(describe_set(set, query, trace, options.spans_per_set));
    TRY_STATUS(context.reserve(256 + hit.span_sets.size() * 512));
    result.traces.push_back(std::move(hit));
    enough = result.traces.size() >= options.limit;
    if (enough) return Error{Code::kCancelled, "enough"};
    return {};
  });
  if (!done && !enough) return Error(done.error());
  return result;
}

}  // namespace tarsier::query
