// Attaches the probe, reads the ring and throws the events away: what capture alone costs. Prints,
// every second and at the end, how many events of each kind and Go link came, and what this process
// used itself.
//
//   drain SECONDS [sockets|syscalls] [REGEX of the executables to watch]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "capture/probe.h"
#include "capture/reader.h"

namespace tarsier {
namespace {

using namespace capture;

class Counts : public EventHandler {
 public:
  void on_process(const Process& process) override {
    std::printf("process %u %s %s\n", process.pid, process.exe_path.c_str(),
                process.language_version.c_str());
  }
  void on_process_exit(uint32_t) override {}
  void on_open(const ts_open&) override { opens++; }
  void on_data(const ts_data& event, const ts_go_server* server, const ts_go_client* client,
               std::string_view payload) override {
    data++;
    bytes += payload.size();
    goids += event.goid != 0;
    if (server && server->procs) receives++;
    if (server && server->request_context) contexts++;
    if (client) calls++;
    if (client && client->caller_goid) callers++;
    if (client && client->chain_length) chains++;
  }
  void on_close(const ts_header&) override { closes++; }
  void on_flow(const ts_flow&) override { flows++; }
  void on_go_procs(const ts_go_procs&) override {}
  void on_go_stream(const ts_go_stream&) override {}
  void on_lost(uint64_t events) override { lost += events; }

  void print() const {
    rusage usage;
    ::getrusage(RUSAGE_SELF, &usage);
    double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    std::printf(
        "open %llu data %llu bytes %llu close %llu flow %llu lost %llu | goid %llu server %llu "
        "context %llu "
        "call %llu caller %llu chain %llu | own cpu %.2f s\n",
        opens, data, bytes, closes, flows, lost, goids, receives, contexts, calls, callers, chains,
        cpu);
    std::fflush(stdout);
  }

 private:
  unsigned long long opens = 0, data = 0, bytes = 0, closes = 0, flows = 0, lost = 0, goids = 0,
                     receives = 0, contexts = 0, calls = 0, callers = 0, chains = 0;
};

int run(int argc, char** argv) {
  int64_t seconds = argc > 1 ? std::atoi(argv[1]) : 10;
  ProbeOptions options;
  if (argc > 2)
    options.source = std::string_view(argv[2]) == "syscalls" ? Source::kSyscalls : Source::kSockets;
  if (argc > 3) options.instrument = {{true, argv[3], "", "", ""}};
  auto probe = Probe::attach(options);
  if (!probe) return std::fprintf(stderr, "%s\n", probe.error().message.c_str()), 1;
  auto descriptors = (*probe)->handover();
  if (!descriptors) return 1;
  auto reader = Reader::open(*descriptors);
  if (!reader) return std::fprintf(stderr, "%s\n", reader.error().message.c_str()), 1;
  Counts counts;
  int64_t end = system_clock().monotonic_ns() + seconds * kSecond, next = 0;
  while (system_clock().monotonic_ns() < end) {
    if (!(*probe)->poll(0) || !(*reader)->poll(counts, 50)) return 1;
    if (system_clock().monotonic_ns() < next) continue;
    next = system_clock().monotonic_ns() + kSecond;
    counts.print();
  }
  counts.print();
  return 0;
}

}  // namespace
}  // namespace tarsier

int main(int argc, char** argv) {
  return tarsier::run(argc, argv);
}
