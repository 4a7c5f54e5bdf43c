// Writes an object that a Schema describes as OTLP JSON: ids in hex, 64-bit integers in quotes,
// enums as numbers.
#pragma once

#include <array>
#include <cmath>

#include "wire/base64.h"
#include "wire/codec/fields.h"
#include "wire/json_writer.h"

namespace tarsier::wire {

class JsonEmitter {
 public:
  explicit JsonEmitter(std::string& out) : json_(out) {}

  template <typename... Fs, typename T>
  void message(Fields<Fs...>, const T& object) {
    json_.begin_object();
    (field<Fs>(object), ...);
    json_.end_object();
  }

 private:
  template <typename F, typename T>
  void field(const T& object) {
    const auto& member = F::of(object);
    if (!present(typename F::Codec{}, member)) return;
    json_.plain_key(F::kName);
    put(typename F::Codec{}, member);
  }

  void put(Text, const std::string& v) { json_.value(v); }
  void put(Blob, const model::Bytes& v) { json_.value(base64(v.data)); }
  template <size_t N>
  void put(HexId, const model::Id<N>& v) {
    json_.value(v.hex());
  }
  void put(Bool, bool v) { json_.value(v); }
  void put(Real, double v) {
    if (std::isfinite(v)) {
      json_.value(v);
    } else {
      json_.value(std::isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
    }
  }
  template <typename Integer>
  void put(Fixed64, Integer v) {
    json_.quoted(static_cast<uint64_t>(v));
  }
  void put(Sfixed64, int64_t v) { json_.quoted(v); }
  template <typename Integer>
  void put(Varint64, Integer v) {
    json_.quoted(v);
  }
  template <typename Integer>
  void put(Varint32, Integer v) {
    json_.value(v);
  }
  void put(Fixed32, uint32_t v) { json_.value(v); }
  void put(Zigzag32, int32_t v) { json_.value(v); }
  template <typename Names, typename E>
  void put(Enum<Names>, E v) {
    json_.value(static_cast<int32_t>(v));
  }
  template <typename T>
  void put(Message, const T& v) {
    message(typename Schema<T>::List{}, v);
  }
  template <typename List, typename T>
  void put(Inline<List>, const T& v) {
    message(List{}, v);
  }
  template <typename E, typename T>
  void put(Repeated<E>, const std::vector<T>& values) {
    json_.begin_array();
    for (const T& v : values) put(E{}, v);
    json_.end_array();
  }
  template <typename E, typename T>
  void put(Packed<E>, const std::vector<T>& values) {
    json_.begin_array();
    for (const T& v : values) put(E{}, v);
    json_.end_array();
  }
  template <typename E, typename T>
  void put(Optional<E>, const std::optional<T>& v) {
    put(E{}, *v);
  }
  template <typename A, typename E, typename Variant>
  void put(OneOf<A, E>, const Variant& v) {
    put(E{}, std::get<A>(v));
  }

  JsonWriter json_;
};

}  // namespace tarsier::wire
