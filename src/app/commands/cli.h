// The command line, parsed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config/load.h"

namespace tarsier::app {

struct CommandLine {
  std::string command;  // "up", "agent", "server", "doctor", "query", "config check", ...
  Sources sources;
  std::vector<std::string> arguments;  // positional ones of the command

  // tarsier query
  std::string url = "http://127.0.0.1:3000";
  std::string since = "1h";
  std::string step;
  std::string tenant;
  int64_t limit = 100;
  bool json = false;

  bool explain = false;  // tarsier discover

  // tarsier worker (started by up and agent, not by people)
  std::string worker_mode;
  std::vector<int> descriptors;
};

// Empty when the command has ended already (help was printed, or the line was wrong); exit_code
// then says how.
std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code);

}  // namespace tarsier::app
