// Reads a message that a Schema describes from protobuf. Throws protozero::exception and
// DecodeError.
#pragma once

#include <algorithm>
#include <protozero/pbf_reader.hpp>
#include <type_traits>

#include "base/clock.h"
#include "wire/codec/decode_state.h"
#include "wire/codec/fields.h"

namespace tarsier::wire {

class ProtobufReader {
 public:
  explicit ProtobufReader(DecodeState& state) : state_(state) {}

  template <typename... Fs, typename T>
  void message(Fields<Fs...>, protozero::pbf_reader in, T& out) {
    while (in.next()) {
      if (!(field<Fs>(in, out) || ...)) in.skip();
      state_.field(nullptr);
    }
  }

 private:
  using Wire = protozero::pbf_wire_type;

  template <typename F, typename T>
  bool field(protozero::pbf_reader& in, T& out) {
    if (in.tag() != F::kNumber) return false;
    state_.field(&F::kName);
    read(typename F::Codec{}, in, F::of(out));
    return true;
  }

  static void expect(const protozero::pbf_reader& in, Wire type) {
    if (in.wire_type() == type) return;
    throw DecodeError{"wire type " + std::to_string(static_cast<int>(in.wire_type())) +
                      ", expected " + std::to_string(static_cast<int>(type))};
  }
  static std::string_view view(protozero::pbf_reader& in) {
    expect(in, Wire::length_delimited);
    protozero::data_view bytes = in.get_view();
    return {bytes.data(), bytes.size()};
  }

  void read(Text, protozero::pbf_reader& in, std::string& out) { out = view(in); }
  void read(Blob, protozero::pbf_reader& in, model::Bytes& out) { out.data = view(in); }
  template <size_t N>
  void read(HexId, protozero::pbf_reader& in, model::Id<N>& out) {
    std::string_view bytes = view(in);
    auto id = model::Id<N>::from_bytes(bytes);
    if (id) {
      out = *id;
      return;
    }
    throw DecodeError{std::to_string(bytes.size()) + " bytes, expected " + std::to_string(N) +
                      " or none"};
  }
  void read(Bool, protozero::pbf_reader& in, bool& out) {
    expect(in, Wire::varint);
    out = in.get_bool();
  }
  void read(Real, protozero::pbf_reader& in, double& out) {
    expect(in, Wire::fixed64);
    out = in.get_double();
  }
  template <typename Integer>
  void read(Fixed64, protozero::pbf_reader& in, Integer& out) {
    expect(in, Wire::fixed64);
    out = static_cast<Integer>(in.get_fixed64());
  }
  void read(Sfixed64, protozero::pbf_reader& in, int64_t& out) { read(Fixed64{}, in, out); }
  void read(Fixed32, protozero::pbf_reader& in, uint32_t& out) {
    expect(in, Wire::fixed32);
    out = in.get_fixed32();
  }
  template <typename Integer>
  void read(Varint64, protozero::pbf_reader& in, Integer& out) {
    expect(in, Wire::varint);
    out = static_cast<Integer>(in.get_uint64());
  }
  template <typename Integer>
  void read(Varint32, protozero::pbf_reader& in, Integer& out) {
    expect(in, Wire::varint);
    out = static_cast<Integer>(in.get_uint64());
  }
  void read(Zigzag32, protozero::pbf_reader& in, int32_t& out) {
    expect(in, Wire::varint);
    out = in.get_sint32();
  }
  template <typename Names, typename E>
  void read(Enum<Names>, protozero::pbf_reader& in, E& out) {
    expect(in, Wire::varint);
    auto number = static_cast<int32_t>(in.get_uint64());
    bool known = number >= 0 && static_cast<size_t>(number) < Names::kValues.size();
    out = static_cast<E>(known || std::is_integral_v<E> ? number : 0);
  }

