#include "net/http2/session.h"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "net/ascii.h"
#include "net/http1/response.h"

namespace tarsier::net {
namespace {

constexpr uint32_t kStreamsMax = 256;
constexpr uint32_t kStreamWindowBytes = 1 << 20;
constexpr int32_t kConnectionWindowBytes = 8 << 20;
constexpr size_t kHeadersMax = 200;
constexpr size_t kUnsentAcksMax = 1000;  // of pings and settings: more is an attack
constexpr int64_t kBodyBytesPerSecondMin = 1024;

std::string_view view(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// Header fields for nghttp2, which copies them when they are submitted.
class Fields {
 public:
  void add(std::string_view name, std::string_view value) {
    names_.push_back(lower(name));
    values_.emplace_back(value);
  }
  std::vector<nghttp2_nv> fields() {
    std::vector<nghttp2_nv> out;
    for (size_t i = 0; i < names_.size(); i++) {
      out.push_back({reinterpret_cast<uint8_t*>(names_[i].data()),
                     reinterpret_cast<uint8_t*>(values_[i].data()), names_[i].size(),
                     values_[i].size(), NGHTTP2_NV_FLAG_NONE});
    }
    return out;
  }

 private:
  std::vector<std::string> names_, values_;
};

Fields answer_fields(const Response& response, bool with_length) {
  Fields fields;
  fields.add(":status", std::to_string(response.status));
  fields.add("date", http_date());
  if (has_body(response.status)) {
    if (valid_header("-", response.content_type)) fields.add("content-type", response.content_type);
    if (with_length) fields.add("content-length", std::to_string(response.body.size()));
  }
  for (const auto& [name, value] : response.headers) {
    if (valid_header(name, value)) fields.add(name, value);
  }
  return fields;
}

}  // namespace

struct Http2Session::Stream {
  int32_t id = 0;
  Request request;
  std::string authority;
  size_t head_bytes = 0;
  Refusal refusal;
  bool handed_over = false;  // to on_request
  bool complete = false;     // the other side has sent its end
  bool answered = false, reset = false;
  int64_t started_ns = 0, touched_ns = 0;
  size_t body_bytes = 0;
  Http2Answer answer;
  size_t sent = 0;  // of the answer's body
};

// What nghttp2 calls. `user` is the session.
struct Http2Session::Callbacks {
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // trailers
    auto stream = std::make_unique<Stream>();
    stream->id = frame->hd.stream_id;
    stream->started_ns = stream->touched_ns = self.clock_.monotonic_ns();
    stream->request.method.clear();
    self.streams_[frame->hd.stream_id] = std::move(stream);
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name_bytes,
                    size_t name_size, const uint8_t* value_bytes, size_t value_size, uint8_t,
                    void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    Stream* stream = self.find(frame->hd.stream_id);
    if (!stream || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    std::string_view name = view(name_bytes, name_size), value = view(value_bytes, value_size);
    Request& request = stream->request;
    stream->head_bytes += name.size() + value.size();
    if (stream->head_bytes > self.limits_.head_max_bytes || request.headers.size() >= kHeadersMax) {
      if (stream->refusal.status == 0) {
        stream->refusal = {431, fmt::format("the headers are larger than {} bytes or too many",
                                            self.limits_.head_max_bytes)};
      }
    } else if (name == ":method") {
      request.method = value;
    } else if (name == ":path") {
      if (!split_target(value, request.path, request.query)) {
        stream->refusal = {400, "the path has to begin with /"};
      }
    } else if (name == ":authority") {
      stream->authority = value;
    } else if (!name.starts_with(':')) {
      request.headers.emplace_back(name, value);
    }
    return 0;
  }

  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    Stream* stream = self.find(frame->hd.stream_id);
    if (!stream) return 0;
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) stream->complete = true;
    bool head = frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
    if (head && !stream->authority.empty() &&
        find_header(stream->request.headers, "host").empty()) {
      stream->request.headers.emplace_back("host", std::move(stream->authority));
    }
    if (stream->complete || (head && stream->refusal.status != 0)) self.whole(*stream);
    return 0;
  }

