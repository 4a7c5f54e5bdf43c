#include "assemble/processes.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/log.h"

namespace tarsier::assemble {
namespace {

constexpr size_t kProcessesMax = 65'536;
constexpr int64_t kGoneKeepNs = 30 * kSecond;

void add(model::Attributes& attributes, std::string_view key, std::string_view value) {
  if (!value.empty()) model::set(attributes, key, {std::string(value)});
}

}  // namespace

model::Resource Processes::host_resource(std::string_view service_name) const {
  model::Resource resource;
  add(resource.attributes, "service.name", service_name);
  add(resource.attributes, "service.instance.id", host_name_);
  add(resource.attributes, "telemetry.sdk.name", "tarsier");
  add(resource.attributes, "telemetry.sdk.version", TARSIER_VERSION);
  add(resource.attributes, "host.name", host_name_);
  add(resource.attributes, "host.id", host_id_);
  add(resource.attributes, "os.type", "linux");
  return resource;
}

ProcessEntry& Processes::update(const capture::Process& process) {
  ProcessPtr& entry = by_pid_[process.pid];
  if (!entry || entry->gone || (entry->known && entry->start_time != process.start_time)) {
    entry = new ProcessEntry;
  }
  entry->pid = process.pid;
  entry->start_time = process.start_time;
  entry->known = true;
  entry->is_go = process.language == capture::Language::kGo;
  entry->service_name = process.service_name;
  entry->service_namespace = process.service_namespace;

  // What the process says of itself first; what we know for certain replaces it.
  model::Attributes attributes = process.resource_attributes;
  add(attributes, "service.name", process.service_name);
  add(attributes, "service.namespace", process.service_namespace);
  add(attributes, "service.instance.id", fmt::format("{}:{}", host_name_, process.pid));
  add(attributes, "telemetry.sdk.language", capture::name(process.language));
  add(attributes, "telemetry.sdk.name", "tarsier");
  add(attributes, "telemetry.sdk.version", TARSIER_VERSION);
  add(attributes, "host.name", host_name_);
  add(attributes, "host.id", host_id_);
  add(attributes, "os.type", "linux");
  add(attributes, "container.id", process.container_id);
  model::set(attributes, "process.pid", {static_cast<int64_t>(process.pid)});
  add(attributes, "process.executable.path", process.exe_path);
  size_t slash = process.exe_path.rfind('/');
  add(attributes, "process.executable.name",
      slash == std::string::npos ? std::string_view(process.exe_path)
                                 : std::string_view(process.exe_path).substr(slash + 1));
  entry->resource.attributes = std::move(attributes);
  return *entry;
}

void Processes::exit(uint32_t pid, int64_t now_ns) {
  auto found = by_pid_.find(pid);
  if (found == by_pid_.end() || found->second->gone) return;
  found->second->gone = true;
  gone_.emplace_back(now_ns, found->second);
}

void Processes::expire(int64_t now_ns) {
  for (; !gone_.empty() && gone_.front().first + kGoneKeepNs < now_ns; gone_.pop_front()) {
    auto found = by_pid_.find(gone_.front().second->pid);
    if (found != by_pid_.end() && found->second == gone_.front().second) by_pid_.erase(found);
  }
}

ProcessEntry* Processes::get(uint32_t pid, int64_t now_ns) {
  auto found = by_pid_.find(pid);
  if (found != by_pid_.end()) return found->second.get();
  if (by_pid_.size() >= kProcessesMax) {
    LOG_WARN("too many processes: forgetting them all", "limit", kProcessesMax, "hint",
             "restrict discovery to the services of interest");
    by_pid_.clear();
  }
  ProcessPtr entry(new ProcessEntry);
  entry->pid = pid;
  entry->first_seen_ns = now_ns;
  return by_pid_.emplace(pid, std::move(entry)).first->second.get();
}

const ProcessEntry* Processes::find(uint32_t pid) const {
  auto found = by_pid_.find(pid);
  return found == by_pid_.end() ? nullptr : found->second.get();
}

void Processes::name_unknown(ProcessEntry& entry) const {
  entry.known = true;
  entry.service_name = "unknown_service";
  entry.resource = host_resource("unknown_service");
  model::set(entry.resource.attributes, "service.instance.id",
             {fmt::format("{}:{}", host_name_, entry.pid)});
  model::set(entry.resource.attributes, "process.pid", {static_cast<int64_t>(entry.pid)});
}

}  // namespace tarsier::assemble
