#include "assemble/protocols/http2/stitch.h"

#include <algorithm>
#include <cstring>

#include "assemble/counters.h"

namespace tarsier::assemble::http2 {
namespace {

constexpr size_t kBlockMax = 64 * 1024;  // of a header block that comes in pieces
constexpr uint8_t kTypeMax = 0x20;       // of frames; extensions have few numbers so far
constexpr size_t kRpcPrefix = 5;         // of a message: a flag and its length

uint32_t number(const char* bytes) {
  uint32_t out = 0;
  for (int i = 0; i < 4; i++) out = out << 8 | static_cast<uint8_t>(bytes[i]);
  return out;
}

// What of a frame's payload belongs to the header block; false when it is malformed.
bool fragment(const Frame& frame, std::string_view& payload) {
  if (frame.type == kContinuation) return true;
  size_t pad = 0, front = 0;
  if (frame.flags & kPadded) {
    if (payload.empty()) return false;
    pad = static_cast<uint8_t>(payload.front());
    front = 1;
  }
  if (frame.type == kPushPromise) front += 4;
  if (frame.type == kHeaders && frame.flags & kPriorityFlag) front += 5;
  if (front + pad > payload.size()) return false;
  payload = payload.substr(front, payload.size() - front - pad);
  return true;
}

// The bytes are the whole of a frame with one message of an RPC.
bool is_rpc_message(const Frame& frame, std::string_view bytes) {
  return bytes.size() >= kRpcPrefix && bytes.size() == frame.length && !(frame.flags & kPadded) &&
         static_cast<uint8_t>(bytes[0]) <= 1 &&
         number(bytes.data() + 1) + kRpcPrefix == bytes.size();
}

}  // namespace

const Protocol kProtocol = {"http2",
                            looks_like_request,
                            looks_like_answer,
                            [](bool from_start) -> std::unique_ptr<Stream> {
                              return std::make_unique<Conversation>(from_start);
                            },
                            true,
                            true};

Conversation::Conversation(bool from_start)
    : requests_(from_start), answers_(from_start), preface_(from_start ? kPreface.size() : 0) {}

void Conversation::feed(const Call& call, Listener& listener) {
  last_ns_ = std::max<uint64_t>(last_ns_, call.event.header.time_ns);
  read(call.from_client ? requests_ : answers_, call, listener);
}

void Conversation::read(Half& half, const Call& call, Listener& listener) {
  if (call.missed) unseen(half, call.missed, call, listener);
  if (!half.synced) {
    if (!(call.event.flags & capture::TS_DATA_FRAME) && !looks_like_frame(call.bytes)) {
      return counters().dropped_unsynchronised.add();
    }
    counters().resynchronised.add();
    half.synced = true;
    half.frames.restart();
  }
  std::string_view rest = call.bytes;
  if (&half == &requests_ && preface_ > 0 && !take_preface(rest)) return lose(half, call, listener);
  while (!rest.empty() && half.synced) {
    if (half.frames.between()) {
      half.frame_ns = call.event.header.time_ns;
      half.frame_seq = call.event.tcp_seq + static_cast<uint32_t>(rest.data() - call.bytes.data());
    }
    FrameReader::Piece next;
    if (half.frames.next(rest, next)) piece(half, next, call, listener);
  }
  uint64_t tail = call.event.length - call.bytes.size();
  if (tail > 0 && half.synced) unseen(half, tail, call, listener);
}

bool Conversation::take_preface(std::string_view& rest) {
  size_t n = std::min(preface_, rest.size());
  bool good = rest.substr(0, n) == kPreface.substr(kPreface.size() - preface_, n);
  preface_ -= n;
  rest.remove_prefix(n);
  if (!good) preface_ = 0;
  return good;
}

// Bytes that moved, but were not copied: all of them a body's, or the frames are lost.
void Conversation::unseen(Half& half, uint64_t bytes, const Call& call, Listener& listener) {
  if (!half.synced) return;
  bool last = false, body = half.frames.frame().type == kData && !half.frames.between();
  if (!body || !half.frames.skip(bytes, last)) return lose(half, call, listener);
  if (Open* open = find(half.frames.frame().stream)) {
    (&half == &requests_ ? open->request_body : open->response_body) += bytes;
  }
  if (last) end_of_data(half, call, listener);
}

void Conversation::lose(Half& half, const Call& call, Listener& listener) {
  counters().framing_lost.add();
  half.synced = false;
  half.hpack.lost();
  half.block.clear();
  half.block_lost = false;
  half.frames.restart();
  preface_ = 0;
  if (&half == &requests_) return;
  gap_ns_ = call.event.header.time_ns;
  for (auto& [id, open] : streams_) open.uncertain = true;
  if (!streams_.empty()) listener.on_unsettled();
}

void Conversation::piece(Half& half, const FrameReader::Piece& piece, const Call& call,
                         Listener& listener) {
  const Frame& frame = half.frames.frame();
  switch (frame.type) {
    case kData:
      return data(half, piece, call, listener);
    case kHeaders:
    case kPushPromise:
    case kContinuation:
      return block(half, piece, call, listener);
    case kRstStream:
    case kGoAway: {
      if (piece.first) half.control_size = 0;
      size_t n = std::min(piece.bytes.size(), sizeof half.control - half.control_size);
      memcpy(half.control + half.control_size, piece.bytes.data(), n);
      half.control_size += static_cast<uint8_t>(n);
      if (piece.last) control(half, call, listener);
      return;
    }
    default:
      if (frame.type > kTypeMax) lose(half, call, listener);
  }
}

void Conversation::data(Half& half, const FrameReader::Piece& piece, const Call& call,
                        Listener& listener) {
  const Frame& frame = half.frames.frame();
  Open* open = find(frame.stream);
  if (piece.first) {
    half.padding = 0;
    half.padding_told = !(frame.flags & kPadded);
  }
  if (!half.padding_told && !piece.bytes.empty()) {
    half.padding = 1 + static_cast<uint8_t>(piece.bytes[0]);
    half.padding_told = true;
  }
  if (open && &half == &requests_) {
    if (open->request_body == 0) open->framed = is_rpc_message(frame, piece.bytes);
    open->request_body += piece.bytes.size();
  } else if (open) {
    open->response_body += piece.bytes.size();
  }
  if (piece.last) end_of_data(half, call, listener);
}

void Conversation::end_of_data(Half& half, const Call& call, Listener& listener) {
  const Frame& frame = half.frames.frame();
  Open* open = find(frame.stream);
  if (!open) return;
  bool request = &half == &requests_;
  uint64_t& size = request ? open->request_body : open->response_body;
  size -= std::min<uint64_t>(size, half.padding);
  if (!(frame.flags & kEndStream)) return;
  end(request, *open, call);
  settle(frame.stream, listener);
}

void Conversation::block(Half& half, const FrameReader::Piece& piece, const Call& call,
                         Listener& listener) {
  const Frame& frame = half.frames.frame();
  if (piece.first) {
    if (frame.stream == 0) return lose(half, call, listener);
    if (frame.type != kContinuation) {
      half.block_frame = frame;
      half.block_ns = half.frame_ns;
      half.block_seq = half.frame_seq;
      half.block.clear();
      half.block_lost = false;
    }
    half.block_part = half.block.size();
  }
  std::string_view bytes = piece.bytes;
  bool ends = piece.last && frame.flags & kEndHeaders;
  if (piece.first && ends && frame.type != kContinuation) {
    if (!fragment(frame, bytes)) half.block_lost = true;
    return block_done(half, bytes, call, listener);
  }
  half.block_lost = half.block_lost || half.block.size() + bytes.size() > kBlockMax;
  if (!half.block_lost) half.block.append(bytes);
  if (!piece.last) return;
  if (!half.block_lost) {
    std::string_view part = std::string_view(half.block).substr(half.block_part), inner = part;
    if (!fragment(frame, inner)) half.block_lost = true;
    auto front = static_cast<size_t>(inner.data() - part.data());
    half.block.resize(half.block_part + front + inner.size());
    half.block.erase(half.block_part, front);
  }
  if (!ends) return;
  block_done(half, half.block, call, listener);
  half.block.clear();
  if (half.block.capacity() > 4'096) half.block.shrink_to_fit();
}

void Conversation::block_done(Half& half, std::string_view bytes, const Call& call,
                              Listener& listener) {
  if (half.block_lost || !half.hpack.decode(bytes, half.fields)) {
    counters().dropped_bad_head.add();
    half.hpack.lost();
    half.fields.clear();
    half.fields.set(Field::kUnknown, {});
  }
  if (half.fields.unknown()) counters().fields_unknown.add();
  if (half.block_frame.type != kHeaders || half.block_frame.stream % 2 == 0) return;
  if (&half == &requests_) {
    request_fields(half, call, listener);
  } else {
    answer_fields(half, call, listener);
  }
}

void Conversation::control(Half& half, const Call& call, Listener& listener) {
  const Frame& frame = half.frames.frame();
  if (frame.type == kRstStream && half.control_size >= 4) {
    reset(frame.stream, number(half.control), &half == &requests_, call, listener);
  } else if (frame.type == kGoAway && half.control_size >= 8 && &half == &answers_) {
    going_away(number(half.control) & 0x7fffffff, call, listener);
  }
}

}  // namespace tarsier::assemble::http2
