// Which of a Go server's HTTP/2 streams caused a call, from the goroutine that each handler has for
// itself. Its number is never another's, so that what it calls, and what a goroutine calls that it
// started, is certain. So is a call with a stream's context, as long as that is not answered: its
// address may be used again then.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>

#include "assemble/trace/node.h"
#include "capture/events.h"

namespace tarsier::assemble {

class GoStreams {
 public:
  // A handler begins, or a client's stream.
  void told(const capture::ts_go_stream& event);

  void request(uint64_t cookie, uint32_t stream, Node& node);
  void answered(uint64_t cookie, uint32_t stream, uint64_t end_ns);
  // For the second way: who calls over a client's stream. Null when that is not known.
  const capture::ts_go_stream* caller(uint64_t cookie, uint32_t stream) const;
  void forget_caller(uint64_t cookie, uint32_t stream);
  void expire(uint64_t now_ns);

  // The request whose handler makes this call, or whose context it has.
  NodePtr find(uint32_t pid, const capture::ts_go_client& link) const;
  // The one whose handler is, or was a while ago, this goroutine. Null: none.
  NodePtr serving(uint32_t pid, uint64_t goid) const;
  size_t size() const { return by_goid_.size() + callers_.size() + open_.size(); }

 private:
  struct Key {
    uint64_t first, second;
    bool operator==(const Key&) const = default;
    friend size_t hash_value(const Key& key) {
      return (key.second ^ key.first << 40 ^ key.first >> 24) * 0x9e3779b97f4a7c15u;
    }
  };
  struct Served {
    NodePtr node;
    uint32_t pid = 0;
    uint64_t goid = 0, context = 0;  // 0: not known
  };
  struct Ended {
    uint64_t time_ns;
    Key goid;
  };
  struct Caller {
    uint64_t time_ns;
    Key stream;
  };

  boost::unordered_flat_map<Key, Served> open_;  // by connection and stream
  boost::unordered_flat_map<Key, NodePtr> by_goid_, by_context_;
  boost::unordered_flat_map<Key, capture::ts_go_stream> callers_;
  std::deque<Ended> ended_;
  std::deque<Caller> called_;
};

}  // namespace tarsier::assemble
