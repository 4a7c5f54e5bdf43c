#include "capture/read/ring.h"

#include <linux/bpf.h>
#include <sys/mman.h>

#include <atomic>
#include <bit>

namespace tarsier::capture {
namespace {

uint64_t page_size() {
  static const auto size = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

uint64_t load(const void* from) {
  return std::atomic_ref(*static_cast<uint64_t*>(const_cast<void*>(from)))
      .load(std::memory_order_acquire);
}

}  // namespace

Ring& Ring::operator=(Ring&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(bytes_, other.bytes_);
  std::swap(consumer_page_, other.consumer_page_);
  std::swap(producer_pages_, other.producer_pages_);
  std::swap(data_, other.data_);
  std::swap(position_, other.position_);
  std::swap(next_, other.next_);
  std::swap(released_, other.released_);
  return *this;
}

Ring::~Ring() {
  if (consumer_page_) ::munmap(consumer_page_, page_size());
  if (producer_pages_) ::munmap(producer_pages_, page_size() + 2 * bytes_);
}

// The kernel's layout: the consumer's position on a page of its own that we may write; the
// producer's on the next, and then the data twice in a row, so that no record is split.
Result<Ring> Ring::map(Fd fd, uint64_t bytes) {
  if (!std::has_single_bit(bytes) || bytes < page_size()) return invalid("ring: bad size");
  Ring ring;
  ring.fd_ = std::move(fd);
  ring.bytes_ = bytes;
  auto page = static_cast<off_t>(page_size());
  void* at = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd(), 0);
  if (at == MAP_FAILED) return io_error("map the ring's consumer page");
  ring.consumer_page_ = at;
  at = ::mmap(nullptr, page_size() + 2 * bytes, PROT_READ, MAP_SHARED, ring.fd(), page);
  if (at == MAP_FAILED) return io_error("map the ring");
  ring.producer_pages_ = at;
  ring.data_ = static_cast<const char*>(at) + page;
  ring.position_ = ring.next_ = ring.released_ = load(ring.consumer_page_);
  return ring;
}

bool Ring::peek(std::string_view& record) {
  while (position_ < load(producer_pages_)) {
    const char* header = data_ + (position_ & (bytes_ - 1));
    uint32_t length = std::atomic_ref(*reinterpret_cast<uint32_t*>(const_cast<char*>(header)))
                          .load(std::memory_order_acquire);
    if (length & BPF_RINGBUF_BUSY_BIT) return false;
    bool discarded = length & BPF_RINGBUF_DISCARD_BIT;
    length &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
    next_ = position_ + ((uint64_t{length} + BPF_RINGBUF_HDR_SZ + 7) & ~uint64_t{7});
    if (!discarded) {
      record = {header + BPF_RINGBUF_HDR_SZ, length};
      return true;
    }
    position_ = next_;
  }
  return false;
}

void Ring::release() {
  if (released_ == position_) return;
  std::atomic_ref(*static_cast<uint64_t*>(consumer_page_))
      .store(position_, std::memory_order_release);
  released_ = position_;
}

}  // namespace tarsier::capture
