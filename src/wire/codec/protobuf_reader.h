// Reads a message that a Schema describes from protobuf. Throws NotProtobuf and DecodeError.
#pragma once

#include <algorithm>
#include <type_traits>

#include "base/clock.h"
#include "wire/codec/cursor.h"
#include "wire/codec/decode_state.h"
#include "wire/codec/fields.h"

namespace tarsier::wire {

class ProtobufReader {
 public:
  explicit ProtobufReader(DecodeState& state) : state_(state) {}

  template <typename... Fs, typename T>
  void message(Fields<Fs...>, Cursor& in, T& out) {
    while (in.next()) {
      if (!(field<Fs>(in, out) || ...)) in.skip();
      state_.field(nullptr);
    }
  }

 private:
  template <typename F, typename T>
  [[gnu::always_inline]] bool field(Cursor& in, T& out) {
    if (in.number() != F::kNumber) return false;
    state_.field(&F::kName);
    read(typename F::Codec{}, in, F::of(out));
    return true;
  }

  [[gnu::always_inline]] static void expect(const Cursor& in, Cursor::Wire type) {
    if (in.wire() != type) unexpected(in, type);
  }
  [[noreturn, gnu::cold, gnu::noinline]] static void unexpected(const Cursor& in,
                                                                Cursor::Wire type) {
    throw DecodeError{"wire type " + std::to_string(static_cast<int>(in.wire())) + ", expected " +
                      std::to_string(static_cast<int>(type))};
  }
  [[gnu::always_inline]] static std::string_view view(Cursor& in) {
    expect(in, Cursor::kLength);
    return in.view();
  }

  void read(Text, Cursor& in, std::string& out) {
    std::string_view text = view(in);
    if (out.empty()) {
      std::string(text).swap(out);  // constructing is inlined, assigning is not
    } else {
      out = text;
    }
  }
  void read(Blob, Cursor& in, model::Bytes& out) { out.data = view(in); }
  template <size_t N>
  void read(HexId, Cursor& in, model::Id<N>& out) {
    std::string_view bytes = view(in);
    auto id = model::Id<N>::from_bytes(bytes);
    if (id) {
      out = *id;
      return;
    }
    throw DecodeError{std::to_string(bytes.size()) + " bytes, expected " + std::to_string(N) +
                      " or none"};
  }
  void read(Bool, Cursor& in, bool& out) {
    expect(in, Cursor::kVarint);
    out = in.varint() != 0;
  }
  void read(Real, Cursor& in, double& out) {
    expect(in, Cursor::kFixed64);
    out = in.fixed<double>();
  }
  template <typename Integer>
  void read(Fixed64, Cursor& in, Integer& out) {
    expect(in, Cursor::kFixed64);
    out = static_cast<Integer>(in.fixed<uint64_t>());
  }
  void read(Sfixed64, Cursor& in, int64_t& out) { read(Fixed64{}, in, out); }
  void read(Fixed32, Cursor& in, uint32_t& out) {
    expect(in, Cursor::kFixed32);
    out = in.fixed<uint32_t>();
  }
  template <typename Integer>
  void read(Varint64, Cursor& in, Integer& out) {
    expect(in, Cursor::kVarint);
    out = static_cast<Integer>(in.varint());
  }
  template <typename Integer>
  void read(Varint32, Cursor& in, Integer& out) {
    expect(in, Cursor::kVarint);
    out = static_cast<Integer>(in.varint());
  }
  static int32_t zigzag(uint64_t v) {
    auto word = static_cast<uint32_t>(v);
    return static_cast<int32_t>(word >> 1 ^ (0 - (word & 1)));
  }
  void read(Zigzag32, Cursor& in, int32_t& out) {
    expect(in, Cursor::kVarint);
    out = zigzag(in.varint());
  }
  template <typename Names, typename E>
  void read(Enum<Names>, Cursor& in, E& out) {
    expect(in, Cursor::kVarint);
    auto number = static_cast<int32_t>(in.varint());
    bool known = number >= 0 && static_cast<size_t>(number) < Names::kValues.size();
    out = static_cast<E>(known || std::is_integral_v<E> ? number : 0);
  }

  template <typename T>
  void read(Message, Cursor& in, T& out) {
    nested(typename Schema<T>::List{}, in, out);
  }
  template <typename List, typename T>
  void read(Inline<List>, Cursor& in, T& out) {
    nested(List{}, in, out);
  }
  template <typename List, typename T>
  void nested(List list, Cursor& in, T& out) {
    Cursor body(view(in));
    state_.enter();
    message(list, body, out);
    state_.leave();
  }

  struct SecondsNanos {
    int64_t seconds = 0;
    int32_t nanos = 0;
  };
  void read(Timestamp, Cursor& in, int64_t& out) {
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
  void read(Uncarried<Counting>, Cursor& in, T&) {
    Counting::count();
    in.skip();
  }

  // Elements of one field normally follow each other: the whole run is read here, into a vector
  // that grows once.
  template <typename E, typename T>
  void read(Repeated<E>, Cursor& in, std::vector<T>& out) {
    make_room(out, run_length(in));
    do {
      state_.index(out.size());
      read(E{}, in, out.emplace_back());
    } while (in.next_is_same());
    state_.index(DecodeState::kNoIndex);
  }
  static size_t run_length(Cursor in) {
    size_t length = 0;
    do {
      length++;
      in.skip();
    } while (in.next_is_same());
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
  void read(Packed<E>, Cursor& in, std::vector<T>& out) {
    if (in.wire() != Cursor::kLength) {
      make_room(out, 1);
      read(E{}, in, out.emplace_back());
      return;
    }
    Cursor numbers(in.view());
    make_room(out, packed_count(E{}, numbers));
    while (!numbers.at_end()) out.push_back(packed<T>(E{}, numbers));
  }
  static size_t packed_count(Varint64, Cursor in) {
    size_t count = 0;
    for (; !in.at_end(); count++) in.varint();
    return count;
  }
  template <typename E>
  static size_t packed_count(E, const Cursor& in) {
    return in.left() / 8;
  }
  template <typename T>
  static T packed(Varint64, Cursor& in) {
    return in.varint();
  }
  template <typename T, typename E>
  static T packed(E, Cursor& in) {
    return in.fixed<T>();
  }

  template <typename E, typename T>
  void read(Optional<E>, Cursor& in, std::optional<T>& out) {
    read(E{}, in, out.emplace());
  }
  template <typename A, typename E, typename Variant>
  void read(OneOf<A, E>, Cursor& in, Variant& out) {
    A* held = std::get_if<A>(&out);  // a message that comes in two parts is joined
    read(E{}, in, held ? *held : out.template emplace<A>());
  }

  DecodeState& state_;
};

}  // namespace tarsier::wire
