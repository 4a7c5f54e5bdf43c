// The words in which a message is described once (Schema<T>), for the four codecs that follow the
// description: protobuf and JSON, each reader and writer.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/batch.h"

namespace tarsier::wire {

// How a field looks on the wire. What it looks like in model follows from the member.
struct Text {};     // string
struct Blob {};     // bytes; base64 in JSON
struct HexId {};    // bytes of a fixed length or none; hex in JSON
struct Bool {};     //
struct Real {};     // double
struct Fixed64 {};  // times, counts
struct Sfixed64 {};
struct Fixed32 {};
struct Varint64 {};  // int64, uint64
struct Varint32 {};  // uint32, int32
struct Zigzag32 {};  // sint32
// An enum: Names::kValues has the proto names, by number.
template <typename Names>
struct Enum {};
// A message with the fields of Schema<member's type>.
struct Message {};
// A message of these fields, which all belong to the enclosing object.
template <typename List>
struct Inline {};
template <typename Element>
struct Repeated {};
// Repeated numbers: written packed, read in both forms.
template <typename Element>
struct Packed {};
// Absent and zero are two things.
template <typename Element>
struct Optional {};
// One alternative of a std::variant.
template <typename Alternative, typename Element>
struct OneOf {};

// google.protobuf.Timestamp, as nanoseconds. Protobuf only.
struct Timestamp {};
// What model has no place for: skipped, and counted by Counting::count(). Protobuf only.
template <typename Counting>
struct Uncarried {};

template <size_t N>
struct FieldName {
  char text[N];
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is the point.
  constexpr FieldName(const char (&literal)[N]) { std::copy_n(literal, N, text); }
};

// Access is a pointer to the member, or a function object that returns a reference to it.
template <uint32_t Number, FieldName Name, typename C, auto Access>
struct Field {
  static constexpr uint32_t kNumber = Number;
  static constexpr std::string_view kName{Name.text, sizeof Name.text - 1};  // lowerCamelCase
  using Codec = C;
  static decltype(auto) of(auto& object) { return std::invoke(Access, object); }
};

template <typename... Fs>
struct Fields {};

template <typename T>
struct Schema;  // using List = Fields<...>;

// For messages whose object is the member itself (Array), and for Inline.
struct Self {
  auto& operator()(auto& object) const { return object; }
};

// Whether a value is written: proto3 leaves defaults out, except where presence has a meaning.
template <typename C, typename T>
bool present(C, const T& value) {
  return value != T{};
}
inline bool present(Text, const std::string& value) {
  return !value.empty();
}
inline bool present(Real, double value) {
  return !model::same_bits(value, 0);  // a negative zero is not the default
}
template <size_t N>
bool present(HexId, const model::Id<N>& id) {
  return !id.empty();
}
template <typename T>
bool present(Message, const T&) {
  return true;
}
inline bool present(Message, const model::Value& value) {
  return value.data.index() != 0;
}
inline bool present(Message, const model::ExponentialBuckets& buckets) {
  return buckets.offset != 0 || !buckets.counts.empty();
}
template <typename E, typename T>
bool present(Repeated<E>, const std::vector<T>& values) {
  return !values.empty();
}
template <typename E, typename T>
bool present(Packed<E>, const std::vector<T>& values) {
  return !values.empty();
}
template <typename E, typename T>
bool present(Optional<E>, const std::optional<T>& value) {
  return value.has_value();
}
template <typename A, typename E, typename Variant>
bool present(OneOf<A, E>, const Variant& value) {
  return std::holds_alternative<A>(value);
}
template <typename Counting, typename T>
bool present(Uncarried<Counting>, const T&) {
  return false;
}
template <typename T, typename... Fs>
bool present(Inline<Fields<Fs...>>, const T& object) {
  return (present(typename Fs::Codec{}, Fs::of(object)) || ...);
}

}  // namespace tarsier::wire
