#include <fmt/format.h>

#include <cstdio>

#include "app/commands/commands.h"

int main(int argc, char** argv) {
  using namespace tarsier::app;
  int exit_code = 0;
  std::optional<CommandLine> line = parse_command_line(argc, argv, exit_code);
  if (!line) return exit_code;
  if (line->command == "up" || line->command == "agent") return run_up(*line);
  if (line->command == "worker") return run_worker(*line);
  if (line->command == "server") return run_server(*line);
  if (line->command == "doctor") return run_doctor(*line);
  if (line->command == "discover") return run_discover(*line);
  if (line->command.starts_with("query")) return run_query(*line);
  if (line->command.starts_with("config")) return run_config(*line);
  if (line->command == "inspect") return run_inspect(*line);
  fmt::print("tarsier {}\n", kVersion);
  return 0;
}
