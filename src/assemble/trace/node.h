// One exchange's place in its trace. It lives as long as anything may still become its child.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <string>
#include <vector>

#include "assemble/trace/propagation.h"
#include "model/ids.h"

namespace tarsier::assemble {

// How long after a request's answer a goroutine that it started may still call for it. One that
// lives longer is a worker's.
inline constexpr uint64_t kChildKeepNs = 2'000'000'000;

struct Exchange;
struct Node;
using NodePtr = boost::intrusive_ptr<Node>;

struct Node : boost::intrusive_ref_counter<Node, boost::thread_unsafe_counter> {
  // Known when decided.
  model::TraceId trace_id;
  model::SpanId span_id, parent_id;
  std::string trace_state;
  bool decided = false;
  bool sampled = false;
  bool parent_is_remote = false;

  // What the decision is made from.
  bool server = false;
  bool pending = false;  // `candidate` may still be found
  bool passed_through =
      false;          // a call that carries, unchanged, the context its server request had
  Remote remote;      // from the request's headers
  NodePtr candidate;  // server: the client span at the other end; client: its server span

  std::vector<NodePtr> waiters;  // undecided, because this is
  Exchange* exchange = nullptr;  // until it has been emitted
};

}  // namespace tarsier::assemble
