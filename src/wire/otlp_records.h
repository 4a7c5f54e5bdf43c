// Door of wire for who makes or passes over very many spans and log records: written straight as
// OTLP bytes, and looked at without decoding them. otlp.h decodes what is written here.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/resource.h"
#include "model/span.h"
#include "wire/codec/appender.h"
#include "wire/otlp.h"

namespace tarsier::wire {

// Each function writes one field of the record that begin() began, in the order that they have
// here; a field left out has its default value. Fields mean what they mean in model::Span and
// model::LogRecord.
template <uint32_t kAttributes>
class RecordWriter {
 public:
  void begin() { record_ = out_.open(2); }
  void attribute(std::string_view key, std::initializer_list<std::string_view> parts) {
    out_.attribute(kAttributes, key, parts);
  }
  void attribute(std::string_view key, std::integral auto value) {
    out_.attribute(kAttributes, key, static_cast<int64_t>(value));
  }
  void attribute(std::string_view key, double value) { out_.attribute(kAttributes, key, value); }
  void end() { out_.close(record_); }

  // Of all records since clear().
  std::string_view bytes() const { return out_.bytes(); }
  void clear() { out_.clear(); }

 protected:
  Appender out_;

 private:
  size_t record_ = 0;
};

class SpanWriter : public RecordWriter<9> {
 public:
  void ids(const model::TraceId& trace, const model::SpanId& span, const model::SpanId& parent) {
    out_.text(1, trace.raw());
    out_.text(2, span.raw());
    if (parent) out_.text(4, parent.raw());
  }
  void trace_state(std::string_view state) { out_.text(3, state); }
  void name(std::initializer_list<std::string_view> parts) { out_.text(5, parts); }
  void kind(model::SpanKind kind) { out_.integer(6, static_cast<uint64_t>(kind)); }
  void times(int64_t start_ns, int64_t end_ns) {
    out_.fixed(7, start_ns);
    out_.fixed(8, end_ns);
  }
  // Attributes come here.
  void status(model::SpanStatus status, std::string_view message) {
    size_t begin = out_.open(15);
    if (!message.empty()) out_.text(2, message);
    out_.integer(3, static_cast<uint64_t>(status));
    out_.close(begin);
  }
  void flags(uint32_t flags) { out_.fixed(16, flags); }
};

class LogWriter : public RecordWriter<6> {
 public:
  void times(int64_t time_ns, int64_t observed_ns) {
    out_.fixed(1, time_ns);
    out_.fixed(11, observed_ns);
  }
  void severity(int32_t number, std::string_view text) {
    out_.integer(2, static_cast<uint64_t>(number));
    out_.text(3, text);
  }
  void body(std::initializer_list<std::string_view> parts) {
    size_t begin = out_.open(5);
    out_.text(1, parts);
    out_.close(begin);
  }
  // Attributes come here.
  void ids(const model::TraceId& trace, const model::SpanId& span) {
    out_.text(9, trace.raw());
    out_.text(10, span.raw());
  }
  void flags(uint32_t flags) { out_.fixed(8, flags); }
};

// Appends what a writer wrote as one resource's records to a request's bytes.
void append_records(const model::Resource& resource, const model::Scope& scope,
                    std::string_view records, std::string& request);

// Turns the encoded records of a batch into decoded ones. Cannot fail but by a bug.
Status decode_records(model::Batch& batch);

// What is known of a record at a glance. Views point into the request.
struct SpanGlance {
  model::TraceId trace_id;
  std::string_view name;
  int64_t start_ns = 0, end_ns = 0;
};
struct LogGlance {
  model::TraceId trace_id;
  int64_t time_ns = 0, observed_ns = 0;
};
using ScopeVisitor = std::function<void(const model::Resource&, const model::Scope&)>;

// Passes over the records of a request that encode_otlp or append_records wrote (what stands above
// a record comes first there); a scope that has records is visited before them. kInvalid for bytes
// that are no protobuf.
Status glance_spans(std::string_view request, const ScopeVisitor& scope,
                    const std::function<void(const SpanGlance&)>& record);
Status glance_logs(std::string_view request, const ScopeVisitor& scope,
                   const std::function<void(const LogGlance&)>& record);

}  // namespace tarsier::wire
