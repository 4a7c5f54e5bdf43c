// The table of settings: key, environment variable, help, and how to read and write the value.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"
#include "base/result.h"

namespace tarsier::app {

struct Setting {
  std::string key;   // "server.port"; the flag is --server-port, the variable TARSIER_SERVER_PORT
  std::string help;  // one line, with the unit
  std::function<std::string(const Config&)> get;
  std::function<Status(Config&, std::string_view)> set;
  bool list = false;  // set() replaces the whole list from comma-separated text

  std::string flag() const;
  std::string variable() const;
};

const std::vector<Setting>& settings();
const Setting* find_setting(std::string_view key);

// Another name under which a value is accepted.
struct Alias {
  std::string key;          // as written in the other program's file or environment
  std::string target;       // our key; empty: accepted, and there is nothing to do
  bool deprecated = false;  // one warning with the modern form
  std::string modern;       // what to write instead; default: the target
  // Translates the value's text; identity when absent.
  std::function<Result<std::string>(std::string_view)> translate;
};

const std::vector<Alias>& file_aliases();         // YAML paths
const std::vector<Alias>& environment_aliases();  // variables, e.g. OTEL_EXPORTER_OTLP_ENDPOINT

// The nearest known key by edit distance, empty when nothing is near.
std::string nearest_key(std::string_view key);

}  // namespace tarsier::app
