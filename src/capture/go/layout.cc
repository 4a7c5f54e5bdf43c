#include "capture/go/layout.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace tarsier::capture::go {
namespace {

constexpr uint64_t kDataMax = 64 << 20;  // of one segment searched for allp
constexpr uint64_t kProcsMax = 1024;     // Ps that a plausible allp has
constexpr uint64_t kAddressMax = uint64_t{1} << 47;
constexpr int kCandidatesMax = 10'000;  // slices that are looked at; a hostile program has more
constexpr uint64_t kIdBatch = 16;       // goroutine ids a P takes at once

struct Row {
  uint16_t minor;
  ts_go_layout layout;
};

ts_go_layout make(uint16_t goid, uint16_t parent, uint16_t sudog, uint16_t waiters, uint16_t size,
                  uint16_t channel, bool indirect, uint16_t context, uint16_t reader,
                  uint16_t cache) {
  ts_go_layout out{};
  out.g_goid = goid;
  out.g_parent_goid = parent;
  out.sudog_channel = sudog;
  out.channel_waiters = waiters;
  out.call_size = size;
  out.call_response_channel = channel;
  out.call_indirect = indirect;
  out.request_context = context;
  out.reader_connection = reader;
  out.p_goid_cache = cache;
  out.server_response = 112;
  return out;
}

// Before 1.21 a goroutine does not know who started it: it counts as its own parent. And before
// 1.20 the current response is in an atomic.Value, behind its type.
ts_go_layout before_21(uint16_t minor) {
  ts_go_layout out = make(152, 152, 80, 56, 48, 16, false, 232, 0, 384);
  if (minor == 19) out.server_response = 120;
  return out;
}

// From the debug information of each version's own programs.
const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {19, before_21(19)},
      {20, before_21(20)},
      {21, make(152, 272, 80, 56, 48, 16, false, 232, 0, 384)},
      {22, make(152, 272, 80, 56, 48, 16, false, 232, 0, 384)},
      {23, make(160, 280, 80, 64, 40, 8, true, 248, 0, 376)},
      {24, make(160, 280, 80, 64, 40, 8, true, 248, 0, 376)},
      {25, make(152, 272, 80, 64, 40, 8, true, 248, 24, 376)},
      {26, make(152, 280, 88, 64, 40, 8, true, 248, 24, 384)},
  };
  return rows;
}

// The memory of another process.
class Memory {
 public:
  Memory(const ProcFs& proc, uint32_t pid)
      : fd_(::open(proc.path(pid, "mem").c_str(), O_RDONLY | O_CLOEXEC)) {}

  bool read(uint64_t address, void* out, size_t size) const {
    return address < kAddressMax && fd_ &&
           ::pread(fd_.get(), out, size, static_cast<off_t>(address)) == static_cast<ssize_t>(size);
  }

 private:
  Fd fd_;
};

struct Slice {
  uint64_t data, length, capacity;
};

bool plausible(const Slice& slice) {
  return slice.length >= 1 && slice.length <= kProcsMax && slice.capacity >= slice.length &&
         slice.capacity <= 2 * kProcsMax && slice.data >= 4096 && slice.data % 8 == 0 &&
         slice.data < kAddressMax;
}

// The Ps that a slice header points to: every one knows its own index, and its batch of goroutine
// ids is no longer than a batch is. Empty when it is not that slice.
std::vector<uint64_t> procs_at(const Memory& memory, const Slice& slice, uint16_t cache) {
  if (!plausible(slice)) return {};
  std::vector<uint64_t> procs(slice.length);
  if (!memory.read(slice.data, procs.data(), procs.size() * 8)) return {};
  for (size_t i = 0; i < procs.size(); i++) {
    int32_t id = -1;
    uint64_t batch[2];
    if (procs[i] % 8 != 0 || !memory.read(procs[i], &id, sizeof id)) return {};
    if (id != static_cast<int32_t>(i)) return {};
    if (!memory.read(procs[i] + cache, batch, sizeof batch)) return {};
    if (batch[1] - batch[0] > kIdBatch) return {};
  }
  return procs;
}

// In a stripped program nothing says where allp is, but nothing else looks like it.
uint64_t find_allp(const Memory& memory, const Binary& binary, uint64_t bias, uint16_t cache) {
  std::vector<uint64_t> words;
  int candidates = 0;
  for (const Range& range : binary.data) {
    uint64_t size = std::min(range.end - range.start, kDataMax) & ~uint64_t{7};
    words.assign(size / 8, 0);
    // Read in pages, since some may be unmapped.
    for (uint64_t at = 0; at < size; at += 4096) {
      memory.read(range.start + bias + at, words.data() + at / 8,
                  std::min<uint64_t>(4096, size - at));
    }
    for (size_t i = 0; i + 2 < words.size(); i++) {
      Slice slice{words[i], words[i + 1], words[i + 2]};
      if (!plausible(slice)) continue;
      if (++candidates > kCandidatesMax) return 0;
      if (!procs_at(memory, slice, cache).empty()) return range.start + bias + i * 8;
    }
  }
  return 0;
}

}  // namespace

std::optional<ts_go_layout> layout_of(const Version& version) {
  if (version.major != 1) return std::nullopt;
  for (const Row& row : table()) {
    if (row.minor == version.minor) return row.layout;
  }
  return std::nullopt;
}

std::string_view supported_versions() {
  return "1.19 to 1.26";
}

Result<Runtime> inspect(const ProcFs& proc, uint32_t pid) {
  TRY(Fd file, proc.open_exe(pid));
  TRY(Binary binary, read(file.get()));
  auto layout = layout_of(parse_version(binary.version));
  if (!layout) {
    return unsupported(fmt::format(
        "calls of {} are not linked to requests; supported are {}",
        binary.version.empty() ? "an unknown Go version" : binary.version, supported_versions()));
  }
  TRY(uint64_t entry, proc.entry_address(pid));
  uint64_t bias = binary.load_bias(entry);
  Runtime runtime{.layout = *layout, .allp = 0};
  runtime.layout.static_begin = UINT64_MAX;
  for (const Range& range : binary.data) {
    runtime.layout.static_begin =
        std::min<uint64_t>(runtime.layout.static_begin, range.start + bias);
    runtime.layout.static_end = std::max<uint64_t>(runtime.layout.static_end, range.end + bias);
  }
  Memory memory(proc, pid);
  runtime.allp = binary.allp != 0 ? binary.allp + bias
                                  : find_allp(memory, binary, bias, runtime.layout.p_goid_cache);
  refresh_procs(proc, pid, runtime);
  return runtime;
}

bool refresh_procs(const ProcFs& proc, uint32_t pid, Runtime& runtime) {
  Memory memory(proc, pid);
  Slice slice{};
  if (runtime.allp == 0 || !memory.read(runtime.allp, &slice, sizeof slice)) return false;
  std::vector<uint64_t> procs = procs_at(memory, slice, runtime.layout.p_goid_cache);
  const bool many = procs.size() > TS_GO_PROCS_MAX;
  const uint64_t allp = many ? runtime.allp : 0;
  auto used = static_cast<uint32_t>(many ? 0 : procs.size());
  if (many) procs.clear();
  procs.resize(TS_GO_PROCS_MAX);
  if (used == runtime.layout.procs && allp == runtime.layout.allp &&
      std::memcmp(procs.data(), runtime.layout.proc, sizeof runtime.layout.proc) == 0) {
    return false;
  }
  runtime.layout.procs = used;
  runtime.layout.allp = allp;
  std::memcpy(runtime.layout.proc, procs.data(), sizeof runtime.layout.proc);
  return true;
}

}  // namespace tarsier::capture::go
