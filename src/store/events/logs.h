// Logs: pieces of decoded records sorted by time, merged into one order over all streams.
#pragma once

#include <memory>
#include <vector>

#include "model/batch.h"
#include "store/events/blocks.h"
#include "store/match.h"

namespace tarsier::store {

class LogPiece {
 public:
  struct Row {
    int64_t time_ns;
    uint32_t stream;  // in streams()
    bool native;      // came by Loki's push API
    const model::LogRecord* record;
    const model::Scope* scope;
    const model::Resource* resource;
  };

  static Result<std::shared_ptr<const LogPiece>> decode(std::string_view otlp);

  size_t bytes() const { return bytes_; }
  const std::vector<model::ResourceLogs>& data() const { return data_; }
  const std::vector<model::Labels>& streams() const { return streams_; }
  const std::vector<Row>& rows() const { return rows_; }  // by time, then order of arrival

 private:
  uint32_t stream_id(model::Labels&& labels);

  std::vector<model::ResourceLogs> data_;
  std::vector<model::Labels> streams_;
  std::vector<Row> rows_;
  size_t bytes_ = 0;
};

// Of an ExportLogsServiceRequest.
Result<Summary> summarize_logs(std::string_view otlp);

class LogStore {
 public:
  explicit LogStore(PieceCache<LogPiece>& cache) : cache_(cache) {}

  Blocks& blocks() { return blocks_; }
  const Blocks& blocks() const { return blocks_; }

  Status logs(const LogSelect& select, const std::function<Status(const LogRow&)>& visit) const;
  Result<std::vector<model::Labels>> streams(const LogSelect& select) const;  // sorted
  Status export_otlp(const TimeRange& range,
                     const std::function<Status(model::Batch&&)>& visit) const;

 private:
  Blocks blocks_;
  PieceCache<LogPiece>& cache_;
};

}  // namespace tarsier::store
