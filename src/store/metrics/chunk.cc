#include "store/metrics/chunk.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "store/wal/bytes.h"

namespace tarsier::store {
namespace {

// A sample is one control byte, then the time's bytes, then the value's.
//   low nibble   0..8: bytes of the zigzag change of the step
//                9: a run; the next byte says how many samples repeat step and value
//   high nibble  0: the same value
//                1..4: bytes of the zigzag delta between two integers
//                5..7: the top 2..4 bytes of the XOR with the last value, the rest being zero
//                8..15: the low 1..8 bytes of the XOR
constexpr uint8_t kRun = 9;
constexpr uint8_t kIntegerCodeMax = 4;
constexpr size_t kTokenBytesMax = 1 + 8 + 8;

struct ValueCode {
  uint8_t bytes, shift;
};
constexpr std::array<ValueCode, 16> kValueCodes = {{{0, 0},
                                                    {1, 0},
                                                    {2, 0},
                                                    {3, 0},
                                                    {4, 0},
                                                    {2, 48},
                                                    {3, 40},
                                                    {4, 32},
                                                    {1, 0},
                                                    {2, 0},
                                                    {3, 0},
                                                    {4, 0},
                                                    {5, 0},
                                                    {6, 0},
                                                    {7, 0},
                                                    {8, 0}}};
constexpr std::array<uint64_t, 9> kMasks = {
    0, 0xff, 0xffff, 0xffffff, 0xffffffff, 0xffffffffff, (1ULL << 48) - 1, (1ULL << 56) - 1, ~0ULL};

uint8_t byte_length(uint64_t v) {
  return static_cast<uint8_t>((64 - std::countl_zero(v) + 7) / 8);
}

void put_low(std::string& out, uint64_t v, size_t n) {
  char raw[8];
  std::memcpy(raw, &v, 8);
  out.append(raw, n);
}

// The integer that a double is, when it is exactly one (and not -0).
bool as_integer(uint64_t bits, int64_t& out) {
  double value = std::bit_cast<double>(bits);
  if (!(value >= -0x1p53 && value <= 0x1p53)) return false;
  out = static_cast<int64_t>(value);
  return std::bit_cast<uint64_t>(static_cast<double>(out)) == bits;
}

struct EncodedValue {
  uint8_t code;
  uint64_t raw;
};

EncodedValue encode_value(uint64_t last, uint64_t bits) {
  if (last == bits) return {0, 0};
  int64_t a, b;
  if (as_integer(last, a) && as_integer(bits, b)) {
    uint64_t delta = zigzag(b - a);
    uint8_t n = byte_length(delta);
    if (n <= kIntegerCodeMax) return {n, delta};
  }
  uint64_t x = last ^ bits;
  uint8_t low = byte_length(x);
  auto top = static_cast<uint8_t>(8 - std::countr_zero(x) / 8);
  if (top <= 4 && top < low) {
    top = std::max<uint8_t>(top, 2);
    auto code = static_cast<uint8_t>(3 + top);
    return {code, x >> kValueCodes[code].shift};
  }
  return {static_cast<uint8_t>(7 + low), x};
}

uint64_t load(const char* p) {
  uint64_t v;
  std::memcpy(&v, p, 8);
  return v;
}

struct Decoder {
  int64_t time;
  uint64_t step = 0, bits;
  uint32_t left;  // samples still to come
  int64_t from, to;
  model::Sample* out;

  // One token; the caller has made sure that kTokenBytesMax bytes can be read. Null on nonsense.
  const char* token(const char* p) {
    auto control = static_cast<uint8_t>(*p++);
    uint8_t time_bytes = control & 15, code = control >> 4;
    if (time_bytes == kRun) {
      auto n = static_cast<uint8_t>(*p++);
      if (n > left || code != 0) return nullptr;
      for (uint8_t i = 0; i < n; i++) emit();
      return p;
    }
    if (time_bytes > 8) return nullptr;
    step += static_cast<uint64_t>(unzigzag(load(p) & kMasks[time_bytes]));
    p += time_bytes;
    uint64_t raw = load(p) & kMasks[kValueCodes[code].bytes];
    if (code > kIntegerCodeMax) {
      bits ^= raw << kValueCodes[code].shift;
    } else if (code > 0) {
      int64_t integer;
      if (!as_integer(bits, integer)) return nullptr;
      bits = std::bit_cast<uint64_t>(static_cast<double>(integer + unzigzag(raw)));
    }
    emit();
    return p + kValueCodes[code].bytes;
  }

