#include "pipeline/exporter/disk_queue.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cstring>

#include "base/hash.h"
#include "base/log.h"

namespace tarsier::pipeline {
namespace {

constexpr uint64_t kSegmentBytesMin = 64 << 10, kSegmentBytesMax = 16 << 20;
constexpr uint64_t kSegmentsWanted = 16;  // how fine the oldest data is dropped

Counter& dropped(const char* reason) {
  return metrics().counter("tarsier_exporter_dropped_items_total",
                           "Items that were taken and not delivered", {{"reason", reason}});
}

// The file "position": which byte of which segment is to be read next.
struct Position {
  uint64_t segment = 0, offset = 0;
  uint32_t crc = 0, unused = 0;

  uint32_t checksum() const {
    return crc32c({reinterpret_cast<const char*>(this), offsetof(Position, crc)});
  }
};

Position read_position(int fd) {
  Position position;
  bool whole = ::pread(fd, &position, sizeof position, 0) == sizeof position;
  return whole && position.crc == position.checksum() ? position : Position();
}

}  // namespace

DiskQueue::DiskQueue(const DiskQueueOptions& options)
    : options_(options),
      segment_bytes_(
          std::clamp(options.bytes_max / kSegmentsWanted, kSegmentBytesMin, kSegmentBytesMax)),
      dropped_full_(dropped("queue_full")),
      dropped_disk_(dropped("disk")),
      dropped_corrupt_(dropped("corrupt")),
      torn_bytes_(metrics().counter("tarsier_exporter_torn_bytes_total",
                                    "Bytes at a segment's end that were no whole record")),
      recovered_(metrics().counter("tarsier_exporter_recovered_items_total",
                                   "Items found in the queue at start")) {}

Result<std::unique_ptr<DiskQueue>> DiskQueue::open(const DiskQueueOptions& options) {
  std::unique_ptr<DiskQueue> queue(new DiskQueue(options));
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) return io_error("create " + options.folder.string(), error.value());
  TRY_STATUS(queue->lock_folder());
  TRY_STATUS(queue->recover());
  queue->writer_ = std::thread([q = queue.get()] { q->run_writer(); });
  return queue;
}

DiskQueue::~DiskQueue() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  if (writer_.joinable()) writer_.join();
}

Status DiskQueue::lock_folder() {
  std::filesystem::path path = options_.folder / "position";
  position_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!position_) return io_error("open " + path.string());
  if (::flock(position_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  return Error{Code::kConflict,
               fmt::format("{} is in use by another process; give each its own queue folder",
                           options_.folder.string())};
}

Status DiskQueue::recover() {
  std::vector<std::pair<uint64_t, std::filesystem::path>> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options_.folder, error)) {
    if (auto number = Segment::number_of(entry.path())) files.emplace_back(*number, entry.path());
  }
  if (error) return io_error("list " + options_.folder.string(), error.value());
  std::sort(files.begin(), files.end());
  const Position position = read_position(position_.get());
  next_number_ = std::max<uint64_t>(1, position.segment);
  for (const auto& [number, path] : files) {
    next_number_ = std::max(next_number_, number + 1);
    if (number < position.segment) {
      ::unlink(path.c_str());
      continue;
    }
    auto part = std::make_shared<Part>();
    uint64_t torn = 0, popped_items = 0;
    bool on_boundary = false;
    auto visit = [&](const QueueRecord& record) {
      bool popped = number == position.segment && record.end <= position.offset;
      on_boundary = on_boundary || (popped && record.end == position.offset);
      (popped ? popped_items : part->items) += record.items;
    };
    // Only the last one can be torn: it was the one being written.
    TRY(part->segment, Segment::open(path, path == files.back().second, visit, torn));
    part->size = part->segment->size();
    if (torn > 0) {
      torn_bytes_.add(torn);
      LOG_WARN("export queue: torn end cut off", "file", path.string(), "bytes", torn);
    }
    if (parts_.empty()) read_offset_ = on_boundary ? position.offset : Segment::kHeaderBytes;
    if (!on_boundary) part->items += popped_items;
    bytes_ += part->size;
    items_ += part->items;
    parts_.push_back(std::move(part));
  }
  recovered_.add(items_);
  remove_read_parts();
  update_gauges();
  return {};
}

