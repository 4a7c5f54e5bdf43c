#include "pipeline/exporter/segment.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <charconv>
#include <cstring>

#include "base/hash.h"

namespace tarsier::pipeline {
namespace {

constexpr std::string_view kMagic = "tsrqueue";
constexpr uint32_t kVersion = 1;
constexpr std::string_view kSuffix = ".seg";

struct RecordHeader {  // little-endian, as this program's hosts are
  uint32_t length, items, crc;
};
static_assert(sizeof(RecordHeader) == Segment::kRecordHeaderBytes);

uint32_t checksum(const RecordHeader& header, std::string_view payload) {
  std::string_view counted(reinterpret_cast<const char*>(&header), offsetof(RecordHeader, crc));
  return crc32c(payload, crc32c(counted));
}

std::string file_header() {
  std::string out(kMagic);
  out.append(reinterpret_cast<const char*>(&kVersion), sizeof kVersion);
  return out;
}

Status write_all(int fd, std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_error("write");
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return {};
}

// False when the file ends before.
bool read_all(int fd, char* out, size_t size, uint64_t offset) {
  while (size > 0) {
    ssize_t n = ::pread(fd, out, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    out += n;
    size -= static_cast<size_t>(n);
    offset += static_cast<uint64_t>(n);
  }
  return true;
}

}  // namespace

std::optional<uint64_t> Segment::number_of(const std::filesystem::path& path) {
  std::string name = path.filename();
  if (!name.ends_with(kSuffix)) return std::nullopt;
  const char* end = name.data() + name.size() - kSuffix.size();
  uint64_t number = 0;
  auto [stop, error] = std::from_chars(name.data(), end, number, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

Result<std::unique_ptr<Segment>> Segment::create(const std::filesystem::path& folder,
                                                 uint64_t number) {
  std::filesystem::path path = folder / fmt::format("{:016x}{}", number, kSuffix);
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return io_error("create " + path.string());
  std::unique_ptr<Segment> segment(new Segment(path, number, std::move(fd)));
  if (auto written = segment->append(file_header()); !written) {
    segment->unlink();
    return Error(written.error());
  }
  Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) return io_error("fsync " + folder.string());
  return segment;
}

Result<std::unique_ptr<Segment>> Segment::open(const std::filesystem::path& path, bool check,
                                               const std::function<void(const QueueRecord&)>& visit,
                                               uint64_t& torn) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) return io_error("open " + path.string());
  const auto file_size = static_cast<uint64_t>(info.st_size);
  std::unique_ptr<Segment> segment(new Segment(path, *number_of(path), std::move(fd)));
  std::array<char, kHeaderBytes> header{};
  bool known = read_all(segment->fd_.get(), header.data(), header.size(), 0) &&
               std::string_view(header.data(), header.size()) == file_header();
  if (known) {
    segment->size_ = kHeaderBytes;
    for (auto record = segment->read(kHeaderBytes, file_size, check); record;
         record = segment->read(segment->size_, file_size, check)) {
      visit(*record);
      segment->size_ = record->end;
    }
  }
  torn = file_size - segment->size_;
  if (torn > 0 && ::ftruncate(segment->fd_.get(), static_cast<off_t>(segment->size_)) != 0) {
    return io_error("truncate " + path.string());
  }
  return segment;
}

void Segment::encode(std::string& buffer, std::string_view payload, uint32_t items) {
  RecordHeader header{static_cast<uint32_t>(payload.size()), items, 0};
  header.crc = checksum(header, payload);
  buffer.append(reinterpret_cast<const char*>(&header), sizeof header);
  buffer.append(payload);
}

Status Segment::append(std::string_view records) {
  Status status = write_all(fd_.get(), records, size_);
  if (status && ::fdatasync(fd_.get()) != 0) status = io_error("fdatasync");
  if (status) {
    size_ += records.size();
    return {};
  }
  [[maybe_unused]] int cut = ::ftruncate(fd_.get(), static_cast<off_t>(size_));
  return Error(status.error()).with(path_.string());
}

Result<QueueRecord> Segment::read(uint64_t offset) const {
  struct stat info{};
  if (::fstat(fd_.get(), &info) != 0) return io_error("stat " + path_.string());
  return read(offset, static_cast<uint64_t>(info.st_size), true);
}

Result<QueueRecord> Segment::read(uint64_t offset, uint64_t file_size, bool payload) const {
  RecordHeader header{};
  auto broken = [&] { return corrupt(fmt::format("{}: byte {}", path_.string(), offset)); };
  if (!read_all(fd_.get(), reinterpret_cast<char*>(&header), sizeof header, offset)) {
    return broken();
  }
  QueueRecord record{{}, header.items, offset, offset + sizeof header + header.length};
  if (header.length > kPayloadBytesMax || record.end > file_size) return broken();
  if (!payload) return record;
  record.payload.resize(header.length);
  bool whole = read_all(fd_.get(), record.payload.data(), header.length, offset + sizeof header);
  if (!whole || checksum(header, record.payload) != header.crc) return broken();
  return record;
}

void Segment::unlink() {
  ::unlink(path_.c_str());
}

}  // namespace tarsier::pipeline
