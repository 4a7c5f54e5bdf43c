// Door of wire: the other push formats. Loki push (protobuf and JSON) and Prometheus remote
// write 1.0.
#pragma once

#include <string_view>

#include "base/result.h"
#include "model/batch.h"

namespace tarsier::wire {

// A Loki stream's labels become resource attributes under their own names, structured metadata the
// record's attributes, the line its body. Bytes are already decompressed.
// The scope is named kLokiScope: the store then keeps the labels as the index labels they are.
inline constexpr std::string_view kLokiScope = "loki.push";
Result<model::Batch> decode_loki_push_protobuf(std::string_view bytes);
Result<model::Batch> decode_loki_push_json(std::string_view bytes);

// Prometheus remote write 1.0 (already unsnappied), into Batch::series.
Result<model::Batch> decode_remote_write(std::string_view bytes);
std::string encode_remote_write(const model::Batch& batch);

}  // namespace tarsier::wire
