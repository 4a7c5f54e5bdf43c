#include "capture/uprobe/attach.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace tarsier::capture::uprobe {
namespace {

// The kernel opens the file by name: this is the one that is open, also when it has been deleted or
// is in another mount namespace.
std::string name_of(int file) {
  return "/proc/self/fd/" + std::to_string(file);
}

// bpf(BPF_LINK_CREATE) as of Linux 6.6; older headers do not know this kind of link.
struct MultiLink {
  uint32_t program = 0, target = 0, attach_type = kMultiAttachType, flags = 0;
  uint64_t path = 0, offsets = 0, counters = 0, cookies = 0;
  uint32_t count = 0, multi_flags = 0, pid = 0, unused = 0;
};
constexpr uint32_t kOnReturn = 1;

Fd link_many(int program, bool on_return, const std::string& path,
             const std::vector<Place>& places) {
  std::vector<uint64_t> offsets, cookies;
  for (const Place& place : places) {
    offsets.push_back(place.offset);
    cookies.push_back(place.cookie);
  }
  MultiLink link;
  link.program = static_cast<uint32_t>(program);
  link.path = reinterpret_cast<uint64_t>(path.c_str());
  link.offsets = reinterpret_cast<uint64_t>(offsets.data());
  link.cookies = reinterpret_cast<uint64_t>(cookies.data());
  link.count = static_cast<uint32_t>(places.size());
  link.multi_flags = on_return ? kOnReturn : 0;
  return Fd(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &link, sizeof link)));
}

uint32_t perf_type() {
  uint32_t type = 0;
  std::ifstream("/sys/bus/event_source/devices/uprobe/type") >> type;
  return type;
}

// The link keeps the event.
Fd link_one(int program, bool on_return, const std::string& path, const Place& place) {
  perf_event_attr event{};
  event.size = sizeof event;
  event.type = perf_type();
  event.config = on_return ? 1 : 0;
  event.config1 = reinterpret_cast<uint64_t>(path.c_str());
  event.config2 = place.offset;
  Fd opened(
      static_cast<int>(::syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!opened) return {};
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.perf_event.bpf_cookie = place.cookie;
  return Fd(::bpf_link_create(program, opened.get(), BPF_PERF_EVENT, &options));
}

Status add(std::vector<Fd>& out, Result<std::vector<Fd>> links) {
  if (!links) return tl::unexpected(links.error());
  for (Fd& link : *links) out.push_back(std::move(link));
  return {};
}

}  // namespace

Result<std::vector<Fd>> attach(int program, bool multi, bool on_return, int file,
                               const std::vector<Place>& places) {
  std::vector<Fd> out;
  if (places.empty()) return out;
  std::string path = name_of(file);
  if (multi) {
    out.push_back(link_many(program, on_return, path, places));
    if (!out.back()) return io_error("attach a uprobe");
    return out;
  }
  for (const Place& place : places) {
    out.push_back(link_one(program, on_return, path, place));
    if (!out.back()) return io_error("attach a uprobe");
  }
  return out;
}

Result<std::vector<Fd>> attach_targets(const ProgramFds& programs, int file,
                                       const std::vector<Target>& targets) {
  std::vector<Place> places[kHooks];
  for (const Target& target : targets)
    places[static_cast<size_t>(target.hook)].push_back({target.offset, target.cookie});
  const auto& [go_read, go_write, ssl, handler, call] = places;
  std::vector<Fd> out;
  bool multi = programs.multi;
  TRY_STATUS(add(out, attach(programs.go_read, multi, false, file, go_read)));
  TRY_STATUS(add(out, attach(programs.go_write, multi, false, file, go_write)));
  TRY_STATUS(add(out, attach(programs.ssl_enter, multi, false, file, ssl)));
  TRY_STATUS(add(out, attach(programs.ssl_return, multi, true, file, ssl)));
  TRY_STATUS(add(out, attach(programs.go_handler, multi, false, file, handler)));
  TRY_STATUS(add(out, attach(programs.go_stream_call, multi, false, file, call)));
  return out;
}

}  // namespace tarsier::capture::uprobe
