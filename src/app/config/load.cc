#include "app/config/load.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "app/config/settings.h"
#include "app/config/values.h"
#include "app/config/yaml.h"

namespace tarsier::app {
namespace {

const Alias* find_alias(const std::vector<Alias>& aliases, std::string_view key) {
  for (const Alias& alias : aliases) {
    if (alias.key == key) return &alias;
  }
  return nullptr;
}

Status assign(Loaded& loaded, const Setting& setting, std::string_view value,
              const std::string& origin) {
  if (Status set = setting.set(loaded.config, value); !set) {
    return Error(set.error()).with(setting.key).with(origin);
  }
  loaded.origins[setting.key] = origin;
  return {};
}

void warn_deprecated(Loaded& loaded, const Alias& alias, const std::string& origin) {
  if (!alias.deprecated) return;
  loaded.warnings.push_back(fmt::format("{}: {} is deprecated, write {}", origin, alias.key,
                                        alias.modern.empty() ? alias.target : alias.modern));
}

Status assign_alias(Loaded& loaded, const Alias& alias, std::string_view value,
                    const std::string& origin) {
  std::string translated(value);
  if (alias.translate) {
    Result<std::string> result = alias.translate(value);
    if (!result) return Error(result.error()).with(alias.key).with(origin);
    translated = *result;
  }
  warn_deprecated(loaded, alias, origin);
  return assign(loaded, *find_setting(alias.target), translated, origin);
}

// discovery.<list>[].<field>: the list, and whether its patterns are regexes.
struct SelectorList {
  std::string_view prefix;
  bool regex;
  std::vector<Selector> Config::* list;
  std::string_view modern;  // of the deprecated ones
};
constexpr SelectorList kSelectorLists[] = {
    {"discovery.instrument[].", false, &Config::instrument, ""},
    {"discovery.services[].", true, &Config::instrument, "discovery.instrument (glob patterns)"},
    {"discovery.exclude_instrument[].", false, &Config::exclude, ""},
    {"discovery.exclude_services[].", true, &Config::exclude,
     "discovery.exclude_instrument (glob patterns)"},
};

std::string* selector_field(Selector& selector, std::string_view field) {
  if (field == "exe_path" || field == "exe_path_regexp") return &selector.exe_path;
  if (field == "open_ports") return &selector.open_ports;
  if (field == "name") return &selector.name;
  if (field == "namespace") return &selector.service_namespace;
  return nullptr;
}

// Keeps the items of the several selector lists apart while a file is read.
struct FileReader {
  Loaded& loaded;
  std::string file;
  const SelectorList* list = nullptr;
  size_t item = 0;
  std::vector<std::string> cleared;  // list settings that the file has begun to fill

  Status read(const YamlEntry& entry) {
    std::string origin = fmt::format("{}:{}", file, entry.line);
    for (const SelectorList& candidate : kSelectorLists) {
      if (entry.path.starts_with(candidate.prefix)) return read_selector(candidate, entry, origin);
    }
    std::string key = entry.path;
    if (key.ends_with("[]")) key.resize(key.size() - 2);
    if (const Setting* setting = find_setting(key)) return read_setting(*setting, entry, origin);
    if (const Alias* alias = find_alias(file_aliases(), key)) {
      return assign_alias(loaded, *alias, entry.value, origin);
    }
    std::string nearest = nearest_key(key);
    loaded.unknown.push_back(
        fmt::format("{}: unknown key {}{}", origin, key,
                    nearest.empty() ? "" : fmt::format("; the nearest known key is {}", nearest)));
    return {};
  }

  Status read_setting(const Setting& setting, const YamlEntry& entry, const std::string& origin) {
    if (!setting.list || entry.index.empty() || entry.index[0] == 0) {
      return assign(loaded, setting, entry.value, origin);
    }
    return assign(loaded, setting, setting.get(loaded.config) + "," + entry.value, origin);
  }

