#include "app/commands/cli.h"

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "app/config/settings.h"

namespace tarsier::app {
namespace {

void add_sources(CLI::App& app, CommandLine& line, bool config_required = false) {
  auto* option = app.add_option_function<std::string>(
      "--config", [&line](const std::string& path) { line.sources.file = path; },
      "configuration file (YAML; a Beyla file works as it is)");
  if (config_required) option->required();
  for (const Setting& setting : settings()) {
    app.add_option_function<std::string>(
           setting.flag(),
           [&line, key = setting.key](const std::string& value) {
             line.sources.flags.emplace_back(key, value);
           },
           setting.help)
        ->group(setting.key.substr(0, setting.key.find('.')));
  }
}

void add_run_commands(CLI::App& app, CommandLine& line) {
  add_sources(*app.add_subcommand("up", "watch this host, store, and show: all in one"), line);
  add_sources(*app.add_subcommand("agent", "watch this host and send OTLP to export.endpoint"),
              line);
  add_sources(*app.add_subcommand("server", "receive, store, query and show; no eBPF"), line);
  add_sources(*app.add_subcommand("doctor", "what this kernel and these privileges allow"), line);

  CLI::App* discover =
      app.add_subcommand("discover", "the services that would be watched now, and their names");
  discover->add_flag("--explain", line.explain,
                     "also why, where each name is from, and who is left out");
  add_sources(*discover, line);

  CLI::App* worker = app.add_subcommand("worker", "the process without privileges");
  worker->group("");
  worker->add_option("mode", line.worker_mode)->required();
  worker->add_option("descriptors", line.descriptors)->required();
}

void add_query_command(CLI::App& app, CommandLine& line) {
  CLI::App* query = app.add_subcommand("query", "ask a running tarsier");
  query->require_subcommand(1);
  for (auto [name, help] :
       {std::pair{"metrics", "PromQL"}, {"logs", "LogQL"}, {"traces", "TraceQL"}}) {
    CLI::App* kind = query->add_subcommand(name, help);
    kind->add_option("query", line.arguments, "the query")->required()->expected(1);
    kind->add_option("--url", line.url, "where tarsier listens")->capture_default_str();
    kind->add_option("--since", line.since, "how far back")->capture_default_str();
    kind->add_option("--step", line.step, "evaluate over the range, at this step (metrics)");
    kind->add_option("--limit", line.limit, "lines or traces at most")->capture_default_str();
    kind->add_option("--tenant", line.tenant, "X-Scope-OrgID");
    kind->add_flag("--json", line.json, "print the answer as it came");
  }
}

void add_config_command(CLI::App& app, CommandLine& line) {
  CLI::App* config = app.add_subcommand("config", "check or print the configuration");
  config->require_subcommand(1);
  add_sources(*config->add_subcommand("check", "say what is wrong with it"), line);
  add_sources(*config->add_subcommand("print", "each effective value and where it came from"),
              line);
}

std::string selected(const CLI::App& app) {
  std::string name;
  for (const CLI::App* sub : app.get_subcommands()) {
    std::string rest = selected(*sub);
    name = sub->get_name() + (rest.empty() ? "" : " " + rest);
  }
  return name;
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code) {
  CommandLine line;
  line.sources.environment = [](const char* name) { return std::getenv(name); };
  CLI::App app{"tarsier: sees every service of a Linux host, without a change to any of them"};
  app.require_subcommand(1);
  add_run_commands(app, line);
  add_query_command(app, line);
  add_config_command(app, line);
  app.add_subcommand("inspect", "print a file of the store as text")
      ->add_option("file", line.arguments, "log segment or snapshot")
      ->required();
  app.add_subcommand("version", "print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    exit_code = app.exit(e);
    return std::nullopt;
  }
  line.command = selected(app);
  return line;
}

}  // namespace tarsier::app
