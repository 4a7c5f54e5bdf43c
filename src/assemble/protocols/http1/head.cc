#include "assemble/protocols/http1/head.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace tarsier::assemble::http1 {
namespace {

constexpr std::string_view kMethods[] = {
    "GET",      "POST",      "PUT",  "HEAD", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE",
    "PROPFIND", "PROPPATCH", "COPY", "MOVE", "MKCOL",  "LOCK",  "UNLOCK",  "REPORT",  "SEARCH"};
constexpr size_t kTargetOffsetMax = 11;  // the longest method, a blank, the target's first byte

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (size_t i = 0; i < text.size(); i++) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

// Takes the first line, without its end; false when the line has no end.
bool next_line(std::string_view& rest, std::string_view& line) {
  size_t size = rest.find('\n');
  if (size == std::string_view::npos) return false;
  line = rest.substr(0, size);
  if (line.ends_with('\r')) line.remove_suffix(1);
  rest.remove_prefix(size + 1);
  return true;
}

// The framing headers, seen so far.
struct Framing {
  bool has_length = false, chunked = false, bad = false;
  uint64_t length = 0;

  void content_length(std::string_view value) {
    uint64_t n = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (error != std::errc() || end != value.data() + value.size() || (has_length && n != length)) {
      bad = true;
    }
    has_length = true;
    length = n;
  }
  void transfer_encoding(std::string_view value) {
    size_t comma = value.rfind(',');
    if (comma != std::string_view::npos) value.remove_prefix(comma + 1);
    chunked = equals_ignoring_case(trim(value), "chunked");
    if (!chunked) bad = true;
  }
  Body body(Body::Kind otherwise) const {
    if (bad) return {Body::kUnknown, 0};
    if (chunked) return {Body::kChunked, 0};
    if (has_length) return {Body::kLength, length};
    return {otherwise, 0};
  }
};

void request_header(std::string_view name, std::string_view value, RequestHead& out,
                    Framing& framing) {
  switch (name.size()) {
    case 2:
      if (equals_ignoring_case(name, "b3")) out.carrier.b3 = value;
      break;
    case 4:
      if (equals_ignoring_case(name, "host")) out.host = value;
      break;
    case 10:
      if (equals_ignoring_case(name, "tracestate")) out.carrier.tracestate = value;
      break;
    case 11:
      if (equals_ignoring_case(name, "traceparent")) out.carrier.traceparent = value;
      break;
    case 12:
      if (equals_ignoring_case(name, "content-type")) out.content_type = value;
      break;
    case 14:
      if (equals_ignoring_case(name, "content-length")) framing.content_length(value);
      break;
    case 17:
      if (equals_ignoring_case(name, "transfer-encoding")) framing.transfer_encoding(value);
      break;
  }
}

// Calls visit(name, value) for each header line; false at a line that is no header.
template <typename Visit>
bool each_header(std::string_view rest, const Visit& visit) {
  std::string_view line;
  while (next_line(rest, line)) {
    if (line.empty()) return true;
    if (line.front() == ' ' || line.front() == '\t') continue;  // more of the previous value
    size_t size = line.find(':');
    if (size == std::string_view::npos) return false;
    visit(line.substr(0, size), trim(line.substr(size + 1)));
  }
  return true;
}

bool target_starts(char c) {
  return c == '/' || lower(c) == 'h' || c == '*';
}

}  // namespace

Match looks_like_request(std::string_view bytes) {
  if (bytes.empty()) return Match::kMaybe;
  for (std::string_view method : kMethods) {
    if (bytes.front() != method.front()) continue;
    size_t n = std::min(bytes.size(), method.size());
    if (memcmp(bytes.data(), method.data(), n) != 0) continue;
    if (bytes.size() == n) return Match::kMaybe;
    if (bytes[n] != ' ') continue;
    if (bytes.size() == n + 1) return Match::kMaybe;
    if (target_starts(bytes[n + 1]) || method == "CONNECT") return Match::kYes;
  }
  return Match::kNo;
}

Match looks_like_response(std::string_view bytes) {
  constexpr std::string_view kPattern = "HTTP/1.d ddd";
  for (size_t i = 0; i < kPattern.size(); i++) {
    if (i == bytes.size()) return Match::kMaybe;
    bool digit = bytes[i] >= '0' && bytes[i] <= '9';
    if (kPattern[i] == 'd' ? !digit : bytes[i] != kPattern[i]) return Match::kNo;
  }
  return Match::kYes;
}

size_t head_size(std::string_view bytes, size_t from) {
  size_t at = from > 3 ? from - 3 : 0;  // the blank line may have begun before
  while ((at = bytes.find('\n', at)) != std::string_view::npos) {
    at++;
    if (bytes.substr(at).starts_with('\n')) return at + 1;
    if (bytes.substr(at).starts_with("\r\n")) return at + 2;
  }
  return std::string_view::npos;
}

bool parse_request(std::string_view head, bool whole, RequestHead& out) {
  std::string_view line;
  bool has_line = next_line(head, line);
  if (!has_line) {
    if (whole) return false;
    line = head;
    head = {};
  }
  if (looks_like_request(line.substr(0, kTargetOffsetMax)) != Match::kYes) return false;
  size_t blank = line.find(' ');
  out.method = line.substr(0, blank);
  line.remove_prefix(blank + 1);
  if (has_line) {
    blank = line.rfind(' ');
    if (blank == std::string_view::npos || !line.substr(blank).starts_with(" HTTP/1."))
      return false;
    line = line.substr(0, blank);
  }
  out.target = line;
  if (out.target.find(' ') != std::string_view::npos) return false;
  Framing framing;
  bool good = each_header(head, [&](std::string_view name, std::string_view value) {
    request_header(name, value, out, framing);
  });
  out.body = !whole ? Body{Body::kUnseen} : good ? framing.body(Body::kNone) : Body{Body::kUnknown};
  return true;
}

bool parse_response(std::string_view head, bool whole, std::string_view request_method,
                    ResponseHead& out) {
  if (looks_like_response(head) != Match::kYes) return false;
  out.status = (head[9] - '0') * 100 + (head[10] - '0') * 10 + (head[11] - '0');
  std::string_view line;
  if (!next_line(head, line)) head = {};
  Framing framing;
  bool good = each_header(head, [&](std::string_view name, std::string_view value) {
    if (name.size() == 14 && equals_ignoring_case(name, "content-length")) {
      framing.content_length(value);
    } else if (name.size() == 17 && equals_ignoring_case(name, "transfer-encoding")) {
      framing.transfer_encoding(value);
    } else if (name.size() == 11 && equals_ignoring_case(name, "grpc-status")) {
      out.rpc_status = value;
    }
  });
  if (!whole || !good) {
    out.body = {whole ? Body::kUnknown : Body::kUnseen};
  } else if (request_method == "HEAD" || out.status < 200 || out.status == 204 ||
             out.status == 304) {
    out.body = {Body::kNone, 0};
  } else {
    out.body = framing.body(Body::kUntilClose);
  }
  return true;
}

}  // namespace tarsier::assemble::http1
