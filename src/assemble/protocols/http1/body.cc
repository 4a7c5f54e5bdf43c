#include "assemble/protocols/http1/body.h"

#include <algorithm>

namespace tarsier::assemble::http1 {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

constexpr int kSizeDigitsMax = 15;  // hex digits of a chunk's size: beyond it is no chunk

constexpr std::string_view kLastChunk = "\r\n0\r\n\r\n";

bool starts_with_chunk(std::string_view bytes) {
  size_t n = 0;
  while (n < bytes.size() && n < 8 && hex_digit(bytes[n]) >= 0) n++;
  return n > 0 && bytes.substr(n).starts_with("\r\n");
}

}  // namespace

void BodyReader::start(const Body& body) {
  size_ = 0;
  digits_ = 0;
  remaining_ = body.length;
  chunked_ = body.kind == Body::kChunked;
  counted_ = body.kind != Body::kUnseen;
  switch (body.kind) {
    case Body::kNone:
      state_ = State::kDone;
      break;
    case Body::kLength:
      state_ = body.length ? State::kLength : State::kDone;
      break;
    case Body::kChunked:
      state_ = State::kChunkSize;
      remaining_ = 0;
      break;
    case Body::kUntilClose:
      state_ = State::kUntilClose;
      break;
    case Body::kUnknown:
    case Body::kUnseen:
      state_ = State::kLost;
      break;
  }
}

bool BodyReader::take(std::string_view& bytes) {
  while (!bytes.empty() && state_ != State::kDone) {
    switch (state_) {
      case State::kLength:
      case State::kChunkData: {
        uint64_t n = std::min<uint64_t>(remaining_, bytes.size());
        remaining_ -= n;
        size_ += n;
        bytes.remove_prefix(n);
        if (remaining_ == 0) state_ = chunked_ ? State::kChunkEnd : State::kDone;
        break;
      }
      case State::kUntilClose:
      case State::kLost:
        size_ += bytes.size();
        bytes = {};
        break;
      default:
        if (!chunk_byte(bytes.front())) {
          state_ = State::kLost;
        } else {
          bytes.remove_prefix(1);
        }
    }
  }
  return state_ == State::kDone;
}

// One byte of the framing between chunks; false when it cannot be there.
bool BodyReader::chunk_byte(char c) {
  switch (state_) {
    case State::kChunkSize: {
      int digit = hex_digit(c);
      if (digit >= 0) {
        if (++digits_ > kSizeDigitsMax) return false;
        remaining_ = remaining_ << 4 | static_cast<uint64_t>(digit);
        return true;
      }
      if (digits_ == 0 || (c != '\r' && c != '\n' && c != ';' && c != ' ' && c != '\t')) {
        return false;
      }
      if (c != '\n') {
        state_ = State::kChunkExtension;
        return true;
      }
      [[fallthrough]];
    }
    case State::kChunkExtension:
      if (c == '\n') state_ = remaining_ ? State::kChunkData : State::kTrailer;
      digits_ = 0;
      return true;
    case State::kChunkEnd:
      if (c == '\n') state_ = State::kChunkSize;
      return c == '\r' || c == '\n';
    case State::kTrailer:  // at the start of a line
      if (c == '\n') {
        state_ = State::kDone;
      } else if (c != '\r') {
        state_ = State::kTrailerLine;
      }
      return true;
    case State::kTrailerLine:
      if (c == '\n') state_ = State::kTrailer;
      return true;
    default:
      return false;
  }
}

bool BodyReader::skip(uint64_t& n, std::string_view tail) {
  if (n == 0) return state_ == State::kDone;
  switch (state_) {
    case State::kDone:
      return true;
    case State::kLength:
    case State::kChunkData: {
      uint64_t taken = std::min(n, remaining_);
      n -= taken;
      remaining_ -= taken;
      size_ += taken;
      if (remaining_ > 0) return false;
      if (!chunked_) {
        state_ = State::kDone;
        return true;
      }
      if (n == 0) {
        state_ = State::kChunkEnd;
        return false;
      }
      state_ = State::kLost;
      break;
    }
    case State::kUntilClose:
      break;
    default:
      state_ = State::kLost;
  }
  size_ += n;
  n = 0;
  if (state_ == State::kLost && chunked_ && tail.ends_with(kLastChunk)) {
    size_ -= std::min<uint64_t>(size_, kLastChunk.size());
    state_ = State::kDone;
    return true;
  }
  return false;
}

bool BodyReader::resume(std::string_view bytes, bool whole) {
  if (!chunked_ || state_ != State::kLost) return false;
  if (whole && (bytes.ends_with(kLastChunk) || bytes == kLastChunk.substr(2))) {
    size_ += bytes.size() - std::min(bytes.size(), kLastChunk.size());
    state_ = State::kDone;
    return true;
  }
  if (starts_with_chunk(bytes)) {
    state_ = State::kChunkSize;
    digits_ = 0;
    remaining_ = 0;
  }
  return false;
}

}  // namespace tarsier::assemble::http1
