// Hand-made events for this room's tests: a host with processes, connections between
// them, and the calls that move bytes. Keeps clocks, offsets and sequence numbers as the kernel
// would.
//
//   Host host(handler);
//   host.process(7, "shop");
//   Socket& s = host.accept(7, 8080, 40001);
//   s.receive("GET / HTTP/1.1\r\n\r\n").send("HTTP/1.1 200 OK\r\n\r\n").close();
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "capture/capture.h"

namespace tarsier::assemble::testing {

using namespace capture;  // NOLINT: the events are plain C structs

class Host;

inline void set_address(uint8_t (&out)[16], std::string_view text) {
  std::string zero(text);
  memset(out, 0, sizeof out);
  if (text.find(':') != std::string_view::npos) {
    inet_pton(AF_INET6, zero.c_str(), out);
  } else {
    out[10] = out[11] = 0xff;
    inet_pton(AF_INET, zero.c_str(), out + 12);
  }
}

inline ts_go_client go_client(uint64_t goid, uint64_t parent,
                              std::initializer_list<uint64_t> chain = {}) {
  ts_go_client out{};
  out.caller_goid = goid;
  out.caller_parent_goid = parent;
  for (uint64_t context : chain) out.chain[out.chain_length++] = context;
  return out;
}

inline ts_go_server go_server(uint64_t connection, uint64_t request,
                              std::initializer_list<ts_go_proc> procs = {}) {
  ts_go_server out{};
  out.connection_context = connection;
  out.request_context = request;
  for (ts_go_proc proc : procs) out.proc[out.procs++] = proc;
  return out;
}

// One end of a connection. Settings (thread, goroutine, link, captured) hold for the next call
// only, but for the thread, which stays.
class Socket {
 public:
  Socket(Host& host, uint32_t pid, uint64_t cookie) : host_(host), pid_(pid), tid_(pid) {
    open_.header = {TS_OPEN, {}, sizeof open_, 0, cookie, pid, pid};
  }

  Socket& thread(uint32_t tid) {
    tid_ = tid;
    return *this;
  }
  Socket& goroutine(uint64_t goid) {
    goid_ = goid;
    return *this;
  }
  Socket& link(const ts_go_server& server) {
    server_ = server;
    link_ = TS_LINK_GO_SERVER;
    return *this;
  }
  Socket& link(const ts_go_client& client) {
    client_ = client;
    link_ = TS_LINK_GO_CLIENT;
    return *this;
  }
  Socket& captured(size_t bytes) {  // of the next call, at most
    captured_ = bytes;
    return *this;
  }
  Socket& flags(uint8_t flags) {
    flags_ = flags;
    return *this;
  }
  Socket& sequence(uint32_t sent, uint32_t received) {  // of the first byte of each direction
    first_seq_[TS_SEND] = sent;
    first_seq_[TS_RECEIVE] = received;
    return *this;
  }

  Socket& announce();
  Socket& procs(std::initializer_list<ts_go_proc> procs);
  Socket& send(std::string_view bytes) { return call(TS_SEND, bytes); }
  Socket& receive(std::string_view bytes) { return call(TS_RECEIVE, bytes); }
  Socket& call(ts_direction direction, std::string_view bytes);
  // Bytes that move without any event: lost in a full ring.
  Socket& lose(ts_direction direction, uint64_t bytes) {
    offset_[direction] += bytes;
    return *this;
  }
  Socket& close();

  ts_open& open() { return open_; }
  uint64_t cookie() const { return open_.header.cookie; }

 private:
  Host& host_;
  ts_open open_{};
  uint32_t pid_, tid_;
  uint64_t goid_ = 0;
  uint64_t offset_[2] = {0, 0};
  uint32_t first_seq_[2] = {1000, 2000};
  uint8_t link_ = TS_LINK_NONE, flags_ = 0;
  size_t captured_ = TS_CAPTURE_MAX;
  ts_go_server server_{};
  ts_go_client client_{};
};

class Host {
 public:
  explicit Host(EventHandler& handler) : handler(handler) {}

  EventHandler& handler;
  FakeClock clock;                 // give it to whatever takes the events
  int64_t call_ns = kMillisecond;  // passes before each event

