#include "assemble/trace/deciding.h"

#include <cstring>

#include "assemble/counters.h"
#include "base/random.h"

namespace tarsier::assemble {
namespace {

template <typename Id>
void randomise(Id& id) {
  do {
    for (size_t i = 0; i < id.bytes.size(); i += 8) {
      uint64_t word = thread_random().next();
      memcpy(id.bytes.data() + i, &word, 8);
    }
  } while (id.empty());
}

// The node whose decision this one needs first; null when it needs none.
Node* blocker(const Node& node) {
  return node.candidate && !node.candidate->decided ? node.candidate.get() : nullptr;
}

// A node of the circle that the candidates above this one form, itself if it is one; null when they
// form none. Two speeds on one path meet only there (Floyd).
Node* circle_above(Node& node) {
  Node *slow = &node, *fast = &node;
  while (true) {
    for (int step = 0; step < 2; step++) {
      fast = blocker(*fast);
      if (!fast) return nullptr;
    }
    slow = blocker(*slow);
    if (slow == fast) break;
  }
  for (Node* other = blocker(*slow); other != slow; other = blocker(*other)) {
    if (other == &node) return other;
  }
  return slow;
}

// Evidence that goes round in a circle is none: no parent is better than a wrong one.
void break_circle(Node& node) {
  while (Node* inside = circle_above(node)) {
    counters().link_ambiguous.add();
    inside->candidate.reset();
  }
}

}  // namespace

void Deciding::update(Node& node, std::vector<NodePtr>& decided) {
  size_t next = decided.size();
  if (!decide(node)) return;
  decided.emplace_back(&node);
  for (; next < decided.size(); next++) {
    std::vector<NodePtr> waiters = std::move(decided[next]->waiters);
    decided[next]->waiters.clear();
    for (NodePtr& waiter : waiters) {
      if (decide(*waiter)) decided.push_back(std::move(waiter));
    }
  }
}

void Deciding::force(Node& node, std::vector<NodePtr>& decided) {
  break_circle(node);
  Node* top = &node;
  while (Node* above = blocker(*top)) top = above;
  top->pending = false;
  update(*top, decided);
}

bool Deciding::decide(Node& node) {
  if (node.decided || node.pending) return false;
  break_circle(node);
  const Node* local = node.candidate.get();
  const Remote* remote = node.remote ? &node.remote : nullptr;
  if (!node.server && remote) {
    node.passed_through = local && local->remote && local->remote.same(*remote);
    if (!node.passed_through) local = nullptr;
  }
  if (Node* above = local ? blocker(node) : nullptr) {
    above->waiters.emplace_back(&node);
    return false;
  }
  if (node.server && remote && local && !local->passed_through) local = nullptr;
  place(node, local, local ? nullptr : remote);
  return true;
}

void Deciding::place(Node& node, const Node* local, const Remote* remote) {
  randomise(node.span_id);
  if (local) {
    node.trace_id = local->trace_id;
    node.parent_id = local->span_id;
    node.trace_state = local->trace_state;
    node.sampled = sampler_.child(node.trace_id, local->sampled);
    counters().parent_local.add();
  } else if (remote) {
    node.trace_id = remote->trace_id;
    node.parent_id = remote->span_id;
    node.trace_state = remote->state;
    node.parent_is_remote = true;
    node.sampled = sampler_.child(node.trace_id, remote->sampled);
    counters().parent_remote.add();
  } else {
    randomise(node.trace_id);
    node.sampled = sampler_.root(node.trace_id);
    counters().parent_none.add();
  }
  node.decided = true;
  node.candidate.reset();  // or a trace would keep all its past
}

}  // namespace tarsier::assemble
