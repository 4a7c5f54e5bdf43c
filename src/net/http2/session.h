// HTTP/2 bytes to requests and answers back to bytes, without I/O. The server's side only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "net/http.h"
#include "net/http1/parser.h"

struct nghttp2_session;

namespace tarsier::net {

// Why a request is refused before a handler sees it; status 0: it is not.
struct Refusal {
  int status = 0;
  std::string text;
};

struct Http2Answer {
  Response response;
  Headers trailers;        // behind the body
  bool head_only = false;  // the answer to a HEAD
};

class Http2Session {
 public:
  // Called from inside feed() and sweep(); must not call back into the session, except answer().
  struct Events {
    virtual ~Events() = default;
    // A whole request, or as much of it as came before it was refused. Wants an answer().
    virtual void on_request(int32_t stream, Request&& request, Refusal&& refusal,
                            int64_t started_ns) = 0;
    // The body has this size now; false refuses it.
    virtual bool on_body(int32_t stream, size_t bytes) = 0;
    // Nothing can be answered any more, or all was.
    virtual void on_closed(int32_t stream) = 0;
  };

  Http2Session(Events& events, const ParserLimits& limits, const Clock& clock);
  ~Http2Session();

  // False when the connection cannot go on: send what pull() still has, then close.
  bool feed(std::string_view bytes);
  // Appends frames until there are none or `out` holds max_bytes.
  void pull(std::string& out, size_t max_bytes);
  // False when the stream is gone.
  bool answer(int32_t stream, Http2Answer&& answer);
  // Takes no new streams.
  void go_away();
  // Resets streams whose request comes too slowly or whose answer nobody takes; says how many.
  size_t sweep(int64_t head_timeout_ns, int64_t idle_timeout_ns);

  bool finished() const;
  size_t streams() const { return streams_.size(); }

 private:
  struct Stream;
  struct Callbacks;

  Stream* find(int32_t id);
  void whole(Stream& stream);
  void refuse(Stream& stream, int status, std::string text);

  Events& events_;
  const ParserLimits limits_;
  const Clock& clock_;
  nghttp2_session* session_ = nullptr;
  std::unordered_map<int32_t, std::unique_ptr<Stream>> streams_;
};

}  // namespace tarsier::net
