#include "store/inspect.h"

#include <fmt/format.h>

#include "store/parts/part.h"
#include "store/wal/log.h"
#include "store/wal/payload.h"

namespace tarsier::store {
namespace {

std::string describe(const Record& record) {
  auto payload = decode_payload(record.payload);
  if (!payload) return payload.error().message;
  std::string out = fmt::format("tenant=\"{}\"", payload->tenant);
  auto batch = decode_sections(payload->sections);
  if (!batch) return out + " " + batch.error().message;
  auto count = [](const auto& resources) {
    size_t n = 0;
    for (const auto& resource : resources) {
      for (const auto& scope : resource.scopes) n += scope.records.size();
    }
    return n;
  };
  return out + fmt::format(" spans={} logs={} metrics={} series={} items={}", count(batch->spans),
                           count(batch->logs), count(batch->metrics), batch->series.size(),
                           batch->items());
}

void inspect_log(std::string_view bytes, std::FILE* out) {
  size_t at = kSegmentMagic.size(), damaged = 0;
  auto tell_damage = [&] {
    if (damaged) fmt::print(out, "{} damaged bytes={}\n", at - damaged, damaged);
    damaged = 0;
  };
  while (at < bytes.size()) {
    auto record = read_record(bytes.substr(at));
    if (!record) {
      at++;
      damaged++;
      continue;
    }
    tell_damage();
    fmt::print(out, "{} record sequence={} type={} version={} bytes={} {}\n", at, record->sequence,
               static_cast<int>(record->type), record->version, record->payload.size(),
               describe(*record));
    at += kRecordHeaderBytes + record->payload.size();
  }
  tell_damage();
}

const char* signal_name(BlockSignal signal) {
  switch (signal) {
    case BlockSignal::kSpans:
      return "spans";
    case BlockSignal::kLogs:
      return "logs";
    case BlockSignal::kPoints:
      return "points";
  }
  return "?";
}

Status inspect_part(const std::shared_ptr<const Mapping>& mapping, uint64_t sequence,
                    std::FILE* out) {
  fmt::print(out, "part sequence={} bytes={}\n", sequence, mapping->bytes().size());
  PartVisitor visit;
  visit.tenant = [&](std::string_view name) -> Status {
    fmt::print(out, "tenant \"{}\"\n", name);
    return {};
  };
  visit.metadata = [&](MetricMetadata&& m) {
    fmt::print(out, "metadata {} type={} unit={}\n", m.name, m.type, m.unit);
  };
  visit.series = [&](model::Labels&& labels, std::vector<Chunk>&& chunks) {
    fmt::print(out, "series {}\n", model::to_string(labels));
    for (const Chunk& chunk : chunks) {
      std::vector<model::Sample> samples;
      bool good = crc32c(chunk.bytes.view) == chunk.crc &&
                  decode_chunk(chunk.bytes.view, chunk.count, INT64_MIN, INT64_MAX, samples);
      fmt::print(out, "  chunk from={} to={} samples={} bytes={}{}{}\n", chunk.min_ms, chunk.max_ms,
                 chunk.count, chunk.bytes.view.size(), chunk.late ? " late" : "",
                 good ? "" : " damaged");
    }
  };
  visit.block = [&](BlockSignal signal, Block&& block) {
    std::string storage;
    fmt::print(out, "block {} from={} to={} items={} bytes={} raw={}{}\n", signal_name(signal),
               block.summary.min_ns, block.summary.max_ns, block.summary.items,
               block.payload.view.size(), block.raw_bytes,
               unpack(block, storage) ? "" : " damaged");
    for (const model::Labels& stream : block.summary.streams) {
      fmt::print(out, "  stream {}\n", model::to_string(stream));
    }
  };
  return read_part(mapping, sequence, visit);
}

}  // namespace

Status inspect(const std::filesystem::path& file, std::FILE* out) {
  if (!std::filesystem::is_regular_file(file)) return not_found("no file " + file.string());
  std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  TRY(auto opened, open_folder(folder));
  TRY(auto mapping, opened->map(file.filename()));
  if (mapping->bytes().starts_with(kSegmentMagic)) {
    inspect_log(mapping->bytes(), out);
    return {};
  }
  uint64_t sequence = 0;
  if (parse_part_name(file.filename().string(), sequence)) {
    return inspect_part(mapping, sequence, out);
  }
  return invalid(file.string() +
                 " is neither a log segment (NUMBER.log) nor a snapshot part (NUMBER.part)");
}

}  // namespace tarsier::store
