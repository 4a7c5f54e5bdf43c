#include "assemble/checkpoint.h"

#include <algorithm>
#include <atomic>
#include <cstring>

namespace tarsier::assemble {
namespace {

constexpr uint64_t kMagic = 0x31'54'4b'43'52'53'52'54;
constexpr size_t kHeaderBytes = 4'096;

}  // namespace

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<uint32_t>(text.size()));
  out.append(text);
}

bool StateReader::take(size_t size, std::string_view& out) {
  ok_ = ok_ && size <= rest_.size();
  if (!ok_) return false;
  out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool StateReader::text(std::string_view& out) {
  uint32_t size = 0;
  return get(size) && take(size, out);
}

// The halves take turns, so that the last whole state stays while the next one is written.
struct Checkpoint::Header {
  uint64_t magic;
  uint64_t saves;
  Live live;
  struct {
    uint64_t size, measured;
  } half[2];
};

Checkpoint::Checkpoint(std::span<std::byte> memory) {
  static_assert(sizeof(Header) <= kHeaderBytes);
  if (memory.size() < 2 * kHeaderBytes) return;
  header_ = reinterpret_cast<Header*>(memory.data());
  halves_ = memory.subspan(kHeaderBytes);
  live_ = &header_->live;
  if (header_->magic != kMagic) {
    *header_ = {};
    header_->magic = kMagic;
    return;
  }
  auto more = [](uint64_t a, uint64_t b) { return a - std::min(a, b); };
  const uint64_t kept = header_->half[header_->saves & 1].measured;
  lost_ = {more(live_->begun, live_->ended), more(live_->measured, kept),
           more(live_->made, live_->durable)};
  *live_ = {.measured = kept};
}

std::span<std::byte> Checkpoint::half(uint64_t save) const {
  const size_t size = halves_.size() / 2;
  return halves_.subspan(save & 1 ? size : 0, size);
}

std::string_view Checkpoint::inherited() const {
  if (!header_ || header_->saves == 0) return {};
  std::span<std::byte> from = half(header_->saves);
  const uint64_t size = std::min<uint64_t>(header_->half[header_->saves & 1].size, from.size());
  return {reinterpret_cast<const char*>(from.data()), size};
}

bool Checkpoint::save(std::string_view state) {
  if (!header_) return true;
  const uint64_t next = header_->saves + 1;
  std::span<std::byte> to = half(next);
  if (state.size() > to.size()) return false;
  std::memcpy(to.data(), state.data(), state.size());
  header_->half[next & 1] = {state.size(), live_->measured};
  std::atomic_ref(header_->saves).store(next, std::memory_order_release);
  return true;
}

}  // namespace tarsier::assemble
