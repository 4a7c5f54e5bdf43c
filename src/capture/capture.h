// Door of capture: the stream of raw events, and who takes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "capture/events.h"
#include "model/value.h"

namespace tarsier::capture {

enum class Language { kUnknown, kGo, kJava, kPython, kNode, kRuby, kDotnet, kPhp, kRust, kCpp };

// A process being watched, as discovery found it.
struct Process {
  uint32_t pid = 0;          // in the initial pid namespace
  uint64_t start_time = 0;   // clock ticks since boot, so that a reused pid is another process
  std::string exe_path;      // as /proc/<pid>/exe reads
  std::string command_line;  // arguments joined by blanks
  std::string service_name;  // OTEL_SERVICE_NAME first, then the rules of discovery
  std::string service_namespace;
  std::string container_id;  // empty outside containers
  Language language = Language::kUnknown;
  std::string language_version;           // e.g. "go1.26.8"
  model::Attributes resource_attributes;  // from the process's own OTEL_RESOURCE_ATTRIBUTES
  bool has_otel_sdk = false;              // it seems to export telemetry by itself
};

std::string_view name(Language language);  // telemetry.sdk.language: "go", "python", "nodejs", ...

// Takes events in ring order, all calls from one thread. A reference is valid during the call only.
class EventHandler {
 public:
  virtual ~EventHandler() = default;
  virtual void on_process(const Process& process) = 0;  // new, or changed
  virtual void on_process_exit(uint32_t pid) = 0;
  virtual void on_open(const ts_open& event) = 0;
  // server and client are null unless event.link says otherwise; payload has event.captured bytes.
  virtual void on_data(const ts_data& event, const ts_go_server* server, const ts_go_client* client,
                       std::string_view payload) = 0;
  // For the data that follows on the same connection.
  virtual void on_go_procs(const ts_go_procs& event) = 0;
  virtual void on_go_stream(const ts_go_stream& event) = 0;
  virtual void on_close(const ts_header& event) = 0;
  virtual void on_flow(const ts_flow& event) = 0;
  virtual void on_lost(uint64_t events) = 0;  // the ring was full
};

// Decodes one ring record and calls the handler. False when the record does not pass its checks.
bool dispatch(std::string_view record, EventHandler& handler);

}  // namespace tarsier::capture
