// Writes protobuf fields forwards into one growing buffer: for messages whose sizes the caller
// knows or that are short, where building an object first (protobuf_writer.h) would cost more than
// writing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string_view>

namespace tarsier::wire {

class Appender {
 public:
  std::string_view bytes() const { return {buffer_.get(), size_}; }
  size_t size() const { return size_; }
  // Keeps the room, but for what was far too much.
  void clear() {
    if (capacity_ > kKeptBytes && size_ < capacity_ / 8) *this = Appender();
    size_ = 0;
  }

  // A message from open() to close(); its length is filled in then.
  size_t open(uint32_t number) {
    reserve(kTagMax + kLengthMax);
    tag(number, kLength);
    size_ += kLengthRoom;
    return size_;
  }
  void close(size_t begin) {
    const size_t length = size_ - begin;
    const size_t room = std::max(kLengthRoom, varint_size(length));
    if (room > kLengthRoom) [[unlikely]]
      make_room(begin, room - kLengthRoom);
    char* at = buffer_.get() + begin - kLengthRoom;
    size_t rest = length;
    for (size_t i = 0; i + 1 < room; i++, rest >>= 7) *at++ = static_cast<char>(rest | 0x80);
    *at = static_cast<char>(rest);
  }

  void text(uint32_t number, std::initializer_list<std::string_view> parts) {
    size_t size = 0;
    for (std::string_view part : parts) size += part.size();
    reserve(kTagMax + kLengthMax + size);
    tag(number, kLength);
    varint(size);
    for (std::string_view part : parts) raw(part);
  }
  void text(uint32_t number, std::string_view value) { text(number, {value}); }
  // The head of a message whose bytes come from elsewhere.
  void length(uint32_t number, size_t size) {
    reserve(kTagMax + kLengthMax);
    tag(number, kLength);
    varint(size);
  }
  template <typename Word>
  void fixed(uint32_t number, Word value) {
    reserve(kTagMax + sizeof value);
    tag(number, sizeof value == 8 ? kFixed64 : kFixed32);
    raw({reinterpret_cast<const char*>(&value), sizeof value});  // little-endian, as the host is
  }
  void integer(uint32_t number, uint64_t value) {
    reserve(kTagMax + kLengthMax);
    tag(number, kVarint);
    varint(value);
  }
  // A repeated KeyValue. Of text made of several parts, of an integer, or of a double.
  void attribute(uint32_t number, std::string_view key,
                 std::initializer_list<std::string_view> parts) {
    size_t size = 0;
    for (std::string_view part : parts) size += part.size();
    key_of(number, key, 1 + varint_size(size) + size);
    tag(1, kLength);
    varint(size);
    for (std::string_view part : parts) raw(part);
  }
  void attribute(uint32_t number, std::string_view key, int64_t value) {
    auto word = static_cast<uint64_t>(value);
    key_of(number, key, 1 + varint_size(word));
    tag(3, kVarint);
    varint(word);
  }
  void attribute(uint32_t number, std::string_view key, double value) {
    key_of(number, key, 1 + sizeof value);
    tag(4, kFixed64);
    raw({reinterpret_cast<const char*>(&value), sizeof value});
  }
  // Fields that are bytes already.
  void append(std::string_view fields) {
    reserve(fields.size());
    raw(fields);
  }

 private:
  static constexpr uint32_t kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5;
  static constexpr size_t kKeptBytes = 64 << 10;
  static constexpr size_t kTagMax = 5, kLengthMax = 10;
  static constexpr size_t kLengthRoom = 2;  // enough for 16 KiB, which hardly a record has

  static size_t varint_size(uint64_t v) {
    return (static_cast<size_t>(64 - __builtin_clzll(v | 1)) + 6) / 7;
  }
  // A KeyValue up to where the fields of its AnyValue, of so many bytes, begin; with room for them.
  void key_of(uint32_t number, std::string_view key, size_t value_size) {
    size_t size = 2 + varint_size(key.size()) + key.size() + varint_size(value_size) + value_size;
    reserve(kTagMax + kLengthMax + size);
    tag(number, kLength);
    varint(size);
    tag(1, kLength);
    varint(key.size());
    raw(key);
    tag(2, kLength);
    varint(value_size);
  }
  // The rest expects the room to be there.
  void tag(uint32_t number, uint32_t wire_type) { varint(number << 3 | wire_type); }
  void varint(uint64_t v) {
    char* at = buffer_.get() + size_;
    for (; v >= 0x80; v >>= 7) *at++ = static_cast<char>(v | 0x80);
    *at++ = static_cast<char>(v);
    size_ = static_cast<size_t>(at - buffer_.get());
  }
  void raw(std::string_view bytes) {
    if (bytes.empty()) return;  // its data may be null, which memcpy must not see
    std::memcpy(buffer_.get() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void reserve(size_t n) {
    if (capacity_ - size_ < n) [[unlikely]]
      grow(n);
  }
  [[gnu::noinline]] void grow(size_t n) {
    size_t capacity = 2 * (capacity_ + n);
    std::unique_ptr<char[]> larger(new char[capacity]);  // not cleared
    if (size_ > 0) std::memcpy(larger.get(), buffer_.get(), size_);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  }
  [[gnu::noinline]] void make_room(size_t at, size_t n) {
    reserve(n);
    std::memmove(buffer_.get() + at + n, buffer_.get() + at, size_ - at);
    size_ += n;
  }

  size_t capacity_ = 0, size_ = 0;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace tarsier::wire
