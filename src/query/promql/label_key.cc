#include "query/promql/label_key.h"

#include <algorithm>
#include <cstdint>

#include "query/promql/row.h"

namespace tarsier::query::promql {
namespace {

void append_text(std::string& key, std::string_view text) {
  const auto size = static_cast<uint32_t>(text.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key.append(text);
}

}  // namespace

LabelKey::LabelKey(std::vector<std::string> names, bool only)
    : names_(std::move(names)), only_(only) {
  std::ranges::sort(names_);
  const auto repeated = std::ranges::unique(names_);
  names_.erase(repeated.begin(), repeated.end());
}

LabelKey LabelKey::only(std::vector<std::string> names) {
  return {std::move(names), true};
}

LabelKey LabelKey::all_but(std::vector<std::string> names, bool drop_metadata) {
  if (drop_metadata) {
    for (const char* name : {"__name__", "__type__", "__unit__"}) names.emplace_back(name);
  }
  return {std::move(names), false};
}

// Both lists are sorted, so that one walk over both finds what is in common.
template <typename Visit>
void LabelKey::each(const model::Labels& labels, bool hide_name, const Visit& visit) const {
  auto name = names_.begin();
  for (const model::Label& label : labels) {
    while (name != names_.end() && *name < label.name) ++name;
    const bool named = name != names_.end() && *name == label.name;
    if (named != only_ || (hide_name && is_metadata_label(label.name))) continue;
    visit(label);
  }
}

void LabelKey::append(const model::Labels& labels, bool hide_name, std::string& key) const {
  each(labels, hide_name, [&](const model::Label& label) {
    append_text(key, label.name);
    append_text(key, label.value);
  });
}

model::Labels LabelKey::project(const model::Labels& labels, bool hide_name) const {
  model::Labels out;
  each(labels, hide_name, [&](const model::Label& label) { out.push_back(label); });
  return out;
}

}  // namespace tarsier::query::promql
