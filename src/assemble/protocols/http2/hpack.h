// Reads header blocks (HPACK, RFC 7541), also on a connection whose earlier blocks were not seen.
//
// An index names an entry by its place from the newest on. So whatever was inserted since we look
// is known, and what is older is not, however large the table is; an entry that the sender has
// evicted is never named. Nothing is guessed: a field is right, or unknown.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "assemble/protocols/http2/fields.h"

namespace tarsier::assemble::http2 {

class Decoder {
 public:
  // `from_start`: no block was sent before.
  explicit Decoder(bool from_start);

  // False when it is no header block; what follows is then read as after lost().
  bool decode(std::string_view block, Fields& out);
  // A block, or a part of one, was not seen: what is in the table now is unknown.
  void lost();
  size_t entries() const { return table_.size(); }

 private:
  struct Entry {
    Field field = Field::kUnknown;
    uint32_t name_size = 0;
    uint32_t size = 0;  // as the specification counts it; less when the name is not known
    std::string value;  // of the fields that matter
  };
  struct Name {
    Field field;
    uint32_t size;
  };

  bool field(std::string_view& rest, Fields& out);
  bool indexed(uint64_t index, Fields& out);
  bool literal(std::string_view& rest, int prefix_bits, bool insert, Fields& out);
  bool named(uint64_t index, Name& out) const;
  bool resize(uint64_t size);
  void insert(const Name& name, std::string_view value);
  void evict(size_t room);

  std::deque<Entry> table_;  // the newest first
  size_t size_ = 0, size_max_;
  bool complete_;  // there are no entries but those in table_
  std::string name_, value_;
};

}  // namespace tarsier::assemble::http2
