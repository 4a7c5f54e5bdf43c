// A trace with what structural questions need: who is whose parent, roots, nested sets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "query/traceql/ast.h"
#include "store/reader.h"

namespace tarsier::query::traceql {

// Spans are named by their index in the view. Built per trace, used by one thread.
class Trace {
 public:
  explicit Trace(const store::TraceView& view);

  const store::TraceView& view() const { return view_; }
  size_t size() const { return view_.spans.size(); }
  const model::Span& span(int index) const { return view_.spans[static_cast<size_t>(index)].span; }
  const store::SpanRow& row(int index) const { return view_.spans[static_cast<size_t>(index)]; }

  int parent(int index) const { return parents_[static_cast<size_t>(index)]; }  // -1: none known
  bool descends(int index, int ancestor) const;
  int child_count(int index) const { return child_counts_[static_cast<size_t>(index)]; }
  int root() const { return root_; }  // the span without a parent id; -1 when it is not known

  int64_t start_ns() const { return start_ns_; }
  int64_t duration_ns() const { return end_ns_ - start_ns_; }
  std::string_view root_name() const;
  std::string_view root_service() const;
  const std::string& id_hex() const { return id_hex_; }

  // Nested-set numbers from 1; 0 for spans that hang below no root. parent is -1 at a root.
  struct NestedSet {
    int left = 0, right = 0, parent = 0;
  };
  const NestedSet& nested_set(int index) const;

 private:
  void number_nested_sets() const;

  const store::TraceView& view_;
  std::vector<int> parents_, child_counts_;
  int root_ = -1;
  int64_t start_ns_ = 0, end_ns_ = 0;
  std::string id_hex_;
  mutable std::vector<NestedSet> nested_sets_;  // on first use
};

}  // namespace tarsier::query::traceql