  void emit() {
    left--;
    time = static_cast<int64_t>(static_cast<uint64_t>(time) + step);
    if (time >= from && time <= to) *out++ = {time, std::bit_cast<double>(bits)};
  }
};

Error broken() {
  return corrupt("chunk: the bytes do not hold the samples that they should");
}

}  // namespace

void ChunkEncoder::append(int64_t time_ms, double value) {
  auto bits = std::bit_cast<uint64_t>(value);
  if (count_++ == 0) {
    first_ms_ = last_ms_ = time_ms;
    step_ms_ = 0;
    run_ = 0;
    last_bits_ = bits;
    put(bytes_, time_ms);
    put(bytes_, bits);
    return;
  }
  auto step =
      static_cast<int64_t>(static_cast<uint64_t>(time_ms) - static_cast<uint64_t>(last_ms_));
  uint64_t change =
      zigzag(static_cast<int64_t>(static_cast<uint64_t>(step) - static_cast<uint64_t>(step_ms_)));
  auto [code, raw] = encode_value(last_bits_, bits);
  last_ms_ = time_ms;
  step_ms_ = step;
  last_bits_ = bits;
  if (change == 0 && code == 0) {
    if (run_ == 0 || run_ == 255) {  // one repeat alone is the plain token 0
      bytes_.push_back(0);
      run_ = 1;
    } else if (run_ == 1) {
      bytes_.back() = kRun;
      bytes_.push_back(static_cast<char>(++run_));
    } else {
      bytes_.back() = static_cast<char>(++run_);
    }
    return;
  }
  run_ = 0;
  uint8_t time_bytes = byte_length(change);
  bytes_.push_back(static_cast<char>(code << 4 | time_bytes));
  put_low(bytes_, change, time_bytes);
  put_low(bytes_, raw, kValueCodes[code].bytes);
}

double ChunkEncoder::last_value() const {
  return std::bit_cast<double>(last_bits_);
}

std::string ChunkEncoder::take() {
  count_ = 0;
  std::string out = std::move(bytes_);
  bytes_ = {};
  out.shrink_to_fit();
  return out;
}

Status decode_chunk(std::string_view bytes, uint32_t count, int64_t from_ms, int64_t to_ms,
                    std::vector<model::Sample>& out) {
  Cursor in(bytes);
  auto first = in.get<int64_t>();
  auto bits = in.get<uint64_t>();
  // A run, the densest token, holds 255 samples in two bytes.
  if (!in.ok() || count == 0 || (count - 1) / 128 > in.left()) return broken();
  size_t before = out.size();
  out.resize(before + count);
  Decoder decoder{first, 0, bits, count, from_ms, to_ms, out.data() + before};
  decoder.emit();

  const char* p = bytes.data() + 16;
  const char* end = bytes.data() + bytes.size();
  while (p && decoder.left > 0 && static_cast<size_t>(end - p) >= kTokenBytesMax &&
         decoder.time <= to_ms) {
    p = decoder.token(p);
  }
  if (p && decoder.left > 0 && decoder.time <= to_ms) {  // the last tokens, from padded bytes
    char tail[2 * kTokenBytesMax] = {};
    auto rest = static_cast<size_t>(end - p);
    std::memcpy(tail, p, rest);
    const char* q = tail;
    while (q && decoder.left > 0 && q < tail + rest && decoder.time <= to_ms) q = decoder.token(q);
    bool complete = q && (decoder.time > to_ms || (decoder.left == 0 && q == tail + rest));
    if (!complete) p = nullptr;
  } else if (p && decoder.left == 0 && p != end) {
    p = nullptr;
  }
  out.resize(p ? static_cast<size_t>(decoder.out - out.data()) : before);
  if (!p) return broken();
  return {};
}

}  // namespace tarsier::store