  Status read_selector(const SelectorList& of, const YamlEntry& entry, const std::string& origin) {
    std::vector<Selector>& items = loaded.config.*of.list;
    bool first = list != &of;
    if (first || item != entry.index[0]) {
      items.push_back({.regex = of.regex,
                       .exe_path = {},
                       .open_ports = {},
                       .name = {},
                       .service_namespace = {}});
      if (first && !of.modern.empty()) {
        loaded.warnings.push_back(fmt::format("{}: {} is deprecated, write {}", origin,
                                              of.prefix.substr(0, of.prefix.size() - 3),
                                              of.modern));
      }
    }
    list = &of;
    item = entry.index[0];
    std::string* field = selector_field(items.back(), entry.path.substr(of.prefix.size()));
    if (!field) {
      return invalid(fmt::format(
          "{}: selector field {} is not supported; use exe_path, open_ports, name or namespace",
          origin, entry.path));
    }
    *field = entry.value;
    return {};
  }
};

Status read_file(Loaded& loaded, const Sources& sources) {
  if (!sources.file) return {};
  std::string text;
  if (sources.file_text) {
    text = *sources.file_text;
  } else {
    std::ifstream in(*sources.file, std::ios::binary);
    if (!in) return io_error("cannot read configuration file " + sources.file->string());
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::string name = sources.file->string();
  Result<std::vector<YamlEntry>> entries = read_yaml(text, sources.environment);
  if (!entries) {
    return Error{entries.error().code, name + ":" + entries.error().message};
  }
  FileReader reader{loaded, name, nullptr, 0, {}};
  for (const YamlEntry& entry : *entries) TRY_STATUS(reader.read(entry));
  return {};
}

Status read_environment(Loaded& loaded, const Sources& sources) {
  if (!sources.environment) return {};
  for (const Alias& alias : environment_aliases()) {
    const char* value = sources.environment(alias.key.c_str());
    if (!value || !*value) continue;
    TRY_STATUS(assign_alias(loaded, alias, value, "environment " + alias.key));
  }
  for (const Setting& setting : settings()) {
    std::string variable = setting.variable();
    const char* value = sources.environment(variable.c_str());
    if (value) TRY_STATUS(assign(loaded, setting, value, "environment " + variable));
  }
  for (const char* name : {"BEYLA_OPEN_PORT", "BEYLA_EXECUTABLE_NAME", "BEYLA_AUTO_TARGET_EXE"}) {
    const char* value = sources.environment(name);
    if (!value || !*value) continue;
    Selector selector;
    selector.regex = std::string_view(name) == "BEYLA_EXECUTABLE_NAME";
    (std::string_view(name) == "BEYLA_OPEN_PORT" ? selector.open_ports : selector.exe_path) = value;
    loaded.config.instrument.push_back(std::move(selector));
  }
  return {};
}

std::string yaml_quoted(std::string_view value) {
  std::string out = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

void print_selectors(std::string& out, std::string_view key, const std::vector<Selector>& items,
                     bool regex) {
  bool any = false;
  for (const Selector& item : items) {
    if (item.regex != regex) continue;
    if (!any) out += fmt::format("discovery.{}:\n", key);
    any = true;
    std::string line = "  - {";
    auto field = [&](std::string_view name, const std::string& value) {
      if (value.empty()) return;
      line += fmt::format("{}{}: {}", line.ends_with('{') ? "" : ", ", name, yaml_quoted(value));
    };
    field("exe_path", item.exe_path);
    field("open_ports", item.open_ports);
    field("name", item.name);
    field("namespace", item.service_namespace);
    out += line + "}\n";
  }
}

}  // namespace

Result<Loaded> load(const Sources& sources) {
  Loaded loaded;
  for (const Setting& setting : settings()) loaded.origins[setting.key] = "default";
  TRY_STATUS(read_file(loaded, sources));
  TRY_STATUS(read_environment(loaded, sources));
  for (const auto& [key, value] : sources.flags) {
    const Setting* setting = find_setting(key);
    if (!setting) {
      return invalid(fmt::format("unknown setting {}; the nearest is {}", key, nearest_key(key)));
    }
    TRY_STATUS(assign(loaded, *setting, value, "flag " + setting->flag()));
  }
  return loaded;
}

std::string print(const Loaded& loaded) {
  std::string out;
  for (const Setting& setting : settings()) {
    std::string value = setting.get(loaded.config);
    out += fmt::format("{}: {}  # {}\n", setting.key, yaml_quoted(value),
                       loaded.origins.at(setting.key));
  }
  print_selectors(out, "instrument", loaded.config.instrument, false);
  print_selectors(out, "services", loaded.config.instrument, true);
  print_selectors(out, "exclude_instrument", loaded.config.exclude, false);
  print_selectors(out, "exclude_services", loaded.config.exclude, true);
  return out;
}

}  // namespace tarsier::app