Result<std::shared_future<Status>> DiskQueue::push(std::string payload, uint32_t items) {
  const uint64_t size = payload.size() + Segment::kRecordHeaderBytes;
  if (size + Segment::kHeaderBytes > options_.bytes_max ||
      payload.size() > Segment::kPayloadBytesMax) {
    return Error{Code::kLimitExceeded, fmt::format("{} bytes do not fit into a queue of {} bytes",
                                                   size, options_.bytes_max)};
  }
  std::lock_guard lock(mutex_);
  if (unwritten_bytes_ + size > options_.unwritten_bytes_max && unwritten_bytes_ > 0) {
    return Error{Code::kUnavailable, fmt::format("{} bytes wait to be written to {}",
                                                 unwritten_bytes_, options_.folder.string())};
  }
  unwritten_bytes_ += size;
  items_ += items;
  unwritten_.push_back({std::move(payload), items, {}});
  update_gauges();
  work_.notify_one();
  return unwritten_.back().durable.get_future().share();
}

void DiskQueue::run_writer() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return stopping_ || !unwritten_.empty(); });
    if (unwritten_.empty()) return;
    auto records = std::exchange(unwritten_, {});
    unwritten_bytes_ = 0;
    lock.unlock();
    write(std::move(records));
    lock.lock();
  }
}

// Group commit: all that gathered while the disk was busy becomes durable by one fdatasync, or by
// one for each segment that it fills.
void DiskQueue::write(std::vector<Unwritten> records) {
  for (size_t begin = 0, end = 0; begin < records.size(); begin = end) {
    std::string bytes;
    uint64_t items = 0;
    for (; end < records.size() && bytes.size() < segment_bytes_; end++) {
      Segment::encode(bytes, records[end].payload, records[end].items);
      items += records[end].items;
    }
    Status status = write_chunk(bytes, items);
    for (size_t i = begin; i < end; i++) records[i].durable.set_value(status);
  }
}

Status DiskQueue::write_chunk(const std::string& bytes, uint64_t items) {
  std::shared_ptr<Part> part = active_;  // only this thread changes it
  Status status;
  if (!part) {
    auto segment = Segment::create(options_.folder, next_number_++);
    if (segment) {
      part = std::make_shared<Part>();
      part->segment = std::move(*segment);
    } else {
      status = Error(segment.error());
    }
  }
  if (status) status = part->segment->append(bytes);

  std::lock_guard lock(mutex_);
  if (!status) {
    if (part && !active_) part->segment->unlink();
    items_ -= items;
    dropped_disk_.add(items);
    update_gauges();
    readable_.notify_all();
    LOG_ERROR("export queue: cannot write", "error", status.error().message, "items_lost", items,
              "hint", "free disk space or set a smaller queue");
    return status;
  }
  if (!active_) {
    if (parts_.empty()) read_offset_ = Segment::kHeaderBytes;
    parts_.push_back(part);
    active_ = part;
  }
  bytes_ += part->segment->size() - part->size;
  part->size = part->segment->size();
  part->items += items;
  if (part->size >= segment_bytes_) active_ = nullptr;
  make_room();
  update_gauges();
  readable_.notify_all();
  return {};
}

void DiskQueue::make_room() {
  remove_read_parts();
  while (bytes_ > options_.bytes_max && parts_.size() > 1) drop_oldest_part();
}

