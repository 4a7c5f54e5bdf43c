#include <fmt/format.h>

#include <charconv>

#include "net/ascii.h"
#include "net/client.h"

namespace tarsier::net {
namespace {

Error bad_url(std::string_view text, std::string_view why) {
  return invalid(
      fmt::format("\"{}\" is not a URL: {}; write it like http://localhost:4318/path", text, why));
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  std::string_view rest = trim(text);
  for (char c : rest) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
      return bad_url(text, "a blank or control character inside");
    }
  }
  size_t colon = rest.find("://");
  if (colon == rest.npos) return bad_url(text, "no http:// or https:// in front");
  Url url;
  url.scheme = lower(rest.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") {
    return bad_url(text, "the scheme is neither http nor https");
  }
  rest.remove_prefix(colon + 3);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != authority.npos) {
    return bad_url(text, "user and password do not belong into it");
  }

  std::string_view port;
  if (authority.starts_with('[')) {
    size_t end = authority.find(']');
    if (end == authority.npos) return bad_url(text, "no ] behind the address");
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    port = authority.substr(url.host.size());
  }
  if (url.host.empty()) return bad_url(text, "no host");
  url.port = url.scheme == "http" ? 80 : 443;
  if (!port.empty()) {
    auto [end, failure] = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
    bool number = port.size() > 1 && failure == std::errc() && end == port.data() + port.size();
    if (port[0] != ':' || !number || url.port == 0) {
      return bad_url(text, "the port is not a number from 1 to 65535");
    }
  }

  url.target = rest.substr(0, rest.find('#'));
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

}  // namespace tarsier::net
