#include "assemble/protocols/http2/hpack.h"

#include <algorithm>

#include "assemble/protocols/http2/huffman.h"

namespace tarsier::assemble::http2 {
namespace {

constexpr size_t kTableDefault = 4'096;  // a sender's table holds so much if it says nothing else
constexpr size_t kTableMax = 64 * 1024;  // remembered at most, and where it is not known
constexpr size_t kEntryOverhead = 32;    // RFC 7541 4.1
constexpr uint64_t kIntegerMax = 1 << 24;

// An integer in the low bits of the first byte, and the bytes behind it if those are all ones.
bool read_integer(std::string_view& rest, int bits, uint64_t& out) {
  if (rest.empty()) return false;
  const uint64_t low = (1u << bits) - 1;
  out = static_cast<uint8_t>(rest.front()) & low;
  rest.remove_prefix(1);
  if (out < low) return true;
  for (int shift = 0; !rest.empty() && shift <= 28; shift += 7) {
    auto byte = static_cast<uint8_t>(rest.front());
    rest.remove_prefix(1);
    out += static_cast<uint64_t>(byte & 0x7f) << shift;
    if (out > kIntegerMax) return false;
    if (!(byte & 0x80)) return true;
  }
  return false;
}

// The view is of the block, or of `decoded`.
bool read_string(std::string_view& rest, std::string& decoded, std::string_view& out) {
  bool coded = !rest.empty() && (rest.front() & 0x80);
  uint64_t size = 0;
  if (!read_integer(rest, 7, size) || size > rest.size()) return false;
  out = rest.substr(0, size);
  rest.remove_prefix(size);
  if (!coded) return true;
  decoded.clear();
  if (!decode_huffman(out, decoded)) return false;
  out = decoded;
  return true;
}

}  // namespace

Decoder::Decoder(bool from_start)
    : size_max_(from_start ? kTableDefault : kTableMax), complete_(from_start) {}

bool Decoder::decode(std::string_view block, Fields& out) {
  out.clear();
  while (!block.empty()) {
    if (field(block, out)) continue;
    lost();
    return false;
  }
  return true;
}

void Decoder::lost() {
  table_.clear();
  size_ = 0;
  size_max_ = kTableMax;
  complete_ = false;
}

bool Decoder::field(std::string_view& rest, Fields& out) {
  auto first = static_cast<uint8_t>(rest.front());
  uint64_t number = 0;
  if (first & 0x80) return read_integer(rest, 7, number) && indexed(number, out);
  if (first & 0x40) return literal(rest, 6, true, out);
  if (first & 0x20) return read_integer(rest, 5, number) && resize(number);
  return literal(rest, 4, false, out);
}

bool Decoder::indexed(uint64_t index, Fields& out) {
  if (index == 0) return false;
  if (index <= kStaticFields) {
    const StaticField& known = static_field(index);
    out.set(known.field, known.value);
    return true;
  }
  index -= kStaticFields + 1;
  if (index >= table_.size()) {
    out.set(Field::kUnknown, {});
    return !complete_;
  }
  out.set(table_[index].field, table_[index].value);
  return true;
}

bool Decoder::named(uint64_t index, Name& out) const {
  if (index <= kStaticFields) {
    out = {static_field(index).field, static_field(index).name_size};
    return true;
  }
  index -= kStaticFields + 1;
  if (index >= table_.size()) {
    out = {Field::kUnknown, 0};
    return !complete_;
  }
  out = {table_[index].field, table_[index].name_size};
  return true;
}

bool Decoder::literal(std::string_view& rest, int prefix_bits, bool insert_it, Fields& out) {
  uint64_t index = 0;
  Name name{};
  std::string_view text;
  if (!read_integer(rest, prefix_bits, index)) return false;
  if (index > 0) {
    if (!named(index, name)) return false;
  } else {
    if (!read_string(rest, name_, text)) return false;
    name = {field_of(text), static_cast<uint32_t>(text.size())};
  }
  if (!read_string(rest, value_, text)) return false;
  out.set(name.field, text);
  if (insert_it) insert(name, text);
  return true;
}

bool Decoder::resize(uint64_t size) {
  size_max_ = std::min<uint64_t>(size, kTableMax);
  evict(0);
  if (size == 0) complete_ = true;
  if (size > kTableMax) complete_ = false;
  return true;
}

void Decoder::evict(size_t room) {
  while (!table_.empty() && size_ + room > size_max_) {
    size_ -= table_.back().size;
    table_.pop_back();
  }
}

void Decoder::insert(const Name& name, std::string_view value) {
  size_t size = name.size + value.size() + kEntryOverhead;
  evict(size);
  if (size > size_max_) {  // the sender's table is now empty
    complete_ = complete_ || size_max_ < kTableMax;
    return;
  }
  Entry& entry = table_.emplace_front();
  entry.field = name.field;
  entry.name_size = name.size;
  entry.size = static_cast<uint32_t>(size);
  if (name.field < Field::kCount) entry.value.assign(value);
  size_ += size;
}

}  // namespace tarsier::assemble::http2
