// Tempo's answers.
#pragma once

#include <string>

#include "model/batch.h"
#include "query/engine.h"
#include "store/reader.h"
#include "wire/json_writer.h"

namespace tarsier::api::tempo {

// The spans grouped by resource and scope again, as OTLP has them.
model::Batch to_batch(const store::TraceView& trace);

// SearchResponse with the fields of long standing only: Grafana refuses fields it does not know.
void write_search(const query::TraceqlResult& result, wire::JsonWriter& json);
void write_tags(const query::ScopedTags& tags, wire::JsonWriter& json);                       // v2
void write_tag_names(const query::ScopedTags& tags, wire::JsonWriter& json);                  // v1
void write_tag_values(const std::vector<query::TagValue>& values, wire::JsonWriter& json);    // v2
void write_plain_values(const std::vector<query::TagValue>& values, wire::JsonWriter& json);  // v1

}  // namespace tarsier::api::tempo
