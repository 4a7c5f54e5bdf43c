// Spans: pieces of decoded spans sorted by trace, and whole traces out of many pieces.
#pragma once

#include <memory>
#include <vector>

#include "model/batch.h"
#include "store/events/blocks.h"

namespace tarsier::store {

class SpanPiece {
 public:
  struct Ref {
    const model::Span* span;
    const model::ResourceSpans* resource;
    const model::Scoped<model::Span>* scope;
    const model::TraceId& trace_id() const { return span->trace_id; }
  };

  static Result<std::shared_ptr<const SpanPiece>> decode(std::string_view otlp);

  size_t bytes() const { return bytes_; }
  const std::vector<model::ResourceSpans>& data() const { return data_; }
  const std::vector<Ref>& by_trace() const { return by_trace_; }  // then by order of arrival
  std::span<const Ref> of_trace(const model::TraceId& id) const;

 private:
  std::vector<model::ResourceSpans> data_;
  std::vector<Ref> by_trace_;
  size_t bytes_ = 0;
};

// Of an ExportTraceServiceRequest.
Result<Summary> summarize_spans(std::string_view otlp);

class SpanStore {
 public:
  explicit SpanStore(PieceCache<SpanPiece>& cache) : cache_(cache) {}

  Blocks& blocks() { return blocks_; }
  const Blocks& blocks() const { return blocks_; }

  Status trace(const model::TraceId& id,
               const std::function<Status(const TraceView&)>& visit) const;
  Status traces(const TraceSelect& select,
                const std::function<Status(const TraceView&)>& visit) const;
  Status export_otlp(const TimeRange& range,
                     const std::function<Status(model::Batch&&)>& visit) const;

 private:
  Blocks blocks_;
  PieceCache<SpanPiece>& cache_;
};

}  // namespace tarsier::store
