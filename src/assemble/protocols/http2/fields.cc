#include "assemble/protocols/http2/fields.h"

namespace tarsier::assemble::http2 {
namespace {

struct Text {
  std::string_view name, value;
};

constexpr Text kStatic[kStaticFields] = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
};

struct Name {
  std::string_view text;
  Field field;
};
constexpr Name kNames[] = {
    {":method", Field::kMethod},           {":path", Field::kPath},
    {":scheme", Field::kScheme},           {":authority", Field::kAuthority},
    {":status", Field::kStatus},           {":protocol", Field::kProtocol},
    {"content-type", Field::kContentType}, {"traceparent", Field::kTraceparent},
    {"tracestate", Field::kTracestate},    {"b3", Field::kB3},
    {"grpc-status", Field::kGrpcStatus},   {"grpc-timeout", Field::kGrpcTimeout},
};

}  // namespace

Field field_of(std::string_view name) {
  for (const Name& known : kNames) {
    if (name == known.text) return known.field;
  }
  return Field::kOther;
}

const StaticField& static_field(size_t index) {
  static const auto* table = [] {
    auto* made = new StaticField[kStaticFields];
    for (size_t i = 0; i < kStaticFields; i++) {
      made[i] = {field_of(kStatic[i].name), static_cast<uint8_t>(kStatic[i].name.size()),
                 kStatic[i].value};
    }
    return made;
  }();
  return table[index - 1];
}

}  // namespace tarsier::assemble::http2
