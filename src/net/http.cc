#include "net/http.h"

#include <algorithm>

#include "net/ascii.h"

namespace tarsier::net {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

}  // namespace

std::string_view find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

std::string url_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); i++) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high << 4 | low));
        i += 2;
        continue;
      }
    }
    out.push_back(c == '+' && plus_is_blank ? ' ' : c);
  }
  return out;
}

std::string url_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (unreserved(c)) {
      out.push_back(c);
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Params Params::parse(std::string_view encoded) {
  Params params;
  while (!encoded.empty()) {
    std::string_view pair = encoded.substr(0, encoded.find('&'));
    encoded.remove_prefix(std::min(pair.size() + 1, encoded.size()));
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    std::string_view value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    params.entries_.emplace_back(url_decode(pair.substr(0, equals)), url_decode(value));
  }
  return params;
}

void Params::append(const Params& other) {
  entries_.insert(entries_.end(), other.entries_.begin(), other.entries_.end());
}

bool Params::has(std::string_view key) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [key](const auto& entry) { return entry.first == key; });
}

std::string_view Params::get(std::string_view key, std::string_view fallback) const {
  for (const auto& entry : entries_) {
    if (entry.first == key) return entry.second;
  }
  return fallback;
}

std::vector<std::string> Params::all(std::string_view key) const {
  std::vector<std::string> values;
  for (const auto& entry : entries_) {
    if (entry.first == key) values.push_back(entry.second);
  }
  return values;
}

std::string_view Request::path_param(std::string_view name) const {
  for (const auto& [key, value] : path_params) {
    if (key == name) return value;
  }
  return {};
}

Params Request::params() const {
  Params params = Params::parse(query);
  std::string_view type = find_header(headers, "Content-Type");
  type = trim(type.substr(0, type.find(';')));
  if (equal_ignoring_case(type, "application/x-www-form-urlencoded")) {
    params.append(Params::parse(body));
  }
  return params;
}

Response text_response(int status, std::string_view text) {
  Response response{status, "text/plain; charset=utf-8", std::string(text), {}};
  if (!text.ends_with('\n')) response.body.push_back('\n');
  return response;
}

}  // namespace tarsier::net
