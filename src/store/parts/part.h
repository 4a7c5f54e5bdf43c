// A snapshot part: everything that entered the store between two cuts of the log, in one immutable
// file that stays mapped. docs/formats/snapshot.md has it in prose.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/events/blocks.h"
#include "store/metrics/series.h"
#include "store/reader.h"
#include "store/wal/folder.h"

namespace tarsier::store {

enum class BlockSignal : uint8_t { kSpans = 1, kLogs = 2, kPoints = 3 };
inline constexpr uint32_t kPartVersion = 1;

std::string part_name(uint64_t sequence);  // 00000000000000000042.part
bool parse_part_name(std::string_view name, uint64_t& sequence);

// Payloads go straight to the file, the index is held until the end. The file has another name
// until finish(), so that a part is either whole or not there.
class PartWriter {
 public:
  // `sequence`: the last log record whose content the part (or one before it) holds.
  static Result<std::unique_ptr<PartWriter>> create(Folder& folder, uint64_t sequence);
  ~PartWriter();  // removes what was not finished

  void tenant(std::string_view name);  // what follows is this tenant's
  void metadata(const MetricMetadata& metadata);
  // Both return where the payloads are in the file.
  Result<std::vector<uint64_t>> series(const model::Labels& labels,
                                       const std::vector<Chunk>& chunks);
  Result<uint64_t> block(BlockSignal signal, const Block& block);

  Status finish();  // durable when it returns

 private:
  PartWriter(Folder& folder, uint64_t sequence) : folder_(folder), sequence_(sequence) {}
  Result<uint64_t> payload(std::string_view bytes);
  Status flush();

  Folder& folder_;
  const uint64_t sequence_;
  std::unique_ptr<File> file_;
  std::string buffer_;  // not written yet
  uint64_t written_ = 0;
  std::string index_;
  bool finished_ = false;
};

struct PartVisitor {
  std::function<Status(std::string_view name)> tenant;
  std::function<void(MetricMetadata&&)> metadata;
  std::function<void(model::Labels&&, std::vector<Chunk>&&)> series;
  std::function<void(BlockSignal, Block&&)> block;
};

// Visits what a part holds, payloads as views of the mapping (their CRCs are checked when they are
// read). kCorrupt when footer or index are wrong.
Status read_part(const std::shared_ptr<const Mapping>& mapping, uint64_t sequence,
                 const PartVisitor& visit);

}  // namespace tarsier::store
