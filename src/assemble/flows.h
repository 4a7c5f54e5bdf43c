// Network flows: counters of every connection of the host become bytes and packets by who talks to
// whom. A connection whose two ends are both on this host is counted once.
#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assemble/processes.h"
#include "assemble/strings.h"
#include "capture/events.h"
#include "model/batch.h"

namespace tarsier::assemble {

// The end that connected is the client (UDP: the one with the higher port). A "request" goes from
// it to the server, a "response" the way back. service.name is at the source address,
// service.peer.name at the destination.
class Flows {
 public:
  Flows(const Processes& processes, size_t flows_max, int64_t interval_ns)
      : processes_(processes), max_(flows_max), interval_ns_(interval_ns) {}

  static bool local_is_client(const capture::ts_flow& event);
  // Ends are called by their processes' names; `server` is for a server whose process is not known.
  void add(const capture::ts_flow& event, std::string_view server);
  void expire(uint64_t now_ns);  // CLOCK_MONOTONIC
  // As RedMetrics::emit().
  void emit(int64_t now_ns, const model::Resource& resource, model::Batch& zeros,
            model::Batch& out);

 private:
  enum End { kClient, kServer };
  struct Traffic {
    uint64_t bytes = 0, packets = 0;
    Traffic& operator+=(const Traffic& more) {
      bytes += more.bytes;
      packets += more.packets;
      return *this;
    }
    // Never less than nothing.
    Traffic operator-(const Traffic& less) const {
      return {bytes - std::min(bytes, less.bytes), packets - std::min(packets, less.packets)};
    }
  };
  // A connection: of each direction, what the end that is further has counted.
  struct Link {
    capture::ts_tuple client;  // as the client's end has it
    struct {
      uint64_t cookie = 0;  // 0: not seen
      uint32_t pid = 0;     // 0: not known
      bool over = false;
      std::string service;
    } ends[2];
    // By the End that sends. `unsettled` is part of `sent`, and waits for emit(): a service's name,
    // or the other end's first record, may come a moment later.
    Traffic sent[2], unsettled[2];
    bool waits = false;  // for emit()
    uint64_t seen_ns = 0;
  };
  struct Series {
    model::Attributes attributes;
    Traffic total;
    bool changed = false;
    int64_t start_ns = 0, sent_ns = 0, changed_ns = 0;
  };

  Link* link(uint64_t key, const capture::ts_tuple& client, const capture::ts_flow& event, End end);
  static void start(Link& link, const capture::ts_tuple& client, const capture::ts_flow& event,
                    End end);
  bool make_room(uint64_t now_ns);
  void settle(Link& link);
  void name_ends(Link& link) const;
  void settle_waiting();
  Series& series(const Link& link, End from);
  Series& make_series(const Link& link, End from);

  const Processes& processes_;
  const size_t max_;
  const int64_t interval_ns_;
  int64_t last_ns_ = 0;
  uint64_t room_made_ns_ = 0;
  boost::unordered_flat_map<uint64_t, std::unique_ptr<Link>> links_;
  std::vector<uint64_t> waiting_;                   // keys of links that wait for emit()
  std::deque<std::pair<uint64_t, uint64_t>> over_;  // time and key of links to be forgotten
  StringMap<std::unique_ptr<Series>> series_;
  std::string scratch_;
};

}  // namespace tarsier::assemble
