#include "store/events/logs.h"

#include <algorithm>

#include "store/events/log_labels.h"
#include "wire/otlp.h"
#include "wire/otlp_records.h"
#include "wire/push.h"

namespace tarsier::store {
namespace {

using PiecePtr = PieceCache<LogPiece>::PiecePtr;

// The line of a record; `buffer` holds it when the body is not a string.
std::string_view line_of(const model::LogRecord& record, std::string& buffer) {
  if (const auto* text = std::get_if<std::string>(&record.body.data)) return *text;
  buffer = model::to_string(record.body);
  return buffer;
}

bool is_native(const model::Scope& scope) {
  return scope.name == wire::kLokiScope;
}

size_t bytes_of(const model::LogRecord& record) {
  const auto* text = std::get_if<std::string>(&record.body.data);
  return sizeof record + (text ? text->size() : 64) + 120 * record.attributes.size();
}

// Both ends included, as everywhere inside; LogSelect's own end is not.
TimeRange closed(const TimeRange& range) {
  bool unbounded = range.end_ns == std::numeric_limits<int64_t>::max() ||
                   range.end_ns == std::numeric_limits<int64_t>::min();
  return {range.start_ns, unbounded ? range.end_ns : range.end_ns - 1};
}

bool in(const TimeRange& range, int64_t time_ns) {
  return time_ns >= range.start_ns && time_ns <= range.end_ns;
}

struct Hit {
  int64_t time_ns;
  uint64_t arrival;  // of the piece
  uint32_t index;    // in the piece
  PiecePtr piece;
  const LogPiece::Row& row() const { return piece->rows()[index]; }
};

// Rows in order, and a copy of the last one's identity: a line delivered twice is shown once.
class Shower {
 public:
  explicit Shower(const std::function<Status(const LogRow&)>& visit) : visit_(visit) {}

  Status show(const Hit& hit) {
    const LogPiece::Row& row = hit.row();
    const model::Labels& stream = hit.piece->streams()[row.stream];
    if (hit.time_ns != time_ns_) shown_.clear();
    time_ns_ = hit.time_ns;
    for (const Hit& other : shown_) {
      if (same(other, hit, stream)) return {};
    }
    shown_.push_back(hit);
    std::string buffer;
    std::string_view line = line_of(*row.record, buffer);
    model::Labels metadata =
        structured_metadata(stream, *row.resource, *row.scope, *row.record, row.native, line);
    return visit_({stream, metadata, hit.time_ns, line});
  }

 private:
  static bool same(const Hit& a, const Hit& b, const model::Labels& b_stream) {
    const LogPiece::Row &x = a.row(), &y = b.row();
    return *x.record == *y.record && *x.scope == *y.scope && *x.resource == *y.resource &&
           a.piece->streams()[x.stream] == b_stream;
  }

