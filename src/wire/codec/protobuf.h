// Protobuf bytes to an object and back, as the list of fields says.
#pragma once

#include "wire/codec/protobuf_reader.h"
#include "wire/codec/protobuf_writer.h"

namespace tarsier::wire {

template <typename T, typename List>
Result<T> decode_protobuf(List list, std::string_view bytes) {
  DecodeState state(bytes.size());
  try {
    T out;
    Cursor cursor(bytes);
    ProtobufReader(state).message(list, cursor, out);
    return out;
  } catch (const DecodeError& error) {
    return state.error(error.message);
  } catch (const NotProtobuf& error) {
    return state.error(std::string("not protobuf: ") + error.what);
  }
}

template <typename List, typename T>
std::string encode_protobuf(List list, const T& object) {
  thread_local ProtobufWriter writer;
  writer.message(list, object);
  return writer.take();
}

}  // namespace tarsier::wire
