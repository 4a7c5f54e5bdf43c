#include "store/wal/log.h"

#include <fmt/format.h>

#include <charconv>

#include "base/log.h"
#include "base/metrics.h"

namespace tarsier::store {
namespace {

constexpr std::string_view kSuffix = ".log";

std::string segment_name(uint64_t first) {
  return fmt::format("{:020}{}", first, kSuffix);
}

std::optional<uint64_t> parse_name(std::string_view name) {
  uint64_t first = 0;
  auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), first);
  if (ec != std::errc() || std::string_view(end, name.data() + name.size() - end) != kSuffix) {
    return std::nullopt;
  }
  return first;
}

// Where the next good record starts, npos when there is none: bytes in between were damaged.
size_t resync(std::string_view bytes, size_t at) {
  while ((at = bytes.find(kRecordMagic, at)) != std::string_view::npos) {
    if (read_record(bytes.substr(at))) return at;
    at++;
  }
  return at;
}

void count_damage(std::string_view kind, uint64_t bytes, const std::string& segment) {
  metrics()
      .counter("tarsier_store_log_damaged_bytes_total",
               "Bytes of the write-ahead log that were not a whole record at open",
               {{"reason", std::string(kind)}})
      .add(bytes);
  LOG_WARN("write-ahead log: bytes that are not a record were left out", "segment", segment,
           "reason", kind, "bytes", bytes);
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(Folder& folder, const Options& options, uint64_t after,
                                       const std::function<Status(const Record&)>& visit) {
  std::unique_ptr<Log> log(new Log(folder, options));
  log->last_sequence_ = after;
  TRY(auto names, folder.list());
  for (const std::string& name : names) {
    std::optional<uint64_t> first = parse_name(name);
    if (!first) continue;
    TRY(uint64_t size, folder.size(name));
    log->segments_.push_back({*first, size});
  }
  for (Segment& segment : log->segments_) {
    auto status = log->replay(segment, visit);
    if (!status)
      return std::move(status).error().with("log segment " + segment_name(segment.first));
  }
  return log;
}

Status Log::replay(Segment& segment, const std::function<Status(const Record&)>& visit) {
  std::string name = segment_name(segment.first);
  TRY(auto mapping, folder_.map(name));
  std::string_view bytes = mapping->bytes();
  size_t at = bytes.starts_with(kSegmentMagic) ? kSegmentMagic.size() : 0;
  while (at < bytes.size()) {
    std::optional<Record> record = read_record(bytes.substr(at));
    if (!record) {
      size_t next = resync(bytes, at);
      if (next == std::string_view::npos) break;
      damage_.corrupt_bytes += next - at;
      count_damage("corrupt", next - at, name);
      at = next;
      continue;
    }
    at += kRecordHeaderBytes + record->payload.size();
    if (record->sequence <= last_sequence_) continue;
    last_sequence_ = record->sequence;
    TRY_STATUS(visit(*record));
  }
  if (at < bytes.size()) {
    damage_.torn_bytes += bytes.size() - at;
    count_damage("torn", bytes.size() - at, name);
    TRY_STATUS(folder_.truncate(name, at));
    segment.bytes = at;
  }
  return {};
}

Status Log::start_segment() {
  uint64_t first = last_sequence_ + 1;
  // An empty segment of that name can be left from a commit that failed or a process that died.
  if (!segments_.empty() && segments_.back().first == first) segments_.pop_back();
  TRY(auto file, folder_.create(segment_name(first)));
  TRY_STATUS(file->append(kSegmentMagic));
  if (options_.fsync) TRY_STATUS(folder_.sync());
  file_ = std::move(file);
  segments_.push_back({first, kSegmentMagic.size()});
  return {};
}

// After a failed fsync the kernel may call pages clean that never reached the disk, so such a
// segment is never written again.
void Log::abandon(bool repairable) {
  bool clean = file_->truncate(segments_.back().bytes).has_value();
  if (!clean || !repairable) file_.reset();
}

Status Log::commit(std::span<const std::string_view> payloads) {
  if (!file_ || segments_.back().bytes >= options_.segment_bytes) TRY_STATUS(start_segment());
  buffer_.clear();
  for (std::string_view payload : payloads) {
    append_record(buffer_, {.sequence = ++last_sequence_, .payload = payload});
  }
  if (Status written = file_->append(buffer_); !written) {
    abandon(true);
    return written;
  }
  if (options_.fsync) {
    if (Status synced = file_->sync(); !synced) {
      abandon(false);
      return synced;
    }
  }
  segments_.back().bytes += buffer_.size();
  if (buffer_.capacity() > (8u << 20)) buffer_.shrink_to_fit();
  return {};
}

Status Log::cut(uint64_t sequence) {
  size_t drop = 0;
  while (drop < segments_.size()) {
    bool last = drop + 1 == segments_.size();
    uint64_t next_first = last ? last_sequence_ + 1 : segments_[drop + 1].first;
    if (next_first > sequence + 1 || (last && file_)) break;
    TRY_STATUS(folder_.remove(segment_name(segments_[drop].first)));
    drop++;
  }
  if (drop == 0) return {};
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<ptrdiff_t>(drop));
  return folder_.sync();
}

uint64_t Log::bytes() const {
  uint64_t total = 0;
  for (const Segment& segment : segments_) total += segment.bytes;
  return total;
}

}  // namespace tarsier::store
