// Loki's answers.
#pragma once

#include "query/engine.h"
#include "wire/json_writer.h"

namespace tarsier::api::loki {

// What stands under "data": {"resultType":..,"result":..}. Categorised, an entry is a triple whose
// third part holds its structured metadata and what was parsed, and `stream` the index labels
// alone; otherwise entries are grouped anew by all of their labels.
void write_data(const query::LogqlResult& result, bool categorise, wire::JsonWriter& json);

}  // namespace tarsier::api::loki
