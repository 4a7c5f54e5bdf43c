#include "app/wiring/watcher.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <fstream>

#include "base/log.h"
#include "pipeline/pipeline.h"

namespace tarsier::app {
namespace {

constexpr int kPollMs = 20;

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

std::string host_id() {
  std::string id;
  std::ifstream("/etc/machine-id") >> id;
  return id;
}

assemble::Sampler sampler(const std::string& name) {
  if (name == "always_on") return assemble::Sampler::kAlwaysOn;
  if (name == "always_off") return assemble::Sampler::kAlwaysOff;
  if (name == "traceidratio") return assemble::Sampler::kTraceIdRatio;
  if (name == "parentbased_always_off") return assemble::Sampler::kParentBasedAlwaysOff;
  if (name == "parentbased_traceidratio") return assemble::Sampler::kParentBasedTraceIdRatio;
  return assemble::Sampler::kParentBasedAlwaysOn;
}

assemble::Options assemble_options(const Config& config) {
  assemble::Options out;
  out.sampler = sampler(config.traces.sampler);
  out.sampler_ratio = config.traces.sampler_arg;
  out.metrics_interval_ns = config.metrics.interval_ns;
  out.request_logs = config.logs.requests;
  out.flows = config.capture.network;
  out.route_patterns = config.routes.patterns;
  out.routes_per_service_max = static_cast<size_t>(config.routes.max_per_service);
  out.redacted_query_keys = config.redact_query_keys;
  out.host_name = host_name();
  out.host_id = host_id();
  return out;
}

Result<std::span<std::byte>> map_state(const Fd& fd) {
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return io_error("stat the state's memory");
  auto size = static_cast<size_t>(info.st_size);
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (at == MAP_FAILED) return io_error("map the state's memory");
  return std::span(static_cast<std::byte*>(at), size);
}

Result<net::Headers> headers(const std::vector<std::string>& entries) {
  net::Headers out;
  for (const std::string& entry : entries) {
    size_t equals = entry.find('=');
    if (equals == std::string::npos) {
      return invalid(fmt::format("export.headers: \"{}\" is not name=value", entry));
    }
    out.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Watcher>> Watcher::start(const Config& config, const Fd& state,
                                                const std::vector<int>& descriptors,
                                                model::Sink& sink) {
  std::unique_ptr<Watcher> watcher(new Watcher);
  TRY(watcher->reader_, capture::Reader::open(descriptors));
  if (!config.capture.record.empty()) {
    TRY_STATUS(watcher->reader_->record_to(config.capture.record));
  }
  TRY(watcher->state_, map_state(state));
  assemble::Options options = assemble_options(config);
  options.state = watcher->state_;
  watcher->assembler_ = assemble::make_assembler(options, system_clock(), sink);
  watcher->thread_ = std::jthread([w = watcher.get()](std::stop_token stop) { w->run(stop); });
  return watcher;
}

Watcher::~Watcher() {
  thread_ = {};  // stops and joins
  assembler_.reset();
  if (!state_.empty()) ::munmap(state_.data(), state_.size());
}

void Watcher::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    Result<size_t> polled = reader_->poll(*assembler_, kPollMs);
    assembler_->tick();
    if (polled) continue;
    LOG_ERROR("capture ended", "error", polled.error().message);
    break;
  }
  assembler_->flush();
  alive_ = false;
}

Result<std::unique_ptr<model::Sink>> make_exporter(const Config& config) {
  const Config::Export& from = config.exporter;
  std::string base = from.endpoint;
  while (base.ends_with('/')) base.pop_back();
  auto url = [&](bool wanted, const std::string& full, std::string_view path) -> std::string {
    if (!wanted) return {};
    if (!full.empty()) return full;
    return base.empty() ? "" : base + std::string(path);
  };
  pipeline::ExporterOptions options;
  options.traces_url = url(from.traces, from.traces_endpoint, "/v1/traces");
  options.metrics_url = url(from.metrics, from.metrics_endpoint, "/v1/metrics");
  options.logs_url = url(from.logs, from.logs_endpoint, "/v1/logs");
  if (options.traces_url.empty() && options.metrics_url.empty() && options.logs_url.empty()) {
    return std::unique_ptr<model::Sink>();
  }
  TRY(options.headers, headers(from.headers));
  options.client.insecure = from.insecure;
  options.queue_folder = config.data + "/queue";
  options.queue_bytes_max = static_cast<uint64_t>(from.queue_bytes);
  TRY(std::unique_ptr<pipeline::Exporter> exporter,
      pipeline::Exporter::open(options, system_clock()));
  return std::unique_ptr<model::Sink>(std::move(exporter));
}

}  // namespace tarsier::app
