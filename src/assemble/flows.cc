#include "assemble/flows.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "assemble/address.h"
#include "assemble/counters.h"
#include "assemble/scope.h"
#include "base/clock.h"
#include "base/hash.h"

namespace tarsier::assemble {
namespace {

constexpr size_t kLinksMax = 131'072;
constexpr uint64_t kOverKeepNs = 10 * kSecond;  // the other end's last record may still come
constexpr uint64_t kRoomEveryNs = kSecond;
constexpr uint64_t kSilentNs = 60 * kSecond;    // a live connection reports every few seconds
constexpr int64_t kIdleMaxNs = 5 * kMinute;     // a series that stays the same is then dropped
constexpr int64_t kHeartbeatNs = 30 * kSecond;  // one that stays the same is sent this often
constexpr std::string_view kOverflow = "overflow";

bool is_unspecified(const uint8_t (&address)[16]) {
  static constexpr uint8_t kAny[16] = {}, kAnyIpv4[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return memcmp(address, kAny, 16) == 0 || memcmp(address, kAnyIpv4, 16) == 0;
}

// A UDP socket that is bound to no address talks to a loopback address from the same one.
capture::ts_tuple with_address(capture::ts_tuple t) {
  if (is_unspecified(t.local_address) && is_loopback(t.peer_address)) {
    memcpy(t.local_address, t.peer_address, 16);
  }
  return t;
}

capture::ts_tuple other_end(const capture::ts_tuple& t) {
  capture::ts_tuple out = t;
  memcpy(out.local_address, t.peer_address, 16);
  memcpy(out.peer_address, t.local_address, 16);
  std::swap(out.local_port, out.peer_port);
  return out;
}

// The same for both ends. Loopback addresses exist once per network namespace.
uint64_t link_key(const capture::ts_tuple& client) {
  struct {
    uint8_t client[16], server[16];
    uint32_t client_port, server_port, protocol, netns;
  } k{};
  // As above, for the host's other addresses: whether a peer is on this host is not known here.
  bool any = is_unspecified(client.local_address), any_peer = is_unspecified(client.peer_address);
  memcpy(k.client, any ? client.peer_address : client.local_address, 16);
  memcpy(k.server, any_peer ? client.local_address : client.peer_address, 16);
  k.client_port = client.local_port;
  k.server_port = client.peer_port;
  k.protocol = client.protocol;
  k.netns = is_loopback(client.local_address) ? client.netns : 0;
  return hash64({reinterpret_cast<const char*>(&k), sizeof k});
}

void add_text(model::Attributes& out, std::string_view key, std::string_view value) {
  if (!value.empty()) out.push_back({std::string(key), {std::string(value)}});
}

std::string text(const uint8_t (&address)[16]) {
  std::string out;
  format_address(address, out);
  return out;
}

}  // namespace

bool Flows::local_is_client(const capture::ts_flow& event) {
  if (event.role == capture::TS_ROLE_CLIENT) return true;
  if (event.role == capture::TS_ROLE_SERVER) return false;
  const capture::ts_tuple& t = event.tuple;
  if (t.local_port != t.peer_port) return t.local_port > t.peer_port;
  return memcmp(t.local_address, t.peer_address, 16) > 0;
}

void Flows::add(const capture::ts_flow& event, std::string_view server) {
  counters().flow_records.add();
  End end = local_is_client(event) ? kClient : kServer;
  End other = end == kClient ? kServer : kClient;
  capture::ts_tuple client = with_address(event.tuple);
  if (end == kServer) client = other_end(client);
  uint64_t key = link_key(client);
  Link* found = link(key, client, event, end);
  if (!found) return;
  Link& link = *found;
  link.seen_ns = event.header.time_ns;
  if (event.header.pid) link.ends[end].pid = event.header.pid;
  if (link.ends[kServer].service.empty()) link.ends[kServer].service = server;
  if (link.ends[other].cookie) counters().flow_both_ends.add();
  for (End from : {end, other}) {
    Traffic now = from == end ? Traffic{event.sent_bytes, event.sent_packets}
                              : Traffic{event.received_bytes, event.received_packets};
    Traffic more = now - link.sent[from];
    link.sent[from] += more;
    link.unsettled[from] += more;
  }
  if (!link.waits) waiting_.push_back(key);
  link.waits = true;
  if (!event.last) return;
  link.ends[end].over = true;
  if (!link.ends[other].cookie) over_.emplace_back(event.header.time_ns, key);
}

// The connection's entry; a new one when the addresses are used again. Null: there is no room.
Flows::Link* Flows::link(uint64_t key, const capture::ts_tuple& client,
                         const capture::ts_flow& event, End end) {
  auto found = links_.find(key);
  if (found == links_.end()) {
    if (links_.size() >= kLinksMax && !make_room(event.header.time_ns)) {
      counters().flow_evicted.add();
      return nullptr;
    }
    found = links_.emplace(key, std::make_unique<Link>()).first;
    start(*found->second, client, event, end);
  }
  Link& link = *found->second;
  if (link.ends[end].cookie && link.ends[end].cookie != event.header.cookie) {
    settle(link);
    start(link, client, event, end);
  }
  link.ends[end].cookie = event.header.cookie;
  return &link;
}

void Flows::start(Link& link, const capture::ts_tuple& client, const capture::ts_flow& event,
                  End end) {
  bool waits = link.waits;
  link = {};
  link.waits = waits;
  link.client = client;
  link.sent[end] = {event.before.sent_bytes, event.before.sent_packets};
  link.sent[end == kClient ? kServer : kClient] = {event.before.received_bytes,
                                                   event.before.received_packets};
}

// Only what is over or has been silent for long may go: of a connection that comes back, the ends
// could no longer be told to be one's.
bool Flows::make_room(uint64_t now_ns) {
  if (now_ns < room_made_ns_ + kRoomEveryNs) return false;
  room_made_ns_ = now_ns;
  settle_waiting();
  return boost::unordered::erase_if(links_, [&](const auto& entry) {
           const Link& link = *entry.second;
           return link.ends[0].over || link.ends[1].over || link.seen_ns + kSilentNs < now_ns;
         }) > 0;
}

void Flows::expire(uint64_t now_ns) {
  for (; !over_.empty() && over_.front().first + kOverKeepNs < now_ns; over_.pop_front()) {
    auto found = links_.find(over_.front().second);
    if (found == links_.end() || found->second->seen_ns > over_.front().first) continue;
    settle(*found->second);
    links_.erase(found);
  }
}

void Flows::name_ends(Link& link) const {
  for (auto& end : link.ends) {
    const ProcessEntry* process = end.pid ? processes_.find(end.pid) : nullptr;
    if (process && !process->service_name.empty()) end.service = process->service_name;
  }
}

void Flows::settle(Link& link) {
  name_ends(link);
  for (End from : {kClient, kServer}) {
    Traffic more = std::exchange(link.unsettled[from], {});
    if (more.bytes == 0 && more.packets == 0) continue;
    Series& s = series(link, from);
    s.total += more;
    s.changed = true;
  }
}

void Flows::settle_waiting() {
  for (uint64_t key : waiting_) {
    auto found = links_.find(key);
    if (found == links_.end()) continue;
    Link& link = *found->second;
    settle(link);
    link.waits = false;
    if (link.ends[kClient].over && link.ends[kServer].over) links_.erase(found);
  }
  waiting_.clear();
}

Flows::Series& Flows::series(const Link& link, End from) {
  const capture::ts_tuple& t = link.client;
  scratch_.assign(reinterpret_cast<const char*>(t.local_address), 16);
  scratch_.append(reinterpret_cast<const char*>(t.peer_address), 16);
  scratch_.append(reinterpret_cast<const char*>(&t.peer_port), sizeof t.peer_port);
  scratch_.push_back(static_cast<char>(t.protocol));
  scratch_.push_back(static_cast<char>(from));
  scratch_.append(link.ends[kClient].service).push_back('\0');
  scratch_.append(link.ends[kServer].service);
  if (auto found = series_.find(scratch_); found != series_.end()) return *found->second;
  return make_series(link, from);
}

Flows::Series& Flows::make_series(const Link& link, End from) {
  auto made = std::make_unique<Series>();
  model::Attributes& out = made->attributes;
  if (series_.size() >= max_) {
    counters().flow_overflow.add();
    if (auto found = series_.find(kOverflow); found != series_.end()) return *found->second;
    out.push_back({"otel.metric.overflow", {true}});
    return *series_.emplace(kOverflow, std::move(made)).first->second;
  }
  const capture::ts_tuple& t = link.client;
  End to = from == kClient ? kServer : kClient;
  add_text(out, "src.address", text(from == kClient ? t.local_address : t.peer_address));
  add_text(out, "dst.address", text(from == kClient ? t.peer_address : t.local_address));
  out.push_back({"server.port", {int64_t{t.peer_port}}});
  add_text(out, "direction", from == kClient ? "request" : "response");
  add_text(out, "transport", t.protocol == IPPROTO_UDP ? "udp" : "tcp");
  add_text(out, "service.name", link.ends[from].service);
  add_text(out, "service.peer.name", link.ends[to].service);
  return *series_.emplace(scratch_, std::move(made)).first->second;
}

namespace {

struct Sheet {
  model::SumData bytes{{}, model::Temporality::kCumulative, true};
  model::SumData packets{{}, model::Temporality::kCumulative, true};

