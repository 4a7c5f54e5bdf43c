#include "query/traceql/trace.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstring>

namespace tarsier::query::traceql {
namespace {

uint64_t key(const model::SpanId& id) {
  uint64_t value = 0;
  std::memcpy(&value, id.bytes.data(), sizeof value);
  return value;
}

// A client and a server span may share an id (Zipkin's habit): a server's parent is then the client
// of the same id.
using Index = boost::unordered_flat_map<uint64_t, std::vector<int>>;

int find_parent(const store::TraceView& view, const Index& index, int child) {
  const model::Span& span = view.spans[static_cast<size_t>(child)].span;
  if (span.parent_span_id.empty()) return -1;
  auto it = index.find(key(span.parent_span_id));
  if (it == index.end()) return -1;
  int found = -1;
  for (int candidate : it->second) {
    if (candidate == child) continue;
    const model::Span& other = view.spans[static_cast<size_t>(candidate)].span;
    if (found < 0 || (it->second.size() > 1 && other.kind == model::SpanKind::kServer))
      found = candidate;
  }
  return found;
}

}  // namespace

Trace::Trace(const store::TraceView& view)
    : view_(view),
      parents_(view.spans.size(), -1),
      child_counts_(view.spans.size(), 0),
      id_hex_(view.trace_id.hex()) {
  Index index;
  for (size_t i = 0; i < size(); i++)
    index[key(view.spans[i].span.span_id)].push_back(static_cast<int>(i));
  for (size_t i = 0; i < size(); i++) {
    const model::Span& span = view.spans[i].span;
    int parent = find_parent(view, index, static_cast<int>(i));
    parents_[i] = parent;
    if (parent >= 0) child_counts_[static_cast<size_t>(parent)]++;
    if (root_ < 0 && span.parent_span_id.empty()) root_ = static_cast<int>(i);
    start_ns_ = i == 0 ? span.start_ns : std::min(start_ns_, span.start_ns);
    end_ns_ = i == 0 ? span.end_ns : std::max(end_ns_, span.end_ns);
  }
}

bool Trace::descends(int index, int ancestor) const {
  // Bounded by the number of spans: ids from outside can form a ring.
  for (size_t steps = 0; steps < size(); steps++) {
    index = parent(index);
    if (index < 0) return false;
    if (index == ancestor) return true;
  }
  return false;
}

std::string_view Trace::root_name() const {
  return root_ < 0 ? std::string_view() : std::string_view(span(root_).name);
}
std::string_view Trace::root_service() const {
  return root_ < 0 ? std::string_view("<root span not yet received>")
                   : model::find_string(row(root_).resource.attributes, "service.name");
}

const Trace::NestedSet& Trace::nested_set(int index) const {
  if (nested_sets_.empty()) number_nested_sets();
  return nested_sets_[static_cast<size_t>(index)];
}

void Trace::number_nested_sets() const {
  nested_sets_.resize(size());
  std::vector<std::vector<int>> children(size());
  std::vector<std::pair<int, size_t>> stack;  // span, next child
  int number = 0;
  for (size_t i = 0; i < size(); i++) {
    int parent = parents_[i];
    if (parent >= 0) children[static_cast<size_t>(parent)].push_back(static_cast<int>(i));
  }
  auto enter = [&](int index, int parent_left) {
    nested_sets_[static_cast<size_t>(index)] = {++number, 0, parent_left};
    stack.emplace_back(index, 0);
  };
  for (size_t i = 0; i < size(); i++) {
    if (!span(static_cast<int>(i)).parent_span_id.empty()) continue;
    enter(static_cast<int>(i), -1);
    while (!stack.empty()) {
      auto& [index, next] = stack.back();
      const std::vector<int>& of = children[static_cast<size_t>(index)];
      if (next < of.size()) {
        int parent_left = nested_sets_[static_cast<size_t>(index)].left;
        enter(of[next++], parent_left);
      } else {
        nested_sets_[static_cast<size_t>(index)].right = ++number;
        stack.pop_back();
      }
    }
  }
}

}  // namespace tarsier::query::traceql
