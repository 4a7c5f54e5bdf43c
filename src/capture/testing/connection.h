// Ring records of one connection, made by hand.
//
//   Connection server{.cookie = 7, .pid = 100, .role = TS_ROLE_SERVER};
//   dispatch(server.open(t), handler);
//   dispatch(server.receive(t, "GET / HTTP/1.1\r\n\r\n"), handler);
//   dispatch(server.send(t, "HTTP/1.1 204 No Content\r\n\r\n"), handler);
//   dispatch(server.close(t), handler);
#pragma once

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "capture/capture.h"

namespace tarsier::capture::testing {

template <typename Event>
std::string to_record(const Event& event) {
  return {reinterpret_cast<const char*>(&event), sizeof event};
}

// An IPv4 address, most significant byte first, as an IPv4-mapped IPv6 address.
inline void set_ipv4(__u8 (&out)[16], uint32_t address) {
  std::memset(out, 0, 10);
  out[10] = out[11] = 0xff;
  for (int i = 0; i < 4; i++) out[12 + i] = static_cast<__u8>(address >> (24 - 8 * i));
}

// One end of a connection. It counts offsets and sequence numbers as the kernel does.
struct Connection {
  uint64_t cookie = 1;
  uint32_t pid = 1, tid = 1;
  ts_role role = TS_ROLE_SERVER;
  bool late = false;
  uint32_t local_ip = 0x7f000001, peer_ip = 0x7f000001;
  uint16_t local_port = 8080, peer_port = 40000;
  uint32_t netns = 1;
  uint64_t goid = 0;
  uint32_t receive_seq = 1000, send_seq = 5000;  // of the next byte
  uint64_t received = 0, sent = 0;

  ts_header header(ts_kind kind, size_t size, uint64_t time_ns) const {
    ts_header out{};
    out.kind = static_cast<__u8>(kind);
    out.size = static_cast<__u32>(size);
    out.time_ns = time_ns;
    out.cookie = cookie;
    out.pid = pid;
    out.tid = tid;
    return out;
  }

  ts_tuple tuple() const {
    ts_tuple out{};
    set_ipv4(out.local_address, local_ip);
    set_ipv4(out.peer_address, peer_ip);
    out.local_port = local_port;
    out.peer_port = peer_port;
    out.protocol = IPPROTO_TCP;
    out.netns = netns;
    return out;
  }

  std::string open(uint64_t time_ns) const {
    ts_open event{};
    event.header = header(TS_OPEN, sizeof event, time_ns);
    event.tuple = tuple();
    event.role = static_cast<__u8>(role);
    event.late = late;
    return to_record(event);
  }

  std::string close(uint64_t time_ns) const {
    return to_record(header(TS_CLOSE, sizeof(ts_header), time_ns));
  }

  // `payload` is what was copied; `length` what moved, when that is more.
  std::string receive(uint64_t time_ns, std::string_view payload, uint32_t length = 0,
                      const ts_go_server* server = nullptr, const ts_go_client* client = nullptr) {
    return data(TS_RECEIVE, time_ns, payload, length, server, client);
  }
  std::string send(uint64_t time_ns, std::string_view payload, uint32_t length = 0,
                   const ts_go_server* server = nullptr, const ts_go_client* client = nullptr) {
    return data(TS_SEND, time_ns, payload, length, server, client);
  }

  std::string data(ts_direction direction, uint64_t time_ns, std::string_view payload,
                   uint32_t length, const ts_go_server* server, const ts_go_client* client,
                   __u8 flags = 0, std::string_view tail = {}) {
    ts_data event{};
    event.captured = static_cast<__u32>(payload.size());
    event.length = std::max(length, event.captured);
    event.direction = static_cast<__u8>(direction);
    event.flags = flags;
    event.goid = goid;
    tail.copy(reinterpret_cast<char*>(event.tail), TS_TAIL);
    uint64_t& offset = direction == TS_SEND ? sent : received;
    uint32_t& seq = direction == TS_SEND ? send_seq : receive_seq;
    event.offset = offset;
    event.tcp_seq = seq;
    offset += event.length;
    seq += event.length;

    std::string link;
    if (server) {
      event.link = TS_LINK_GO_SERVER;
      link.assign(reinterpret_cast<const char*>(server),
                  offsetof(ts_go_server, proc) + server->procs * sizeof(ts_go_proc));
    } else if (client) {
      event.link = TS_LINK_GO_CLIENT;
      link.assign(reinterpret_cast<const char*>(client),
                  offsetof(ts_go_client, chain) + client->chain_length * sizeof(__u64));
    }
    event.header = header(TS_DATA, sizeof event + link.size() + payload.size(), time_ns);
    return to_record(event) + link + std::string(payload);
  }
};

}  // namespace tarsier::capture::testing
