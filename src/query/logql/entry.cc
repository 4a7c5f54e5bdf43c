#include "query/logql/entry.h"

#include <algorithm>

namespace tarsier::query::logql {

void Entry::start(const store::LogRow& row) {
  stream_ = &row.stream;
  metadata_ = &row.metadata;
  time_ns_ = row.time_ns;
  line_ = row.line;
  parsed_.clear();
  removed_.clear();
}

void Entry::set_line(std::string line) {
  own_line_ = std::move(line);
  line_ = own_line_;
}

bool Entry::removed(std::string_view name) const {
  return std::find(removed_.begin(), removed_.end(), name) != removed_.end();
}

std::string_view Entry::label(std::string_view name) const {
  for (const model::Label& label : parsed_) {
    if (label.name == name) return label.value;
  }
  if (!removed_.empty() && removed(name)) return {};
  std::string_view value = model::get(*stream_, name);
  return value.empty() ? model::get(*metadata_, name) : value;
}

void Entry::add_parsed(std::string_view name, std::string_view value) {
  bool taken = !model::get(*stream_, name).empty() || !model::get(*metadata_, name).empty();
  std::string own = std::string(name) + (taken ? "_extracted" : "");
  for (const model::Label& label : parsed_) {
    if (label.name == own) return;
  }
  parsed_.push_back({std::move(own), std::string(value)});
}

void Entry::set_label(std::string_view name, std::string value) {
  remove(name);
  if (!value.empty()) parsed_.push_back({std::string(name), std::move(value)});
}

void Entry::remove(std::string_view name) {
  std::erase_if(parsed_, [&](const model::Label& label) { return label.name == name; });
  bool original = !model::get(*stream_, name).empty() || !model::get(*metadata_, name).empty();
  if (original && !removed(name)) removed_.emplace_back(name);
}

void Entry::set_error(std::string_view error, std::string_view details) {
  if (!label("__error__").empty()) return;
  parsed_.push_back({"__error__", std::string(error)});
  parsed_.push_back({"__error_details__", std::string(details)});
}

model::Labels Entry::remaining(const model::Labels& labels) const {
  if (removed_.empty()) return labels;
  model::Labels out;
  each_in(labels,
          [&](const std::string& name, const std::string& value) { out.push_back({name, value}); });
  return out;
}

model::Labels Entry::parsed() const {
  model::Labels out = parsed_;
  model::normalise(out);
  return out;
}

model::Labels Entry::all() const {
  model::Labels out;
  each([&](const std::string& name, const std::string& value) { out.push_back({name, value}); });
  model::normalise(out);
  return out;
}

bool Entry::stream_changed() const {
  return std::any_of(removed_.begin(), removed_.end(),
                     [&](const std::string& name) { return !model::get(*stream_, name).empty(); });
}

}  // namespace tarsier::query::logql
