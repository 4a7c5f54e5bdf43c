// Writes an object that a Schema describes as protobuf, from the end to the front: the length that
// stands before a message is then known when it is written, and nothing is moved or measured.
#pragma once

#include <cstring>
#include <memory>
#include <string>

#include "wire/codec/fields.h"

namespace tarsier::wire {

// Bytes that grow towards the front.
class ReverseBuffer {
 public:
  size_t size() const { return static_cast<size_t>(end() - at_); }
  std::string take() {
    std::string out(at_, size());
    at_ = end();
    if (capacity_ > kKeptBytes) *this = ReverseBuffer();
    return out;
  }

  void bytes(const void* data, size_t n) {
    if (n > 0) std::memcpy(room(n), data, n);
  }
  void varint(uint64_t v) {
    if (v < 0x80) {
      *room(1) = static_cast<char>(v);
      return;
    }
    char encoded[10];
    size_t n = 0;
    for (; v >= 0x80; v >>= 7) encoded[n++] = static_cast<char>(v | 0x80);
    encoded[n++] = static_cast<char>(v);
    bytes(encoded, n);
  }

 private:
  char* end() const { return buffer_.get() + capacity_; }
  char* room(size_t n) {
    if (static_cast<size_t>(at_ - buffer_.get()) < n) grow(n);
    return at_ -= n;
  }
  void grow(size_t n) {
    size_t held = size(), capacity = 2 * (capacity_ + n);
    std::unique_ptr<char[]> larger(new char[capacity]);
    char* at = larger.get() + capacity - held;
    std::memcpy(at, at_, held);
    buffer_ = std::move(larger);
    capacity_ = capacity;
    at_ = at;
  }

  static constexpr size_t kKeptBytes = 1 << 20;  // a larger buffer is given back by take()
  size_t capacity_ = 4096;
  std::unique_ptr<char[]> buffer_{new char[capacity_]};
  char* at_ = buffer_.get() + capacity_;
};

// May be used again after take(): it keeps its buffer.
class ProtobufWriter {
 public:
  template <typename F, typename... Rest, typename T>
  void message(Fields<F, Rest...>, const T& object) {
    if constexpr (sizeof...(Rest) > 0) message(Fields<Rest...>{}, object);
    const auto& member = F::of(object);
    if (present(typename F::Codec{}, member)) put(typename F::Codec{}, F::kNumber, member);
  }
  std::string take() { return out_.take(); }

 private:
  static constexpr uint32_t kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5;

  void tag(uint32_t number, uint32_t wire_type) { out_.varint(number << 3 | wire_type); }
  void varint(uint32_t number, uint64_t v) {
    out_.varint(v);
    tag(number, kVarint);
  }
  template <typename Word>
  void fixed(uint32_t number, Word v) {
    out_.bytes(&v, sizeof v);  // little-endian, as this program's hosts are
    tag(number, sizeof v == 8 ? kFixed64 : kFixed32);
  }
  void length_delimited(uint32_t number, std::string_view v) {
    out_.bytes(v.data(), v.size());
    out_.varint(v.size());
    tag(number, kLength);
  }

  void put(Text, uint32_t number, const std::string& v) { length_delimited(number, v); }
  void put(Blob, uint32_t number, const model::Bytes& v) { length_delimited(number, v.data); }
  template <size_t N>
  void put(HexId, uint32_t number, const model::Id<N>& v) {
    length_delimited(number, v.raw());
  }
  void put(Bool, uint32_t number, bool v) { varint(number, v); }
  void put(Real, uint32_t number, double v) { fixed(number, v); }
  template <typename Integer>
  void put(Fixed64, uint32_t number, Integer v) {
    fixed(number, v);
  }
  void put(Sfixed64, uint32_t number, int64_t v) { fixed(number, v); }
  void put(Fixed32, uint32_t number, uint32_t v) { fixed(number, v); }
  // Negative numbers take ten bytes, 32-bit ones too.
  template <typename Integer>
  void put(Varint64, uint32_t number, Integer v) {
    varint(number, static_cast<uint64_t>(v));
  }
  template <typename Integer>
  void put(Varint32, uint32_t number, Integer v) {
    varint(number, static_cast<uint64_t>(v));
  }
  void put(Zigzag32, uint32_t number, int32_t v) {
    varint(number, static_cast<uint32_t>(v) << 1 ^ static_cast<uint32_t>(v >> 31));
  }
  template <typename Names, typename E>
  void put(Enum<Names>, uint32_t number, E v) {
    varint(number, static_cast<uint64_t>(v));
  }

  template <typename T>
  void put(Message, uint32_t number, const T& v) {
    nested(typename Schema<T>::List{}, number, v);
  }
  template <typename List, typename T>
  void put(Inline<List>, uint32_t number, const T& v) {
    nested(List{}, number, v);
  }
  template <typename List, typename T>
  void nested(List list, uint32_t number, const T& v) {
    size_t before = out_.size();
    message(list, v);
    out_.varint(out_.size() - before);
    tag(number, kLength);
  }

  template <typename E, typename T>
  void put(Repeated<E>, uint32_t number, const std::vector<T>& values) {
    for (auto v = values.rbegin(); v != values.rend(); ++v) put(E{}, number, *v);
  }
  template <typename E, typename Word>
  void put(Packed<E>, uint32_t number, const std::vector<Word>& values) {
    out_.bytes(values.data(), values.size() * sizeof(Word));
    out_.varint(values.size() * sizeof(Word));
    tag(number, kLength);
  }
  void put(Packed<Varint64>, uint32_t number, const std::vector<uint64_t>& values) {
    size_t before = out_.size();
    for (auto v = values.rbegin(); v != values.rend(); ++v) out_.varint(*v);
    out_.varint(out_.size() - before);
    tag(number, kLength);
  }
  template <typename E, typename T>
  void put(Optional<E>, uint32_t number, const std::optional<T>& v) {
    put(E{}, number, *v);
  }
  template <typename Counting, typename T>
  void put(Uncarried<Counting>, uint32_t, const T&) {}
  template <typename A, typename E, typename Variant>
  void put(OneOf<A, E>, uint32_t number, const Variant& v) {
    put(E{}, number, std::get<A>(v));
  }

  ReverseBuffer out_;
};

}  // namespace tarsier::wire
