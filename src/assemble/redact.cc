#include "assemble/redact.h"

#include <algorithm>
#include <charconv>

namespace tarsier::assemble {
namespace {

constexpr std::string_view kRedacted = "REDACTED";
constexpr size_t kKeyMax = 64;

std::vector<std::string>& keys() {
  static std::vector<std::string> list;
  return list;
}

constexpr std::string_view kDefaultKeys[] = {"x-amz-signature",
                                             "x-amz-credential",
                                             "x-amz-security-token",
                                             "awsaccesskeyid",
                                             "signature",
                                             "securitytoken",
                                             "x-goog-signature",
                                             "sig",
                                             "token",
                                             "access_token",
                                             "refresh_token",
                                             "id_token",
                                             "jwt",
                                             "session",
                                             "sid",
                                             "api_key",
                                             "apikey",
                                             "client_secret",
                                             "secret",
                                             "password",
                                             "pass",
                                             "pwd",
                                             "reset_token",
                                             "invite_token",
                                             "verify_token",
                                             "otp",
                                             "totp",
                                             "mfa_code",
                                             "verification_code",
                                             "samlresponse",
                                             "assertion",
                                             "card",
                                             "cc",
                                             "pan",
                                             "cvv",
                                             "ssn",
                                             "tax_id"};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Percent-decoded and in lower case.
std::string_view canonical_key(std::string_view key, char (&buffer)[kKeyMax]) {
  size_t n = 0;
  for (size_t i = 0; i < key.size() && n < kKeyMax; i++) {
    char c = key[i];
    if (c == '%' && i + 2 < key.size()) {
      int high = hex_digit(key[i + 1]), low = hex_digit(key[i + 2]);
      if (high >= 0 && low >= 0) {
        c = static_cast<char>(high << 4 | low);
        i += 2;
      }
    }
    buffer[n++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return {buffer, n};
}

bool secret(std::string_view key) {
  char buffer[kKeyMax];
  key = canonical_key(key, buffer);
  if (std::find(std::begin(kDefaultKeys), std::end(kDefaultKeys), key) != std::end(kDefaultKeys)) {
    return true;
  }
  return std::find(keys().begin(), keys().end(), key) != keys().end();
}

void append_printable(std::string_view text, std::string& out) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
}

// key=value pairs between separators.
void append_pairs(std::string_view text, std::string_view separators, std::string& out) {
  while (true) {
    size_t end = text.find_first_of(separators);
    std::string_view pair = text.substr(0, end);
    size_t equals = pair.find('=');
    if (equals != std::string_view::npos && equals + 1 < pair.size() &&
        secret(pair.substr(0, equals))) {
      append_printable(pair.substr(0, equals + 1), out);
      out += kRedacted;
    } else {
      append_printable(pair, out);
    }
    if (end == std::string_view::npos) return;
    out.push_back(text[end]);
    text.remove_prefix(end + 1);
  }
}

// "http://user:password@host/path" to "/path".
std::string_view without_authority(std::string_view target) {
  if (target.empty() || target.front() == '/' || target == "*") return target;
  size_t scheme = target.find("://");
  if (scheme == std::string_view::npos || scheme > 8) {
    return {};  // authority form: it has no path
  }
  size_t path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
}

}  // namespace

void set_redacted_keys(const std::vector<std::string>& added) {
  keys().clear();
  for (const std::string& key : added) {
    char buffer[kKeyMax];
    keys().emplace_back(canonical_key(key, buffer));
  }
}

void copy_target(std::string_view target, std::string& out, uint32_t& path_size) {
  out.clear();
  target = without_authority(target);
  size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  if (path.find(';') == std::string_view::npos) {
    append_printable(path, out);
  } else {
    append_pairs(path, ";/", out);
  }
  path_size = static_cast<uint32_t>(out.size());
  if (question == std::string_view::npos || question + 1 == target.size()) return;
  out.push_back('?');
  append_pairs(target.substr(question + 1), "&;?#", out);
}

void copy_host(std::string_view header, std::string& host, uint16_t& port) {
  host.clear();
  port = 0;
  size_t colon = header.rfind(':');
  size_t bracket = header.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    std::string_view digits = header.substr(colon + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    header = header.substr(0, colon);
  }
  if (header.starts_with('[') && header.ends_with(']')) {
    header = header.substr(1, header.size() - 2);
  }
  if (header.size() > 253) return;
  for (char c : header) {
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '.' || c == '-' || c == '_' || c == ':';
    if (!good) return;
  }
  host = header;
}

}  // namespace tarsier::assemble