  void add(const model::Attributes& attributes, int64_t start_ns, int64_t time_ns,
           uint64_t byte_count, uint64_t packet_count) {
    for (auto [data, value] : {std::pair(&bytes, byte_count), {&packets, packet_count}}) {
      model::NumberPoint& point = data->points.emplace_back();
      point.attributes = attributes;
      point.start_ns = start_ns;
      point.time_ns = time_ns;
      point.value.data = static_cast<int64_t>(value);
    }
  }
  void move_to(const model::Resource& resource, model::Batch& batch) {
    if (bytes.points.empty()) return;
    std::vector<model::Metric> metrics(2);
    metrics[0].name = "beyla.network.flow.bytes";
    metrics[0].unit = "By";
    metrics[0].description = "Bytes that connections moved";
    metrics[0].data = std::move(bytes);
    metrics[1].name = "beyla.network.flow.packets";
    metrics[1].unit = "{packet}";
    metrics[1].description = "Packets that connections moved";
    metrics[1].data = std::move(packets);
    append(batch.metrics, resource, std::move(metrics));
  }
};

}  // namespace

void Flows::emit(int64_t now_ns, const model::Resource& resource, model::Batch& zeros,
                 model::Batch& out) {
  int64_t start_ns = last_ns_ ? last_ns_ : now_ns - interval_ns_;
  last_ns_ = now_ns;
  settle_waiting();
  bool full = series_.size() >= max_;
  Sheet fresh, current;
  boost::unordered::erase_if(series_, [&](const auto& entry) {
    Series& s = *entry.second;
    if (s.changed) s.changed_ns = now_ns;
    if (!s.changed && (full || s.changed_ns + kIdleMaxNs < now_ns)) return true;
    if (!s.changed && now_ns < s.sent_ns + kHeartbeatNs) return false;
    if (s.start_ns == 0) {
      s.start_ns = start_ns;
      fresh.add(s.attributes, start_ns, start_ns, 0, 0);
    }
    s.changed = false;
    s.sent_ns = now_ns;
    current.add(s.attributes, s.start_ns, now_ns, s.total.bytes, s.total.packets);
    return false;
  });
  fresh.move_to(resource, zeros);
  current.move_to(resource, out);
}

}  // namespace tarsier::assemble
