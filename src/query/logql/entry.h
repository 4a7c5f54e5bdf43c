// One log line on its way through a pipeline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"
#include "store/reader.h"

namespace tarsier::query::logql {

// Labels come from three places; where names meet, the stream's win, then the structured
// metadata's. Nothing is copied until a stage changes something.
class Entry {
 public:
  void start(const store::LogRow& row);

  int64_t time_ns() const { return time_ns_; }
  std::string_view line() const { return line_; }
  void set_line(std::string line);

  // Empty when there is none: an empty label is an absent one.
  std::string_view label(std::string_view name) const;
  // What a parser found. The first one wins; one that meets a stream's or metadata's name is called
  // name_extracted.
  void add_parsed(std::string_view name, std::string_view value);
  void set_label(std::string_view name, std::string value);  // label_format
  void remove(std::string_view name);
  // First error stays.
  void set_error(std::string_view error, std::string_view details);

  // Every label with its value, any order.
  template <typename Visit>
  void each(const Visit& visit) const {
    each_in(*stream_, visit);
    each_in(*metadata_, visit);
    for (const model::Label& label : parsed_) {
      if (!label.value.empty()) visit(label.name, label.value);
    }
  }

  model::Labels stream() const { return remaining(*stream_); }
  model::Labels metadata() const { return remaining(*metadata_); }
  model::Labels parsed() const;
  model::Labels all() const;
  bool stream_changed() const;
  const model::Labels& original_stream() const { return *stream_; }

 private:
  bool removed(std::string_view name) const;
  template <typename Visit>
  void each_in(const model::Labels& labels, const Visit& visit) const {
    for (const model::Label& label : labels) {
      if (!removed(label.name)) visit(label.name, label.value);
    }
  }
  model::Labels remaining(const model::Labels& labels) const;

  const model::Labels* stream_ = nullptr;
  const model::Labels* metadata_ = nullptr;
  int64_t time_ns_ = 0;
  std::string_view line_;
  std::string own_line_;
  std::vector<model::Label> parsed_;
  std::vector<std::string> removed_;  // of stream and metadata
};

}  // namespace tarsier::query::logql
