#include "api/assets/assets.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace tarsier::api {
namespace {

constexpr std::string_view kMagic = "TUIPACK1";

// Takes little-endian values off the front of a pack.
struct Cursor {
  std::string_view rest;
  bool ok = true;

  template <typename T>
  T integer() {
    T value{};
    std::string_view bytes = take(sizeof(T));
    if (ok) std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }
  std::string_view take(size_t n) {
    if (n > rest.size()) {
      ok = false;
      return {};
    }
    std::string_view bytes = rest.substr(0, n);
    rest.remove_prefix(n);
    return bytes;
  }
};

std::string inflate(std::string_view gzip, size_t size) {
  std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> inflater(
      libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  std::string out(size, '\0');
  size_t written = 0;
  if (libdeflate_gzip_decompress(inflater.get(), gzip.data(), gzip.size(), out.data(), size,
                                 &written) != LIBDEFLATE_SUCCESS) {
    return {};
  }
  return out;
}

}  // namespace

Result<Assets> Assets::parse(std::string_view pack) {
  Cursor in{pack};
  if (in.take(kMagic.size()) != kMagic) return corrupt("UI pack: bad magic");
  Assets assets;
  for (uint32_t n = in.integer<uint32_t>(); n > 0 && in.ok; n--) {
    File file;
    file.path = in.take(in.integer<uint16_t>());
    file.type = in.take(in.integer<uint16_t>());
    file.etag = fmt::format("\"{:016x}\"", in.integer<uint64_t>());
    file.size = in.integer<uint32_t>();
    file.gzip = in.take(in.integer<uint32_t>());
    assets.files_.push_back(std::move(file));
  }
  if (!in.ok) return corrupt("UI pack: cut short");
  std::sort(assets.files_.begin(), assets.files_.end(),
            [](const File& a, const File& b) { return a.path < b.path; });
  if (!assets.find("/index.html")) return corrupt("UI pack: no index.html");
  return assets;
}

const Assets::File* Assets::find(std::string_view path) const {
  auto it = std::lower_bound(files_.begin(), files_.end(), path,
                             [](const File& f, std::string_view p) { return f.path < p; });
  return it != files_.end() && it->path == path ? &*it : nullptr;
}

net::Response Assets::serve(const net::Request& request) const {
  const File* file = find(request.path);
  bool hashed = file && request.path.starts_with("/assets/");
  if (!file) {
    if (request.path.starts_with("/assets/")) return {404, "text/plain", "no such file\n", {}};
    file = find("/index.html");
  }
  net::Response response;
  response.content_type = file->type;
  response.headers = {
      {"ETag", file->etag},
      {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy",
       "default-src 'self'; img-src 'self' data:; frame-ancestors 'self'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Vary", "Accept-Encoding"}};
  if (net::find_header(request.headers, "If-None-Match") == file->etag) {
    response.status = 304;
  } else if (net::find_header(request.headers, "Accept-Encoding").find("gzip") !=
             std::string_view::npos) {
    response.headers.emplace_back("Content-Encoding", "gzip");
    response.body = file->gzip;
  } else {
    response.body = inflate(file->gzip, file->size);
  }
  return response;
}

}  // namespace tarsier::api
