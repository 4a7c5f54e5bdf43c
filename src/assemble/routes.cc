#include "assemble/routes.h"

#include <algorithm>

#include "assemble/counters.h"

namespace tarsier::assemble {
namespace {

constexpr size_t kNamesMax = 24;      // different names in one place before the rarer are joined
constexpr uint64_t kKeptShare = 20;   // of them a name stays with 1/20 of the visits
constexpr size_t kDepthMax = 12;      // segments; the rest of the path is joined
constexpr size_t kPlacesMax = 4'096;  // of one service
constexpr size_t kNameMax = 40;       // a longer segment is a value
constexpr std::string_view kValue = "{id}", kAny = "*", kAggregated = "AGGREGATED";

// Takes the next segment of a path, without its slash; false at the end.
bool next_segment(std::string_view& rest, std::string_view& segment) {
  if (rest.empty()) return false;
  if (rest.front() == '/') rest.remove_prefix(1);
  size_t slash = rest.find('/');
  segment = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  return true;
}

}  // namespace

bool looks_like_value(std::string_view segment) {
  if (segment.empty()) return false;
  if (segment.size() > kNameMax) return true;
  size_t digits = 0, hex = 0, letters = 0;
  bool separated_number = false;  // digits that end the segment, behind a separator
  char before = 0;
  for (size_t i = 0; i < segment.size(); i++) {
    char c = segment[i];
    if (c >= '0' && c <= '9') {
      if (i > 0 && digits == 0 && (before == '_' || before == '-')) separated_number = true;
      digits++;
      hex++;
    } else if (c == '-' || c == '_' || c == '.' || c == '~') {
      // part of names and values alike
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      letters++;
      char l = static_cast<char>(c | 0x20);
      if (l >= 'a' && l <= 'f') hex++;
    } else {
      return true;  // '@', '%', '=', ':' and the like
    }
    before = c;
  }
  bool ends_in_digit = before >= '0' && before <= '9';
  if (digits == 0) return false;
  if (letters == 0) return true;                                      // 17, 2024-01-31, 1.2
  if (separated_number && ends_in_digit) return true;                 // user_17
  if (hex == digits + letters && digits + letters >= 8) return true;  // hashes, UUIDs
  if (digits * 2 >= letters && digits + letters >= 6) return true;    // a1b2c3, ab12cd34
  return digits >= 4;                                                 // order20240131
}

RoutePattern::RoutePattern(std::string pattern) : text_(std::move(pattern)) {
  std::string_view rest = text_, segment;
  while (next_segment(rest, segment)) {
    bool last_star = rest.empty() && (segment == "*" || segment == "**");
    bool any = segment == "*" || segment.starts_with(':') ||
               (segment.starts_with('{') && segment.ends_with('}'));
    segments_.push_back({std::string(segment), any, last_star});
  }
}

bool RoutePattern::matches(std::string_view path) const {
  std::string_view segment;
  for (const Segment& expected : segments_) {
    if (expected.rest) return true;
    if (!next_segment(path, segment)) return false;
    if (expected.any ? segment.empty() : segment != expected.text) return false;
  }
  return path.empty();
}

std::string_view Routes::route(std::string_view path, bool learn) {
  if (path.empty() || path == "*") return path.empty() ? path : kAny;
  for (const RoutePattern& pattern : patterns_) {
    if (pattern.matches(path)) return pattern.text();
  }
  scratch_.clear();
  Place* place = &root_;
  root_.visits++;
  std::string_view rest = path, segment;
  for (size_t depth = 0; place && next_segment(rest, segment); depth++) {
    scratch_.push_back('/');
    if (segment.empty()) continue;  // "/", "//" and a slash at the end
    if (depth == kDepthMax) {
      scratch_ += kAny;
      break;
    }
    place = step(*place, segment, learn, scratch_);
  }
  if (auto found = routes_.find(scratch_); found != routes_.end()) return *found;
  if (routes_.size() >= routes_max_) {
    counters().routes_aggregated.add();
    return kAggregated;
  }
  return *routes_.insert(scratch_).first;
}

// Appends what the segment is in a route. Null: nothing is known below it.
Routes::Place* Routes::step(Place& place, std::string_view segment, bool learn, std::string& out) {
  Place* next = nullptr;
  if (looks_like_value(segment)) {
    out += kValue;
  } else {
    auto found = place.names.find(segment);
    if (found != place.names.end()) {
      next = found->second.get();
    } else if (learn && !place.crowded) {
      if (place.names.size() >= kNamesMax || places_ >= kPlacesMax) thin_out(place);
      if (!place.crowded) next = place.names.emplace(segment, make_place()).first->second.get();
    }
    out += next ? segment : kAny;
    if (!next && !place.crowded) return nullptr;  // nothing was ever found there
  }
  if (!next) {
    if (!place.value) place.value = make_place();
    next = place.value.get();
  }
  next->visits++;
  return next;
}

std::unique_ptr<Routes::Place> Routes::make_place() {
  places_++;
  return std::make_unique<Place>();
}

void Routes::thin_out(Place& place) {
  place.crowded = true;
  boost::unordered::erase_if(place.names, [&](const auto& entry) {
    return entry.second->visits * kKeptShare < place.visits;
  });
}

}  // namespace tarsier::assemble
