#include "wire/otlp_records.h"

#include <iterator>
#include <utility>

#include "wire/codec/protobuf.h"
#include "wire/otlp/schema.h"

namespace tarsier::wire {
namespace {

template <typename T>
Status decode_into(std::vector<T>& records, Signal signal, std::vector<T> model::Batch::* member,
                   model::Encoded& encoded) {
  if (encoded.items == 0) return {};
  TRY(model::Batch decoded, decode_otlp(signal, Encoding::kProtobuf, encoded.otlp));
  records.insert(records.end(), std::make_move_iterator((decoded.*member).begin()),
                 std::make_move_iterator((decoded.*member).end()));
  encoded = {};
  return {};
}

// Numbers of the fields that the glances look at.
enum : uint32_t { kResource = 1, kScopes = 2, kScope = 1, kRecords = 2 };
enum : uint32_t { kSpanTraceId = 1, kSpanName = 5, kSpanStart = 7, kSpanEnd = 8 };
enum : uint32_t { kLogTime = 1, kLogTraceId = 9, kLogObserved = 11 };

// Visits the fields of this kind: visit(number, bytes) for those that hold messages or text.
template <typename Visit>
void each_message(std::string_view message, Visit visit) {
  for (Cursor in(message); in.next();) {
    if (in.wire() == Cursor::kLength) {
      visit(in.number(), in.view());
    } else {
      in.skip();
    }
  }
}

template <size_t N>
void read(Cursor& in, model::Id<N>& id) {
  if (auto read = model::Id<N>::from_bytes(in.view())) id = *read;
}

template <typename T>
T read(std::string_view bytes) {
  auto out = decode_protobuf<T>(typename Schema<T>::List{}, bytes);
  if (!out) throw NotProtobuf{"a resource or a scope cannot be read"};
  return std::move(*out);
}

SpanGlance glance(SpanGlance out, Cursor in) {
  while (in.next() && in.number() <= kSpanEnd) {
    if (in.number() == kSpanTraceId && in.wire() == Cursor::kLength) {
      read(in, out.trace_id);
    } else if (in.number() == kSpanName && in.wire() == Cursor::kLength) {
      out.name = in.view();
    } else if (in.number() == kSpanStart && in.wire() == Cursor::kFixed64) {
      out.start_ns = in.fixed<int64_t>();
    } else if (in.number() == kSpanEnd && in.wire() == Cursor::kFixed64) {
      out.end_ns = in.fixed<int64_t>();
    } else {
      in.skip();
    }
  }
  return out;
}

LogGlance glance(LogGlance out, Cursor in) {
  while (in.next()) {
    if (in.number() == kLogTime && in.wire() == Cursor::kFixed64) {
      out.time_ns = in.fixed<int64_t>();
    } else if (in.number() == kLogObserved && in.wire() == Cursor::kFixed64) {
      out.observed_ns = in.fixed<int64_t>();
    } else if (in.number() == kLogTraceId && in.wire() == Cursor::kLength) {
      read(in, out.trace_id);
    } else {
      in.skip();
    }
  }
  return out;
}

template <typename Glance>
void each_record(std::string_view request, const ScopeVisitor& visit_scope,
                 const std::function<void(const Glance&)>& visit) {
  each_message(request, [&](uint32_t, std::string_view of_resource) {
    model::Resource resource;
    each_message(of_resource, [&](uint32_t number, std::string_view of_scope) {
      if (number == kResource) resource = read<model::Resource>(of_scope);
      if (number != kScopes) return;
      model::Scope scope;
      bool visited = false;
      each_message(of_scope, [&](uint32_t of, std::string_view record) {
        if (of == kScope) scope = read<model::Scope>(record);
        if (of != kRecords) return;
        if (!std::exchange(visited, true)) visit_scope(resource, scope);
        visit(glance(Glance{}, Cursor(record)));
      });
    });
  });
}

template <typename Glance>
Status try_each_record(std::string_view request, const ScopeVisitor& scope,
                       const std::function<void(const Glance&)>& record) {
  try {
    each_record(request, scope, record);
    return {};
  } catch (const NotProtobuf& error) {
    return invalid(std::string("not protobuf: ") + error.what);
  }
}

}  // namespace

void append_records(const model::Resource& resource, const model::Scope& scope,
                    std::string_view records, std::string& request) {
  thread_local Appender head;
  head.clear();
  head.text(kScope, encode_protobuf(Schema<model::Scope>::List{}, scope));
  const std::string scope_field(head.bytes());
  head.clear();
  head.text(kResource, encode_protobuf(Schema<model::Resource>::List{}, resource));
  head.length(kScopes, scope_field.size() + records.size());
  const std::string front(head.bytes());
  head.clear();
  head.length(1, front.size() + scope_field.size() + records.size());
  request += head.bytes();
  request += front;
  request += scope_field;
  request += records;
}

Status decode_records(model::Batch& batch) {
  TRY_STATUS(decode_into(batch.spans, Signal::kTraces, &model::Batch::spans, batch.encoded_spans));
  return decode_into(batch.logs, Signal::kLogs, &model::Batch::logs, batch.encoded_logs);
}

Status glance_spans(std::string_view request, const ScopeVisitor& scope,
                    const std::function<void(const SpanGlance&)>& record) {
  return try_each_record(request, scope, record);
}
Status glance_logs(std::string_view request, const ScopeVisitor& scope,
                   const std::function<void(const LogGlance&)>& record) {
  return try_each_record(request, scope, record);
}

}  // namespace tarsier::wire