  void process(uint32_t pid, std::string service, Language language = Language::kUnknown) {
    Process process;
    process.pid = pid;
    process.start_time = pid;
    process.exe_path = "/usr/bin/" + service;
    process.service_name = std::move(service);
    process.language = language;
    handler.on_process(process);
  }

  // The server's and the client's end of a connection; both are announced at once.
  Socket& accept(uint32_t pid, uint16_t port, uint16_t client_port,
                 std::string_view client = "127.0.0.1", std::string_view server = "127.0.0.1") {
    return end(pid, TS_ROLE_SERVER, server, port, client, client_port).announce();
  }
  Socket& connect(uint32_t pid, uint16_t port, uint16_t client_port,
                  std::string_view server = "127.0.0.1", std::string_view client = "127.0.0.1") {
    return end(pid, TS_ROLE_CLIENT, client, client_port, server, port).announce();
  }
  // Not announced: change open() first.
  Socket& end(uint32_t pid, uint8_t role, std::string_view local, uint16_t local_port,
              std::string_view peer, uint16_t peer_port) {
    Socket& socket = sockets_.emplace_back(*this, pid, next_cookie_++);
    ts_open& open = socket.open();
    set_address(open.tuple.local_address, local);
    set_address(open.tuple.peer_address, peer);
    open.tuple.local_port = local_port;
    open.tuple.peer_port = peer_port;
    open.tuple.protocol = IPPROTO_TCP;
    open.tuple.netns = 4026531840u;
    open.role = role;
    // Sequence numbers depend on the connection alone, so that its two ends agree.
    uint32_t client = 7919u * (role == TS_ROLE_CLIENT ? local_port : peer_port);
    socket.sequence(role == TS_ROLE_CLIENT ? client : client + 1'000'000,
                    role == TS_ROLE_CLIENT ? client + 1'000'000 : client);
    return socket;
  }

  uint64_t now() {
    clock.advance(call_ns);
    return static_cast<uint64_t>(clock.monotonic_ns());
  }

 private:
  std::deque<Socket> sockets_;
  uint64_t next_cookie_ = 1;
};

inline Socket& Socket::announce() {
  open_.header.time_ns = host_.now();
  host_.handler.on_open(open_);
  return *this;
}

inline Socket& Socket::procs(std::initializer_list<ts_go_proc> procs) {
  ts_go_procs event{};
  event.header = {TS_GO_PROCS, {}, 0, host_.now(), cookie(), pid_, tid_};
  for (ts_go_proc proc : procs) event.proc[event.procs++] = proc;
  host_.handler.on_go_procs(event);
  return *this;
}

inline Socket& Socket::call(ts_direction direction, std::string_view bytes) {
  ts_data event{};
  event.header = {TS_DATA, {}, 0, host_.now(), cookie(), pid_, tid_};
  event.offset = offset_[direction];
  event.length = static_cast<uint32_t>(bytes.size());
  event.captured = static_cast<uint32_t>(std::min(bytes.size(), captured_));
  event.tcp_seq = first_seq_[direction] + static_cast<uint32_t>(offset_[direction]);
  event.direction = static_cast<uint8_t>(direction);
  event.link = link_;
  event.flags = flags_;
  event.goid = goid_;
  if (event.captured < event.length && event.length >= TS_TAIL) {
    memcpy(event.tail, bytes.data() + bytes.size() - TS_TAIL, TS_TAIL);
  }
  offset_[direction] += bytes.size();
  host_.handler.on_data(event, link_ == TS_LINK_GO_SERVER ? &server_ : nullptr,
                        link_ == TS_LINK_GO_CLIENT ? &client_ : nullptr,
                        bytes.substr(0, event.captured));
  goid_ = 0;
  link_ = TS_LINK_NONE;
  flags_ = 0;
  captured_ = TS_CAPTURE_MAX;
  return *this;
}

inline Socket& Socket::close() {
  ts_header header = open_.header;
  header.kind = TS_CLOSE;
  header.size = sizeof header;
  header.time_ns = host_.now();
  host_.handler.on_close(header);
  return *this;
}

}  // namespace tarsier::assemble::testing
