#include "net/content_encoding.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "net/ascii.h"

namespace tarsier::net {
namespace {

constexpr int kLevel = 1;          // on a local network time is dearer than bytes
constexpr size_t kFirstGuess = 4;  // telemetry packs about this well

struct Free {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};

libdeflate_decompressor* decompressor() {
  thread_local std::unique_ptr<libdeflate_decompressor, Free> mine(libdeflate_alloc_decompressor());
  return mine.get();
}

using Unpack = libdeflate_result (*)(libdeflate_decompressor*, const void*, size_t, void*, size_t,
                                     size_t*, size_t*);

// Appends what one member unpacks to, growing the room for it up to the limit.
libdeflate_result unpack_member(Unpack unpack, std::string_view& bytes, std::string& out,
                                size_t max_bytes) {
  size_t start = out.size();
  size_t room = std::min(std::max<size_t>(bytes.size() * kFirstGuess, 256), max_bytes - start);
  while (true) {
    out.resize(start + room);
    size_t used = 0, written = 0;
    libdeflate_result result = unpack(decompressor(), bytes.data(), bytes.size(),
                                      out.data() + start, room, &used, &written);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && start + room < max_bytes) {
      room = std::min(room * 4, max_bytes - start);
      continue;
    }
    if (result == LIBDEFLATE_SUCCESS) {
      out.resize(start + written);
      bytes.remove_prefix(used);
    }
    return result;
  }
}

Error failure(libdeflate_result result, std::string_view what, size_t max_bytes) {
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
    return {Code::kLimitExceeded, fmt::format("{} unpacks to more than {} bytes", what, max_bytes)};
  }
  return invalid(fmt::format("the bytes are not {}", what));
}

}  // namespace

Result<std::string> gunzip(std::string_view bytes, size_t max_bytes) {
  std::string out;
  do {  // a gzip file may be several, one behind the other
    auto result = unpack_member(libdeflate_gzip_decompress_ex, bytes, out, max_bytes);
    if (result != LIBDEFLATE_SUCCESS) return failure(result, "gzip", max_bytes);
  } while (!bytes.empty());
  return out;
}

Result<std::string> inflate(std::string_view bytes, size_t max_bytes) {
  std::string out;
  auto result = unpack_member(libdeflate_zlib_decompress_ex, bytes, out, max_bytes);
  if (result == LIBDEFLATE_BAD_DATA) {
    out.clear();  // some senders leave zlib's frame away
    result = unpack_member(libdeflate_deflate_decompress_ex, bytes, out, max_bytes);
  }
  if (result != LIBDEFLATE_SUCCESS) return failure(result, "deflate", max_bytes);
  if (!bytes.empty()) return invalid("bytes are left over behind the deflate stream");
  return out;
}

std::string gzip(std::string_view bytes) {
  thread_local std::unique_ptr<libdeflate_compressor, Free> mine(
      libdeflate_alloc_compressor(kLevel));
  std::string out(libdeflate_gzip_compress_bound(mine.get(), bytes.size()), '\0');
  out.resize(
      libdeflate_gzip_compress(mine.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

bool accepts_gzip(std::string_view accept_encoding) {
  return any_token(accept_encoding, [](std::string_view token) {
    std::string_view coding = trim(token.substr(0, token.find(';')));
    if (!equal_ignoring_case(coding, "gzip") && coding != "*") return false;
    size_t q = token.find("q=");
    return q == token.npos || std::strtod(std::string(token.substr(q + 2)).c_str(), nullptr) > 0;
  });
}

}  // namespace tarsier::net
