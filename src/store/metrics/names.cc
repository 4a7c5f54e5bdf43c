#include "store/metrics/names.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

namespace tarsier::store {
namespace {

using Word = std::pair<std::string_view, std::string_view>;

constexpr std::array<Word, 26> kUnits = {{
    {"d", "days"},
    {"h", "hours"},
    {"min", "minutes"},
    {"s", "seconds"},
    {"ms", "milliseconds"},
    {"us", "microseconds"},
    {"ns", "nanoseconds"},
    {"By", "bytes"},
    {"KiBy", "kibibytes"},
    {"MiBy", "mebibytes"},
    {"GiBy", "gibibytes"},
    {"TiBy", "tibibytes"},
    {"KBy", "kilobytes"},
    {"MBy", "megabytes"},
    {"GBy", "gigabytes"},
    {"TBy", "terabytes"},
    {"m", "meters"},
    {"V", "volts"},
    {"A", "amperes"},
    {"J", "joules"},
    {"W", "watts"},
    {"g", "grams"},
    {"Cel", "celsius"},
    {"Hz", "hertz"},
    {"1", ""},
    {"%", "percent"},
}};
constexpr std::array<Word, 7> kPerUnits = {{{"s", "second"},
                                            {"m", "minute"},
                                            {"h", "hour"},
                                            {"d", "day"},
                                            {"w", "week"},
                                            {"mo", "month"},
                                            {"y", "year"}}};

bool alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <typename Keep>
std::vector<std::string> split(std::string_view text, Keep keep) {
  std::vector<std::string> out;
  bool inside = false;
  for (char c : text) {
    if (!keep(c)) {
      inside = false;
      continue;
    }
    if (!inside) out.emplace_back();
    inside = true;
    out.back().push_back(c);
  }
  return out;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out.push_back('_');
    out += word;
  }
  return out;
}

template <size_t N>
std::string unit_word(std::string_view unit, const std::array<Word, N>& words) {
  unit = trim(unit);
  if (unit.empty() || unit.find_first_of("{}") != std::string_view::npos) return {};
  for (const Word& word : words) {
    if (word.first == unit) return std::string(word.second);
  }
  return join(split(unit, alnum));
}

struct UnitWords {
  std::string main, per;  // "bytes", "per_second"
};

UnitWords unit_words(std::string_view unit) {
  size_t slash = unit.find('/');
  UnitWords out{unit_word(unit.substr(0, slash), kUnits), {}};
  if (slash != std::string_view::npos) {
    std::string per = unit_word(unit.substr(slash + 1), kPerUnits);
    if (!per.empty()) out.per = "per_" + per;
  }
  return out;
}

void move_to_end(std::vector<std::string>& words, const char* word) {
  std::erase(words, word);
  words.emplace_back(word);
}

constexpr std::string_view kServiceName = "service.name";
constexpr std::string_view kServiceNamespace = "service.namespace";
constexpr std::string_view kServiceInstance = "service.instance.id";

std::string text(const model::Attributes& attributes, std::string_view key) {
  const model::Value* value = model::find(attributes, key);
  return value ? model::to_string(*value) : std::string();
}

}  // namespace

std::string prometheus_name(std::string_view name, std::string_view unit, MetricKind kind,
                            bool suffixes) {
  std::vector<std::string> words = split(name, [](char c) { return alnum(c) || c == ':'; });
  if (words.empty()) return {};
  if (suffixes) {
    UnitWords unit_suffix = unit_words(unit);
    auto has = [&](std::string_view word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    if (!unit_suffix.main.empty() && !has(unit_suffix.main)) words.push_back(unit_suffix.main);
    if (!unit_suffix.per.empty() && !has(std::string_view(unit_suffix.per).substr(4))) {
      words.push_back(unit_suffix.per);
    }
    if (kind == MetricKind::kCounter) move_to_end(words, "total");
    if (kind == MetricKind::kGauge && unit == "1") move_to_end(words, "ratio");
  }
  std::string out = join(words);
  if (digit(out[0])) out.insert(0, 1, '_');
  return out;
}

std::string prometheus_unit(std::string_view unit) {
  UnitWords words = unit_words(unit);
  if (words.per.empty()) return words.main;
  return words.main.empty() ? words.per : words.main + "_" + words.per;
}

std::string prometheus_label(std::string_view key) {
  std::string out(key);
  for (char& c : out) {
    if (!alnum(c)) c = '_';
  }
  if (out.empty()) return out;
  if (digit(out[0])) return "key_" + out;
  if (out[0] == '_' && !out.starts_with("__")) return "key" + out;
  return out;
}

void append_labels(model::Labels& labels, const model::Attributes& attributes) {
  std::vector<const model::KeyValue*> sorted;
  for (const model::KeyValue& kv : attributes) sorted.push_back(&kv);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto* a, const auto* b) { return a->key < b->key; });
  size_t first = labels.size();
  for (const model::KeyValue* kv : sorted) {
    std::string name = prometheus_label(kv->key);
    if (name.empty()) continue;
    auto same = std::find_if(labels.begin() + static_cast<ptrdiff_t>(first), labels.end(),
                             [&](const model::Label& label) { return label.name == name; });
    if (same != labels.end()) {
      same->value += ";" + model::to_string(kv->value);
    } else {
      labels.push_back({std::move(name), model::to_string(kv->value)});
    }
  }
}

model::Labels resource_labels(const model::Resource& resource) {
  std::string name = text(resource.attributes, kServiceName);
  std::string space = text(resource.attributes, kServiceNamespace);
  model::Labels labels;
  labels.push_back({"job", name.empty() || space.empty() ? name : space + "/" + name});
  labels.push_back({"instance", text(resource.attributes, kServiceInstance)});
  labels.push_back({"service_name", std::move(name)});
  labels.push_back({"service_namespace", std::move(space)});
  model::normalise(labels);
  return labels;
}

model::Labels target_info_labels(const model::Resource& resource) {
  model::Attributes rest;
  for (const model::KeyValue& kv : resource.attributes) {
    if (kv.key != kServiceName && kv.key != kServiceNamespace && kv.key != kServiceInstance) {
      rest.push_back(kv);
    }
  }
  model::Labels labels = resource_labels(resource);
  if (rest.empty() || (model::get(labels, "job").empty() && model::get(labels, "instance").empty()))
    return {};
  labels.push_back({std::string(model::kMetricName), "target_info"});
  append_labels(labels, rest);
  model::normalise(labels);
  return labels;
}

std::string bound_label(double bound) {
  if (std::isnan(bound)) return "NaN";
  if (std::isinf(bound)) return bound > 0 ? "+Inf" : "-Inf";
  char buffer[512];  // 1.8e308 in full has 309 digits, 5e-324 has 324 behind the point
  auto [end, ec] = std::to_chars(buffer, buffer + sizeof buffer, bound, std::chars_format::fixed);
  return {buffer, end};
}

}  // namespace tarsier::store
