// Functions of Go programs that tell whose an HTTP/2 stream is: of net/http and
// golang.org/x/net/http2, where the fields have been where they are since Go 1.19, and of gRPC in
// the versions whose layout is known.
#pragma once

#include <string_view>
#include <vector>

#include "capture/uprobe/symbols.h"
#include "capture/uprobe/targets.h"

namespace tarsier::capture::uprobe {

std::vector<std::string_view> stream_functions();

// Those of `functions`, as found in the file.
void add_go_streams(const ElfFile& file, const Functions& functions, std::vector<Target>& out);

}  // namespace tarsier::capture::uprobe
