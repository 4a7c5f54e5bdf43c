#include "pipeline/exporter/envelope.h"

namespace tarsier::pipeline {
namespace {

constexpr size_t kTenantBytesMax = 255;

}  // namespace

std::string pack(const Envelope& envelope) {
  std::string_view tenant = envelope.tenant.substr(0, kTenantBytesMax);
  std::string out;
  out.reserve(2 + tenant.size() + envelope.body.size());
  out.push_back(static_cast<char>(envelope.signal));
  out.push_back(static_cast<char>(tenant.size()));
  out.append(tenant).append(envelope.body);
  return out;
}

Result<Envelope> unpack(std::string_view record) {
  if (record.size() < 2) return corrupt("a record of the export queue is too short");
  auto signal = static_cast<uint8_t>(record[0]);
  size_t tenant = static_cast<uint8_t>(record[1]);
  if (signal > static_cast<uint8_t>(wire::Signal::kLogs) || record.size() < 2 + tenant) {
    return corrupt("a record of the export queue is not understood");
  }
  return Envelope{static_cast<wire::Signal>(signal), record.substr(2, tenant),
                  record.substr(2 + tenant)};
}

}  // namespace tarsier::pipeline
