// Attaches programs to places of a file, for whatever process runs it.
#pragma once

#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "capture/uprobe/targets.h"

namespace tarsier::capture::uprobe {

// Descriptors of the loaded programs; -1: not loaded.
struct ProgramFds {
  int go_read = -1, go_write = -1, ssl_enter = -1, ssl_return = -1;
  int go_handler = -1, go_stream_call = -1;
  bool multi = false;  // loaded for links that have several places
};

// The expected_attach_type of such programs (Linux 6.6).
constexpr int kMultiAttachType = 48;

struct Place {
  uint64_t offset, cookie;
};

// One link of one program with all places, or one link each. The places are in the file that the
// descriptor has open. Closing the result detaches.
Result<std::vector<Fd>> attach(int program, bool multi, bool on_return, int file,
                               const std::vector<Place>& places);

// All of a file's targets.
Result<std::vector<Fd>> attach_targets(const ProgramFds& programs, int file,
                                       const std::vector<Target>& targets);

}  // namespace tarsier::capture::uprobe
