// The envelope of every answer: {"status":"success","data":...} or an error with its type.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "net/http.h"
#include "query/engine.h"
#include "wire/json_writer.h"

namespace tarsier::api::prometheus {

net::Response error_response(const Error& error);

// Writes data by `write`, which may fail; then the warnings and infos it returns, ten of each.
net::Response answer(
    const std::function<Result<query::Annotations>(wire::JsonWriter& json)>& write);

void write_labels(wire::JsonWriter& json, const model::Labels& labels);

}  // namespace tarsier::api::prometheus