  template <typename T>
  void read(Message, protozero::pbf_reader& in, T& out) {
    nested(typename Schema<T>::List{}, in, out);
  }
  template <typename List, typename T>
  void read(Inline<List>, protozero::pbf_reader& in, T& out) {
    nested(List{}, in, out);
  }
  template <typename List, typename T>
  [[gnu::flatten]] void nested(List list, protozero::pbf_reader& in, T& out) {
    std::string_view body = view(in);
    state_.enter();
    message(list, protozero::pbf_reader(body.data(), body.size()), out);
    state_.leave();
  }

  struct SecondsNanos {
    int64_t seconds = 0;
    int32_t nanos = 0;
  };
  void read(Timestamp, protozero::pbf_reader& in, int64_t& out) {
    using List = Fields<Field<1, "seconds", Varint64, &SecondsNanos::seconds>,
                        Field<2, "nanos", Varint32, &SecondsNanos::nanos>>;
    SecondsNanos time;
    nested(List{}, in, time);
    if (__builtin_mul_overflow(time.seconds, kSecond, &out) ||
        __builtin_add_overflow(out, time.nanos, &out)) {
      throw DecodeError{std::to_string(time.seconds) + " seconds do not fit into nanoseconds"};
    }
  }
  template <typename Counting, typename T>
  void read(Uncarried<Counting>, protozero::pbf_reader& in, T&) {
    Counting::count();
    in.skip();
  }

  // Elements of one field normally follow each other: the whole run is read here, into a vector
  // that grows once.
  template <typename E, typename T>
  void read(Repeated<E>, protozero::pbf_reader& in, std::vector<T>& out) {
    make_room(out, run_length(in));
    const auto tag = in.tag();
    for (;;) {
      state_.index(out.size());
      read(E{}, in, out.emplace_back());
      protozero::pbf_reader ahead = in;
      if (!ahead.next() || ahead.tag() != tag) break;
      in = ahead;
    }
    state_.index(DecodeState::kNoIndex);
  }
  static size_t run_length(protozero::pbf_reader in) {
    const auto tag = in.tag();
    size_t length = 0;
    do {
      length++;
      in.skip();
    } while (in.next() && in.tag() == tag);
    return length;
  }
  template <typename T>
  void make_room(std::vector<T>& out, size_t more) {
    state_.charge(more * sizeof(T));
    size_t needed = out.size() + more;
    // At least doubled, so that many short runs do not copy the vector each time.
    if (needed > out.capacity()) out.reserve(std::max(needed, 2 * out.capacity()));
  }

  template <typename E, typename T>
  void read(Packed<E>, protozero::pbf_reader& in, std::vector<T>& out) {
    if (in.wire_type() != Wire::length_delimited) {
      make_room(out, 1);
      read(E{}, in, out.emplace_back());
      return;
    }
    auto numbers = packed<T>(E{}, in);
    make_room(out, static_cast<size_t>(std::distance(numbers.begin(), numbers.end())));
    out.insert(out.end(), numbers.begin(), numbers.end());
  }
  template <typename T>
  static auto packed(Fixed64, protozero::pbf_reader& in) {
    return in.get_packed_fixed64();
  }
  template <typename T>
  static auto packed(Real, protozero::pbf_reader& in) {
    return in.get_packed_double();
  }
  template <typename T>
  static auto packed(Varint64, protozero::pbf_reader& in) {
    return in.get_packed_uint64();
  }

  template <typename E, typename T>
  void read(Optional<E>, protozero::pbf_reader& in, std::optional<T>& out) {
    read(E{}, in, out.emplace());
  }
  template <typename A, typename E, typename Variant>
  void read(OneOf<A, E>, protozero::pbf_reader& in, Variant& out) {
    A* held = std::get_if<A>(&out);  // a message that comes in two parts is joined
    read(E{}, in, held ? *held : out.template emplace<A>());
  }

  DecodeState& state_;
};

}  // namespace tarsier::wire
