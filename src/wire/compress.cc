#include "wire/compress.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

namespace tarsier::wire {
namespace {

Error too_large(size_t max_bytes) {
  return {Code::kLimitExceeded, fmt::format("unpacks to more than {} bytes", max_bytes)};
}

// Unpacks piece by piece, as the size is not known before: step(out, room) appends at most `room`
// bytes; it returns how many, 0 at the end, or -1 for bytes that are not of this format.
template <typename Step>
Result<std::string> unpack(size_t hint, size_t max_bytes, std::string_view format, Step step) {
  constexpr size_t kPiece = 16 << 10;
  const size_t size_max = std::max(max_bytes, max_bytes + 1);  // one more shows what is too large
  std::string out;
  size_t size = 0;
  out.resize(std::min(std::max(hint, kPiece), size_max));
  for (;;) {
    if (size == out.size()) out.resize(std::min(2 * out.size(), size_max));
    if (size > max_bytes) return too_large(max_bytes);
    ptrdiff_t n = step(out.data() + size, out.size() - size);
    if (n < 0) return invalid(fmt::format("not {}, or cut off", format));
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > max_bytes) return too_large(max_bytes);
  out.resize(size);
  return out;
}

// Both packers take long to make and to clear, so each thread keeps its own, as well as the room
// for what they write. Only what was written is copied out: a string of the size that it could have
// had would hold on to several times its contents.
template <typename Pack>
std::string packed(size_t bound, Pack pack) {
  constexpr size_t kKeptBytes = 2 << 20;
  thread_local std::unique_ptr<char[]> room;
  thread_local size_t capacity = 0;
  if (bound > capacity) {
    room.reset(new char[bound]);  // not cleared
    capacity = bound;
  }
  std::string out(room.get(), pack(room.get(), capacity));
  if (capacity > kKeptBytes) {
    room.reset();
    capacity = 0;
  }
  return out;
}

using GzipPacker = std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)>;

libdeflate_compressor* gzip_packer(int level) {
  thread_local GzipPacker packer(nullptr, libdeflate_free_compressor);
  thread_local int packer_level = 0;
  if (!packer || packer_level != level) {
    packer.reset(libdeflate_alloc_compressor(level));
    packer_level = level;
  }
  return packer.get();
}

ZSTD_CCtx* zstd_packer() {
  thread_local std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> packer(ZSTD_createCCtx(),
                                                                         ZSTD_freeCCtx);
  return packer.get();
}

}  // namespace

std::string gzip(std::string_view bytes, int level) {
  libdeflate_compressor* packer = gzip_packer(level);
  size_t bound = libdeflate_gzip_compress_bound(packer, bytes.size());
  return packed(bound, [&](char* out, size_t room) {
    return libdeflate_gzip_compress(packer, bytes.data(), bytes.size(), out, room);
  });
}

Result<std::string> gunzip(std::string_view bytes, size_t max_bytes) {
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return internal("zlib: no memory");
  std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  bool done = false;
  auto step = [&](char* out, size_t room) -> ptrdiff_t {
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = static_cast<uInt>(room);
    while (stream.avail_out == room && !done) {
      int code = inflate(&stream, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END) return -1;
      if (code != Z_STREAM_END) continue;
      done = stream.avail_in == 0;  // else another member follows (RFC 1952, 2.2)
      if (!done && inflateReset(&stream) != Z_OK) return -1;
    }
    return static_cast<ptrdiff_t>(room - stream.avail_out);
  };
  return unpack(4 * bytes.size(), max_bytes, "gzip", step);
}

std::string snappy(std::string_view bytes) {
  std::string out;
  ::snappy::Compress(bytes.data(), bytes.size(), &out);
  return out;
}

Result<std::string> unsnappy(std::string_view bytes, size_t max_bytes) {
  size_t size = 0;
  std::string out;
  if (!::snappy::GetUncompressedLength(bytes.data(), bytes.size(), &size)) {
    return invalid("not snappy (block format)");
  }
  if (size > max_bytes) return too_large(max_bytes);
  if (!::snappy::IsValidCompressedBuffer(bytes.data(), bytes.size()) ||
      !::snappy::Uncompress(bytes.data(), bytes.size(), &out)) {
    return invalid("not snappy (block format), or cut off");
  }
  return out;
}

std::string zstd(std::string_view bytes, int level) {
  return packed(ZSTD_compressBound(bytes.size()), [&](char* out, size_t room) -> size_t {
    size_t size = ZSTD_compressCCtx(zstd_packer(), out, room, bytes.data(), bytes.size(), level);
    return ZSTD_isError(size) ? 0 : size;
  });
}

Result<std::string> unzstd(std::string_view bytes, size_t max_bytes) {
  std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  size_t wanted = 1;  // what zstd says is still missing of the frame
  auto step = [&](char* out, size_t room) -> ptrdiff_t {
    ZSTD_outBuffer piece{out, room, 0};
    while (piece.pos == 0 && (in.pos < in.size || wanted > 0)) {
      size_t before = in.pos;
      wanted = ZSTD_decompressStream(context.get(), &piece, &in);
      if (ZSTD_isError(wanted)) return -1;
      if (piece.pos == 0 && in.pos == before && wanted > 0) return -1;
    }
    return static_cast<ptrdiff_t>(piece.pos);
  };
  return unpack(4 * bytes.size(), max_bytes, "zstd", step);
}

}  // namespace tarsier::wire
