// Process as bytes: how the privileged half tells the worker, and what recordings hold.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "capture/capture.h"

namespace tarsier::capture {

inline constexpr size_t kProcessRecordMax = 64 << 10;  // attributes that do not fit are left out

// A whole TS_PROCESS record. `time_ns` is CLOCK_MONOTONIC.
std::string encode_process(const Process& process, uint64_t time_ns);

// A TS_EXIT record.
std::string encode_exit(uint32_t pid, uint64_t time_ns);

// A TS_LOST record.
std::string encode_lost(uint64_t records, uint64_t time_ns);

// What follows the header in a TS_PROCESS record; kCorrupt when it is cut short.
Result<Process> decode_process(const ts_header& header, std::string_view body);

}  // namespace tarsier::capture
