// From paths to routes of low cardinality; README.md has the rules.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assemble/strings.h"

namespace tarsier::assemble {

// Does a path segment look like a value (an id, a token) rather than a name?
bool looks_like_value(std::string_view segment);

// "/user/{id}", "/user/:id" match one segment there; "/static/*" the rest of the path.
class RoutePattern {
 public:
  explicit RoutePattern(std::string pattern);
  bool matches(std::string_view path) const;
  const std::string& text() const { return text_; }

 private:
  struct Segment {
    std::string text;
    bool any = false, rest = false;
  };
  std::string text_;
  std::vector<Segment> segments_;
};

// The routes of one service.
class Routes {
 public:
  Routes(const std::vector<RoutePattern>& patterns, size_t routes_max)
      : patterns_(patterns), routes_max_(routes_max) {}

  // `learn`: false for an answer that says there is nothing at this path. The view lives as long as
  // this.
  std::string_view route(std::string_view path, bool learn);

 private:
  struct Place {  // a node of the tree of segments
    StringMap<std::unique_ptr<Place>> names;
    std::unique_ptr<Place> value;  // below a segment that is no name
    uint64_t visits = 0;           // requests that came here or further
    bool crowded = false;          // no new names are learnt here
  };
  Place* step(Place& place, std::string_view segment, bool learn, std::string& out);
  void thin_out(Place& place);
  std::unique_ptr<Place> make_place();

  const std::vector<RoutePattern>& patterns_;
  const size_t routes_max_;
  Place root_;
  size_t places_ = 0;
  StringSet routes_;
  std::string scratch_;
};

}  // namespace tarsier::assemble
