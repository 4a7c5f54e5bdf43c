#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/privilege/supervisor.h"
#include "base/log.h"

namespace tarsier::app {
namespace {

bool exports_something(const Config& config) {
  return !config.exporter.endpoint.empty() || !config.exporter.traces_endpoint.empty() ||
         !config.exporter.metrics_endpoint.empty() || !config.exporter.logs_endpoint.empty() ||
         config.traces.printer != "disabled";
}

}  // namespace

int run_up(const CommandLine& line) {
  std::optional<Loaded> loaded = load_or_explain(line);
  if (!loaded) return 1;
  const Config& config = loaded->config;
  if (line.command == "agent" && !exports_something(config)) {
    return fail(
        invalid("agent has nowhere to send to: set export.endpoint (or otel.endpoint, or "
                "OTEL_EXPORTER_OTLP_ENDPOINT), e.g. --export-endpoint http://server:4318"));
  }
  if (::geteuid() != 0) {
    return fail(
        invalid("watching a host needs root: run it with sudo, or see `tarsier doctor`; "
                "`tarsier server` needs no rights"));
  }
  Result<User> user = find_user(config.capture.user);
  if (!user) return fail(user.error());
  if (Status given = give_folder(config.data, *user); !given) return fail(given.error());
  auto probe = capture::Probe::attach(probe_options(config));
  if (!probe) {
    return fail(Error(probe.error()).with("cannot watch this host (see `tarsier doctor`)"));
  }
  return supervise(**probe, {line.command, print(*loaded), *user});
}

}  // namespace tarsier::app
