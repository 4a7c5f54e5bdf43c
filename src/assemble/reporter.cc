#include "assemble/reporter.h"

#include "assemble/address.h"
#include "assemble/counters.h"
#include "assemble/records.h"
#include "assemble/rpc.h"
#include "base/log.h"

namespace tarsier::assemble {
namespace {

constexpr int64_t kSaveEvery = kSecond / 2;
constexpr int64_t kSaveShare = 50;      // at most one part in so many of the time is for saving
constexpr size_t kBatchMax = 2'048;     // records sent at once: few enough to stay in the cache
constexpr size_t kServersMax = 4'096;   // addresses whose service is remembered
constexpr size_t kServicesMax = 1'024;  // services whose routes are told apart

void endpoint(std::string_view address, uint16_t port, std::string& out) {
  out.assign(address).push_back(' ');
  out.append(reinterpret_cast<const char*>(&port), sizeof port);
}

std::vector<RoutePattern> compile(const std::vector<std::string>& patterns) {
  std::vector<RoutePattern> out;
  for (const std::string& pattern : patterns) out.emplace_back(pattern);
  return out;
}

}  // namespace

Reporter::Reporter(const Options& options, const Processes& processes, const Clock& clock,
                   Checkpoint& checkpoint, model::Sink& out)
    : options_(options),
      clock_(clock),
      patterns_(compile(options.route_patterns)),
      red_(options.metrics_interval_ns),
      flows_(processes, options.flows_max, options.metrics_interval_ns),
      host_(processes.host_resource("tarsier-network-flows")),
      checkpoint_(checkpoint),
      outbox_(out, checkpoint.live()),
      wall_offset_ns_(clock.now_ns() - clock.monotonic_ns()) {
  restore();
}

void Reporter::restore() {
  if (checkpoint_.inherited().empty()) return;
  StateReader state(checkpoint_.inherited());
  size_t series = red_.restore(state, clock_.now_ns());
  Checkpoint::Lost lost = checkpoint_.lost();
  counters().open_lost.add(lost.open_requests);
  counters().measurements_lost.add(lost.measurements);
  counters().records_lost.add(lost.records);
  LOG_WARN("the worker before this one died; its metrics go on", "series", series,
           "open_requests_lost", lost.open_requests, "measurements_lost", lost.measurements,
           "records_lost_at_most", lost.records);
}

void Reporter::save() {
  int64_t begin_ns = clock_.monotonic_ns();
  state_.clear();
  red_.save(state_);
  if (!checkpoint_.save(state_)) counters().checkpoints_failed.add();
  int64_t end_ns = clock_.monotonic_ns();
  save_due_ns_ = end_ns + std::max(kSaveEvery, (end_ns - begin_ns) * kSaveShare);
}

void Reporter::serves(const capture::ts_tuple& tuple, ProcessEntry& process) {
  std::string address, key;
  format_address(tuple.local_address, address);
  endpoint(address, tuple.local_port, key);
  if (servers_.size() < kServersMax || servers_.contains(key)) servers_[key] = &process;
}

std::string_view Reporter::service_at(std::string_view address, uint16_t port) const {
  thread_local std::string key;
  endpoint(address, port, key);
  auto found = servers_.find(key);
  return found == servers_.end() ? std::string_view()
                                 : std::string_view(found->second->service_name);
}

void Reporter::flow(const capture::ts_flow& event) {
  if (!options_.flows) return;
  bool client = Flows::local_is_client(event);
  const capture::ts_tuple& t = event.tuple;
  thread_local std::string address;
  format_address(client ? t.peer_address : t.local_address, address);
  flows_.add(event, service_at(address, client ? t.peer_port : t.local_port));
}

std::string_view Reporter::route(const Exchange& e) {
  auto found = services_.find(e.process->service_name);
  if (found == services_.end()) {
    if (services_.size() >= kServicesMax) return {};
    found = services_
                .emplace(e.process->service_name,
                         std::make_unique<Service>(patterns_, options_.routes_per_service_max))
                .first;
  }
  Service& service = *found->second;
  if (e.system == System::kGrpc) return rpc_method(e, service);
  if (e.target.empty()) return {};
  Routes& routes = e.side == Side::kServer ? service.served : service.called;
  return routes.route(e.path(), e.status != 404 && e.status != 0);
}

// As few names as there are routes; none that the server does not have.
std::string_view Reporter::rpc_method(const Exchange& e, Service& service) const {
  std::string_view name = rpc_name(e);
  if (auto known = service.methods.find(name); known != service.methods.end()) return *known;
  if (name == "*" || e.rpc_status == kRpcUnimplemented) return "*";
  if (service.methods.size() >= options_.routes_per_service_max) {
    counters().routes_aggregated.add();
    return "AGGREGATED";
  }
  return *service.methods.emplace(name).first;
}

void Reporter::report(const Exchange& e) {
  RecordContext context{.route = {}, .peer_service = {}, .wall_offset_ns = wall_offset_ns_};
  if (e.system == System::kHttp || e.system == System::kGrpc) context.route = route(e);
  bool server = e.side == Side::kServer;
  if (!server) context.peer_service = service_at(e.peer_address, e.peer_port);
  if (options_.metrics && e.system != System::kOther) {
    red_.add(e, context.route);
    checkpoint_.live().measured++;
  }
  if (!options_.traces) {
    counters().traces_off.add();
  } else if (!e.trace->sampled) {
    counters().unsampled.add();
  } else {
    write_span(e, context, outbox_.span(*e.process));
    counters().spans.add();
  }
  if (options_.request_logs && server) {
    write_log(e, context, outbox_.log(*e.process));
    counters().logs.add();
  }
  if (outbox_.size() >= kBatchMax) outbox_.send();
}

void Reporter::send(bool all) {
  outbox_.send();
  outbox_.settle();
  int64_t now_ns = clock_.now_ns();
  if (now_ns < metrics_due_ns_ && !all) {
    if (clock_.monotonic_ns() >= save_due_ns_) save();
    return;
  }
  metrics_due_ns_ = (now_ns / options_.metrics_interval_ns + 1) * options_.metrics_interval_ns;
  wall_offset_ns_ = now_ns - clock_.monotonic_ns();  // the wall clock may have been set
  model::Batch zeros, batch;
  red_.emit(now_ns, zeros, batch);
  flows_.emit(now_ns, host_, zeros, batch);
  save();  // first: a counter that was sent must not go on from less
  outbox_.send(std::move(zeros));
  outbox_.send(std::move(batch));
}

}  // namespace tarsier::assemble
