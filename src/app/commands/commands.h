// What each command does. Every function returns the process's exit code and has said why it
// failed.
#pragma once

#include "app/commands/cli.h"

namespace tarsier::app {

inline constexpr std::string_view kVersion = "0.1.0";

int run_up(const CommandLine& line);      // up, agent: the privileged process
int run_worker(const CommandLine& line);  // the process without privileges
int run_server(const CommandLine& line);
int run_doctor(const CommandLine& line);
int run_discover(const CommandLine& line);
int run_query(const CommandLine& line);
int run_config(const CommandLine& line);
int run_inspect(const CommandLine& line);

// Loads the configuration, prints its warnings once, sets the log level. Empty after an error was
// printed.
std::optional<Loaded> load_or_explain(const CommandLine& line);
void apply_log_level(const Config& config);

// Where a person finds the UI.
std::string ui_url(const Config& config);

// "tarsier: <message>" on stderr; returns the exit code of a failed command.
int fail(const Error& error);

}  // namespace tarsier::app