  const std::function<Status(const LogRow&)>& visit_;
  int64_t time_ns_ = 0;
  std::vector<Hit> shown_;  // those of time_ns_
};

// The rows of a piece that the selection wants.
void filter(const PiecePtr& piece, uint64_t arrival, const LogSelect& select,
            const TimeRange& range, const Matchers& matchers, std::vector<Hit>& out) {
  std::vector<char> wanted;
  for (const model::Labels& stream : piece->streams()) wanted.push_back(matches(matchers, stream));
  const auto& rows = piece->rows();
  auto first = std::lower_bound(rows.begin(), rows.end(), range.start_ns,
                                [](const auto& row, int64_t t) { return row.time_ns < t; });
  std::string buffer;
  for (auto it = first; it != rows.end() && it->time_ns <= range.end_ns; ++it) {
    if (!wanted[it->stream]) continue;
    if (select.trace_id && it->record->trace_id != *select.trace_id) continue;
    if (!select.contains.empty()) {
      std::string_view line = line_of(*it->record, buffer);
      bool all = std::all_of(select.contains.begin(), select.contains.end(), [&](const auto& part) {
        return line.find(part) != std::string_view::npos;
      });
      if (!all) continue;
    }
    out.push_back({it->time_ns, arrival, static_cast<uint32_t>(it - rows.begin()), piece});
  }
}

}  // namespace

uint32_t LogPiece::stream_id(model::Labels&& labels) {
  auto it = std::find(streams_.begin(), streams_.end(), labels);
  if (it == streams_.end()) it = streams_.insert(it, std::move(labels));
  return static_cast<uint32_t>(it - streams_.begin());
}

Result<Summary> summarize_logs(std::string_view otlp) {
  Summary summary;
  auto scope = [&](const model::Resource& resource, const model::Scope& scope) {
    summary.streams.push_back(stream_labels(resource, is_native(scope)));
  };
  auto record = [&](const wire::LogGlance& record) {
    int64_t time_ns = effective_time(record.time_ns, record.observed_ns);
    summary.items++;
    summary.cover(time_ns, time_ns);
    if (record.trace_id) summary.traces.push_back(trace_key(record.trace_id));
  };
  TRY_STATUS(wire::glance_logs(otlp, scope, record));
  summary.sort();
  return summary;
}

Result<std::shared_ptr<const LogPiece>> LogPiece::decode(std::string_view otlp) {
  TRY(auto batch, wire::decode_otlp(wire::Signal::kLogs, wire::Encoding::kProtobuf, otlp));
  auto piece = std::make_shared<LogPiece>();
  piece->data_ = std::move(batch.logs);
  for (const model::ResourceLogs& resource : piece->data_) {
    piece->bytes_ += 120 * resource.resource.attributes.size();
    for (const auto& scope : resource.scopes) {
      if (scope.records.empty()) continue;
      bool native = is_native(scope.scope);
      uint32_t stream = piece->stream_id(stream_labels(resource.resource, native));
      for (const model::LogRecord& record : scope.records) {
        piece->rows_.push_back(
            {effective_time(record), stream, native, &record, &scope.scope, &resource.resource});
        piece->bytes_ += bytes_of(record) + sizeof(Row);
      }
    }
  }
  std::stable_sort(piece->rows_.begin(), piece->rows_.end(),
                   [](const Row& a, const Row& b) { return a.time_ns < b.time_ns; });
  return std::shared_ptr<const LogPiece>(std::move(piece));
}

Status LogStore::logs(const LogSelect& select,
                      const std::function<Status(const LogRow&)>& visit) const {
  TRY(Matchers matchers, compile(select.matchers));
  TimeRange range = closed(select.range);
  std::vector<BlockPtr> sources = blocks_.sources([&](const Summary& summary) {
    if (!summary.touches(range)) return false;
    if (select.trace_id && !summary.has_trace(*select.trace_id)) return false;
    return std::any_of(summary.streams.begin(), summary.streams.end(),
                       [&](const auto& stream) { return matches(matchers, stream); });
  });
  bool newest = select.newest_first;
  std::stable_sort(sources.begin(), sources.end(), [&](const BlockPtr& a, const BlockPtr& b) {
    return newest ? a->summary.max_ns > b->summary.max_ns : a->summary.min_ns < b->summary.min_ns;
  });

  auto before = [&](const Hit& a, const Hit& b) {
    if (a.time_ns != b.time_ns) return (a.time_ns > b.time_ns) == newest;
    if (a.arrival != b.arrival) return a.arrival < b.arrival;
    return a.index < b.index;
  };
  std::vector<Hit> held;  // in no order
  Shower shower(visit);
  for (size_t i = 0; i < sources.size(); i++) {
    TRY(PiecePtr piece, cache_.load(sources[i]));
    filter(piece, sources[i]->arrival, select, range, matchers, held);
    // Rows that no later block can come before are shown now.
    auto ready = held.begin();
    if (i + 1 < sources.size()) {
      const Summary& next = sources[i + 1]->summary;
      ready = std::partition(held.begin(), held.end(), [&](const Hit& hit) {
        return newest ? hit.time_ns <= next.max_ns : hit.time_ns >= next.min_ns;
      });
    }
    std::sort(ready, held.end(), before);
    for (auto it = ready; it != held.end(); ++it) TRY_STATUS(shower.show(*it));
    held.erase(ready, held.end());
  }
  return {};
}

Result<std::vector<model::Labels>> LogStore::streams(const LogSelect& select) const {
  TRY(Matchers matchers, compile(select.matchers));
  TimeRange range = closed(select.range);
  std::vector<model::Labels> out;
  for (const BlockPtr& source :
       blocks_.sources([&](const Summary& summary) { return summary.touches(range); })) {
    for (const model::Labels& stream : source->summary.streams) {
      if (matches(matchers, stream)) out.push_back(stream);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Status LogStore::export_otlp(const TimeRange& range,
                             const std::function<Status(model::Batch&&)>& visit) const {
  auto sources = blocks_.sources([&](const Summary& summary) { return summary.touches(range); });
  for (const BlockPtr& source : sources) {
    TRY(PiecePtr piece, cache_.load(source));
    model::Batch batch;
    batch.logs = piece->data();
    for (auto& resource : batch.logs) {
      for (auto& scope : resource.scopes) {
        std::erase_if(scope.records,
                      [&](const auto& record) { return !in(range, effective_time(record)); });
      }
    }
    TRY_STATUS(visit(std::move(batch)));
  }
  return {};
}

}  // namespace tarsier::store
