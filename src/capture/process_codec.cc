#include "capture/process_codec.h"

#include <cstring>

namespace tarsier::capture {
namespace {

// Integers as they lie in memory, strings with a 32-bit length before them: the two ends are the
// same program on the same machine.
class Writer {
 public:
  explicit Writer(ts_header header) { put(header); }

  template <typename T>
  void put(const T& value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_string(std::string_view text) {
    put(static_cast<uint32_t>(text.size()));
    out_.append(text);
  }
  size_t size() const { return out_.size(); }
  void set_count(size_t at, uint32_t count) { std::memcpy(&out_[at], &count, sizeof count); }

  std::string finish() && {
    auto size = static_cast<uint32_t>(out_.size());
    std::memcpy(&out_[offsetof(ts_header, size)], &size, sizeof size);
    return std::move(out_);
  }

 private:
  std::string out_;
};

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T get() {
    T value{};
    if (bytes_.size() < sizeof value) {
      failed_ = true;
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  std::string get_string() {
    auto size = get<uint32_t>();
    if (failed_ || size > bytes_.size()) {
      failed_ = true;
      return {};
    }
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }
  bool failed() const { return failed_; }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

ts_header make_header(ts_kind kind, uint32_t pid, uint64_t time_ns) {
  ts_header header{};
  header.kind = kind;
  header.size = sizeof header;
  header.time_ns = time_ns;
  header.pid = pid;
  return header;
}

constexpr size_t kTextMax = 4096;  // of one string: paths are shorter, command lines are cut

}  // namespace

std::string encode_process(const Process& process, uint64_t time_ns) {
  Writer out(make_header(TS_PROCESS, process.pid, time_ns));
  out.put(process.start_time);
  out.put(static_cast<uint8_t>(process.language));
  out.put(static_cast<uint8_t>(process.has_otel_sdk));
  for (const std::string* text :
       {&process.exe_path, &process.command_line, &process.service_name, &process.service_namespace,
        &process.container_id, &process.language_version}) {
    out.put_string(std::string_view(*text).substr(0, kTextMax));
  }
  size_t count_at = out.size();
  uint32_t count = 0;
  out.put(count);
  for (const auto& attribute : process.resource_attributes) {
    const auto* text = std::get_if<std::string>(&attribute.value.data);
    if (!text) continue;  // an environment variable holds nothing else
    if (out.size() + attribute.key.size() + text->size() + 8 > kProcessRecordMax) break;
    out.put_string(attribute.key);
    out.put_string(*text);
    count++;
  }
  out.set_count(count_at, count);
  return std::move(out).finish();
}

std::string encode_exit(uint32_t pid, uint64_t time_ns) {
  return Writer(make_header(TS_EXIT, pid, time_ns)).finish();
}

std::string encode_lost(uint64_t records, uint64_t time_ns) {
  Writer out(make_header(TS_LOST, 0, time_ns));
  out.put(records);
  return std::move(out).finish();
}

Result<Process> decode_process(const ts_header& header, std::string_view body) {
  Cursor in(body);
  Process process;
  process.pid = header.pid;
  process.start_time = in.get<uint64_t>();
  auto language = in.get<uint8_t>();
  if (language > static_cast<uint8_t>(Language::kCpp)) return corrupt("process record: language");
  process.language = static_cast<Language>(language);
  process.has_otel_sdk = in.get<uint8_t>() != 0;
  for (std::string* text :
       {&process.exe_path, &process.command_line, &process.service_name, &process.service_namespace,
        &process.container_id, &process.language_version}) {
    *text = in.get_string();
  }
  auto count = in.get<uint32_t>();
  for (uint32_t i = 0; i < count && !in.failed(); i++) {
    std::string key = in.get_string();
    std::string value = in.get_string();
    if (!in.failed()) process.resource_attributes.push_back({std::move(key), {std::move(value)}});
  }
  if (in.failed()) return corrupt("process record: cut short");
  return process;
}

}  // namespace tarsier::capture
