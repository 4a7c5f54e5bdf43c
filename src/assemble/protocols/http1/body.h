// Counts the bytes of a message body without looking at them, whatever its framing.
#pragma once

#include <cstdint>
#include <string_view>

namespace tarsier::assemble::http1 {

struct Body {
  // kUnknown: the head does not tell; kUnseen: the head's end was not seen, so what follows may
  // still be head and is not counted.
  enum Kind : uint8_t { kNone, kLength, kChunked, kUntilClose, kUnknown, kUnseen };
  Kind kind = kNone;
  uint64_t length = 0;  // kLength only
};

class BodyReader {
 public:
  void start(const Body& body);

  // Takes the body's bytes from the front. True when the body has ended; what is left then belongs
  // to the next message.
  bool take(std::string_view& bytes);
  // n bytes that moved, but were not seen; `tail`: the last few, when they are known.
  // True when the body has ended; n is then what is left.
  bool skip(uint64_t& n, std::string_view tail);
  // Tries to find the framing again at the first byte of a call; `whole`: no byte of it is missing.
  // True when the call's bytes are the end of the body.
  bool resume(std::string_view bytes, bool whole);

  bool done() const { return state_ == State::kDone; }
  // The framing is unknown: where the body ends cannot be told from its bytes alone.
  bool lost() const { return state_ == State::kLost; }
  bool until_close() const { return state_ == State::kUntilClose; }
  uint64_t size() const { return counted_ ? size_ : 0; }  // of the body so far, without framing

 private:
  enum class State : uint8_t {
    kDone,
    kLength,
    kUntilClose,
    kLost,
    kChunkSize,
    kChunkExtension,
    kChunkData,
    kChunkEnd,
    kTrailer,
    kTrailerLine,
  };
  bool chunk_byte(char c);

  State state_ = State::kDone;
  bool chunked_ = false;
  bool counted_ = true;
  uint8_t digits_ = 0;
  uint64_t remaining_ = 0;
  uint64_t size_ = 0;
};

}  // namespace tarsier::assemble::http1
