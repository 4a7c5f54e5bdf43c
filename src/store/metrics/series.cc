#include "store/metrics/series.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"

namespace tarsier::store {
namespace {

bool by_time(const model::Sample& a, const model::Sample& b) {
  return a.time_ms < b.time_ms;
}

// Sorts, and keeps the last of those that share a millisecond.
void sort_unique(std::vector<model::Sample>& samples) {
  std::stable_sort(samples.begin(), samples.end(), by_time);
  size_t kept = 0;
  for (size_t i = 0; i < samples.size(); i++) {
    if (kept > 0 && samples[kept - 1].time_ms == samples[i].time_ms) kept--;
    samples[kept++] = samples[i];
  }
  samples.resize(kept);
}

Chunk sealed(ChunkEncoder& encoder, bool late) {
  Chunk chunk{.min_ms = encoder.first_ms(),
              .max_ms = encoder.last_ms(),
              .count = encoder.count(),
              .late = late,
              .bytes = Blob::of(encoder.take())};
  chunk.crc = crc32c(chunk.bytes.view);
  return chunk;
}

}  // namespace

Series::Appended Series::append(int64_t time_ms, double value) {
  if (time_ms > last_ms_) {
    open_.append(time_ms, value);
    last_ms_ = time_ms;
    last_value_ = value;
    last_value_known_ = true;
    if (open_.count() >= kChunkSamples) chunks_.push_back(sealed(open_, false));
    return Appended::kInOrder;
  }
  if (time_ms == last_ms_ && late_.empty() &&
      std::bit_cast<uint64_t>(value) == std::bit_cast<uint64_t>(last_value())) {
    return Appended::kDuplicate;
  }
  late_.push_back({time_ms, value});
  if (late_.size() >= kLateSamples) seal();
  return Appended::kLate;
}

void Series::seal() {
  if (open_.count() > 0) chunks_.push_back(sealed(open_, false));
  if (late_.empty()) return;
  sort_unique(late_);
  ChunkEncoder encoder;
  for (const model::Sample& sample : late_) encoder.append(sample.time_ms, sample.value);
  chunks_.push_back(sealed(encoder, true));
  late_ = {};
}

double Series::last_value() {
  if (last_value_known_) return last_value_;
  last_value_known_ = true;
  std::vector<model::Sample> samples;
  for (const Chunk& chunk : chunks_) {
    if (chunk.late || chunk.max_ms != last_ms_) continue;
    if (!decode_chunk(chunk.bytes.view, chunk.count, last_ms_, last_ms_, samples)) continue;
    if (!samples.empty()) last_value_ = samples.back().value;
  }
  return last_value_;
}

void Series::add(Chunk&& chunk) {
  if (!chunk.late && chunk.max_ms > last_ms_) {
    last_ms_ = chunk.max_ms;
    last_value_known_ = false;
  }
  chunks_.push_back(std::move(chunk));
}

SeriesCut Series::cut(int64_t from_ms, int64_t to_ms) const {
  SeriesCut out;
  for (const Chunk& chunk : chunks_) {
    if (chunk.max_ms < from_ms || chunk.min_ms > to_ms) continue;
    out.chunks.push_back(chunk);
    out.any_late |= chunk.late;
  }
  if (open_.count() > 0 && open_.last_ms() >= from_ms && open_.first_ms() <= to_ms) {
    out.chunks.push_back({.min_ms = open_.first_ms(),
                          .max_ms = open_.last_ms(),
                          .count = open_.count(),
                          .bytes = Blob::of(std::string(open_.bytes()))});
  }
  for (const model::Sample& sample : late_) {
    if (sample.time_ms >= from_ms && sample.time_ms <= to_ms) out.late.push_back(sample);
  }
  out.any_late |= !out.late.empty();
  return out;
}

size_t Series::bytes() const {
  size_t n = sizeof *this + open_.bytes().capacity() + late_.capacity() * sizeof late_[0] +
             chunks_.capacity() * sizeof(Chunk);
  for (const Chunk& chunk : chunks_) n += chunk.part == 0 ? chunk.bytes.view.size() : 0;
  for (const model::Label& label : labels_) {
    n += sizeof label + (label.name.size() > 15 ? label.name.size() : 0) +
         (label.value.size() > 15 ? label.value.size() : 0);
  }
  return n;
}

Status decode(const SeriesCut& cut, int64_t from_ms, int64_t to_ms,
              std::vector<model::Sample>& out) {
  out.clear();
  // In order first, then late ones in order of arrival: a stable sort lets the last win.
  for (bool late : {false, true}) {
    for (const Chunk& chunk : cut.chunks) {
      if (chunk.late != late) continue;
      if (chunk.part != 0 && crc32c(chunk.bytes.view) != chunk.crc) {
        return corrupt("snapshot part " + std::to_string(chunk.part) + ": crc of a metrics chunk");
      }
      TRY_STATUS(decode_chunk(chunk.bytes.view, chunk.count, from_ms, to_ms, out));
    }
    if (!cut.any_late) return {};
  }
  out.insert(out.end(), cut.late.begin(), cut.late.end());
  sort_unique(out);
  return {};
}

}  // namespace tarsier::store