  static int data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                  void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    Stream* stream = self.find(id);
    if (!stream || stream->handed_over) return 0;
    stream->touched_ns = self.clock_.monotonic_ns();
    stream->body_bytes += size;
    if (stream->body_bytes > self.limits_.body_max_bytes) {
      self.refuse(*stream, 413,
                  fmt::format("the body is larger than {} bytes", self.limits_.body_max_bytes));
    } else if (!self.events_.on_body(id, stream->body_bytes)) {
      self.refuse(*stream, 503, "too many large requests at once; try again");
    } else {
      stream->request.body.append(view(bytes, size));
    }
    return 0;
  }

  static int closed(nghttp2_session*, int32_t id, uint32_t, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    if (self.streams_.erase(id) > 0) self.events_.on_closed(id);
    return 0;
  }

  // An answer that went out before the whole request came in: the rest need not be sent.
  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
    Stream* stream = self.find(frame->hd.stream_id);
    if (stream && !stream->complete) {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static ssize_t read_body(nghttp2_session* session, int32_t id, uint8_t* into, size_t room,
                           uint32_t* flags, nghttp2_data_source* source, void* user) {
    auto& self = *static_cast<Http2Session*>(user);
    auto& stream = *static_cast<Stream*>(source->ptr);
    const std::string& body = stream.answer.response.body;
    size_t n = std::min(room, body.size() - stream.sent);
    std::memcpy(into, body.data() + stream.sent, n);
    stream.sent += n;
    stream.touched_ns = self.clock_.monotonic_ns();
    if (stream.sent < body.size()) return static_cast<ssize_t>(n);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream.answer.trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      Fields fields;
      for (const auto& [name, value] : stream.answer.trailers) fields.add(name, value);
      auto list = fields.fields();
      nghttp2_submit_trailer(session, id, list.data(), list.size());
    }
    return static_cast<ssize_t>(n);
  }
};

Http2Session::Http2Session(Events& events, const ParserLimits& limits, const Clock& clock)
    : events_(events), limits_(limits), clock_(clock) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::closed);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::frame_sent);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_max_outbound_ack(option, kUnsentAcksMax);
  nghttp2_session_server_new2(&session_, callbacks, this, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);

  std::array<nghttp2_settings_entry, 3> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsMax},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits_.head_max_bytes)},
  }};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
}

Http2Session::~Http2Session() {
  nghttp2_session_del(session_);
}

Http2Session::Stream* Http2Session::find(int32_t id) {
  auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : it->second.get();
}

void Http2Session::whole(Stream& stream) {
  if (std::exchange(stream.handed_over, true)) return;
  events_.on_request(stream.id, std::move(stream.request), std::move(stream.refusal),
                     stream.started_ns);
}

void Http2Session::refuse(Stream& stream, int status, std::string text) {
  stream.refusal = {status, std::move(text)};
  whole(stream);
}

bool Http2Session::feed(std::string_view bytes) {
  ssize_t n = nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes.data()),
                                       bytes.size());
  return n == static_cast<ssize_t>(bytes.size());
}

void Http2Session::pull(std::string& out, size_t max_bytes) {
  while (out.size() < max_bytes) {
    const uint8_t* bytes = nullptr;
    ssize_t n = nghttp2_session_mem_send(session_, &bytes);
    if (n <= 0) return;
    out.append(view(bytes, static_cast<size_t>(n)));
  }
}

bool Http2Session::answer(int32_t id, Http2Answer&& answer) {
  Stream* stream = find(id);
  if (!stream || stream->answered) return false;
  stream->answered = true;
  stream->touched_ns = clock_.monotonic_ns();
  stream->answer = std::move(answer);
  const Response& response = stream->answer.response;
  bool trailers = !stream->answer.trailers.empty();
  bool body = has_body(response.status) && !stream->answer.head_only;
  // An answer of headers only ends with them; one with trailers has a body, maybe an empty one.
  bool data = body && (trailers || !response.body.empty());
  bool grpc = response.content_type.starts_with("application/grpc");
  auto fields = answer_fields(response, !grpc);
  auto list = fields.fields();
  nghttp2_data_provider provider{};
  provider.source.ptr = stream;
  provider.read_callback = Callbacks::read_body;
  return nghttp2_submit_response(session_, id, list.data(), list.size(),
                                 data ? &provider : nullptr) == 0;
}

void Http2Session::go_away() {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
}

size_t Http2Session::sweep(int64_t head_timeout_ns, int64_t idle_timeout_ns) {
  int64_t now = clock_.monotonic_ns();
  size_t reset = 0;
  for (const auto& [id, stream] : streams_) {
    int64_t earned = static_cast<int64_t>(stream->body_bytes) * (kSecond / kBodyBytesPerSecondMin);
    bool slow = !stream->handed_over && now > stream->started_ns + head_timeout_ns + earned;
    bool stuck = stream->answered && now > stream->touched_ns + idle_timeout_ns;
    if (stream->reset || (!slow && !stuck)) continue;
    stream->reset = true;
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    reset++;
  }
  return reset;
}

bool Http2Session::finished() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

}  // namespace tarsier::net
