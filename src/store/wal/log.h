// The write-ahead log: segments of records in a folder. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "store/wal/folder.h"
#include "store/wal/record.h"

namespace tarsier::store {

class Log {
 public:
  struct Options {
    uint64_t segment_bytes =
        64u << 20;  // a segment that has grown past it is followed by a new one
    bool fsync = true;
  };
  // What replay found that was not a record.
  struct Damage {
    uint64_t torn_bytes = 0;  // at the end of a segment, cut off: a write that was never finished
    uint64_t corrupt_bytes = 0;  // before a good record, skipped: the disk changed its mind
  };

  // Visits every record after `after` in order, then is ready to commit. The folder holds nothing
  // but the log.
  static Result<std::unique_ptr<Log>> open(Folder& folder, const Options& options, uint64_t after,
                                           const std::function<Status(const Record&)>& visit);

  // Appends and syncs all payloads, numbering the records on from last_sequence() + 1. After an
  // error none of them counts as written (some may still show up at the next open), and the next
  // commit starts over in a new segment if it has to.
  Status commit(std::span<const std::string_view> payloads);

  // Later records go to a new segment.
  void rotate() { file_.reset(); }
  // Removes the segments that hold nothing after `sequence`. The one being written stays.
  Status cut(uint64_t sequence);

  uint64_t last_sequence() const { return last_sequence_; }
  uint64_t bytes() const;  // of all segments
  const Damage& damage() const { return damage_; }

 private:
  struct Segment {
    uint64_t first = 0;  // the sequence number that its name says
    uint64_t bytes = 0;
  };

  Log(Folder& folder, const Options& options) : folder_(folder), options_(options) {}
  Status replay(Segment& segment, const std::function<Status(const Record&)>& visit);
  Status start_segment();
  void abandon(bool repairable);

  Folder& folder_;
  const Options options_;
  std::vector<Segment> segments_;
  std::unique_ptr<File> file_;  // the last segment, when it can be written
  uint64_t last_sequence_ = 0;
  Damage damage_;
  std::string buffer_;
};

}  // namespace tarsier::store
