// HTTP/2 frames (RFC 9113, section 4) out of bytes that come in pieces, some of them unseen.
#pragma once

#include <cstdint>
#include <string_view>

#include "assemble/protocols/protocol.h"

namespace tarsier::assemble::http2 {

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

enum FrameFlag : uint8_t {
  kEndStream = 0x1,
  kEndHeaders = 0x4,
  kPadded = 0x8,
  kPriorityFlag = 0x20,
};

inline constexpr size_t kFrameHeader = 9;
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Frame {
  uint32_t length = 0;
  uint8_t type = 0, flags = 0;
  uint32_t stream = 0;
};

// Does a connection begin like this: a client's preface, a server's SETTINGS? Where it was open
// before, capture says which call begins with a frame (TS_DATA_FRAME).
Match looks_like_request(std::string_view bytes);
Match looks_like_answer(std::string_view bytes);
// Do the bytes of a call begin with a frame? Strict: what may be chance is none.
bool looks_like_frame(std::string_view bytes);

class FrameReader {
 public:
  struct Piece {
    std::string_view bytes;  // of the payload
    bool first = false, last = false;
  };

  // Takes a frame's header, or a piece of its payload, from the front. True when `piece` has
  // something to look at: at the end of a header (then it may be the whole of an empty frame), and
  // at bytes of the payload.
  bool next(std::string_view& rest, Piece& piece);
  // n bytes of the payload that moved unseen; false when they are not all of one frame's.
  bool skip(uint64_t n, bool& last);
  void restart() { have_ = 0; }
  // The next byte is a frame's first.
  bool between() const { return have_ == 0; }
  const Frame& frame() const { return frame_; }
  uint32_t left() const { return left_; }

 private:
  void parse_header();

  Frame frame_;
  char header_[kFrameHeader] = {};
  uint8_t have_ = 0;  // bytes of the header
  uint32_t left_ = 0;
};

}  // namespace tarsier::assemble::http2
