#include "capture/recording.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/log.h"
#include "capture/reader.h"

namespace tarsier::capture {

Result<std::unique_ptr<Recorder>> Recorder::create(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wbe");
  if (!file) return io_error("create recording " + path);
  std::unique_ptr<Recorder> recorder(new Recorder(file));
  if (!recorder->write(kRecordingMagic)) return io_error("write recording " + path);
  return recorder;
}

bool Recorder::write(std::string_view record) {
  if (failed_) return false;
  if (std::fwrite(record.data(), 1, record.size(), file_.get()) == record.size()) return true;
  failed_ = true;
  LOG_ERROR("recording ends early", "error", std::strerror(errno), "hint", "free disk space");
  return false;
}

Status replay(const std::string& path, EventHandler& handler) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return io_error("open recording " + path);
  return replay(file, path, handler);
}

Status replay(std::istream& file, const std::string& path, EventHandler& handler) {
  std::string buffer(kRecordingMagic.size(), '\0');
  if (!file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
      buffer != kRecordingMagic) {
    return corrupt(path + ": not a recording (it does not begin with TSREC001)");
  }
  for (uint64_t at = kRecordingMagic.size();;) {
    ts_header header;
    file.read(reinterpret_cast<char*>(&header), sizeof header);
    if (file.gcount() == 0) return {};
    auto where = [&] { return fmt::format("{}: byte {}: ", path, at); };
    if (file.gcount() != sizeof header) return corrupt(where() + "the last record is cut short");
    if (header.size < sizeof header || header.size > kRecordMax) {
      return corrupt(where() + fmt::format("record size {}", header.size));
    }
    buffer.resize(header.size);
    std::memcpy(buffer.data(), &header, sizeof header);
    auto rest = static_cast<std::streamsize>(header.size - sizeof header);
    if (!file.read(buffer.data() + sizeof header, rest)) {
      return corrupt(where() + "the last record is cut short");
    }
    if (!dispatch(buffer, handler)) {
      return corrupt(where() + fmt::format("malformed record of kind {}", header.kind));
    }
    at += header.size;
  }
}

}  // namespace tarsier::capture
