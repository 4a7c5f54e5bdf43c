#include "net/http1/parser.h"

#include <fmt/format.h>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "net/ascii.h"

namespace tarsier::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;
using Length = boost::optional<std::uint64_t>;

constexpr size_t kBodyReserveMax = 1 << 20;  // a claimed length is only a claim
// However much of a chunked body is left, "0\r\n\r\n" is to come. Beast asserts to have had it.
constexpr size_t kLastChunkBytes = 5;

// What requests and answers have in common: headers and body go straight into our own structs.
template <bool kRequest, typename Message>
class Parser : public http::basic_parser<kRequest> {
 public:
  Parser(const ParserLimits& limits) {
    this->header_limit(static_cast<uint32_t>(limits.head_max_bytes));
    this->body_limit(limits.body_max_bytes);
    this->eager(true);
  }

  Message message;
  int version = 11;

 protected:
  void on_field_impl(http::field, string_view name, string_view value, error_code& ec) override {
    if (message.headers.size() >= kHeadersMax) {
      ec = http::error::header_limit;
      return;
    }
    message.headers.emplace_back(std::string_view(name.data(), name.size()),
                                 std::string_view(value.data(), value.size()));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const Length& length, error_code&) override {
    if (length) message.body.reserve(std::min<uint64_t>(*length, kBodyReserveMax));
  }
  size_t on_body_impl(string_view bytes, error_code&) override {
    message.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
    message.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}

 private:
  static constexpr size_t kHeadersMax = 200;
};

struct Requests : Parser<true, Request> {
  using Parser::Parser;
  void on_request_impl(http::verb, string_view method, string_view target, int v,
                       error_code& ec) override {
    version = v;
    message.method.assign(method.data(), method.size());
    if (!split_target({target.data(), target.size()}, message.path, message.query)) {
      ec = http::error::bad_target;
    }
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
};

struct Responses : Parser<false, Response> {
  using Parser::Parser;
  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int status, string_view, int v, error_code&) override {
    version = v;
    message.status = status;
  }
};

// Feeds until the parser needs more than there is; returns what was used.
template <typename P>
size_t put(P& parser, std::string_view bytes, error_code& ec) {
  size_t used = 0;
  while (used < bytes.size() && !parser.is_done()) {
    bool in_chunks = parser.is_header_done() && parser.chunked();
    if (in_chunks && bytes.size() - used < kLastChunkBytes) break;
    size_t n = parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
    used += n;
    if (ec == http::error::need_more) {
      ec = {};
      break;
    }
    if (ec) break;
  }
  return used;
}

}  // namespace

bool split_target(std::string_view target, std::string& path, std::string& query) {
  if (target == "*") {
    path = target;
    return true;
  }
  // The absolute form, as a proxy's clients send it: the authority does not matter here.
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find('/'), target.size()));
    if (target.empty()) target = "/";
    break;
  }
  if (!target.starts_with('/')) return false;
  size_t mark = target.find('?');
  path = url_decode(target.substr(0, mark), false);
  query = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  return true;
}

struct RequestParser::Impl {
  std::optional<Requests> parser;
};

RequestParser::RequestParser(const ParserLimits& limits)
    : impl_(std::make_unique<Impl>()), limits_(limits) {
  impl_->parser.emplace(limits_);
}
RequestParser::~RequestParser() = default;

size_t RequestParser::feed(std::string_view bytes) {
  Requests& parser = *impl_->parser;
  error_code ec;
  size_t used = put(parser, bytes, ec);
  if (ec == http::error::body_limit) {
    error_status_ = 413;
    error_ = fmt::format("the body is larger than {} bytes", limits_.body_max_bytes);
  } else if (ec == http::error::header_limit ||
             (!ec && bytes.size() - used > limits_.head_max_bytes && !parser.is_done())) {
    error_status_ = 431;
    error_ = fmt::format("the head of the request is larger than {} bytes or has too many headers",
                         limits_.head_max_bytes);
  } else if (ec == http::error::bad_version) {
    error_status_ = 505;
    error_ = "only HTTP/1.0, HTTP/1.1 and HTTP/2 are spoken here";
  } else if (ec) {
    error_status_ = 400;
    error_ = "not an HTTP request: " + ec.message();
  } else if (parser.is_header_done() && parser.version == 11 &&
             find_header(parser.message.headers, "Host").empty()) {
    error_status_ = 400;
    error_ = "not an HTTP request: no Host header";
  }
  return used;
}

bool RequestParser::started() const {
  return impl_->parser->got_some();
}
bool RequestParser::head_done() const {
  return impl_->parser->is_header_done();
}
bool RequestParser::done() const {
  return impl_->parser->is_done();
}
bool RequestParser::keep_alive() const {
  return impl_->parser->keep_alive();
}
bool RequestParser::expects_continue() const {
  return !http_1_0() &&
         equal_ignoring_case(find_header(impl_->parser->message.headers, "Expect"), "100-continue");
}
bool RequestParser::http_1_0() const {
  return impl_->parser->version < 11;
}
size_t RequestParser::body_bytes() const {
  return impl_->parser->message.body.size();
}

Request RequestParser::take() {
  Request request = std::move(impl_->parser->message);
  impl_->parser.emplace(limits_);
  return request;
}

struct ResponseParser::Impl {
  Impl(const ParserLimits& limits, bool head) : parser(limits) { parser.skip(head); }
  Responses parser;
};

ResponseParser::ResponseParser(const ParserLimits& limits, bool head)
    : impl_(std::make_unique<Impl>(limits, head)), limits_(limits) {}
ResponseParser::~ResponseParser() = default;

size_t ResponseParser::feed(std::string_view bytes) {
  error_code ec;
  size_t used = put(impl_->parser, bytes, ec);
  if (ec == http::error::body_limit) {
    error_ = fmt::format("the answer is larger than {} bytes", limits_.body_max_bytes);
  } else if (ec) {
    error_ = "the answer is not HTTP: " + ec.message();
  } else if (bytes.size() - used > limits_.head_max_bytes && !done()) {
    error_ = fmt::format("the answer's head is larger than {} bytes", limits_.head_max_bytes);
  }
  return used;
}

void ResponseParser::feed_eof() {
  if (!impl_->parser.is_header_done()) {
    error_ = "the connection was closed before the answer";
    return;
  }
  error_code ec;
  impl_->parser.put_eof(ec);
  if (ec) error_ = "the connection was closed in the middle of the answer";
}

bool ResponseParser::started() const {
  return impl_->parser.got_some();
}
bool ResponseParser::done() const {
  return impl_->parser.is_done();
}
bool ResponseParser::keep_alive() const {
  return impl_->parser.keep_alive();
}
int ResponseParser::status() const {
  return impl_->parser.message.status;
}

Response ResponseParser::take() {
  Response response = std::move(impl_->parser.message);
  response.content_type = find_header(response.headers, "Content-Type");
  return response;
}

}  // namespace tarsier::net
