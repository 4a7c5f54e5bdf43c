#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarsier {
namespace {

std::string escape(std::string_view text, bool quote) {
  std::string out;
  for (char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (quote && c == '"') {
      out += "\\\"";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string render_labels(const MetricLabels& labels) {
  if (labels.empty()) return {};
  std::string out = "{";
  for (const auto& [name, value] : labels) {
    if (out.size() > 1) out.push_back(',');
    out += name + "=\"" + escape(value, true) + "\"";
  }
  return out + "}";
}

}  // namespace

MetricRegistry::Entry& MetricRegistry::entry(std::string_view name, std::string_view help,
                                             std::string_view kind, MetricLabels&& labels) {
  for (Entry& e : entries_) {
    if (e.name == name && e.labels == labels) return e;
  }
  Entry& e = entries_.emplace_back();
  e.name = name;
  e.help = help;
  e.kind = kind;
  e.labels = std::move(labels);
  return e;
}

Counter& MetricRegistry::counter(std::string_view name, std::string_view help,
                                 MetricLabels labels) {
  std::lock_guard lock(mutex_);
  return entry(name, help, "counter", std::move(labels)).counter;
}

Gauge& MetricRegistry::gauge(std::string_view name, std::string_view help, MetricLabels labels) {
  std::lock_guard lock(mutex_);
  return entry(name, help, "gauge", std::move(labels)).gauge;
}

void MetricRegistry::callback(std::string_view name, std::string_view help, std::string_view kind,
                              MetricLabels labels, std::function<double()> read) {
  std::lock_guard lock(mutex_);
  entry(name, help, kind, std::move(labels)).read = std::move(read);
}

std::string MetricRegistry::render() const {
  std::lock_guard lock(mutex_);
  std::vector<const Entry*> sorted;
  for (const Entry& e : entries_) sorted.push_back(&e);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Entry* a, const Entry* b) { return a->name < b->name; });
  std::string out;
  std::string_view family;
  for (const Entry* e : sorted) {
    if (e->name != family) {
      family = e->name;
      out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", e->name, escape(e->help, false), e->name,
                         e->kind);
    }
    double value = e->read                ? e->read()
                   : e->kind == "counter" ? static_cast<double>(e->counter.value())
                                          : e->gauge.value();
    out += fmt::format("{}{} {}\n", e->name, render_labels(e->labels), value);
  }
  return out;
}

double MetricRegistry::value(std::string_view name, const MetricLabels& labels) const {
  std::lock_guard lock(mutex_);
  for (const Entry& e : entries_) {
    if (e.name != name || e.labels != labels) continue;
    if (e.read) return e.read();
    return e.kind == "counter" ? static_cast<double>(e.counter.value()) : e.gauge.value();
  }
  return 0;
}

MetricRegistry& metrics() {
  static MetricRegistry registry;
  return registry;
}

}  // namespace tarsier
