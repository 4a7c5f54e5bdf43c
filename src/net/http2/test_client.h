// For tests: an HTTP/2 client made of nghttp2, blocking, over a raw connection.
#pragma once

#include <nghttp2/nghttp2.h>

#include <map>
#include <string>

#include "net/test_server.h"

namespace tarsier::net {

class Http2Client {
 public:
  struct Answer {
    Headers headers, trailers;
    std::string body;
    bool closed = false;
    uint32_t error = 0;
    std::string header(std::string_view name) const {
      std::string_view value = find_header(headers, name);
      return std::string(value.empty() ? find_header(trailers, name) : value);
    }
  };

  explicit Http2Client(uint16_t port) : connection_(port) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, 0, nullptr, 0);
  }
  ~Http2Client() { nghttp2_session_del(session_); }

  int32_t start(std::string method, std::string path, Headers headers, std::string body) {
    headers.insert(headers.begin(), {{":method", std::move(method)},
                                     {":scheme", "http"},
                                     {":path", std::move(path)},
                                     {":authority", "test"}});
    std::vector<nghttp2_nv> list;
    for (auto& [name, value] : headers) {
      list.push_back({reinterpret_cast<uint8_t*>(name.data()),
                      reinterpret_cast<uint8_t*>(value.data()), name.size(), value.size(), 0});
    }
    nghttp2_data_provider provider{};
    provider.read_callback = read_body;
    bool has_body = !body.empty();
    int32_t id = nghttp2_submit_request(session_, nullptr, list.data(), list.size(),
                                        has_body ? &provider : nullptr, nullptr);
    bodies_[id] = {std::move(body), 0};
    answers[id];
    send();
    return id;
  }
  // Moves bytes until the stream is closed, the connection ends, or 5 s pass.
  Answer& wait(int32_t id) {
    while (!answers[id].closed && receive()) {
    }
    return answers[id];
  }
  Answer call(std::string method, std::string path, Headers headers = {}, std::string body = {}) {
    return wait(start(std::move(method), std::move(path), std::move(headers), std::move(body)));
  }
  Answer grpc(std::string path, std::string framed, Headers more = {}) {
    more.insert(more.begin(), {{"content-type", "application/grpc"}, {"te", "trailers"}});
    return call("POST", std::move(path), std::move(more), std::move(framed));
  }
  void reset(int32_t id) {
    nghttp2_submit_rst_stream(session_, 0, id, NGHTTP2_CANCEL);
    send();
  }
  bool receive() {
    char chunk[65536];
    pollfd entry{connection_.fd(), POLLIN, 0};
    if (::poll(&entry, 1, 5000) <= 0) return false;
    ssize_t n = ::recv(connection_.fd(), chunk, sizeof(chunk), 0);
    if (n <= 0) return false;
    nghttp2_session_mem_recv(session_, reinterpret_cast<uint8_t*>(chunk), static_cast<size_t>(n));
    send();
    return true;
  }
  void send() {
    const uint8_t* bytes = nullptr;
    for (ssize_t n; (n = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
      connection_.send({reinterpret_cast<const char*>(bytes), static_cast<size_t>(n)});
    }
  }

  std::map<int32_t, Answer> answers;
  bool went_away = false;  // the server sent GOAWAY

 private:
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t n,
                       const uint8_t* value, size_t v, uint8_t, void* user) {
    Answer& answer = static_cast<Http2Client*>(user)->answers[frame->hd.stream_id];
    bool head = frame->headers.cat == NGHTTP2_HCAT_RESPONSE;
    (head ? answer.headers : answer.trailers)
        .emplace_back(std::string(reinterpret_cast<const char*>(name), n),
                      std::string(reinterpret_cast<const char*>(value), v));
    return 0;
  }
  static int on_data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t n,
                     void* user) {
    static_cast<Http2Client*>(user)->answers[id].body.append(reinterpret_cast<const char*>(bytes),
                                                             n);
    return 0;
  }
  static int on_close(nghttp2_session*, int32_t id, uint32_t error, void* user) {
    Answer& answer = static_cast<Http2Client*>(user)->answers[id];
    answer.closed = true;
    answer.error = error;
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) static_cast<Http2Client*>(user)->went_away = true;
    return 0;
  }
  static ssize_t read_body(nghttp2_session*, int32_t id, uint8_t* into, size_t room,
                           uint32_t* flags, nghttp2_data_source*, void* user) {
    auto& [body, at] = static_cast<Http2Client*>(user)->bodies_[id];
    size_t n = std::min(room, body.size() - at);
    std::copy_n(body.data() + at, n, into);
    at += n;
    if (at == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }

  RawConnection connection_;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, std::pair<std::string, size_t>> bodies_;  // and how much was sent
};

}  // namespace tarsier::net
