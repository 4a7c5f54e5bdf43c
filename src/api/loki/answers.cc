#include "api/loki/answers.h"

#include <map>

namespace tarsier::api::loki {
namespace {

using wire::JsonWriter;

void write_labels(const model::Labels& labels, JsonWriter& json) {
  json.begin_object();
  for (const model::Label& label : labels) json.member(label.name, std::string_view(label.value));
  json.end_object();
}

void write_categorised(const std::vector<query::LogStream>& streams, JsonWriter& json) {
  for (const query::LogStream& stream : streams) {
    json.begin_object();
    json.key("stream");
    write_labels(stream.labels, json);
    json.key("values").begin_array();
    for (const query::LogEntry& entry : stream.entries) {
      json.begin_array();
      json.quoted(entry.time_ns).value(std::string_view(entry.line)).begin_object();
      if (!entry.metadata.empty()) {
        json.key("structuredMetadata");
        write_labels(entry.metadata, json);
      }
      if (!entry.parsed.empty()) {
        json.key("parsed");
        write_labels(entry.parsed, json);
      }
      json.end_object();
      json.end_array();
    }
    json.end_array();
    json.end_object();
  }
}

void write_merged(const std::vector<query::LogStream>& streams, JsonWriter& json) {
  std::map<model::Labels, std::vector<const query::LogEntry*>> merged;
  for (const query::LogStream& stream : streams) {
    for (const query::LogEntry& entry : stream.entries) {
      model::Labels labels = stream.labels;
      labels.insert(labels.end(), entry.metadata.begin(), entry.metadata.end());
      labels.insert(labels.end(), entry.parsed.begin(), entry.parsed.end());
      model::normalise(labels);
      merged[std::move(labels)].push_back(&entry);
    }
  }
  for (const auto& [labels, entries] : merged) {
    json.begin_object();
    json.key("stream");
    write_labels(labels, json);
    json.key("values").begin_array();
    for (const query::LogEntry* entry : entries) {
      json.begin_array();
      json.quoted(entry->time_ns).value(std::string_view(entry->line));
      json.end_array();
    }
    json.end_array();
    json.end_object();
  }
}

void write_sample(const model::Sample& sample, JsonWriter& json) {
  json.begin_array();
  json.seconds(sample.time_ms).go_float(sample.value);
  json.end_array();
}

void write_series(const query::Series& series, bool vector, JsonWriter& json) {
  json.begin_object();
  json.key("metric");
  write_labels(series.labels, json);
  if (vector) {
    json.key("value");
    write_sample(series.samples[0], json);
  } else {
    json.key("values").begin_array();
    for (const model::Sample& sample : series.samples) write_sample(sample, json);
    json.end_array();
  }
  json.end_object();
}

void write_value(const query::Value& value, JsonWriter& json) {
  if (const auto* scalar = std::get_if<query::Scalar>(&value.data)) {
    json.member("resultType", "scalar");
    json.key("result");
    write_sample({scalar->time_ms, scalar->value}, json);
    return;
  }
  const auto* vector = std::get_if<query::Vector>(&value.data);
  json.member("resultType", vector ? "vector" : "matrix");
  json.key("result").begin_array();
  for (const query::Series& series :
       vector ? vector->series : std::get<query::Matrix>(value.data).series) {
    write_series(series, vector != nullptr, json);
  }
  json.end_array();
}

}  // namespace

void write_data(const query::LogqlResult& result, bool categorise, JsonWriter& json) {
  json.begin_object();
  const auto* streams = std::get_if<std::vector<query::LogStream>>(&result.data);
  if (!streams) {
    write_value(std::get<query::Value>(result.data), json);
    json.key("stats").begin_object().end_object();
    json.end_object();
    return;
  }
  json.member("resultType", "streams");
  if (categorise) {
    json.key("encodingFlags").begin_array();
    json.value("categorize-labels");
    json.end_array();
  }
  json.key("result").begin_array();
  categorise ? write_categorised(*streams, json) : write_merged(*streams, json);
  json.end_array();
  json.key("stats").begin_object().end_object();
  json.end_object();
}

}  // namespace tarsier::api::loki
