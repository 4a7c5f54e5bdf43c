#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/privilege/privilege.h"
#include "app/wiring/backend.h"
#include "app/wiring/signals.h"
#include "base/log.h"

namespace tarsier::app {
namespace {

// A server needs no rights: started as root it gives them up before it reads a byte from outside.
Status give_up_rights(const Config& config) {
  if (::geteuid() != 0) return {};
  TRY(User user, find_user(config.capture.user));
  TRY_STATUS(give_folder(config.data, user));
  return become(user);
}

}  // namespace

std::string ui_url(const Config& config) {
  const std::string& address = config.server.address;
  bool any = address == "0.0.0.0" || address == "::" || address == "127.0.0.1";
  return fmt::format("http://{}:{}", any ? "localhost" : address, config.server.port);
}

int run_server(const CommandLine& line) {
  std::optional<Loaded> loaded = load_or_explain(line);
  if (!loaded) return 1;
  StopSignals signals;
  if (Status given = give_up_rights(loaded->config); !given) return fail(given.error());
  auto backend = Backend::start(loaded->config);
  if (!backend) return fail(backend.error());
  LOG_INFO("ready", "url", ui_url(loaded->config));
  while (!signals.stop_requested(1000)) {
  }
  return 0;
}

}  // namespace tarsier::app
