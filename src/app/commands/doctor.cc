#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "app/commands/commands.h"
#include "app/doctor/checks.h"

namespace tarsier::app {

int run_doctor(const CommandLine& line) {
  std::optional<Loaded> loaded = load_or_explain(line);
  if (!loaded) return 1;
  const Config& config = loaded->config;
  std::vector<Section> sections = {
      {"watching this host", capture::probe_features()},
      {"keeping and showing", {check_folder(config.data, config.store.retention_bytes)}},
      {"ports of " + config.server.address, check_ports(config.server)},
  };
  sections[0].features.push_back(check_user(config.capture.user));
  sections[1].features.push_back(check_clock());
  bool colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  fmt::print("{}", render(sections, colour));
  return blockers(sections) == 0 ? 0 : 1;
}

}  // namespace tarsier::app
