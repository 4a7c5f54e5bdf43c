// A handler that keeps what it is given.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "capture/capture.h"

namespace tarsier::capture::testing {

class RecordingHandler : public EventHandler {
 public:
  struct Data {
    ts_data event{};
    bool has_server = false, has_client = false;
    ts_go_server server{};
    ts_go_client client{};
    std::string payload;
  };

  void on_process(const Process& process) override { processes[process.pid] = process; }
  void on_process_exit(uint32_t pid) override { exits.push_back(pid); }
  void on_open(const ts_open& event) override { opens.push_back(event); }
  void on_data(const ts_data& event, const ts_go_server* server, const ts_go_client* client,
               std::string_view payload) override {
    Data entry;
    entry.event = event;
    if ((entry.has_server = server != nullptr)) entry.server = *server;
    if ((entry.has_client = client != nullptr)) entry.client = *client;
    entry.payload = payload;
    data.push_back(std::move(entry));
  }
  void on_go_procs(const ts_go_procs& event) override { procs.push_back(event); }
  void on_go_stream(const ts_go_stream& event) override { streams.push_back(event); }
  void on_close(const ts_header& event) override { closes.push_back(event); }
  void on_flow(const ts_flow& event) override { flows.push_back(event); }
  void on_lost(uint64_t events) override { lost += events; }

  std::map<uint32_t, Process> processes;
  std::vector<uint32_t> exits;
  std::vector<ts_open> opens;
  std::vector<Data> data;
  std::vector<ts_go_procs> procs;
  std::vector<ts_go_stream> streams;
  std::vector<ts_header> closes;
  std::vector<ts_flow> flows;
  uint64_t lost = 0;
};

}  // namespace tarsier::capture::testing
