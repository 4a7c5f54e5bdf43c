#include "store/wal/payload.h"

#include "store/wal/bytes.h"
#include "store/wal/record.h"
#include "wire/compress.h"
#include "wire/otlp.h"
#include "wire/push.h"

namespace tarsier::store {
namespace {

constexpr size_t kCompressFrom = 512;  // bytes; below it zstd saves less than it costs

enum SectionTag : uint8_t { kSpans = 1, kMetrics = 2, kLogs = 3, kSeries = 4 };

void put_section(std::string& out, SectionTag tag, const std::string& bytes) {
  if (bytes.empty()) return;
  put<uint8_t>(out, tag);
  put_bytes(out, bytes);
}

}  // namespace

Sections encode_sections(const model::Batch& batch) {
  using enum wire::Signal;
  auto otlp = [&](wire::Signal signal, bool any) {
    return any ? wire::encode_otlp(signal, wire::Encoding::kProtobuf, batch) : std::string();
  };
  return {.spans = otlp(kTraces, !batch.spans.empty()),
          .logs = otlp(kLogs, !batch.logs.empty()),
          .metrics = otlp(kMetrics, !batch.metrics.empty()),
          .series = batch.series.empty() ? std::string() : wire::encode_remote_write(batch)};
}

Result<model::Batch> decode_sections(const Sections& sections) {
  using enum wire::Signal;
  model::Batch batch;
  if (!sections.spans.empty()) {
    TRY(auto part, wire::decode_otlp(kTraces, wire::Encoding::kProtobuf, sections.spans));
    batch.spans = std::move(part.spans);
  }
  if (!sections.logs.empty()) {
    TRY(auto part, wire::decode_otlp(kLogs, wire::Encoding::kProtobuf, sections.logs));
    batch.logs = std::move(part.logs);
  }
  if (!sections.metrics.empty()) {
    TRY(auto part, wire::decode_otlp(kMetrics, wire::Encoding::kProtobuf, sections.metrics));
    batch.metrics = std::move(part.metrics);
  }
  if (!sections.series.empty()) {
    TRY(auto part, wire::decode_remote_write(sections.series));
    batch.series = std::move(part.series);
  }
  return batch;
}

Payload encode_payload(std::string_view tenant, const Sections& sections) {
  std::string raw;
  raw.reserve(sections.bytes() + tenant.size() + 32);
  put_bytes(raw, tenant);
  put_section(raw, kSpans, sections.spans);
  put_section(raw, kMetrics, sections.metrics);
  put_section(raw, kLogs, sections.logs);
  put_section(raw, kSeries, sections.series);
  if (raw.size() < kCompressFrom) return {std::move(raw), 0};
  std::string packed;
  put_varint(packed, raw.size());
  packed += wire::zstd(raw, 1);
  if (packed.size() >= raw.size()) return {std::move(raw), 0};
  return {std::move(packed), kRecordZstd};
}

Result<DecodedPayload> decode_payload(std::string_view bytes, uint16_t flags) {
  std::string unpacked;
  if (flags & kRecordZstd) {
    Cursor head(bytes);
    uint64_t size = head.varint();
    if (!head.ok() || size > kRecordPayloadMax) return corrupt("log record: size of zstd payload");
    TRY(unpacked, wire::unzstd(head.take(head.left()), size));
    bytes = unpacked;
  }
  Cursor in(bytes);
  DecodedPayload out;
  out.tenant = in.bytes();
  while (!in.done()) {
    uint8_t tag = in.get<uint8_t>();
    std::string_view section = in.bytes();
    if (tag == kSpans) out.sections.spans = section;
    if (tag == kMetrics) out.sections.metrics = section;
    if (tag == kLogs) out.sections.logs = section;
    if (tag == kSeries) out.sections.series = section;
  }
  if (!in.ok()) return corrupt("log record: a section is longer than its record");
  return out;
}

}  // namespace tarsier::store
