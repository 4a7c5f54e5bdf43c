#include "store/wal/payload.h"

#include <utility>

#include "store/wal/bytes.h"
#include "store/wal/record.h"
#include "wire/compress.h"
#include "wire/otlp.h"
#include "wire/push.h"

namespace tarsier::store {
namespace {

constexpr int kLevel = -1;             // 1.4 times as fast as level 1, for some percent more bytes
constexpr size_t kCompressFrom = 512;  // bytes; below it zstd saves less than it costs

enum SectionTag : uint8_t { kSpans = 1, kMetrics = 2, kLogs = 3, kSeries = 4, kFrame = 0x80 };

Section section(std::string&& raw) {
  Section out{std::move(raw), {}};
  if (out.raw.size() >= kCompressFrom) out.frame = wire::zstd(out.raw, kLevel);
  if (out.frame.size() >= out.raw.size()) out.frame.clear();
  return out;
}

void put_section(std::string& out, uint8_t tag, const Section& section) {
  if (section.empty()) return;
  bool packed = !section.frame.empty();
  put<uint8_t>(out, packed ? tag | kFrame : tag);
  put_bytes(out, packed ? section.frame : section.raw);
}

Section* of(Sections& sections, uint8_t tag) {
  switch (tag) {
    case kSpans:
      return &sections.spans;
    case kMetrics:
      return &sections.metrics;
    case kLogs:
      return &sections.logs;
    case kSeries:
      return &sections.series;
  }
  return nullptr;
}

}  // namespace

Sections encode_sections(model::Batch& batch) {
  using enum wire::Signal;
  auto otlp = [&](wire::Signal signal) {
    return section(wire::encode_otlp(signal, wire::Encoding::kProtobuf, batch));
  };
  auto taken = [](model::Encoded& encoded) { return section(std::exchange(encoded, {}).otlp); };
  return {.spans = batch.spans.empty() ? taken(batch.encoded_spans) : otlp(kTraces),
          .logs = batch.logs.empty() ? taken(batch.encoded_logs) : otlp(kLogs),
          .metrics = otlp(kMetrics),
          .series = batch.series.empty() ? Section() : section(wire::encode_remote_write(batch))};
}

Result<model::Batch> decode_metrics(const Sections& sections) {
  model::Batch batch;
  if (!sections.metrics.empty()) {
    TRY(auto part,
        wire::decode_otlp(wire::Signal::kMetrics, wire::Encoding::kProtobuf, sections.metrics.raw));
    batch.metrics = std::move(part.metrics);
  }
  if (!sections.series.empty()) {
    TRY(auto part, wire::decode_remote_write(sections.series.raw));
    batch.series = std::move(part.series);
  }
  return batch;
}

Result<model::Batch> decode_sections(const Sections& sections) {
  using enum wire::Signal;
  TRY(model::Batch batch, decode_metrics(sections));
  TRY(auto spans, wire::decode_otlp(kTraces, wire::Encoding::kProtobuf, sections.spans.raw));
  batch.spans = std::move(spans.spans);
  TRY(auto logs, wire::decode_otlp(kLogs, wire::Encoding::kProtobuf, sections.logs.raw));
  batch.logs = std::move(logs.logs);
  return batch;
}

std::string encode_payload(std::string_view tenant, const Sections& sections) {
  std::string out;
  out.reserve(tenant.size() + sections.bytes() + 32);
  put_bytes(out, tenant);
  put_section(out, kSpans, sections.spans);
  put_section(out, kMetrics, sections.metrics);
  put_section(out, kLogs, sections.logs);
  put_section(out, kSeries, sections.series);
  return out;
}

Result<DecodedPayload> decode_payload(std::string_view bytes) {
  Cursor in(bytes);
  DecodedPayload out;
  out.tenant = in.bytes();
  size_t left = kRecordPayloadMax;  // of what all frames may unpack to
  while (!in.done()) {
    uint8_t tag = in.get<uint8_t>();
    std::string_view content = in.bytes();
    Section* section = of(out.sections, tag & ~kFrame);
    if (!section) continue;
    if (tag & kFrame) {
      TRY(section->raw, wire::unzstd(content, left));
      section->frame = content;
    } else {
      section->raw = content;
      section->frame.clear();
    }
    left -= std::min(left, section->raw.size());
  }
  if (!in.ok()) return corrupt("log record: a section is longer than its record");
  return out;
}

}  // namespace tarsier::store
