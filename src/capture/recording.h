// A recording: "TSREC001", then records as they were in the ring, each of header.size bytes.
#pragma once

#include <cstdio>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "capture/capture.h"

namespace tarsier::capture {

inline constexpr std::string_view kRecordingMagic = "TSREC001";
inline constexpr size_t kRecordMax = 64 << 10;  // no record is larger

// One thread. Buffered; what is written is on disk after flush() or the destructor.
class Recorder {
 public:
  static Result<std::unique_ptr<Recorder>> create(const std::string& path);
  // False after an error, which is reported once; the recording then ends.
  bool write(std::string_view record);
  void flush() { std::fflush(file_.get()); }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  explicit Recorder(std::FILE* file) : file_(file) {}
  std::unique_ptr<std::FILE, Close> file_;
  bool failed_ = false;
};

// Plays a recording; `name` is how errors call it.
Status replay(std::istream& recording, const std::string& name, EventHandler& handler);

}  // namespace tarsier::capture
