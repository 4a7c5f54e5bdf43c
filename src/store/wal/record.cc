#include "store/wal/record.h"

#include "base/hash.h"
#include "store/wal/bytes.h"

namespace tarsier::store {

void append_record(std::string& out, const Record& record) {
  size_t start = out.size();
  out.append(kRecordMagic);
  put<uint32_t>(out, 0);
  put(out, static_cast<uint32_t>(record.payload.size()));
  put(out, static_cast<uint8_t>(record.type));
  put(out, record.version);
  put(out, record.flags);
  put(out, record.sequence);
  out.append(record.payload);
  uint32_t crc = crc32c(std::string_view(out).substr(start + 8));
  std::memcpy(out.data() + start + 4, &crc, sizeof crc);
}

std::optional<Record> read_record(std::string_view bytes) {
  if (bytes.size() < kRecordHeaderBytes || !bytes.starts_with(kRecordMagic)) return std::nullopt;
  Cursor in(bytes.substr(kRecordMagic.size()));
  uint32_t crc = in.get<uint32_t>();
  uint32_t length = in.get<uint32_t>();
  Record record;
  record.type = static_cast<RecordType>(in.get<uint8_t>());
  record.version = in.get<uint8_t>();
  record.flags = in.get<uint16_t>();
  record.sequence = in.get<uint64_t>();
  record.payload = in.take(length);
  if (!in.ok() || length > kRecordPayloadMax) return std::nullopt;
  if (crc32c(bytes.substr(8, kRecordHeaderBytes - 8 + length)) != crc) return std::nullopt;
  return record;
}

}  // namespace tarsier::store
