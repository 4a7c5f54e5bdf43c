#include "assemble/protocols/http2/huffman.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tarsier::assemble::http2 {
namespace {

constexpr int kShortest = 5, kLongest = 30;
constexpr size_t kSymbols = 257;  // the bytes, and the end of the string
constexpr size_t kEnd = 256;

// Bits of each symbol's code. The codes themselves follow: they are numbered by length, and by
// symbol within a length.
constexpr uint8_t kLengths[kSymbols] = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,
    5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,
    7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,
    15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,
    7,  7,  7,  15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
    23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
    21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
};

struct Table {
  std::array<uint16_t, kSymbols> symbols{};     // in the order of their codes
  std::array<uint32_t, kLongest + 1> first{};   // code of a length
  std::array<uint16_t, kLongest + 1> before{};  // how many shorter codes there are
  std::array<uint64_t, kLongest + 1> limit{};   // codes up to this length, left-aligned, are below
};

constexpr Table make_table() {
  Table table;
  uint16_t count = 0;
  uint32_t code = 0;
  for (int length = kShortest; length <= kLongest; length++) {
    table.first[length] = code;
    table.before[length] = count;
    for (size_t symbol = 0; symbol < kSymbols; symbol++) {
      if (kLengths[symbol] != length) continue;
      table.symbols[count++] = static_cast<uint16_t>(symbol);
      code++;
    }
    table.limit[length] = uint64_t{code} << (32 - length);
    code <<= 1;
  }
  return table;
}
constexpr Table kTable = make_table();

}  // namespace

bool decode_huffman(std::string_view coded, std::string& out) {
  uint64_t bits = 0;  // the next ones, left-aligned in 32; ones beyond the end
  int have = 0;
  size_t next = 0;
  while (true) {
    for (; have <= 24 + 8 && next < coded.size(); next++, have += 8) {
      bits = bits << 8 | static_cast<uint8_t>(coded[next]);
    }
    uint64_t window = (have >= 32 ? bits >> (have - 32)
                                  : bits << (32 - have) | ((uint64_t{1} << (32 - have)) - 1)) &
                      0xffffffff;
    if (have < 8 && next == coded.size()) {
      if (window == 0xffffffff) return true;  // padding
      if (have == 0) return true;
    }
    int length = kShortest;
    while (length <= kLongest && window >= kTable.limit[length]) length++;
    if (length > have || length > kLongest) return false;
    uint32_t code = static_cast<uint32_t>(window >> (32 - length)) - kTable.first[length];
    size_t symbol = kTable.symbols[kTable.before[length] + code];
    if (symbol == kEnd) return false;
    out.push_back(static_cast<char>(symbol));
    have -= length;
    bits &= (uint64_t{1} << have) - 1;
  }
}

}  // namespace tarsier::assemble::http2
