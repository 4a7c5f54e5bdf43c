// Where a running Go program keeps what the call link needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "capture/bpf/shared.h"
#include "capture/discovery/procfs.h"
#include "capture/go/elf.h"

namespace tarsier::capture::go {

// Offsets of one Go version; empty for one that is not known.
std::optional<ts_go_layout> layout_of(const Version& version);

// "1.21 to 1.26"
std::string_view supported_versions();

// A Go process whose Ps can be found again: GOMAXPROCS may change while it runs.
struct Runtime {
  ts_go_layout layout{};
  uint64_t allp = 0;  // address of runtime.allp in the process; 0: not found
};

// kUnsupported for a version without a layout; the message names it.
Result<Runtime> inspect(const ProcFs& proc, uint32_t pid);

// Reads the Ps anew; true when they changed. When there are more than TS_GO_PROCS_MAX, the address
// of their list is given instead.
bool refresh_procs(const ProcFs& proc, uint32_t pid, Runtime& runtime);

}  // namespace tarsier::capture::go
