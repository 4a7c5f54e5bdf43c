#include "net/http1/response.h"

#include <fmt/format.h>

#include <ctime>

#include "net/ascii.h"

namespace tarsier::net {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return status < 400 ? "OK" : "Error";
  }
}

}  // namespace

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

bool valid_header(std::string_view name, std::string_view value) {
  if (name.empty()) return false;
  for (char c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == ':' || c == 0x7f) return false;
  }
  for (char c : value) {
    if (c == '\r' || c == '\n' || c == '\0') return false;
  }
  return !equal_ignoring_case(name, "Content-Length") &&
         !equal_ignoring_case(name, "Content-Type") &&
         !equal_ignoring_case(name, "Transfer-Encoding") &&
         !equal_ignoring_case(name, "Connection") && !equal_ignoring_case(name, "Date");
}

std::string_view http_date() {
  thread_local time_t made = 0;
  thread_local char text[40];
  thread_local size_t length = 0;
  time_t now = ::time(nullptr);
  if (now != made) {
    tm parts;
    ::gmtime_r(&now, &parts);
    // The "C" locale's names, whatever locale the process has.
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto end = fmt::format_to_n(text, sizeof(text), "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                                kDays[parts.tm_wday], parts.tm_mday, kMonths[parts.tm_mon],
                                parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
    length = end.size;
    made = now;
  }
  return {text, length};
}

std::string response_head(const Response& response, const ResponseHead& head) {
  std::string out;
  out.reserve(256);
  auto end = std::back_inserter(out);
  fmt::format_to(end, "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason(response.status),
                 http_date());
  if (has_body(response.status)) {
    if (!response.content_type.empty() && valid_header("-", response.content_type)) {
      fmt::format_to(end, "Content-Type: {}\r\n", response.content_type);
    }
    fmt::format_to(end, "Content-Length: {}\r\n", response.body.size());
  }
  for (const auto& [name, value] : response.headers) {
    if (valid_header(name, value)) fmt::format_to(end, "{}: {}\r\n", name, value);
  }
  if (!head.keep_alive) {
    out += "Connection: close\r\n";
  } else if (head.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

}  // namespace tarsier::net
