// OTLP's messages: field numbers, JSON names and wire types of opentelemetry-proto 1.x, each beside
// the member of model that holds it.
#pragma once

#include <array>

#include "wire/codec/fields.h"
#include "wire/otlp.h"

namespace tarsier::wire {

struct VariantData {  // AnyValue's oneof
  auto& operator()(auto& value) const { return value.data; }
};
struct NumberData {  // the oneof of number data points and exemplars
  auto& operator()(auto& point) const { return point.value.data; }
};

// common.proto, resource.proto

template <>
struct Schema<model::Value> {
  using List = Fields<Field<1, "stringValue", OneOf<std::string, Text>, VariantData{}>,
                      Field<2, "boolValue", OneOf<bool, Bool>, VariantData{}>,
                      Field<3, "intValue", OneOf<int64_t, Varint64>, VariantData{}>,
                      Field<4, "doubleValue", OneOf<double, Real>, VariantData{}>,
                      Field<5, "arrayValue", OneOf<model::Array, Message>, VariantData{}>,
                      Field<6, "kvlistValue", OneOf<model::KeyValueList, Message>, VariantData{}>,
                      Field<7, "bytesValue", OneOf<model::Bytes, Blob>, VariantData{}>>;
};
template <>
struct Schema<model::Array> {
  using List = Fields<Field<1, "values", Repeated<Message>, Self{}>>;
};
template <>
struct Schema<model::KeyValueList> {
  using List = Fields<Field<1, "values", Repeated<Message>, &model::KeyValueList::entries>>;
};
template <>
struct Schema<model::KeyValue> {
  using List = Fields<Field<1, "key", Text, &model::KeyValue::key>,
                      Field<2, "value", Message, &model::KeyValue::value>>;
};
template <>
struct Schema<model::Scope> {
  using T = model::Scope;
  using List = Fields<Field<1, "name", Text, &T::name>, Field<2, "version", Text, &T::version>,
                      Field<3, "attributes", Repeated<Message>, &T::attributes>,
                      Field<4, "droppedAttributesCount", Varint32, &T::dropped_attributes>>;
};
template <>
struct Schema<model::EntityRef> {
  using T = model::EntityRef;
  using List = Fields<Field<1, "schemaUrl", Text, &T::schema_url>, Field<2, "type", Text, &T::type>,
                      Field<3, "idKeys", Repeated<Text>, &T::id_keys>,
                      Field<4, "descriptionKeys", Repeated<Text>, &T::description_keys>>;
};
template <>
struct Schema<model::Resource> {
  using T = model::Resource;
  using List = Fields<Field<1, "attributes", Repeated<Message>, &T::attributes>,
                      Field<2, "droppedAttributesCount", Varint32, &T::dropped_attributes>,
                      Field<3, "entityRefs", Repeated<Message>, &T::entity_refs>>;
};

// Resource<Signal>s and Scope<Signal>s: the same for each signal but for two names.
template <typename Record, FieldName Name>
struct ResourcedSchema {
  using T = model::Resourced<Record>;
  using List = Fields<Field<1, "resource", Message, &T::resource>,
                      Field<2, Name, Repeated<Message>, &T::scopes>,
                      Field<3, "schemaUrl", Text, &T::schema_url>>;
};
template <typename Record, FieldName Name>
struct ScopedSchema {
  using T = model::Scoped<Record>;
  using List =
      Fields<Field<1, "scope", Message, &T::scope>, Field<2, Name, Repeated<Message>, &T::records>,
             Field<3, "schemaUrl", Text, &T::schema_url>>;
};
template <>
struct Schema<model::ResourceSpans> : ResourcedSchema<model::Span, "scopeSpans"> {};
template <>
struct Schema<model::ResourceLogs> : ResourcedSchema<model::LogRecord, "scopeLogs"> {};
template <>
struct Schema<model::ResourceMetrics> : ResourcedSchema<model::Metric, "scopeMetrics"> {};
template <>
struct Schema<model::Scoped<model::Span>> : ScopedSchema<model::Span, "spans"> {};
template <>
struct Schema<model::Scoped<model::LogRecord>> : ScopedSchema<model::LogRecord, "logRecords"> {};
template <>
struct Schema<model::Scoped<model::Metric>> : ScopedSchema<model::Metric, "metrics"> {};

// trace.proto

struct SpanKindNames {
  static constexpr std::array<std::string_view, 6> kValues = {
      "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
      "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
};
struct StatusCodeNames {
  static constexpr std::array<std::string_view, 3> kValues = {"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                              "STATUS_CODE_ERROR"};
};

template <>
struct Schema<model::SpanEvent> {
  using T = model::SpanEvent;
  using List =
      Fields<Field<1, "timeUnixNano", Fixed64, &T::time_ns>, Field<2, "name", Text, &T::name>,
             Field<3, "attributes", Repeated<Message>, &T::attributes>,
             Field<4, "droppedAttributesCount", Varint32, &T::dropped_attributes>>;
};
template <>
struct Schema<model::SpanLink> {
  using T = model::SpanLink;
  using List =
      Fields<Field<1, "traceId", HexId, &T::trace_id>, Field<2, "spanId", HexId, &T::span_id>,
             Field<3, "traceState", Text, &T::trace_state>,
             Field<4, "attributes", Repeated<Message>, &T::attributes>,
             Field<5, "droppedAttributesCount", Varint32, &T::dropped_attributes>,
             Field<6, "flags", Fixed32, &T::flags>>;
};
template <>
struct Schema<model::Span> {
  using T = model::Span;
  using Status = Fields<Field<2, "message", Text, &T::status_message>,
                        Field<3, "code", Enum<StatusCodeNames>, &T::status>>;
  using List =
      Fields<Field<1, "traceId", HexId, &T::trace_id>, Field<2, "spanId", HexId, &T::span_id>,
             Field<3, "traceState", Text, &T::trace_state>,
             Field<4, "parentSpanId", HexId, &T::parent_span_id>, Field<5, "name", Text, &T::name>,
             Field<6, "kind", Enum<SpanKindNames>, &T::kind>,
             Field<7, "startTimeUnixNano", Fixed64, &T::start_ns>,
             Field<8, "endTimeUnixNano", Fixed64, &T::end_ns>,
             Field<9, "attributes", Repeated<Message>, &T::attributes>,
             Field<10, "droppedAttributesCount", Varint32, &T::dropped_attributes>,
             Field<11, "events", Repeated<Message>, &T::events>,
             Field<12, "droppedEventsCount", Varint32, &T::dropped_events>,
             Field<13, "links", Repeated<Message>, &T::links>,
             Field<14, "droppedLinksCount", Varint32, &T::dropped_links>,
             Field<15, "status", Inline<Status>, Self{}>, Field<16, "flags", Fixed32, &T::flags>>;
};

// logs.proto

struct SeverityNames {
  static constexpr std::array<std::string_view, 25> kValues = {
      "SEVERITY_NUMBER_UNSPECIFIED", "SEVERITY_NUMBER_TRACE",  "SEVERITY_NUMBER_TRACE2",
      "SEVERITY_NUMBER_TRACE3",      "SEVERITY_NUMBER_TRACE4", "SEVERITY_NUMBER_DEBUG",
      "SEVERITY_NUMBER_DEBUG2",      "SEVERITY_NUMBER_DEBUG3", "SEVERITY_NUMBER_DEBUG4",
      "SEVERITY_NUMBER_INFO",        "SEVERITY_NUMBER_INFO2",  "SEVERITY_NUMBER_INFO3",
      "SEVERITY_NUMBER_INFO4",       "SEVERITY_NUMBER_WARN",   "SEVERITY_NUMBER_WARN2",
      "SEVERITY_NUMBER_WARN3",       "SEVERITY_NUMBER_WARN4",  "SEVERITY_NUMBER_ERROR",
      "SEVERITY_NUMBER_ERROR2",      "SEVERITY_NUMBER_ERROR3", "SEVERITY_NUMBER_ERROR4",
      "SEVERITY_NUMBER_FATAL",       "SEVERITY_NUMBER_FATAL2", "SEVERITY_NUMBER_FATAL3",
      "SEVERITY_NUMBER_FATAL4"};
};

template <>
struct Schema<model::LogRecord> {
  using T = model::LogRecord;
  using List =
      Fields<Field<1, "timeUnixNano", Fixed64, &T::time_ns>,
             Field<2, "severityNumber", Enum<SeverityNames>, &T::severity_number>,
             Field<3, "severityText", Text, &T::severity_text>, Field<5, "body", Message, &T::body>,
             Field<6, "attributes", Repeated<Message>, &T::attributes>,
             Field<7, "droppedAttributesCount", Varint32, &T::dropped_attributes>,
             Field<8, "flags", Fixed32, &T::flags>, Field<9, "traceId", HexId, &T::trace_id>,
             Field<10, "spanId", HexId, &T::span_id>,
             Field<11, "observedTimeUnixNano", Fixed64, &T::observed_time_ns>,
             Field<12, "eventName", Text, &T::event_name>>;
};

// metrics.proto

struct TemporalityNames {
  static constexpr std::array<std::string_view, 3> kValues = {"AGGREGATION_TEMPORALITY_UNSPECIFIED",
                                                              "AGGREGATION_TEMPORALITY_DELTA",
                                                              "AGGREGATION_TEMPORALITY_CUMULATIVE"};
};

template <>
struct Schema<model::Exemplar> {
  using T = model::Exemplar;
  using List =
      Fields<Field<2, "timeUnixNano", Fixed64, &T::time_ns>,
             Field<3, "asDouble", OneOf<double, Real>, NumberData{}>,
             Field<4, "spanId", HexId, &T::span_id>, Field<5, "traceId", HexId, &T::trace_id>,
             Field<6, "asInt", OneOf<int64_t, Sfixed64>, NumberData{}>,
             Field<7, "filteredAttributes", Repeated<Message>, &T::filtered_attributes>>;
};
template <>
struct Schema<model::NumberPoint> {
  using T = model::NumberPoint;
  using List = Fields<Field<2, "startTimeUnixNano", Fixed64, &T::start_ns>,
                      Field<3, "timeUnixNano", Fixed64, &T::time_ns>,
                      Field<4, "asDouble", OneOf<double, Real>, NumberData{}>,
                      Field<5, "exemplars", Repeated<Message>, &T::exemplars>,
                      Field<6, "asInt", OneOf<int64_t, Sfixed64>, NumberData{}>,
                      Field<7, "attributes", Repeated<Message>, &T::attributes>,
                      Field<8, "flags", Varint32, &T::flags>>;
};
template <>
struct Schema<model::HistogramPoint> {
  using T = model::HistogramPoint;
  using List =
      Fields<Field<2, "startTimeUnixNano", Fixed64, &T::start_ns>,
             Field<3, "timeUnixNano", Fixed64, &T::time_ns>, Field<4, "count", Fixed64, &T::count>,
             Field<5, "sum", Optional<Real>, &T::sum>,
             Field<6, "bucketCounts", Packed<Fixed64>, &T::bucket_counts>,
             Field<7, "explicitBounds", Packed<Real>, &T::bounds>,
             Field<8, "exemplars", Repeated<Message>, &T::exemplars>,
             Field<9, "attributes", Repeated<Message>, &T::attributes>,
             Field<10, "flags", Varint32, &T::flags>, Field<11, "min", Optional<Real>, &T::min>,
             Field<12, "max", Optional<Real>, &T::max>>;
};
template <>
struct Schema<model::ExponentialBuckets> {
  using T = model::ExponentialBuckets;
  using List = Fields<Field<1, "offset", Zigzag32, &T::offset>,
                      Field<2, "bucketCounts", Packed<Varint64>, &T::counts>>;
};
template <>
struct Schema<model::ExponentialHistogramPoint> {
  using T = model::ExponentialHistogramPoint;
  using List =
      Fields<Field<1, "attributes", Repeated<Message>, &T::attributes>,
             Field<2, "startTimeUnixNano", Fixed64, &T::start_ns>,
             Field<3, "timeUnixNano", Fixed64, &T::time_ns>, Field<4, "count", Fixed64, &T::count>,
             Field<5, "sum", Optional<Real>, &T::sum>, Field<6, "scale", Zigzag32, &T::scale>,
             Field<7, "zeroCount", Fixed64, &T::zero_count>,
             Field<8, "positive", Message, &T::positive>,
             Field<9, "negative", Message, &T::negative>, Field<10, "flags", Varint32, &T::flags>,
             Field<11, "exemplars", Repeated<Message>, &T::exemplars>,
             Field<12, "min", Optional<Real>, &T::min>, Field<13, "max", Optional<Real>, &T::max>,
             Field<14, "zeroThreshold", Real, &T::zero_threshold>>;
};
template <>
struct Schema<model::SummaryPoint::Quantile> {
  using T = model::SummaryPoint::Quantile;
  using List = Fields<Field<1, "quantile", Real, &T::quantile>, Field<2, "value", Real, &T::value>>;
};
template <>
struct Schema<model::SummaryPoint> {
  using T = model::SummaryPoint;
  using List = Fields<Field<2, "startTimeUnixNano", Fixed64, &T::start_ns>,
                      Field<3, "timeUnixNano", Fixed64, &T::time_ns>,
                      Field<4, "count", Fixed64, &T::count>, Field<5, "sum", Real, &T::sum>,
                      Field<6, "quantileValues", Repeated<Message>, &T::quantiles>,
                      Field<7, "attributes", Repeated<Message>, &T::attributes>,
                      Field<8, "flags", Varint32, &T::flags>>;
};
template <typename T>
using PointsField = Field<1, "dataPoints", Repeated<Message>, &T::points>;
template <typename T>
using TemporalityField =
    Field<2, "aggregationTemporality", Enum<TemporalityNames>, &T::temporality>;
template <>
struct Schema<model::GaugeData> {
  using List = Fields<PointsField<model::GaugeData>>;
};
template <>
struct Schema<model::SumData> {
  using T = model::SumData;
  using List =
      Fields<PointsField<T>, TemporalityField<T>, Field<3, "isMonotonic", Bool, &T::monotonic>>;
};
template <>
struct Schema<model::HistogramData> {
  using T = model::HistogramData;
  using List = Fields<PointsField<T>, TemporalityField<T>>;
};
template <>
struct Schema<model::ExponentialHistogramData> {
  using T = model::ExponentialHistogramData;
  using List = Fields<PointsField<T>, TemporalityField<T>>;
};
template <>
struct Schema<model::SummaryData> {
  using List = Fields<PointsField<model::SummaryData>>;
};
template <>
struct Schema<model::Metric> {
  using T = model::Metric;
  template <uint32_t Number, FieldName Name, typename Data>
  using DataField = Field<Number, Name, OneOf<Data, Message>, &T::data>;
  using List =
      Fields<Field<1, "name", Text, &T::name>, Field<2, "description", Text, &T::description>,
             Field<3, "unit", Text, &T::unit>, DataField<5, "gauge", model::GaugeData>,
             DataField<7, "sum", model::SumData>, DataField<9, "histogram", model::HistogramData>,
             DataField<10, "exponentialHistogram", model::ExponentialHistogramData>,
             DataField<11, "summary", model::SummaryData>,
             Field<12, "metadata", Repeated<Message>, &T::metadata>>;
};

// The roots: Export<Signal>ServiceRequest and Export<Signal>ServiceResponse.

using TracesRequest = Fields<Field<1, "resourceSpans", Repeated<Message>, &model::Batch::spans>>;
using LogsRequest = Fields<Field<1, "resourceLogs", Repeated<Message>, &model::Batch::logs>>;
using MetricsRequest =
    Fields<Field<1, "resourceMetrics", Repeated<Message>, &model::Batch::metrics>>;

template <FieldName Rejected>
using Response =
    Fields<Field<1, "partialSuccess",
                 Inline<Fields<Field<1, Rejected, Varint64, &PartialSuccess::rejected>,
                               Field<2, "errorMessage", Text, &PartialSuccess::message>>>,
                 Self{}>>;
using TracesResponse = Response<"rejectedSpans">;
using LogsResponse = Response<"rejectedLogRecords">;
using MetricsResponse = Response<"rejectedDataPoints">;

// google.rpc.Status without its details.
struct RpcStatus {
  int32_t code = 0;
  std::string message;
};
using RpcStatusFields = Fields<Field<1, "code", Varint32, &RpcStatus::code>,
                               Field<2, "message", Text, &RpcStatus::message>>;

}  // namespace tarsier::wire
