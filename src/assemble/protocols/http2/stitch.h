// Pairs the requests and answers of one HTTP/2 connection, stream by stream.
#pragma once

#include <map>
#include <string>

#include "assemble/protocols/http2/frames.h"
#include "assemble/protocols/http2/hpack.h"

namespace tarsier::assemble::http2 {

extern const Protocol kProtocol;

// The frames of one direction.
struct Half {
  explicit Half(bool from_start) : hpack(from_start), synced(from_start) {}

  FrameReader frames;
  Decoder hpack;
  bool synced;             // it is known where frames begin
  uint64_t frame_ns = 0;   // of the current frame's first byte
  uint32_t frame_seq = 0;  //
  char control[8] = {};    // the first bytes of a short frame
  uint8_t control_size = 0;
  uint32_t padding = 0;  // of the current DATA
  bool padding_told = false;
  // The header block that is being put together: a frame of its own kind, then CONTINUATIONs.
  Frame block_frame;
  uint64_t block_ns = 0;
  uint32_t block_seq = 0;
  bool block_lost = false;
  size_t block_part = 0;  // where the current frame's bytes begin in it
  std::string block;
  Fields fields;
};

class Conversation : public Stream {
 public:
  explicit Conversation(bool from_start);
  void feed(const Call& call, Listener& listener) override;
  void close(bool seen, Listener& listener) override;
  bool quiet(uint64_t now_ns, Listener& listener) override;

 private:
  // One stream. On the client's side its answer may be reported before its request: the ring's
  // order is not the wire's.
  struct Open {
    Exchange* exchange = nullptr;
    uint64_t request_body = 0, response_body = 0;
    uint64_t answer_ns = 0, last_ns = 0;
    uint64_t timeout_ns = 0;  // what the client gave the call; 0: no limit
    int64_t reset = -1;       // the code of its RST_STREAM
    int status = 0, rpc_status = -1;
    bool rpc = false, web = false;
    bool type_unknown = false;  // it may be an RPC whose content type was not readable
    bool framed = false;        // its first bytes are an RPC's message
    bool trailers = false;
    bool status_hidden = false;  // the last fields held some that were not readable
    bool answered = false, request_done = false, answer_done = false;
    bool reset_by_client = false, refused = false;
    bool uncertain = false;  // frames of its answer may have gone by unseen
  };
  using Streams = std::map<uint32_t, Open>;
  // kClosed: with its connection; kUnseen: we no longer look; kLost: nothing true can be said.
  enum class Ending { kWhole, kClosed, kUnseen, kLost };

  void read(Half& half, const Call& call, Listener& listener);
  bool take_preface(std::string_view& rest);
  void unseen(Half& half, uint64_t bytes, const Call& call, Listener& listener);
  void lose(Half& half, const Call& call, Listener& listener);
  void piece(Half& half, const FrameReader::Piece& piece, const Call& call, Listener& listener);
  void data(Half& half, const FrameReader::Piece& piece, const Call& call, Listener& listener);
  void end_of_data(Half& half, const Call& call, Listener& listener);
  void block(Half& half, const FrameReader::Piece& piece, const Call& call, Listener& listener);
  void block_done(Half& half, std::string_view bytes, const Call& call, Listener& listener);
  void request_fields(Half& half, const Call& call, Listener& listener);
  void answer_fields(Half& half, const Call& call, Listener& listener);
  void control(Half& half, const Call& call, Listener& listener);
  void reset(uint32_t stream, uint32_t code, bool by_client, const Call& call, Listener& listener);
  void going_away(uint32_t last, const Call& call, Listener& listener);
  void end(bool request, Open& open, const Call& call);

  Open* find(uint32_t stream);
  Open* early_answer(uint32_t stream, const Call& call);
  void make_request(Half& half, Open& open, const Call& call, Listener& listener);
  void forget_early_answers(uint32_t below);
  void settle(uint32_t stream, Listener& listener);
  void finish(Streams::iterator at, Ending ending, Listener& listener);
  bool is_rpc(const Open& open);
  static int rpc_status(const Open& open, uint64_t start_ns, Ending ending);

  Half requests_, answers_;
  Streams streams_;
  uint32_t last_request_ = 0;  // the highest number of a request's stream
  size_t early_ = 0;           // streams without a request
  size_t preface_ = 0;         // bytes of it that are still to come
  uint64_t last_ns_ = 0, gap_ns_ = 0;
  bool has_rpcs_ = false, has_others_ = false;  // requests that certainly are, or are not
};

}  // namespace tarsier::assemble::http2