void DiskQueue::drop_oldest_part() {
  Part& part = *parts_.front();
  uint64_t lost = part.items;
  if (in_front_ && !front_dropped_) {  // its fate is decided by who is sending it
    front_dropped_ = true;
    lost -= in_front_->items;
  }
  LOG_WARN("export queue: full, the oldest data is dropped", "items", lost, "bytes", part.size,
           "hint", "the far side does not take the data; a larger queue lasts longer");
  dropped_full_.add(lost);
  items_ -= lost;
  bytes_ -= part.size;
  part.segment->unlink();
  parts_.pop_front();
  read_offset_ = Segment::kHeaderBytes;
  save_position();
}

// The active segment stays, read or not: the writer still appends to it.
void DiskQueue::remove_read_parts() {
  bool removed = false;
  while (!parts_.empty() && read_offset_ >= parts_.front()->size && parts_.front() != active_) {
    bytes_ -= parts_.front()->size;
    parts_.front()->segment->unlink();
    parts_.pop_front();
    read_offset_ = Segment::kHeaderBytes;
    removed = true;
  }
  if (removed) save_position();
}

std::optional<QueueRecord> DiskQueue::front(std::chrono::nanoseconds timeout) {
  std::unique_lock lock(mutex_);
  auto readable = [this] {
    return !parts_.empty() && (parts_.size() > 1 || read_offset_ < parts_.front()->size);
  };
  if (!readable_.wait_for(lock, timeout, readable)) return std::nullopt;
  remove_read_parts();
  if (!readable()) return std::nullopt;
  std::shared_ptr<Part> part = parts_.front();
  auto record = part->segment->read(read_offset_);
  if (!record) {  // the disk broke it after it was written: what follows cannot be found
    LOG_ERROR("export queue: a segment is damaged", "error", record.error().message, "items_lost",
              part->items);
    dropped_corrupt_.add(part->items);
    items_ -= part->items;
    part->items = 0;
    read_offset_ = part->size;
    update_gauges();
    return std::nullopt;
  }
  in_front_ = QueueRecord{{}, record->items, record->offset, record->end};
  front_dropped_ = false;
  return std::move(*record);
}

void DiskQueue::pop() {
  std::lock_guard lock(mutex_);
  if (!in_front_) return;
  items_ -= in_front_->items;
  if (!front_dropped_) {
    parts_.front()->items -= in_front_->items;
    read_offset_ = in_front_->end;
    save_position();
  }
  in_front_.reset();
  remove_read_parts();
  update_gauges();
  readable_.notify_all();
}

bool DiskQueue::front_was_dropped() {
  std::lock_guard lock(mutex_);
  if (!in_front_ || !front_dropped_) return false;
  dropped_full_.add(in_front_->items);
  items_ -= in_front_->items;
  in_front_.reset();
  update_gauges();
  readable_.notify_all();
  return true;
}

// Not fsync'd: after a power loss a few records may be sent a second time, none is lost.
void DiskQueue::save_position() {
  Position position;
  position.segment = parts_.empty() ? next_number_ : parts_.front()->segment->number();
  position.offset = read_offset_;
  position.crc = position.checksum();
  if (::pwrite(position_.get(), &position, sizeof position, 0) != sizeof position) {
    LOG_WARN("export queue: cannot write the position", "folder", options_.folder.string(), "hint",
             "after a restart, records may be sent twice");
  }
}

void DiskQueue::update_gauges() {
  static Gauge& items = metrics().gauge("tarsier_exporter_held_items", "Items in the queue");
  static Gauge& bytes = metrics().gauge("tarsier_exporter_held_bytes", "Size of the queue on disk");
  items.set(static_cast<double>(items_));
  bytes.set(static_cast<double>(bytes_));
}

uint64_t DiskQueue::held_items() const {
  std::lock_guard lock(mutex_);
  return items_;
}

uint64_t DiskQueue::held_bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

bool DiskQueue::wait_empty(std::chrono::nanoseconds timeout) {
  std::unique_lock lock(mutex_);
  return readable_.wait_for(lock, timeout, [this] { return items_ == 0; });
}

}  // namespace tarsier::pipeline
