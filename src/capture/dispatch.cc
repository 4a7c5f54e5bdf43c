#include <cstring>

#include "capture/capture.h"
#include "capture/process_codec.h"

namespace tarsier::capture {
namespace {

// Copies a struct from the front of the record; false when it is shorter.
template <typename T>
bool take(std::string_view& record, T& out, size_t size = sizeof(T)) {
  if (record.size() < size) return false;
  std::memcpy(&out, record.data(), size);
  record.remove_prefix(size);
  return true;
}

// A link block whose array is written only as far as it is used.
bool take_server(std::string_view& record, ts_go_server& out) {
  if (!take(record, out, offsetof(ts_go_server, proc)) || out.procs > TS_GO_PROCS_MAX) return false;
  size_t bytes = out.procs * sizeof(ts_go_proc);
  if (record.size() < bytes) return false;
  std::memcpy(out.proc, record.data(), bytes);
  record.remove_prefix(bytes);
  return true;
}

bool take_client(std::string_view& record, ts_go_client& out) {
  if (!take(record, out, offsetof(ts_go_client, chain)) || out.chain_length > TS_GO_CHAIN_MAX) {
    return false;
  }
  size_t bytes = out.chain_length * sizeof(__u64);
  if (record.size() < bytes) return false;
  std::memcpy(out.chain, record.data(), bytes);
  record.remove_prefix(bytes);
  return true;
}

bool dispatch_data(std::string_view record, EventHandler& handler) {
  ts_data event;
  if (!take(record, event) || event.direction > TS_SEND) return false;
  ts_go_server server{};
  ts_go_client client{};
  bool has_server = event.link == TS_LINK_GO_SERVER, has_client = event.link == TS_LINK_GO_CLIENT;
  if (!has_server && !has_client && event.link != TS_LINK_NONE) return false;
  if (has_server && !take_server(record, server)) return false;
  if (has_client && !take_client(record, client)) return false;
  if (record.size() != event.captured || event.captured > event.length) return false;
  handler.on_data(event, has_server ? &server : nullptr, has_client ? &client : nullptr, record);
  return true;
}

bool dispatch_procs(std::string_view record, EventHandler& handler) {
  ts_go_procs event;
  if (!take(record, event, offsetof(ts_go_procs, proc)) || event.procs > TS_GO_MANY_PROCS_MAX) {
    return false;
  }
  if (record.size() != event.procs * sizeof(ts_go_proc)) return false;
  std::memcpy(event.proc, record.data(), record.size());
  handler.on_go_procs(event);
  return true;
}

template <typename Event>
bool exact(std::string_view record, Event& event) {
  return record.size() == sizeof event && take(record, event);
}

bool dispatch_process(const ts_header& header, std::string_view record, EventHandler& handler) {
  auto process = decode_process(header, record.substr(sizeof header));
  if (!process) return false;
  handler.on_process(*process);
  return true;
}

}  // namespace

bool dispatch(std::string_view record, EventHandler& handler) {
  ts_header header;
  if (record.size() < sizeof header) return false;
  std::memcpy(&header, record.data(), sizeof header);
  if (header.size != record.size()) return false;
  switch (header.kind) {
    case TS_OPEN: {
      ts_open event;
      if (!exact(record, event) || event.role > TS_ROLE_CLIENT) return false;
      handler.on_open(event);
      return true;
    }
    case TS_DATA:
      return dispatch_data(record, handler);
    case TS_GO_PROCS:
      return dispatch_procs(record, handler);
    case TS_GO_STREAM: {
      ts_go_stream event;
      if (!exact(record, event) || event.role > TS_ROLE_CLIENT || event.own > 1) return false;
      handler.on_go_stream(event);
      return true;
    }
    case TS_CLOSE:
      if (record.size() != sizeof header) return false;
      handler.on_close(header);
      return true;
    case TS_FLOW: {
      ts_flow event;
      if (!exact(record, event) || event.role > TS_ROLE_CLIENT) return false;
      handler.on_flow(event);
      return true;
    }
    case TS_PROCESS:
      return dispatch_process(header, record, handler);
    case TS_EXIT:
      if (record.size() != sizeof header) return false;
      handler.on_process_exit(header.pid);
      return true;
    case TS_LOST: {
      ts_lost event;
      if (!exact(record, event)) return false;
      handler.on_lost(event.records);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace tarsier::capture
