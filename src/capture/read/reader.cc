#include "capture/reader.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>
#include <deque>
#include <unordered_set>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "capture/probe/handover.h"
#include "capture/process_codec.h"
#include "capture/read/ring.h"
#include "capture/read/statistics.h"
#include "capture/recording.h"

namespace tarsier::capture {
namespace {

constexpr size_t kRecordsPerPoll = 8192;  // so that the caller's timers run under load
constexpr size_t kRecordsPerRelease = 256;
constexpr int kSliceMs = 10;  // the ring wakes nobody while there is traffic, so look this often
constexpr int64_t kIdleAfter = 200 * kMillisecond;  // then ask to be woken
constexpr int kNewsPatienceMs = 100;                // for the news of a process with bytes already
constexpr size_t kStrangersMax = 4096;              // processes that no news came of
constexpr size_t kMessageMax = 128 << 10;

int64_t now() {
  return system_clock().monotonic_ns();
}

class RingReader : public Reader {
 public:
  ~RingReader() override {
    if (shared_) ::munmap(shared_, shared_bytes());
  }

  static Result<std::unique_ptr<Reader>> open(const std::vector<int>& descriptors);
  Result<size_t> poll(EventHandler& handler, int timeout_ms) override;
  Status record_to(const std::string& path) override;

 private:
  static size_t shared_bytes() { return static_cast<size_t>(::sysconf(_SC_PAGESIZE)); }
  Status map_shared(Fd fd);
  Status watch_descriptors();
  bool give(std::string_view record, EventHandler& handler);
  size_t read_ring(EventHandler& handler);
  size_t read_news(EventHandler& handler);
  void take_news(std::string_view message, EventHandler& handler);
  void meet(uint32_t pid, EventHandler& handler);
  size_t end_processes(uint64_t until_ns, EventHandler& handler);
  size_t report_lost(EventHandler& handler);
  void sleep(int timeout_ms);

  Fd news_;
  Fd epoll_;
  Ring ring_;
  ts_shared* shared_ = nullptr;
  std::unique_ptr<Recorder> recorder_;
  std::string message_ = std::string(kMessageMax, '\0');

