#include <fmt/format.h>

#include <algorithm>

#include "app/doctor/checks.h"

namespace tarsier::app {
namespace {

constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kYellow = "\x1b[33m";
constexpr const char* kRed = "\x1b[31m";
constexpr const char* kPlain = "\x1b[0m";

bool blocks(const Feature& feature) {
  return !feature.works && feature.required;
}

std::string row(const Feature& feature, size_t width, bool colour) {
  const char* mark = feature.works ? "ok" : "missing";
  const char* shade = feature.works ? kGreen : blocks(feature) ? kRed : kYellow;
  std::string out = fmt::format("  {}{:<8}{} {:<{}}  {}\n", colour ? shade : "", mark,
                                colour ? kPlain : "", feature.name, width, feature.detail);
  if (!feature.works && !feature.fix.empty()) {
    out += fmt::format("  {:<8} {:<{}}  fix: {}\n", "", "", width, feature.fix);
  }
  return out;
}

}  // namespace

std::string render(const std::vector<Section>& sections, bool colour) {
  size_t width = 0;
  for (const Section& section : sections) {
    for (const Feature& feature : section.features) width = std::max(width, feature.name.size());
  }
  std::string out;
  for (const Section& section : sections) {
    out += section.title + '\n';
    for (const Feature& feature : section.features) out += row(feature, width, colour);
    out += '\n';
  }
  size_t missing = blockers(sections);
  out += missing == 0
             ? "`tarsier up` can run here.\n"
             : fmt::format("`tarsier up` cannot run here: {} of the things it needs {} missing.\n",
                           missing, missing == 1 ? "is" : "are");
  return out;
}

size_t blockers(const std::vector<Section>& sections) {
  size_t count = 0;
  for (const Section& section : sections) {
    count += static_cast<size_t>(
        std::count_if(section.features.begin(), section.features.end(), blocks));
  }
  return count;
}

}  // namespace tarsier::app
