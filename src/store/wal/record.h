// One record of the log: a fixed header, then the payload. docs/formats/log.md has it in prose.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tarsier::store {

enum class RecordType : uint8_t { kBatch = 1 };
inline constexpr uint8_t kRecordVersion = 2;

struct Record {
  uint64_t sequence = 0;  // grows by one or more from record to record
  RecordType type = RecordType::kBatch;
  uint8_t version = kRecordVersion;
  uint16_t flags = 0;  // none is in use
  std::string_view payload;
};

inline constexpr std::string_view kRecordMagic = "TLR1";
inline constexpr size_t kRecordHeaderBytes = 4 + 4 + 4 + 1 + 1 + 2 + 8;
inline constexpr size_t kRecordPayloadMax = 256u << 20;

// A segment starts with these bytes.
inline constexpr std::string_view kSegmentMagic = "TARSLOG1";

void append_record(std::string& out, const Record& record);

// The record at the front of `bytes`, nothing when it is not whole and right.
std::optional<Record> read_record(std::string_view bytes);

}  // namespace tarsier::store
