// JSON to an object and back, as the list of fields says.
#pragma once

#include "wire/codec/json_emitter.h"
#include "wire/codec/json_reader.h"

namespace tarsier::wire {

// Parses the text and hands its root object to read(DecodeState&, object), which may throw what the
// readers throw.
template <typename Read>
Status parse_json(std::string_view text, Read read) {
  constexpr size_t kKeptParserBytes = 1 << 20;  // a parser that has read more is not kept
  thread_local simdjson::ondemand::parser kept;
  DecodeState state(text.size());
  try {
    simdjson::ondemand::parser fresh;
    auto& parser = text.size() > kKeptParserBytes ? fresh : kept;
    simdjson::padded_string padded(text);
    simdjson::ondemand::document document = parser.iterate(padded);
    simdjson::ondemand::object root = document.get_object();
    read(state, root);
    if (document.current_location().error() == simdjson::OUT_OF_BOUNDS) return {};
    return state.error("text after the end of the document");
  } catch (const DecodeError& error) {
    return state.error(error.message);
  } catch (const simdjson::simdjson_error& error) {
    return state.error(std::string("not the expected JSON: ") + error.what());
  }
}

template <typename T, typename List>
Result<T> decode_json(List list, std::string_view text) {
  T out;
  TRY_STATUS(parse_json(text, [&](DecodeState& state, simdjson::ondemand::object& root) {
    JsonReader(state).message(list, root, out);
  }));
  return out;
}

template <typename List, typename T>
std::string encode_json(List list, const T& object) {
  std::string out;
  JsonEmitter(out).message(list, object);
  return out;
}

}  // namespace tarsier::wire
