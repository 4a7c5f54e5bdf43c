// Reads a message that a Schema describes from OTLP JSON. Throws simdjson::simdjson_error and
// DecodeError.
#pragma once

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "wire/base64.h"
#include "wire/codec/decode_state.h"
#include "wire/codec/fields.h"

namespace tarsier::wire {

// A JSON number, quoted or not, as an integer or a double.
template <typename Integer>
Integer json_integer(simdjson::ondemand::value in);
double json_real(simdjson::ondemand::value in);

class JsonReader {
 public:
  explicit JsonReader(DecodeState& state) : state_(state) {}

  template <typename... Fs, typename T>
  void message(Fields<Fs...>, simdjson::ondemand::object in, T& out) {
    for (auto member : in) {
      Key key(member.unescaped_key());
      Value value = member.value();
      (field<Fs>(key.name(), value, out) || ...);
      state_.field(nullptr);
    }
  }

 private:
  using Value = simdjson::ondemand::value;

  // A member's name in lowerCamelCase, also when it came as proto_field_name.
  class Key {
   public:
    explicit Key(std::string_view name) : name_(name) {
      if (name.size() > camel_.size() || name.find('_') == name.npos) return;
      size_t size = 0;
      for (size_t i = 0; i < name.size(); i++) {
        bool up = name[i] == '_' && i + 1 < name.size();
        char c = name[up ? ++i : i];
        camel_[size++] = up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      }
      name_ = {camel_.data(), size};
    }
    Key(const Key&) = delete;
    std::string_view name() const { return name_; }

   private:
    std::array<char, 40> camel_;  // longer than the longest name we know
    std::string_view name_;
  };

  template <typename F, typename T>
  bool field(std::string_view name, Value& value, T& out) {
    if (name != F::kName) return false;
    state_.field(&F::kName);
    if (!value.is_null()) read(typename F::Codec{}, value, F::of(out));
    return true;
  }

  void read(Text, Value& in, std::string& out) { out = std::string_view(in.get_string()); }
  void read(Blob, Value& in, model::Bytes& out) {
    auto bytes = from_base64(in.get_string());
    if (!bytes) throw DecodeError{"not base64"};
    out.data = std::move(*bytes);
  }
  template <size_t N>
  void read(HexId, Value& in, model::Id<N>& out) {
    std::string_view text = in.get_string();
    if (text.empty()) return;
    auto id = text.size() == 2 * N ? model::Id<N>::from_hex(text) : std::nullopt;
    if (!id) {
      throw DecodeError{"\"" + std::string(text.substr(0, 40)) + "\", expected " +
                        std::to_string(2 * N) + " hex digits"};
    }
    out = *id;
  }
  void read(Bool, Value& in, bool& out) { out = in.get_bool(); }
  void read(Real, Value& in, double& out) { out = json_real(in); }
  template <typename Integer>
  void read(Fixed64, Value& in, Integer& out) {
    out = static_cast<Integer>(json_integer<uint64_t>(in));
  }
  void read(Sfixed64, Value& in, int64_t& out) { out = json_integer<int64_t>(in); }
  void read(Fixed32, Value& in, uint32_t& out) { out = json_integer<uint32_t>(in); }
  template <typename Integer>
  void read(Varint64, Value& in, Integer& out) {
    out = json_integer<Integer>(in);
  }
  template <typename Integer>
  void read(Varint32, Value& in, Integer& out) {
    out = json_integer<Integer>(in);
  }
  void read(Zigzag32, Value& in, int32_t& out) { out = json_integer<int32_t>(in); }
  template <typename Names, typename E>
  void read(Enum<Names>, Value& in, E& out) {
    int32_t number = enum_number(Names::kValues, in);
    bool known = number >= 0 && static_cast<size_t>(number) < Names::kValues.size();
    out = static_cast<E>(known || std::is_integral_v<E> ? number : 0);
  }
  template <typename Values>
  static int32_t enum_number(const Values& values, Value& in) {
    if (in.type() != simdjson::ondemand::json_type::string) return json_integer<int32_t>(in);
    std::string_view text = in.get_string();
    auto found = std::find(values.begin(), values.end(), text);
    if (found != values.end()) return static_cast<int32_t>(found - values.begin());
    throw DecodeError{"\"" + std::string(text.substr(0, 40)) + "\", expected a name like " +
                      std::string(values[1]) + " or its number"};
  }

  template <typename T>
  void read(Message, Value& in, T& out) {
    nested(typename Schema<T>::List{}, in, out);
  }
  template <typename List, typename T>
  void read(Inline<List>, Value& in, T& out) {
    nested(List{}, in, out);
  }
  template <typename List, typename T>
  void nested(List list, Value& in, T& out) {
    simdjson::ondemand::object object = in.get_object();
    state_.enter();
    message(list, object, out);
    state_.leave();
  }

  template <typename E, typename T>
  void read(Repeated<E>, Value& in, std::vector<T>& out) {
    elements<E>(in, out);
  }
  template <typename E, typename T>
  void read(Packed<E>, Value& in, std::vector<T>& out) {
    elements<E>(in, out);
  }
  template <typename E, typename T>
  void elements(Value& in, std::vector<T>& out) {
    for (auto element : in.get_array()) {
      Value value = element.value();
      state_.charge(sizeof(T));
      state_.index(out.size());
      read(E{}, value, out.emplace_back());
    }
    state_.index(DecodeState::kNoIndex);
  }
  template <typename E, typename T>
  void read(Optional<E>, Value& in, std::optional<T>& out) {
    read(E{}, in, out.emplace());
  }
  template <typename A, typename E, typename Variant>
  void read(OneOf<A, E>, Value& in, Variant& out) {
    A* held = std::get_if<A>(&out);
    read(E{}, in, held ? *held : out.template emplace<A>());
  }

  DecodeState& state_;
};

// Reads the text of a number; false when it is none or does not fit.
template <typename Integer>
bool parse_integer(std::string_view text, Integer& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}
inline bool parse_real(std::string_view text, double& out) {
  if (text == "NaN") {
    out = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity" || text == "-Infinity") {
    out = std::numeric_limits<double>::infinity() * (text[0] == '-' ? -1 : 1);
  } else {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
  }
  return true;
}

// 1e3 and 5.0 are integers too, as far as they are exact.
template <typename Integer>
bool exact_integer(double real, Integer& out) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (!(std::abs(real) <= kExact) || real != std::trunc(real)) return false;
  auto wide = static_cast<int64_t>(real);
  out = static_cast<Integer>(wide);
  return std::in_range<Integer>(wide);
}

template <typename Integer>
Integer json_integer(simdjson::ondemand::value in) {
  std::string_view text;
  Integer out = 0;
  double real = 0;
  if (in.type() == simdjson::ondemand::json_type::string) {
    text = in.get_string();
  } else {
    text = in.raw_json_token();
    text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    if (text.empty() || !(text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
      throw DecodeError{"expected a number"};
    }
  }
  if (parse_integer(text, out)) return out;
  if (parse_real(text, real) && exact_integer(real, out)) return out;
  throw DecodeError{std::string(text.substr(0, 40)) + " is not an integer that fits"};
}

inline double json_real(simdjson::ondemand::value in) {
  if (in.type() != simdjson::ondemand::json_type::string) return in.get_double();
  std::string_view text = in.get_string();
  double out = 0;
  if (parse_real(text, out)) return out;
  throw DecodeError{"\"" + std::string(text.substr(0, 40)) + "\" is not a number"};
}

}  // namespace tarsier::wire
