// The browser application's files, as they are embedded in the binary (tools/pack_ui.py).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace tarsier::api {

// Immutable after parse(); any thread. The pack's bytes must outlive it.
class Assets {
 public:
  // kCorrupt when the bytes are not a pack.
  static Result<Assets> parse(std::string_view pack);

  // A file by its path, or index.html for every other path (the application routes by itself).
  // Files with a hash in their name may be cached for good; index.html is asked for each time.
  net::Response serve(const net::Request& request) const;

 private:
  struct File {
    std::string_view path, type, gzip;
    std::string etag;
    size_t size = 0;
  };
  const File* find(std::string_view path) const;

  std::vector<File> files_;  // sorted by path
};

}  // namespace tarsier::api
