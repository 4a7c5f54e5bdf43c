// HTTP/2 by hand: frames, and header blocks with as much of HPACK as the tests need.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assemble/protocols/http2/frames.h"

namespace tarsier::assemble::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline std::string frame(int type, int flags, uint32_t stream, std::string_view payload) {
  std::string out;
  for (int shift : {16, 8, 0}) out.push_back(static_cast<char>(payload.size() >> shift));
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(stream >> shift));
  return out.append(payload);
}

inline std::string integer(uint64_t value, int bits, int high) {
  const uint64_t low = (1u << bits) - 1;
  if (value < low) return {static_cast<char>(high | static_cast<int>(value))};
  std::string out(1, static_cast<char>(high | static_cast<int>(low)));
  for (value -= low; value >= 128; value >>= 7) {
    out.push_back(static_cast<char>(0x80 | (value & 0x7f)));
  }
  out.push_back(static_cast<char>(value));
  return out;
}

inline std::string text(std::string_view value) {
  return integer(value.size(), 7, 0).append(value);
}

// A sender that puts every field into its table, and names it by its place from then on.
class Encoder {
 public:
  std::string block(const Headers& headers) {
    std::string out;
    for (const auto& field : headers) {
      size_t at = 0;
      while (at < table_.size() && table_[table_.size() - 1 - at] != field) at++;
      if (at < table_.size()) {
        out += integer(62 + at, 7, 0x80);
        continue;
      }
      out += std::string(1, '\x40') + text(field.first) + text(field.second);
      table_.push_back(field);
    }
    return out;
  }
  std::string headers(uint32_t stream, const Headers& fields, bool end = false) {
    return frame(http2::kHeaders, http2::kEndHeaders | (end ? http2::kEndStream : 0), stream,
                 block(fields));
  }

 private:
  Headers table_;
};

inline Headers http_get(std::string path, Headers more = {}) {
  Headers out = {{":method", "GET"},
                 {":scheme", "http"},
                 {":path", std::move(path)},
                 {":authority", "shop:8080"}};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}
inline Headers grpc_call(std::string method, Headers more = {}) {
  Headers out = {{":method", "POST"},
                 {":scheme", "http"},
                 {":path", std::move(method)},
                 {":authority", "shop:50051"},
                 {"content-type", "application/grpc"},
                 {"te", "trailers"}};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}
inline Headers grpc_ok() {
  return {{":status", "200"}, {"content-type", "application/grpc"}};
}

inline std::string data(uint32_t stream, std::string_view bytes, bool end = false) {
  return frame(http2::kData, end ? http2::kEndStream : 0, stream, bytes);
}
inline std::string message(std::string_view bytes) {  // of an RPC
  std::string out(1, '\0');
  for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(bytes.size() >> shift));
  return out.append(bytes);
}
inline std::string rst(uint32_t stream, uint32_t code) {
  std::string payload;
  for (int shift : {24, 16, 8, 0}) payload.push_back(static_cast<char>(code >> shift));
  return frame(http2::kRstStream, 0, stream, payload);
}
inline std::string goaway(uint32_t last) {
  std::string payload;
  for (int shift : {24, 16, 8, 0}) payload.push_back(static_cast<char>(last >> shift));
  return frame(http2::kGoAway, 0, 0, payload + std::string(4, '\0'));
}
inline std::string settings() {
  return frame(http2::kSettings, 0, 0, std::string("\0\3\0\0\0\x64", 6));
}
inline std::string start_of_client() {
  return std::string(http2::kPreface) + settings();
}

}  // namespace tarsier::assemble::testing
