#include "store/events/summary.h"

namespace tarsier::store {
namespace {

// And as small as can be: many summaries are held for long.
template <typename T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  list.shrink_to_fit();
}

void put_hashes(std::string& out, const std::vector<uint64_t>& hashes) {
  put_varint(out, hashes.size());
  for (uint64_t hash : hashes) put(out, hash);
}

std::vector<uint64_t> get_hashes(Cursor& in) {
  std::vector<uint64_t> out(in.count(sizeof(uint64_t)));
  for (uint64_t& hash : out) hash = in.get<uint64_t>();
  return out;
}

}  // namespace

void Summary::sort() {
  sort_unique(traces);
  sort_unique(words);
  sort_unique(streams);
}

void Summary::merge(const Summary& other) {
  if (other.items == 0) return;
  cover(other.min_ns, other.max_ns);
  items += other.items;
  duration_max_ns = std::max(duration_max_ns, other.duration_max_ns);
  exemplars |= other.exemplars;
  traces.insert(traces.end(), other.traces.begin(), other.traces.end());
  words.insert(words.end(), other.words.begin(), other.words.end());
  streams.insert(streams.end(), other.streams.begin(), other.streams.end());
}

size_t Summary::bytes() const {
  size_t n = sizeof *this + 8 * (traces.capacity() + words.capacity());
  for (const model::Labels& labels : streams) n += 24 + 80 * labels.size();
  return n;
}

void Summary::encode(std::string& out) const {
  put(out, min_ns);
  put(out, max_ns);
  put_varint(out, items);
  put_varint(out, zigzag(duration_max_ns));
  put<uint8_t>(out, exemplars);
  put_hashes(out, traces);
  put_hashes(out, words);
  put_varint(out, streams.size());
  for (const model::Labels& labels : streams) put_labels(out, labels);
}

Summary Summary::decode(Cursor& in) {
  Summary out;
  out.min_ns = in.get<int64_t>();
  out.max_ns = in.get<int64_t>();
  out.items = in.varint();
  out.duration_max_ns = in.svarint();
  out.exemplars = in.get<uint8_t>() != 0;
  out.traces = get_hashes(in);
  out.words = get_hashes(in);
  out.streams.resize(in.count());
  for (model::Labels& labels : out.streams) labels = get_labels(in);
  return out;
}

}  // namespace tarsier::store