  std::unordered_set<uint32_t> known_, strangers_;
  uint32_t last_pid_ = 0;          // of the last record: known
  std::deque<ts_header> endings_;  // of processes whose last records may still be in the ring
  uint64_t lost_ = 0;
  int64_t busy_at_ = 0;
  bool hung_up_ = false;
};

Result<std::unique_ptr<Reader>> RingReader::open(const std::vector<int>& descriptors) {
  if (descriptors.size() != 3) return invalid("capture reader: expected 3 descriptors");
  auto reader = std::make_unique<RingReader>();
  reader->news_ = Fd(descriptors[0]);
  Fd ring(descriptors[1]), shared(descriptors[2]);
  Hello hello;
  ssize_t got = ::recv(reader->news_.get(), &hello, sizeof hello, MSG_DONTWAIT);
  if (got != sizeof hello || hello.magic != Hello::kMagic) {
    return invalid("capture reader: the first descriptor is not a probe's");
  }
  TRY(reader->ring_, Ring::map(std::move(ring), hello.ring_bytes));
  TRY_STATUS(reader->map_shared(std::move(shared)));
  TRY_STATUS(reader->watch_descriptors());
  reader->busy_at_ = now();
  return reader;
}

Status RingReader::map_shared(Fd fd) {
  void* at = ::mmap(nullptr, shared_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return io_error("map the shared counters");
  shared_ = static_cast<ts_shared*>(at);
  lost_ = shared_->lost_told;  // what found no room while there was no worker is still to be told
  return {};
}

Status RingReader::watch_descriptors() {
  epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  for (int fd : {news_.get(), ring_.fd()}) {
    epoll_event interest{.events = EPOLLIN, .data = {.fd = fd}};
    if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &interest) != 0) {
      return io_error("epoll");
    }
  }
  return {};
}

Status RingReader::record_to(const std::string& path) {
  TRY(recorder_, Recorder::create(path));
  return {};
}

bool RingReader::give(std::string_view record, EventHandler& handler) {
  static Counter& malformed = metrics().counter("tarsier_capture_events_dropped_total",
                                                "Events not passed on", {{"reason", "malformed"}});
  if (recorder_) recorder_->write(record);
  if (dispatch(record, handler)) return true;
  malformed.add();
  return false;
}

// News come before the events that follow them: a record of a process that is not known yet waits
// a moment for what the privileged side has to say about it.
void RingReader::meet(uint32_t pid, EventHandler& handler) {
  if (pid == last_pid_) return;
  last_pid_ = pid;
  if (pid == 0 || known_.contains(pid) || strangers_.contains(pid)) return;
  for (int64_t end = now() + kNewsPatienceMs * kMillisecond; !known_.contains(pid);) {
    read_news(handler);
    if (known_.contains(pid)) break;
    int64_t left = end - now();
    if (left <= 0 || hung_up_) {
      if (strangers_.size() >= kStrangersMax) strangers_.clear();
      strangers_.insert(pid);
      break;
    }
    pollfd news{.fd = news_.get(), .events = POLLIN, .revents = 0};
    ::poll(&news, 1, static_cast<int>(left / kMillisecond) + 1);
  }
  last_pid_ = pid;
}

size_t RingReader::end_processes(uint64_t until_ns, EventHandler& handler) {
  size_t count = 0;
  while (!endings_.empty() && endings_.front().time_ns <= until_ns) {
    ts_header ending = endings_.front();
    endings_.pop_front();
    known_.erase(ending.pid);
    last_pid_ = 0;
    give({reinterpret_cast<const char*>(&ending), sizeof ending}, handler);
    count++;
  }
  return count;
}

size_t RingReader::read_ring(EventHandler& handler) {
  size_t count = 0;
  std::string_view record;
  while (count < kRecordsPerPoll && ring_.peek(record)) {
    ts_header header{};
    if (record.size() >= sizeof header) std::memcpy(&header, record.data(), sizeof header);
    if (!endings_.empty()) count += end_processes(header.time_ns, handler);
    if (header.kind == TS_OPEN || header.kind == TS_DATA) meet(header.pid, handler);
    give(record, handler);
    ring_.advance();
    if (++count % kRecordsPerRelease == 0) ring_.release();
  }
  ring_.release();
  // Nothing older is left in the ring.
  if (count < kRecordsPerPoll) count += end_processes(UINT64_MAX, handler);
  return count;
}

void RingReader::take_news(std::string_view message, EventHandler& handler) {
  ts_header header;
  if (message.size() < sizeof header) return;
  std::memcpy(&header, message.data(), sizeof header);
  switch (header.kind) {
    case kNewsStatistics:
      show_statistics(message);
      return;
    case TS_EXIT:
      endings_.push_back(header);
      return;
    case TS_PROCESS:
      std::erase_if(endings_, [&header](const ts_header& e) { return e.pid == header.pid; });
      known_.insert(header.pid);
      strangers_.erase(header.pid);
      break;
    default:
      break;
  }
  give(message, handler);
}

size_t RingReader::read_news(EventHandler& handler) {
  size_t count = 0;
  while (!hung_up_) {
    ssize_t got = ::recv(news_.get(), message_.data(), message_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return count;
    if (got == 0) {
      hung_up_ = true;
      return count;
    }
    take_news({message_.data(), static_cast<size_t>(got)}, handler);
    count++;
  }
  return count;
}

size_t RingReader::report_lost(EventHandler& handler) {
  uint64_t lost = std::atomic_ref(shared_->lost).load(std::memory_order_relaxed);
  if (lost == lost_) return 0;
  static Counter& dropped = metrics().counter("tarsier_capture_events_dropped_total",
                                              "Events not passed on", {{"reason", "ring_full"}});
  dropped.add(lost - lost_);
  give(encode_lost(lost - lost_, static_cast<uint64_t>(now())), handler);
  lost_ = shared_->lost_told = lost;
  return 1;
}

Result<size_t> RingReader::poll(EventHandler& handler, int timeout_ms) {
  int64_t end = now() + timeout_ms * kMillisecond;
  while (true) {
    size_t count = read_news(handler);
    count += read_ring(handler);
    count += report_lost(handler);
    int64_t time = now();
    if (count > 0) {
      busy_at_ = time;
      return count;
    }
    if (hung_up_) return Error{Code::kUnavailable, "the privileged process is gone"};
    if (time >= end) return size_t{0};
    sleep(static_cast<int>((end - time) / kMillisecond) + 1);
  }
}

// Under traffic a short sleep that nothing ends; when idle, until the kernel wakes us.
void RingReader::sleep(int timeout_ms) {
  bool idle = now() - busy_at_ > kIdleAfter;
  if (idle) {
    std::atomic_ref(shared_->want_wakeup).store(1);
    std::string_view record;
    if (ring_.peek(record)) return;  // it came before the flag was seen
  }
  epoll_event ready;
  ::epoll_wait(epoll_.get(), &ready, 1, idle ? timeout_ms : std::min(timeout_ms, kSliceMs));
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::open(const std::vector<int>& descriptors) {
  return RingReader::open(descriptors);
}

}  // namespace tarsier::capture
