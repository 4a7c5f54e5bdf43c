// What a record of the export queue holds: the request's body, and where it goes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/otlp.h"

namespace tarsier::pipeline {

struct Envelope {
  wire::Signal signal = wire::Signal::kTraces;
  std::string_view tenant;
  std::string_view body;  // OTLP protobuf, gzip
};

std::string pack(const Envelope& envelope);
// Views into the record.
Result<Envelope> unpack(std::string_view record);

}  // namespace tarsier::pipeline
