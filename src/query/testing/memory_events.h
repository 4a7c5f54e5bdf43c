// An EventsReader over rows in memory: what query's tests read.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "store/reader.h"

namespace tarsier::query::testing {

class MemoryEvents : public store::EventsReader {
 public:
  struct Line {
    model::Labels stream, metadata;
    int64_t time_ns = 0;
    std::string text;
  };

  void add_line(model::Labels stream, int64_t time_ns, std::string text,
                model::Labels metadata = {}) {
    model::normalise(stream);
    model::normalise(metadata);
    lines_.push_back({std::move(stream), std::move(metadata), time_ns, std::move(text)});
  }

  model::Span& add_span(const std::string& service, model::Span span) {
    auto& resource = resources_[service];
    model::set(resource.attributes, "service.name", {service});
    spans_.push_back({service, std::move(span)});
    return spans_.back().second;
  }

  // Equality matchers only: enough for selectors in tests.
  Status logs(const store::LogSelect& select,
              const std::function<Status(const store::LogRow&)>& visit) const override {
    std::vector<const Line*> found;
    for (const Line& line : lines_) {
      bool in_range = line.time_ns >= select.range.start_ns && line.time_ns < select.range.end_ns;
      if (in_range && matches(select.matchers, line.stream)) found.push_back(&line);
    }
    std::stable_sort(found.begin(), found.end(), [&](const Line* a, const Line* b) {
      return select.newest_first ? a->time_ns > b->time_ns : a->time_ns < b->time_ns;
    });
    for (const Line* line : found) {
      TRY_STATUS(visit({line->stream, line->metadata, line->time_ns, line->text}));
    }
    return {};
  }
  Status streams(const store::LogSelect& select,
                 const std::function<Status(const model::Labels&)>& visit) const override {
    std::map<model::Labels, bool> seen;
    for (const Line& line : lines_) {
      if (matches(select.matchers, line.stream)) seen[line.stream] = true;
    }
    for (const auto& [labels, _] : seen) TRY_STATUS(visit(labels));
    return {};
  }
  Result<std::vector<std::string>> log_label_names(const store::LogSelect&) const override {
    return std::vector<std::string>();
  }
  Result<std::vector<std::string>> log_label_values(const store::LogSelect&,
                                                    std::string_view) const override {
    return std::vector<std::string>();
  }

  Status trace(const std::string&, const model::TraceId& id,
               const std::function<Status(const store::TraceView&)>& visit) const override {
    std::vector<store::SpanRow> rows;
    for (const auto& [service, span] : spans_) {
      if (span.trace_id == id) rows.push_back(row(service, span));
    }
    if (rows.empty()) return not_found("no such trace");
    return visit({id, rows});
  }
  Status traces(const store::TraceSelect& select,
                const std::function<Status(const store::TraceView&)>& visit) const override {
    std::vector<model::TraceId> ids;
    for (const auto& [service, span] : spans_) {
      if (std::find(ids.begin(), ids.end(), span.trace_id) == ids.end())
        ids.push_back(span.trace_id);
    }
    for (const model::TraceId& id : ids) TRY_STATUS(trace(select.tenant, id, visit));
    return {};
  }
  Status export_otlp(const std::string&, const store::TimeRange&,
                     const std::function<Status(model::Batch&&)>&) const override {
    return {};
  }

 private:
  static bool matches(const std::vector<store::Matcher>& matchers, const model::Labels& labels) {
    return std::all_of(matchers.begin(), matchers.end(), [&](const store::Matcher& m) {
      bool equal = model::get(labels, m.name) == m.value;
      return m.kind == store::MatchKind::kNotEqual ? !equal
                                                   : m.kind != store::MatchKind::kEqual || equal;
    });
  }
  store::SpanRow row(const std::string& service, const model::Span& span) const {
    return {resources_.at(service), empty_, scope_, empty_, span};
  }

  std::vector<Line> lines_;
  std::deque<std::pair<std::string, model::Span>> spans_;
  std::map<std::string, model::Resource> resources_;
  model::Scope scope_;
  std::string empty_;
};

}  // namespace tarsier::query::testing
