#include "store/parts/parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

namespace tarsier::store {
namespace {

// Fewer dead series than this share are not worth a new index.
constexpr size_t kDeadShare = 8;

int64_t max_ns(const Chunk& chunk) {
  int64_t out;
  if (!__builtin_mul_overflow(chunk.max_ms, kMillisecond, &out)) return out;
  return chunk.max_ms > 0 ? INT64_MAX : INT64_MIN;
}

std::vector<BlockPtr> unsaved(Blocks& blocks) {
  blocks.seal();
  auto out = blocks.sealed();
  std::erase_if(out, [](const auto& block) { return block->part != 0; });
  return out;
}

// Calls visit(blocks, frozen list, signal) for each kind, in the order in which they are written.
template <typename Visit>
Status each_kind(const Frozen& frozen, const Visit& visit) {
  TRY_STATUS(visit(frozen.tenant->spans.blocks(), frozen.spans, BlockSignal::kSpans));
  TRY_STATUS(visit(frozen.tenant->logs.blocks(), frozen.logs, BlockSignal::kLogs));
  return visit(frozen.tenant->metrics.points(), frozen.points, BlockSignal::kPoints);
}

}  // namespace

Frozen freeze(Tenant& tenant) {
  Frozen out;
  out.tenant = &tenant;
  tenant.metrics.locked([&](SeriesIndex& index, Ingest& ingest) {
    for (const auto& [name, metadata] : ingest.metadata()) out.metadata.push_back(metadata);
    for (SeriesId id = 0; id < index.size(); id++) {
      Series& series = index.at(id);
      series.seal();
      Frozen::FrozenSeries frozen{index.shared(id), {}};
      for (const Chunk& chunk : series.chunks()) {
        if (chunk.part == 0) frozen.chunks.push_back(chunk);
      }
      if (!frozen.chunks.empty()) out.series.push_back(std::move(frozen));
    }
  });
  out.spans = unsaved(tenant.spans.blocks());
  out.logs = unsaved(tenant.logs.blocks());
  out.points = unsaved(tenant.metrics.points());
  return out;
}

Status Parts::load() {
  TRY(auto names, folder_.list());
  for (const std::string& name : names) {
    uint64_t sequence = 0;
    if (name.ends_with(".tmp")) {
      TRY_STATUS(folder_.remove(name));
    } else if (parse_part_name(name, sequence)) {
      auto part = load_part(sequence);
      if (part) {
        parts_.push_back(*part);
      } else {
        TRY_STATUS(set_aside(sequence, part.error()));
      }
    }
  }
  return {};
}

Status Parts::set_aside(uint64_t sequence, const Error& error) {
  if (error.code != Code::kCorrupt) return error;
  std::string part = part_name(sequence);
  metrics().counter("tarsier_store_parts_corrupt_total", "Snapshot parts set aside at open").add();
  LOG_ERROR("a snapshot part cannot be read; its data is not shown", "part", part, "error",
            error.message, "hint", "it was renamed to " + part + ".corrupt");
  return folder_.rename(part, part + ".corrupt");
}

Result<Parts::Part> Parts::load_part(uint64_t sequence) {
  TRY(auto mapping, folder_.map(part_name(sequence)));
  Part part{.sequence = sequence, .bytes = mapping->bytes().size()};
  Tenant* tenant = nullptr;
  PartVisitor visit;
  visit.tenant = [&](std::string_view name) -> Status {
    TRY(tenant, tenants_.find_or_add(std::string(name)));
    return {};
  };
  visit.metadata = [&](MetricMetadata&& metadata) {
    tenant->metrics.locked([&](SeriesIndex&, Ingest& ingest) {
      std::string name = metadata.name;
      ingest.metadata()[name] = std::move(metadata);
    });
  };
  visit.series = [&](model::Labels&& labels, std::vector<Chunk>&& chunks) {
    tenant->metrics.locked([&](SeriesIndex& index, Ingest&) {
      Series& series = index.at(index.find_or_add(labels));
      for (Chunk& chunk : chunks) {
        part.max_ns = std::max(part.max_ns, max_ns(chunk));
        series.add(std::move(chunk));
      }
    });
  };
  visit.block = [&](BlockSignal signal, Block&& block) {
    part.max_ns = std::max(part.max_ns, block.summary.max_ns);
    if (signal == BlockSignal::kSpans)
      tenant->spans.blocks().add_sealed(std::move(block));
    else if (signal == BlockSignal::kLogs)
      tenant->logs.blocks().add_sealed(std::move(block));
    else
      tenant->metrics.points().add_sealed(std::move(block));
  };
  TRY_STATUS(read_part(mapping, sequence, visit));
  return part;
}

Status Parts::write(uint64_t sequence, const std::vector<Frozen>& frozen) {
  TRY(auto writer, PartWriter::create(folder_, sequence));
  Part part{.sequence = sequence};
  Locations locations;
  for (const Frozen& tenant : frozen) {
    writer->tenant(tenant.tenant->name);
    for (const MetricMetadata& metadata : tenant.metadata) writer->metadata(metadata);
    for (const auto& [series, chunks] : tenant.series) {
      TRY(auto offsets, writer->series(series->labels(), chunks));
      locations.insert(locations.end(), offsets.begin(), offsets.end());
      for (const Chunk& chunk : chunks) part.max_ns = std::max(part.max_ns, max_ns(chunk));
    }
    TRY_STATUS(each_kind(tenant, [&](auto&, const auto& blocks, BlockSignal signal) -> Status {
      for (const auto& block : blocks) {
        TRY(uint64_t offset, writer->block(signal, *block));
        locations.push_back(offset);
        part.max_ns = std::max(part.max_ns, block->summary.max_ns);
      }
      return {};
    }));
  }
  TRY_STATUS(writer->finish());
  TRY(auto mapping, folder_.map(part_name(sequence)));
  part.bytes = mapping->bytes().size();
  size_t next = 0;
  for (const Frozen& tenant : frozen) move_to_file(tenant, locations, next, sequence, mapping);
  parts_.push_back(part);
  return {};
}

// The frozen chunks are the first ones of their series that belong to no part yet: only this thread
// removes chunks, the committer only adds some at the end.
void Parts::move_to_file(const Frozen& frozen, const Locations& locations, size_t& next,
                         uint64_t sequence, const std::shared_ptr<const Mapping>& mapping) {
  auto blob = [&](size_t size) {
    return Blob{mapping->bytes().substr(locations[next++], size), mapping};
  };
  for (const auto& [series, chunks] : frozen.series) {
    frozen.tenant->metrics.locked([&](SeriesIndex&, Ingest&) {
      size_t left = chunks.size();
      for (Chunk& chunk : series->chunks()) {
        if (left == 0) break;
        if (chunk.part != 0) continue;
        chunk.bytes = blob(chunk.bytes.view.size());
        chunk.part = sequence;
        left--;
      }
    });
  }
  (void)each_kind(frozen, [&](Blocks& blocks, const auto& list, BlockSignal) -> Status {
    for (const auto& block : list) {
      Block moved = *block;
      moved.payload = blob(block->payload.view.size());
      moved.part = sequence;
      blocks.replace(block, std::make_shared<const Block>(std::move(moved)));
    }
    return {};
  });
}

template <typename DropChunk, typename DropBlock>
uint64_t Parts::drop(const DropChunk& drop_chunk, const DropBlock& drop_block) {
  uint64_t items = 0;
  for (Tenant* tenant : tenants_.all()) {
    tenant->metrics.locked([&](SeriesIndex& index, Ingest& ingest) {
      size_t dead = 0;
      for (SeriesId id = 0; id < index.size(); id++) {
        dead += index.at(id).remove_chunks([&](const Chunk& chunk) {
          bool gone = drop_chunk(chunk);
          if (gone) items += chunk.count;
          return gone;
        });
      }
      if (dead == 0 || dead < index.size() / kDeadShare) return;
      index.compact([](Series& series) { return series.empty(); });
      ingest.forget_points();
    });
    items += tenant->spans.blocks().remove(drop_block);
    items += tenant->logs.blocks().remove(drop_block);
    items += tenant->metrics.points().remove(drop_block);
  }
  return items;
}

uint64_t Parts::drop_older(int64_t cutoff_ns) {
  uint64_t items = drop([&](const Chunk& chunk) { return max_ns(chunk) < cutoff_ns; },
                        [&](const Block& block) { return block.summary.max_ns < cutoff_ns; });
  std::erase_if(parts_, [&](const Part& part) {
    return part.max_ns < cutoff_ns && folder_.remove(part_name(part.sequence)).has_value();
  });
  return items;
}

Result<uint64_t> Parts::drop_oldest_part() {
  if (parts_.empty()) return uint64_t{0};
  uint64_t sequence = parts_.front().sequence;
  TRY_STATUS(folder_.remove(part_name(sequence)));
  parts_.erase(parts_.begin());
  return drop([&](const Chunk& chunk) { return chunk.part == sequence; },
              [&](const Block& block) { return block.part == sequence; });
}

uint64_t Parts::bytes() const {
  uint64_t total = 0;
  for (const Part& part : parts_) total += part.bytes;
  return total;
}

}  // namespace tarsier::store
