// Loki push: logproto.PushRequest, and the same as JSON.
#include <string>
#include <utility>

#include "wire/codec/json.h"
#include "wire/codec/protobuf.h"
#include "wire/push.h"
#include "wire/push/stream_labels.h"

namespace tarsier::wire {
namespace {

struct Stream {
  std::string labels;
  std::vector<model::LogRecord> entries;
};
struct PushRequest {
  std::vector<Stream> streams;
};

struct ValueData {
  auto& operator()(auto& pair) const { return pair.value.data; }
};
struct BodyData {
  auto& operator()(auto& record) const { return record.body.data; }
};
using Pair = Fields<Field<1, "name", Text, &model::KeyValue::key>,
                    Field<2, "value", OneOf<std::string, Text>, ValueData{}>>;
using Entry =
    Fields<Field<1, "timestamp", Timestamp, &model::LogRecord::time_ns>,
           Field<2, "line", OneOf<std::string, Text>, BodyData{}>,
           Field<3, "structuredMetadata", Repeated<Inline<Pair>>, &model::LogRecord::attributes>>;
using StreamFields = Fields<Field<1, "labels", Text, &Stream::labels>,
                            Field<2, "entries", Repeated<Inline<Entry>>, &Stream::entries>>;
using PushFields =
    Fields<Field<1, "streams", Repeated<Inline<StreamFields>>, &PushRequest::streams>>;

model::ResourceLogs& add_stream(model::Batch& batch, model::Attributes&& labels) {
  model::ResourceLogs& out = batch.logs.emplace_back();
  out.resource.attributes = std::move(labels);
  out.scopes.emplace_back().scope.name = kLokiScope;
  return out;
}

// {"streams": [{"stream": {"app": "api"}, "values": [["1700000000000000000", "line", {"k":
// "v"}]]}]}
class JsonPush {
  using value = simdjson::ondemand::value;
  using object = simdjson::ondemand::object;

 public:
  JsonPush(DecodeState& state, model::Batch& batch) : state_(state), batch_(batch) {}

  void read(object& root) {
    for (auto member : root) {
      if (std::string_view(member.unescaped_key()) != kStreams) continue;
      each(kStreams, member.value(), [this](value in) {
        object fields = in.get_object();
        stream(fields);
      });
    }
  }

 private:
  static constexpr std::string_view kStreams = "streams", kStream = "stream", kValues = "values";

  template <typename Read>
  void each(const std::string_view& name, value in, Read element) {
    state_.field(&name);
    size_t index = 0;
    for (auto item : in.get_array()) {
      state_.index(index++);
      state_.enter();
      element(item.value());
      state_.leave();
    }
    state_.index(DecodeState::kNoIndex);
    state_.field(nullptr);
  }

  void stream(object& in) {
    state_.charge(sizeof(model::ResourceLogs) + sizeof(model::Scoped<model::LogRecord>));
    model::ResourceLogs& out = add_stream(batch_, {});
    for (auto member : in) {
      std::string_view key = member.unescaped_key();
      if (key == kStream) {
        state_.field(&kStream);
        out.resource.attributes = labels(member.value());
        state_.field(nullptr);
      } else if (key == kValues) {
        each(kValues, member.value(),
             [&](value entry_in) { entry(entry_in, out.scopes[0].records.emplace_back()); });
      }
    }
  }

  model::Attributes labels(object in) {
    model::Attributes out;
    for (auto member : in) {
      state_.charge(sizeof(model::KeyValue));
      std::string key(std::string_view(member.unescaped_key()));
      out.push_back({std::move(key), {std::string(std::string_view(member.value().get_string()))}});
    }
    return out;
  }

  void entry(value in, model::LogRecord& out) {
    state_.charge(sizeof(model::LogRecord));
    size_t n = 0;
    for (auto part : in.get_array()) {
      value item = part.value();
      if (n == 0) out.time_ns = json_integer<int64_t>(item);
      if (n == 1) out.body.data = std::string(std::string_view(item.get_string()));
      if (n == 2) out.attributes = labels(item.get_object());
      n++;
    }
    if (n < 2) throw DecodeError{"expected [\"<nanoseconds>\", \"<line>\"]"};
  }

  DecodeState& state_;
  model::Batch& batch_;
};

}  // namespace

Result<model::Batch> decode_loki_push_protobuf(std::string_view bytes) {
  TRY(PushRequest request, decode_protobuf<PushRequest>(PushFields{}, bytes));
  model::Batch batch;
  batch.logs.reserve(request.streams.size());
  for (Stream& stream : request.streams) {
    TRY(model::Attributes labels, parse_stream_labels(stream.labels));
    add_stream(batch, std::move(labels)).scopes[0].records = std::move(stream.entries);
  }
  return batch;
}

Result<model::Batch> decode_loki_push_json(std::string_view bytes) {
  model::Batch batch;
  TRY_STATUS(parse_json(bytes, [&](DecodeState& state, simdjson::ondemand::object& root) {
    JsonPush(state, batch).read(root);
  }));
  return batch;
}

}  // namespace tarsier::wire
