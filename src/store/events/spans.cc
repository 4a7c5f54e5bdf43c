#include "store/events/spans.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

#include "wire/otlp.h"
#include "wire/otlp_records.h"

namespace tarsier::store {
namespace {

using PiecePtr = PieceCache<SpanPiece>::PiecePtr;

size_t bytes_of(const model::Span& span) {
  return sizeof span + span.name.size() + 120 * span.attributes.size() + 160 * span.events.size() +
         160 * span.links.size();
}

// Saturates: both times are the sender's word.
int64_t duration_ns(int64_t start_ns, int64_t end_ns) {
  int64_t out;
  if (!__builtin_sub_overflow(end_ns, start_ns, &out)) return out;
  return end_ns > start_ns ? INT64_MAX : INT64_MIN;
}

bool overlaps(const model::Span& span, const TimeRange& range) {
  return std::min(span.start_ns, span.end_ns) <= range.end_ns &&
         std::max(span.start_ns, span.end_ns) >= range.start_ns;
}

bool hinted(const TraceSelect& select) {
  return select.service_name || select.span_name || select.duration_min_ns;
}

bool meets_hints(const Summary& summary, const TraceSelect& select) {
  return (!select.service_name || summary.has_word(*select.service_name)) &&
         (!select.span_name || summary.has_word(*select.span_name)) &&
         (!select.duration_min_ns || summary.duration_max_ns >= *select.duration_min_ns);
}

bool meets_hints(const SpanPiece::Ref& ref, const TraceSelect& select) {
  const model::Span& span = *ref.span;
  return (!select.span_name || span.name == *select.span_name) &&
         (!select.duration_min_ns ||
          duration_ns(span.start_ns, span.end_ns) >= *select.duration_min_ns) &&
         (!select.service_name || model::find_string(ref.resource->resource.attributes,
                                                     "service.name") == *select.service_name);
}

// The blocks in which every trace of the answer can be found: those that hold a span that meets the
// hints, and either touch the range or share a trace with one that does.
std::vector<BlockPtr> candidates(const std::vector<BlockPtr>& all, const TraceSelect& select) {
  std::vector<BlockPtr> out;
  if (!hinted(select)) {
    for (const BlockPtr& source : all) {
      if (source->summary.touches(select.range)) out.push_back(source);
    }
    return out;
  }
  boost::unordered_flat_set<uint64_t> in_range;
  for (const BlockPtr& source : all) {
    if (!source->summary.touches(select.range)) continue;
    in_range.insert(source->summary.traces.begin(), source->summary.traces.end());
  }
  for (const BlockPtr& source : all) {
    const Summary& summary = source->summary;
    if (!meets_hints(summary, select)) continue;
    bool shares = std::any_of(summary.traces.begin(), summary.traces.end(),
                              [&](uint64_t key) { return in_range.contains(key); });
    if (shares) out.push_back(source);
  }
  return out;
}

// A trace out of all the pieces that hold a part of it.
struct Trace {
  std::vector<PiecePtr> pieces;  // whom the refs point into
  std::vector<SpanPiece::Ref> refs;
};

}  // namespace

Result<Summary> summarize_spans(std::string_view otlp) {
  Summary summary;
  auto scope = [&](const model::Resource& resource, const model::Scope&) {
    std::string_view service = model::find_string(resource.attributes, "service.name");
    if (!service.empty()) summary.words.push_back(hash64(service));
  };
  auto span = [&](const wire::SpanGlance& span) {
    summary.items++;
    summary.cover(span.start_ns, span.end_ns);
    summary.duration_max_ns =
        std::max(summary.duration_max_ns, duration_ns(span.start_ns, span.end_ns));
    summary.traces.push_back(trace_key(span.trace_id));
    uint64_t name = hash64(span.name);
    if (summary.words.empty() || summary.words.back() != name) summary.words.push_back(name);
  };
  TRY_STATUS(wire::glance_spans(otlp, scope, span));
  summary.sort();
  return summary;
}

Result<std::shared_ptr<const SpanPiece>> SpanPiece::decode(std::string_view otlp) {
  TRY(auto batch, wire::decode_otlp(wire::Signal::kTraces, wire::Encoding::kProtobuf, otlp));
  auto piece = std::make_shared<SpanPiece>();
  piece->data_ = std::move(batch.spans);
  for (const model::ResourceSpans& resource : piece->data_) {
    piece->bytes_ += 120 * resource.resource.attributes.size();
    for (const auto& scope : resource.scopes) {
      for (const model::Span& span : scope.records) {
        piece->by_trace_.push_back({&span, &resource, &scope});
        piece->bytes_ += bytes_of(span) + sizeof(Ref);
      }
    }
  }
  std::stable_sort(piece->by_trace_.begin(), piece->by_trace_.end(),
                   [](const Ref& a, const Ref& b) { return a.trace_id() < b.trace_id(); });
  return std::shared_ptr<const SpanPiece>(std::move(piece));
}

std::span<const SpanPiece::Ref> SpanPiece::of_trace(const model::TraceId& id) const {
  auto less = [](const auto& a, const auto& b) {
    if constexpr (std::is_same_v<std::decay_t<decltype(a)>, Ref>) {
      return a.trace_id() < b;
    } else {
      return a < b.trace_id();
    }
  };
  auto [first, last] = std::equal_range(by_trace_.begin(), by_trace_.end(), id, less);
  return {first, last};
}

namespace {

Result<Trace> assemble(const model::TraceId& id, const std::vector<BlockPtr>& all,
                       PieceCache<SpanPiece>& cache) {
  Trace trace;
  for (const BlockPtr& source : all) {
    if (!source->summary.has_trace(id)) continue;
    TRY(PiecePtr piece, cache.load(source));
    auto refs = piece->of_trace(id);
    if (refs.empty()) continue;
    trace.refs.insert(trace.refs.end(), refs.begin(), refs.end());
    trace.pieces.push_back(std::move(piece));
  }
  // One span id can be two spans: client and server that share it, as Zipkin does.
  auto identity = [](const SpanPiece::Ref& r) { return std::tie(r.span->span_id, r.span->kind); };
  auto same = [&](const auto& a, const auto& b) { return identity(a) == identity(b); };
  std::stable_sort(trace.refs.begin(), trace.refs.end(),
                   [&](const auto& a, const auto& b) { return identity(a) < identity(b); });
  trace.refs.erase(std::unique(trace.refs.begin(), trace.refs.end(), same), trace.refs.end());
  std::stable_sort(trace.refs.begin(), trace.refs.end(), [](const auto& a, const auto& b) {
    return a.span->start_ns < b.span->start_ns;
  });
  return trace;
}

Status show(const model::TraceId& id, const Trace& trace,
            const std::function<Status(const TraceView&)>& visit) {
  std::vector<SpanRow> rows;
  rows.reserve(trace.refs.size());
  for (const SpanPiece::Ref& ref : trace.refs) {
    rows.push_back({ref.resource->resource, ref.resource->schema_url, ref.scope->scope,
                    ref.scope->schema_url, *ref.span});
  }
  return visit({id, rows});
}

bool any_source(const Summary& summary) {
  return summary.items > 0;
}

}  // namespace

Status SpanStore::trace(const model::TraceId& id,
                        const std::function<Status(const TraceView&)>& visit) const {
  auto sources = blocks_.sources([&](const Summary& summary) { return summary.has_trace(id); });
  TRY(Trace trace, assemble(id, sources, cache_));
  if (trace.refs.empty()) return not_found("trace " + id.hex() + " is not known");
  return show(id, trace, visit);
}

Status SpanStore::traces(const TraceSelect& select,
                         const std::function<Status(const TraceView&)>& visit) const {
  std::vector<BlockPtr> all = blocks_.sources(any_source);
  std::vector<BlockPtr> sources = candidates(all, select);
  std::stable_sort(sources.begin(), sources.end(), [](const BlockPtr& a, const BlockPtr& b) {
    return a->summary.max_ns > b->summary.max_ns;
  });

  struct Found {
    int64_t start_ns;
    model::TraceId id;
  };
  std::vector<Found> found;  // not shown yet
  boost::unordered_flat_set<uint64_t> seen;
  bool hints = hinted(select);
  auto examine = [&](const PiecePtr& piece) -> Status {
    for (const SpanPiece::Ref& ref : piece->by_trace()) {
      if (hints ? !meets_hints(ref, select) : !overlaps(*ref.span, select.range)) continue;
      if (!seen.insert(trace_key(ref.trace_id())).second) continue;
      TRY(Trace trace, assemble(ref.trace_id(), all, cache_));
      bool in_range = std::any_of(trace.refs.begin(), trace.refs.end(),
                                  [&](const auto& r) { return overlaps(*r.span, select.range); });
      if (in_range) found.push_back({trace.refs.front().span->start_ns, ref.trace_id()});
    }
    return {};
  };
  // Shows what is found and started at or after `from_ns`, newest first.
  auto flush = [&](int64_t from_ns) -> Status {
    auto rest = std::partition(found.begin(), found.end(),
                               [&](const Found& f) { return f.start_ns < from_ns; });
    std::sort(rest, found.end(), [&](const Found& a, const Found& b) {
      if (a.start_ns != b.start_ns) return (a.start_ns > b.start_ns) == select.newest_first;
      return a.id < b.id;
    });
    for (auto it = rest; it != found.end(); ++it) {
      TRY(Trace trace, assemble(it->id, all, cache_));
      TRY_STATUS(show(it->id, trace, visit));
    }
    found.erase(rest, found.end());
    return {};
  };

  // A trace that has not been found yet started no later than the newest span of the next block.
  for (size_t i = 0; i < sources.size(); i++) {
    TRY(PiecePtr piece, cache_.load(sources[i]));
    TRY_STATUS(examine(piece));
    if (select.newest_first && i + 1 < sources.size()) {
      TRY_STATUS(flush(sources[i + 1]->summary.max_ns));
    }
  }
  return flush(std::numeric_limits<int64_t>::min());
}

Status SpanStore::export_otlp(const TimeRange& range,
                              const std::function<Status(model::Batch&&)>& visit) const {
  auto sources = blocks_.sources([&](const Summary& summary) { return summary.touches(range); });
  for (const BlockPtr& source : sources) {
    TRY(PiecePtr piece, cache_.load(source));
    model::Batch batch;
    batch.spans = piece->data();
    for (auto& resource : batch.spans) {
      for (auto& scope : resource.scopes) {
        std::erase_if(scope.records, [&](const auto& span) { return !overlaps(span, range); });
      }
    }
    TRY_STATUS(visit(std::move(batch)));
  }
  return {};
}

}  // namespace tarsier::store
