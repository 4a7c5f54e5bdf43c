#include <algorithm>

#include "net/http.h"

namespace tarsier::net {
namespace {

// What a pattern's segment can match, the most specific first.
enum class Kind { kLiteral, kOne, kRest };

Kind kind(std::string_view segment) {
  if (!segment.starts_with('{') || !segment.ends_with('}')) return Kind::kLiteral;
  return segment.ends_with("...}") ? Kind::kRest : Kind::kOne;
}

std::string_view name(std::string_view segment) {
  segment.remove_prefix(1);
  segment.remove_suffix(segment.ends_with("...}") ? 4 : 1);
  return segment;
}

// Takes the text up to the next slash off the front, the slash as well.
std::string_view next_segment(std::string_view& path) {
  std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(segment.size() + 1, path.size()));
  return segment;
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (bool more = true; more;) {
    more = path.find('/') != path.npos;
    segments.emplace_back(next_segment(path));
  }
  return segments;
}

using PathParams = std::vector<std::pair<std::string, std::string>>;

bool matches(const std::vector<std::string>& pattern, std::string_view path, PathParams& params) {
  params.clear();
  if (path.starts_with('/')) path.remove_prefix(1);
  bool more = true;  // a segment is left, maybe an empty one
  for (const std::string& segment : pattern) {
    if (!more) return false;
    if (kind(segment) == Kind::kRest) {
      params.emplace_back(name(segment), path);
      return true;
    }
    more = path.find('/') != path.npos;
    std::string_view text = next_segment(path);
    if (kind(segment) == Kind::kLiteral) {
      if (text != segment) return false;
    } else if (text.empty()) {
      return false;
    } else {
      params.emplace_back(name(segment), text);
    }
  }
  return !more;
}

bool more_specific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const std::string& x, const std::string& y) { return kind(x) < kind(y); });
}

}  // namespace

void Router::add(std::string_view method, std::string_view pattern, Handler handler) {
  Route route{std::string(method), std::string(pattern), split(pattern), std::move(handler)};
  // Kept in order of precedence, so that the first match is the one; equals stay as added.
  auto place = std::upper_bound(
      routes_.begin(), routes_.end(), route,
      [](const Route& a, const Route& b) { return more_specific(a.segments, b.segments); });
  routes_.insert(place, std::move(route));
}

void Router::mount(std::string_view prefix, const Router& other) {
  for (const Route& route : other.routes_) {
    add(route.method, std::string(prefix) + route.pattern, route.handler);
  }
}

void Router::set_fallback(Handler handler) {
  fallback_ = std::move(handler);
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  const Route* get = nullptr;  // answers a HEAD that has no route of its own
  PathParams params;
  for (const Route& route : routes_) {
    if (!matches(route.segments, path, params)) continue;
    if (route.method == method) {
      match.handler = &route.handler;
      match.path_params = std::move(params);
      match.status = 200;
      return match;
    }
    if (method == "HEAD" && route.method == "GET" && !get) {
      get = &route;
      match.path_params = params;
    }
    match.status = 405;
    if (match.allow.find(route.method) == match.allow.npos) {
      match.allow += (match.allow.empty() ? "" : ", ") + route.method;
    }
  }
  if (get) {
    match.handler = &get->handler;
    match.status = 200;
  }
  return match;
}

Response Router::handle(Request&& request) const {
  Match found = match(request.method, request.path);
  if (found.status == 405) {
    Response response = text_response(
        405, request.method + " is not allowed on " + request.path + "; use " + found.allow);
    response.headers.emplace_back("Allow", found.allow);
    return response;
  }
  if (!found.handler) {
    return fallback_ ? fallback_(request) : text_response(404, "no such path: " + request.path);
  }
  request.path_params = std::move(found.path_params);
  return (*found.handler)(request);
}

}  // namespace tarsier::net
