#include "capture/read/statistics.h"

#include <cstring>
#include <string>

#include "base/metrics.h"
#include "capture/probe/handover.h"

namespace tarsier::capture {
namespace {

struct Shown {
  ts_counter counter;
  std::string_view name, help, reason;
};

constexpr std::string_view kUnseen = "tarsier_capture_unseen_total";
constexpr std::string_view kUnseenHelp = "What could not be watched or read in full";
constexpr std::string_view kGo = "tarsier_capture_go_links_missed_total";
constexpr std::string_view kGoHelp = "Go calls and connections without a link to their request";

constexpr std::string_view kTls = "tarsier_capture_tls_unread_connections_total";
constexpr std::string_view kTlsHelp =
    "TLS connections that ended and of which nothing could be read";
constexpr std::string_view kTlsCalls = "tarsier_capture_tls_dropped_calls_total";
constexpr std::string_view kTlsCallsHelp = "Reads and writes over TLS that were dropped";

constexpr Shown kShown[] = {
    {TS_COUNT_WATCHED_FULL, kUnseen, kUnseenHelp, "processes_full"},
    {TS_COUNT_UDP_FULL, kUnseen, kUnseenHelp, "udp_flows_full"},
    {TS_COUNT_CONNECTIONS_FULL, kUnseen, kUnseenHelp, "connections_full"},
    {TS_COUNT_NO_BUFFER, kUnseen, kUnseenHelp, "no_buffer"},
    {TS_COUNT_FAULT, kUnseen, kUnseenHelp, "fault"},
    {TS_COUNT_FRAMES_LOST, kUnseen, kUnseenHelp, "frames_lost"},
    {TS_COUNT_PROCESS_EVENTS_FULL, kUnseen, kUnseenHelp, "process_events_full"},
    {TS_COUNT_TLS_FULL, kUnseen, kUnseenHelp, "tls_full"},
    {TS_COUNT_TLS_UNREAD, kTls, kTlsHelp, "no_plaintext"},
    {TS_COUNT_TLS_NO_CONNECTION, kTlsCalls, kTlsCallsHelp, "no_connection"},
    {TS_COUNT_PROBES_BUSY, kTlsCalls, kTlsCallsHelp, "busy"},
    {TS_COUNT_GO_NO_GOROUTINE, kGo, kGoHelp, "no_goroutine"},
    {TS_COUNT_GO_NO_CONNECTION, kGo, kGoHelp, "no_connection_object"},
    {TS_COUNT_GO_NO_STREAM, kGo, kGoHelp, "no_stream"},
    {TS_COUNT_GO_SHARED_HANDLER, kGo, kGoHelp, "shared_handler"},
};

// The sender's total; a counter only goes up, also when a new sender starts from 0.
void raise(Counter& counter, uint64_t total) {
  if (total > counter.value()) counter.add(total - counter.value());
}

}  // namespace

void show_statistics(std::string_view message) {
  Statistics statistics;
  if (message.size() != sizeof statistics) return;
  std::memcpy(&statistics, message.data(), sizeof statistics);
  for (const Shown& shown : kShown) {
    raise(metrics().counter(shown.name, shown.help, {{"reason", std::string(shown.reason)}}),
          statistics.kernel[shown.counter]);
  }
  raise(metrics().counter(kGo, kGoHelp, {{"reason", "unsupported_version"}}),
        statistics.go_unsupported);
  raise(metrics().counter(kUnseen, kUnseenHelp, {{"reason", "news_full"}}),
        statistics.news_dropped);
  metrics()
      .gauge("tarsier_capture_processes", "Processes watched")
      .set(static_cast<double>(statistics.watched));
  metrics()
      .gauge("tarsier_capture_go_processes", "Go processes whose calls are linked")
      .set(static_cast<double>(statistics.go_linked));
}

}  // namespace tarsier::capture
