#include "assemble/protocols/http2/frames.h"

#include <algorithm>
#include <cstring>

namespace tarsier::assemble::http2 {
namespace {

constexpr uint32_t kUsualLengthMax = 16'384;

uint32_t number(const char* bytes, int count) {
  uint32_t out = 0;
  for (int i = 0; i < count; i++) out = out << 8 | static_cast<uint8_t>(bytes[i]);
  return out;
}

Frame parse(const char* header) {
  return {number(header, 3), static_cast<uint8_t>(header[3]), static_cast<uint8_t>(header[4]),
          number(header + 5, 4) & 0x7fffffff};
}

bool plausible(std::string_view bytes) {
  if (bytes.size() < kFrameHeader || bytes[5] & 0x80) return false;
  Frame frame = parse(bytes.data());
  if (frame.length > kUsualLengthMax) return false;
  switch (frame.type) {
    case kHeaders:
      return frame.stream % 2 == 1 && frame.length > 0 &&
             !(frame.flags & ~(kEndStream | kEndHeaders | kPadded | kPriorityFlag));
    case kRstStream:
      return frame.stream != 0 && frame.length == 4 && frame.flags == 0;
    case kSettings:
      return frame.stream == 0 && frame.length % 6 == 0 && frame.flags <= 1;
    case kPing:
      return frame.stream == 0 && frame.length == 8 && frame.flags <= 1;
    case kGoAway:
      return frame.stream == 0 && frame.length >= 8 && frame.flags == 0;
    case kWindowUpdate:
      return frame.length == 4 && frame.flags == 0;
    default:
      return false;
  }
}

bool possible(std::string_view bytes) {
  if (bytes.size() < kFrameHeader) return true;
  return parse(bytes.data()).type <= kContinuation && !(bytes[5] & 0x80);
}

}  // namespace

bool looks_like_frame(std::string_view bytes) {
  if (!plausible(bytes)) return false;
  size_t size = kFrameHeader + parse(bytes.data()).length;
  return size >= bytes.size() || possible(bytes.substr(size));
}

Match looks_like_request(std::string_view bytes) {
  if (bytes.empty()) return Match::kMaybe;
  size_t n = std::min(bytes.size(), kPreface.size());
  if (bytes.substr(0, n) == kPreface.substr(0, n)) {
    return n == kPreface.size() ? Match::kYes : Match::kMaybe;
  }
  return Match::kNo;
}

Match looks_like_answer(std::string_view bytes) {
  bool yes = looks_like_frame(bytes) && bytes[3] == kSettings;
  return yes ? Match::kYes : Match::kNo;
}

void FrameReader::parse_header() {
  frame_ = parse(header_);
  left_ = frame_.length;
}

bool FrameReader::next(std::string_view& rest, Piece& piece) {
  piece = {};
  if (have_ < kFrameHeader) {
    size_t n = std::min(kFrameHeader - have_, rest.size());
    memcpy(header_ + have_, rest.data(), n);
    rest.remove_prefix(n);
    have_ += static_cast<uint8_t>(n);
    if (have_ < kFrameHeader) return false;
    parse_header();
    piece.first = true;
  }
  piece.bytes = rest.substr(0, left_);
  rest.remove_prefix(piece.bytes.size());
  left_ -= static_cast<uint32_t>(piece.bytes.size());
  piece.last = left_ == 0;
  if (piece.last) have_ = 0;
  return true;
}

bool FrameReader::skip(uint64_t n, bool& last) {
  if (have_ < kFrameHeader || n > left_) return false;
  left_ -= static_cast<uint32_t>(n);
  last = left_ == 0;
  if (last) have_ = 0;
  return true;
}

}  // namespace tarsier::assemble::http2
