// What a finished exchange is told as: a span, and a log record for a server's.
#pragma once

#include <string_view>

#include "assemble/exchange.h"
#include "wire/otlp_records.h"

namespace tarsier::assemble {

struct RecordContext {
  std::string_view route;         // empty: none; of an RPC: its method, among few
  std::string_view peer_service;  // empty: unknown
  int64_t wall_offset_ns = 0;     // CLOCK_MONOTONIC + this = since the Unix epoch
};

bool failed(const Exchange& exchange);
std::string_view system_name(System system);  // as db.system.name; empty when it is no database
// "/package.Service/Method"; "*" when it is not known.
std::string_view rpc_name(const Exchange& exchange);
std::string_view server_address(const Exchange& exchange);
uint16_t server_port(const Exchange& exchange);

void write_span(const Exchange& exchange, const RecordContext& context, wire::SpanWriter& out);
void write_log(const Exchange& exchange, const RecordContext& context, wire::LogWriter& out);

}  // namespace tarsier::assemble
