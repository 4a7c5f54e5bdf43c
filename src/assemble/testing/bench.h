// What the room's tests share: an assembler with everything it made, on fake time.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "assemble/assemble.h"
#include "assemble/testing/host.h"
#include "wire/otlp_records.h"

namespace tarsier::assemble::testing {

class CollectingSink : public model::Sink {
 public:
  model::Offer offer(model::Batch&& batch) override {
    size_t items = batch.items();
    if (!wire::decode_records(batch)) std::abort();
    for (auto& r : batch.spans) {
      for (auto& s : r.scopes) {
        for (auto& span : s.records) {
          services.emplace_back(model::find_string(r.resource.attributes, "service.name"));
          resources.push_back(r.resource);
          spans.push_back(std::move(span));
        }
      }
    }
    for (auto& r : batch.logs) {
      for (auto& s : r.scopes) {
        for (auto& log : s.records) logs.push_back(std::move(log));
      }
    }
    for (auto& r : batch.metrics) {
      for (auto& s : r.scopes) {
        for (auto& metric : s.records) metrics.push_back(std::move(metric));
      }
    }
    return model::Offer::all(items);
  }
  std::vector<model::Span> spans;
  std::vector<std::string> services;  // of each span
  std::vector<model::Resource> resources;
  std::vector<model::LogRecord> logs;
  std::vector<model::Metric> metrics;
};

// Passes events on to an assembler that is made after the host, with the host's clock.
struct Late : capture::EventHandler {
  std::unique_ptr<Assembler> to;
  void on_process(const capture::Process& process) override { to->on_process(process); }
  void on_process_exit(uint32_t pid) override { to->on_process_exit(pid); }
  void on_open(const capture::ts_open& event) override { to->on_open(event); }
  void on_data(const capture::ts_data& event, const capture::ts_go_server* server,
               const capture::ts_go_client* client, std::string_view payload) override {
    to->on_data(event, server, client, payload);
  }
  void on_go_procs(const capture::ts_go_procs& event) override { to->on_go_procs(event); }
  void on_go_stream(const capture::ts_go_stream& event) override { to->on_go_stream(event); }
  void on_close(const capture::ts_header& event) override { to->on_close(event); }
  void on_flow(const capture::ts_flow& event) override { to->on_flow(event); }
  void on_lost(uint64_t events) override { to->on_lost(events); }
};

struct Bench {
  explicit Bench(Options options = {}) : host(events) {
    options.host_name = options.host_name.empty() ? "box" : options.host_name;
    events.to = make_assembler(options, host.clock, sink);
  }
  // Lets time pass, as the worker's loop does.
  void wait(int64_t ns) {
    for (int64_t step = 100 * kMillisecond; ns > 0; ns -= step) {
      host.clock.advance(std::min(ns, step));
      events.to->tick();
    }
  }
  void flush() { events.to->flush(); }
  // The only span whose name is that; an empty one when there are none or several.
  model::Span span(std::string_view name) const {
    model::Span found;
    size_t n = 0;
    for (const model::Span& s : sink.spans) {
      if (s.name == name && n++ == 0) found = s;
    }
    return n == 1 ? found : model::Span();
  }

  CollectingSink sink;
  Late events;
  Host host;
};

inline std::string attribute(const model::Span& span, std::string_view key) {
  const model::Value* value = model::find(span.attributes, key);
  return value ? model::to_string(*value) : "<none>";
}

inline std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: shop\r\n" + std::string(headers) + "\r\n";
}
inline std::string ok(std::string_view body = "", int status = 200) {
  return "HTTP/1.1 " + std::to_string(status) +
         " OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace tarsier::assemble::testing
