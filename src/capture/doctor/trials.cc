#include "capture/doctor/trials.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include "base/fd.h"
#include "capture/uprobe/attach.h"

namespace tarsier::capture {
namespace {

using Code = std::vector<bpf_insn>;

bpf_insn instruction(uint8_t code, uint8_t target, uint8_t source, int32_t immediate) {
  bpf_insn out{};
  out.code = code;
  out.dst_reg = target;
  out.src_reg = source;
  out.imm = immediate;
  return out;
}

Code returning(int value) {
  return {instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, value),
          instruction(BPF_JMP | BPF_EXIT, 0, 0, 0)};
}

Trial failed(const char* step) {
  return {errno == 0 ? EINVAL : errno, step};
}

// libbpf explains its failures on stderr; here they are the answer.
struct Quiet {
  libbpf_print_fn_t before =
      libbpf_set_print([](libbpf_print_level, const char*, va_list) { return 0; });
  ~Quiet() { libbpf_set_print(before); }
};

Fd load(bpf_prog_type type, const Code& code, bpf_attach_type attach = bpf_attach_type{},
        int btf_id = 0) {
  LIBBPF_OPTS(bpf_prog_load_opts, options);
  options.expected_attach_type = attach;
  options.attach_btf_id = static_cast<uint32_t>(btf_id);
  return Fd(::bpf_prog_load(type, "tarsier_trial", "GPL", code.data(), code.size(), &options));
}

struct FreeBtf {
  void operator()(btf* types) const { ::btf__free(types); }
};

// The id of a kernel type or function; 0 when there is none.
int btf_id(const std::string& name, uint32_t kind) {
  std::unique_ptr<btf, FreeBtf> types(::btf__load_vmlinux_btf());
  if (!types) return 0;
  return std::max(0, ::btf__find_by_name_kind(types.get(), name.c_str(), kind));
}

// The offset in this program's file of the code at an address.
std::optional<uint64_t> file_offset(uint64_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long start = 0, end = 0, offset = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx", &start, &end, &offset) != 3) continue;
    if (start <= address && address < end) return address - start + offset;
  }
  return std::nullopt;
}

__attribute__((noinline)) void uprobe_target() {
  asm volatile("");
}

Fd open_uprobe() {
  std::ifstream in("/sys/bus/event_source/devices/uprobe/type");
  uint32_t type = 0;
  auto offset = file_offset(reinterpret_cast<uint64_t>(&uprobe_target));
  if (!(in >> type) || !offset) {
    errno = ENOENT;
    return {};
  }
  perf_event_attr attributes{};
  attributes.size = sizeof(attributes);
  attributes.type = type;
  attributes.config1 = reinterpret_cast<uint64_t>("/proc/self/exe");
  attributes.config2 = *offset;
  return Fd(static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
}

bool become_nobody() {
  constexpr uid_t kNobody = 65'534;
  return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
         ::setresuid(kNobody, kNobody, kNobody) == 0 &&
         ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

// In the child: 0 or an errno.
int read_as_nobody(int ring, int map) {
  if (!become_nobody()) return errno;
  ring_buffer* reader =
      ::ring_buffer__new(ring, [](void*, void*, size_t) { return 0; }, nullptr, nullptr);
  if (reader == nullptr) return errno;
  uint32_t key = 0;
  uint64_t value = 0;
  return ::bpf_map_lookup_elem(map, &key, &value) == 0 ? 0 : errno;
}

}  // namespace

std::string Trial::text() const {
  return step + ": " + std::strerror(error);
}

Trial try_btf() {
  Quiet quiet;
  std::unique_ptr<btf, FreeBtf> types(::btf__load_vmlinux_btf());
  return types ? Trial{} : failed("read");
}

Trial try_ring(uint64_t bytes) {
  Fd ring(::bpf_map_create(BPF_MAP_TYPE_RINGBUF, "tarsier_trial", 0, 0,
                           static_cast<uint32_t>(bytes), nullptr));
  return ring ? Trial{} : failed("create");
}

Trial try_raw_tracepoint(std::string_view name) {
  Quiet quiet;
  int id = btf_id("btf_trace_" + std::string(name), BTF_KIND_TYPEDEF);
  if (id == 0) return {ENOENT, "find"};
  Fd program = load(BPF_PROG_TYPE_TRACING, returning(0), BPF_TRACE_RAW_TP, id);
  if (!program) return failed("load");
  Fd link(::bpf_raw_tracepoint_open(nullptr, program.get()));
  return link ? Trial{} : failed("attach");
}

Trial try_iterator(std::string_view target) {
  Quiet quiet;
  int id = btf_id("bpf_iter_" + std::string(target), BTF_KIND_FUNC);
  if (id == 0) return {ENOENT, "find"};
  Fd program = load(BPF_PROG_TYPE_TRACING, returning(0), BPF_TRACE_ITER, id);
  if (!program) return failed("load");
  Fd link(::bpf_link_create(program.get(), 0, BPF_TRACE_ITER, nullptr));
  return link ? Trial{} : failed("attach");
}

Trial try_kernel_read() {
  // r1 = r10 - 8; r2 = 8; r3 = 0; probe_read_kernel(); return 0
  Code code = {instruction(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0),
               instruction(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, -8),
               instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 8),
               instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0),
               instruction(BPF_JMP | BPF_CALL, 0, 0, BPF_FUNC_probe_read_kernel)};
  for (const bpf_insn& last : returning(0)) code.push_back(last);
  Fd program = load(BPF_PROG_TYPE_RAW_TRACEPOINT, code);
  return program ? Trial{} : failed("load");
}

Trial try_uprobe() {
  Fd event = open_uprobe();
  if (!event) return failed(errno == ENOENT ? "find" : "open");
  Fd program = load(BPF_PROG_TYPE_KPROBE, returning(0));
  if (!program) return failed("load");
  if (::ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program.get()) != 0) return failed("attach");
  return {};
}

Trial try_uprobe_multi() {
  auto offset = file_offset(reinterpret_cast<uint64_t>(&uprobe_target));
  if (!offset) return {ENOENT, "find"};
  Fd program = load(BPF_PROG_TYPE_KPROBE, returning(0),
                    static_cast<bpf_attach_type>(uprobe::kMultiAttachType));
  if (!program) return failed("load");
  Fd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  auto link = uprobe::attach(program.get(), true, false, self.get(), {{*offset, 0}});
  return link ? Trial{} : failed("attach");
}

Trial try_cgroup(std::string_view folder) {
  Fd cgroup(::open(std::string(folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup) return failed("open");
  Fd program = load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, returning(1), BPF_CGROUP_UDP4_SENDMSG);
  if (!program) return failed("load");
  Fd link(::bpf_link_create(program.get(), cgroup.get(), BPF_CGROUP_UDP4_SENDMSG, nullptr));
  return link ? Trial{} : failed("attach");
}

Trial try_unprivileged_reader() {
  Quiet quiet;
  Fd ring(::bpf_map_create(BPF_MAP_TYPE_RINGBUF, "tarsier_trial", 0, 0, 64 << 10, nullptr));
  Fd map(::bpf_map_create(BPF_MAP_TYPE_ARRAY, "tarsier_trial", 4, 8, 1, nullptr));
  if (!ring || !map) return failed("create");
  pid_t child = ::fork();
  if (child < 0) return failed("fork");
  if (child == 0) ::_exit(read_as_nobody(ring.get(), map.get()));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) return {EIO, "read"};
  return {WEXITSTATUS(status), WEXITSTATUS(status) == 0 ? "" : "read"};
}

}  // namespace tarsier::capture
