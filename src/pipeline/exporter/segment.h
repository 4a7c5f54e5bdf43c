// One file of the export queue: docs/formats/export-queue.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace tarsier::pipeline {

struct QueueRecord {
  std::string payload;
  uint32_t items = 0;
  uint64_t offset = 0;  // in its segment
  uint64_t end = 0;     // where the next one starts
};

// Appending and reading may happen in two threads, as long as the reader stays below what was
// appended.
class Segment {
 public:
  static constexpr uint64_t kHeaderBytes = 12;
  static constexpr uint64_t kRecordHeaderBytes = 12;
  static constexpr uint32_t kPayloadBytesMax = 1u << 30;

  static Result<std::unique_ptr<Segment>> create(const std::filesystem::path& folder,
                                                 uint64_t number);
  // Visits the records from the first on, payload left out. What follows the last whole record is
  // cut off; torn says how many bytes. With `check` the payloads are checked as well.
  static Result<std::unique_ptr<Segment>> open(const std::filesystem::path& path, bool check,
                                               const std::function<void(const QueueRecord&)>& visit,
                                               uint64_t& torn);
  // The number in a segment's file name; none when it is another file.
  static std::optional<uint64_t> number_of(const std::filesystem::path& path);

  // Adds a record to a buffer, as it stands in the file.
  static void encode(std::string& buffer, std::string_view payload, uint32_t items);

  // Appends encoded records and makes them durable; on an error the file is as before.
  Status append(std::string_view records);
  // kCorrupt when the record does not pass its check.
  Result<QueueRecord> read(uint64_t offset) const;
  void unlink();

  uint64_t number() const { return number_; }
  uint64_t size() const { return size_; }

 private:
  Segment(std::filesystem::path path, uint64_t number, Fd fd)
      : path_(std::move(path)), number_(number), fd_(std::move(fd)) {}
  Result<QueueRecord> read(uint64_t offset, uint64_t file_size, bool payload) const;

  const std::filesystem::path path_;
  const uint64_t number_;
  Fd fd_;
  uint64_t size_ = 0;
};

}  // namespace tarsier::pipeline
