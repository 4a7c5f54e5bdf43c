#include "store/parts/part.h"

#include <fmt/format.h>

#include <charconv>

#include "wire/compress.h"

namespace tarsier::store {
namespace {

// File: head, payloads, index (zstd), footer.
constexpr std::string_view kHead = "TARSPRT1";
constexpr std::string_view kTail = "TARSPRTE";
constexpr size_t kFooterBytes = 8 + 8 + 8 + 8 + 4 + 4 + 8;
constexpr uint64_t kIndexBytesMax = 2ULL << 30;
constexpr size_t kFlushBytes = 1 << 20;

enum Tag : uint8_t { kTenant = 1, kMetadata = 2, kSeries = 3, kBlock = 4 };

Error broken(std::string_view what) {
  return corrupt(fmt::format("snapshot part: {}", what));
}

std::string temporary_name(uint64_t sequence) {
  return part_name(sequence) + ".tmp";
}

}  // namespace

std::string part_name(uint64_t sequence) {
  return fmt::format("{:020}.part", sequence);
}

bool parse_part_name(std::string_view name, uint64_t& sequence) {
  auto [end, ec] = std::from_chars(name.data(), name.data() + name.size(), sequence);
  return ec == std::errc() && std::string_view(end, name.data() + name.size() - end) == ".part";
}

Result<std::unique_ptr<PartWriter>> PartWriter::create(Folder& folder, uint64_t sequence) {
  std::unique_ptr<PartWriter> writer(new PartWriter(folder, sequence));
  TRY(writer->file_, folder.create(temporary_name(sequence)));
  writer->buffer_ = kHead;
  return writer;
}

PartWriter::~PartWriter() {
  if (!finished_) (void)folder_.remove(temporary_name(sequence_));
}

Status PartWriter::flush() {
  TRY_STATUS(file_->append(buffer_));
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<uint64_t> PartWriter::payload(std::string_view bytes) {
  uint64_t offset = written_ + buffer_.size();
  buffer_ += bytes;
  if (buffer_.size() >= kFlushBytes) TRY_STATUS(flush());
  return offset;
}

void PartWriter::tenant(std::string_view name) {
  put<uint8_t>(index_, kTenant);
  put_bytes(index_, name);
}

void PartWriter::metadata(const MetricMetadata& metadata) {
  put<uint8_t>(index_, kMetadata);
  put_bytes(index_, metadata.name);
  put_bytes(index_, metadata.type);
  put_bytes(index_, metadata.help);
  put_bytes(index_, metadata.unit);
}

Result<std::vector<uint64_t>> PartWriter::series(const model::Labels& labels,
                                                 const std::vector<Chunk>& chunks) {
  put<uint8_t>(index_, kSeries);
  put_labels(index_, labels);
  put_varint(index_, chunks.size());
  std::vector<uint64_t> offsets;
  for (const Chunk& chunk : chunks) {
    TRY(uint64_t offset, payload(chunk.bytes.view));
    offsets.push_back(offset);
    put_varint(index_, zigzag(chunk.min_ms));
    put_varint(index_, static_cast<uint64_t>(chunk.max_ms) - static_cast<uint64_t>(chunk.min_ms));
    put_varint(index_, chunk.count);
    put<uint8_t>(index_, chunk.late);
    put(index_, chunk.crc);
    put_varint(index_, offset);
    put_varint(index_, chunk.bytes.view.size());
  }
  return offsets;
}

Result<uint64_t> PartWriter::block(BlockSignal signal, const Block& block) {
  TRY(uint64_t offset, payload(block.payload.view));
  put<uint8_t>(index_, kBlock);
  put(index_, static_cast<uint8_t>(signal));
  put_varint(index_, block.raw_bytes);
  put(index_, block.crc);
  put_varint(index_, offset);
  put_varint(index_, block.payload.view.size());
  block.summary.encode(index_);
  return offset;
}

Status PartWriter::finish() {
  std::string packed = wire::zstd(index_, 1);
  TRY(uint64_t offset, payload(packed));
  std::string footer;
  put(footer, offset);
  put<uint64_t>(footer, packed.size());
  put<uint64_t>(footer, index_.size());
  put(footer, sequence_);
  put(footer, kPartVersion);
  put(footer, crc32c(footer, crc32c(packed)));
  footer += kTail;
  buffer_ += footer;
  TRY_STATUS(flush());
  TRY_STATUS(file_->sync());
  file_.reset();
  TRY_STATUS(folder_.rename(temporary_name(sequence_), part_name(sequence_)));
  finished_ = true;
  return folder_.sync();
}

namespace {

class PartReader {
 public:
  PartReader(const std::shared_ptr<const Mapping>& mapping, uint64_t sequence,
             const PartVisitor& visit)
      : mapping_(mapping), sequence_(sequence), visit_(visit) {}

  Status read() {
    TRY(std::string index, unpacked_index());
    Cursor in(index);
    while (!in.done()) {
      switch (in.get<uint8_t>()) {
        case kTenant:
          TRY_STATUS(visit_.tenant(in.bytes()));
          seen_tenant_ = true;
          break;
        case kMetadata:
          metadata(in);
          break;
        case kSeries:
          TRY_STATUS(series(in));
          break;
        case kBlock:
          TRY_STATUS(block(in));
          break;
        default:
          return broken("unknown entry in the index");
      }
      if (!seen_tenant_) return broken("an entry before the first tenant");
    }
    if (!in.ok()) return broken("the index ends within an entry");
    return {};
  }

 private:
  Result<std::string> unpacked_index() const {
    std::string_view bytes = mapping_->bytes();
    if (bytes.size() < kHead.size() + kFooterBytes || !bytes.starts_with(kHead) ||
        !bytes.ends_with(kTail)) {
      return broken("not a whole part");
    }
    std::string_view footer = bytes.substr(bytes.size() - kFooterBytes);
    Cursor in(footer);
    auto offset = in.get<uint64_t>(), size = in.get<uint64_t>(), raw = in.get<uint64_t>();
    auto sequence = in.get<uint64_t>();
    auto version = in.get<uint32_t>();
    auto crc = in.get<uint32_t>();
    if (offset > bytes.size() || size > bytes.size() - offset || raw > kIndexBytesMax) {
      return broken("footer");
    }
    std::string_view packed = bytes.substr(offset, size);
    if (crc32c(footer.substr(0, kFooterBytes - 4 - kTail.size()), crc32c(packed)) != crc) {
      return broken("crc of the index");
    }
    if (version != kPartVersion) {
      return unsupported(
          fmt::format("snapshot part of version {}: start a newer tarsier", version));
    }
    if (sequence != sequence_) return broken("the file's name is not its own");
    return wire::unzstd(packed, raw);
  }

  Result<Blob> payload(uint64_t offset, uint64_t size) const {
    std::string_view bytes = mapping_->bytes();
    if (offset > bytes.size() || size > bytes.size() - offset) return broken("payload outside");
    return Blob{bytes.substr(offset, size), mapping_};
  }

  void metadata(Cursor& in) const {
    MetricMetadata out;
    out.name = in.bytes();
    out.type = in.bytes();
    out.help = in.bytes();
    out.unit = in.bytes();
    if (in.ok() && seen_tenant_) visit_.metadata(std::move(out));
  }

  Status series(Cursor& in) const {
    model::Labels labels = get_labels(in);
    std::vector<Chunk> chunks(in.count(8));
    for (Chunk& chunk : chunks) {
      chunk.min_ms = in.svarint();
      chunk.max_ms = static_cast<int64_t>(static_cast<uint64_t>(chunk.min_ms) + in.varint());
      chunk.count = static_cast<uint32_t>(in.varint());
      chunk.late = in.get<uint8_t>() != 0;
      chunk.crc = in.get<uint32_t>();
      uint64_t offset = in.varint(), size = in.varint();
      TRY(chunk.bytes, payload(offset, size));
      chunk.part = sequence_;
    }
    if (in.ok() && seen_tenant_) visit_.series(std::move(labels), std::move(chunks));
    return {};
  }

  Status block(Cursor& in) const {
    auto signal = in.get<uint8_t>();
    Block block;
    block.part = sequence_;
    block.raw_bytes = in.varint();
    block.crc = in.get<uint32_t>();
    uint64_t offset = in.varint(), size = in.varint();
    TRY(block.payload, payload(offset, size));
    block.summary = Summary::decode(in);
    if (signal < 1 || signal > 3) return broken("unknown signal of a block");
    if (in.ok() && seen_tenant_) {
      visit_.block(static_cast<BlockSignal>(signal), std::move(block));
    }
    return {};
  }

  const std::shared_ptr<const Mapping>& mapping_;
  const uint64_t sequence_;
  const PartVisitor& visit_;
  bool seen_tenant_ = false;
};

}  // namespace

Status read_part(const std::shared_ptr<const Mapping>& mapping, uint64_t sequence,
                 const PartVisitor& visit) {
  return PartReader(mapping, sequence, visit).read();
}

}  // namespace tarsier::store
