#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <optional>

#include "capture/discovery/clues.h"
#include "capture/discovery/json_name.h"
#include "capture/discovery/proc_text.h"

namespace tarsier::capture {
namespace {

using Words = std::vector<std::string_view>;
using Set = std::initializer_list<std::string_view>;

constexpr size_t kNameMax = 128;

bool in(std::string_view word, Set set) {
  return std::find(set.begin(), set.end(), word) != set.end();
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// "mysite.wsgi": what can be imported.
bool is_module(std::string_view text) {
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) && text[0] != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '.'; });
}

// argv behind the program, without options; `with_value` are those that take the next word.
// Nothing behind the first positional word is an option of the interpreter.
Words positional(const Words& arguments, Set with_value) {
  for (size_t i = 1; i < arguments.size(); i++) {
    if (in(arguments[i], with_value)) {
      i++;
    } else if (!arguments[i].starts_with('-') && !arguments[i].empty()) {
      return {arguments.begin() + static_cast<ptrdiff_t>(i), arguments.end()};
    }
  }
  return {};
}

// The value of "--name value", "--name=value" or (for one letter) "-n value".
std::string_view option(const Words& words, Set names) {
  for (size_t i = 0; i < words.size(); i++) {
    for (std::string_view name : names) {
      if (words[i] == name && i + 1 < words.size()) return words[i + 1];
      bool assigned = words[i].starts_with(name) && words[i].size() > name.size() &&
                      words[i][name.size()] == '=';
      if (assigned) return words[i].substr(name.size() + 1);
    }
  }
  return {};
}

// The text within the last [brackets]: servers rewrite their command line like that.
std::string_view bracketed(std::string_view text) {
  size_t open = text.rfind('['), close = text.rfind(']');
  if (open == text.npos || close == text.npos || close < open) return {};
  return text.substr(open + 1, close - open - 1);
}

std::string absolute(const Clues& clues, std::string_view path) {
  if (path.starts_with('/')) return std::string(path);
  while (path.starts_with("./")) path.remove_prefix(2);
  return clues.cwd + (clues.cwd.ends_with('/') ? "" : "/") + std::string(path);
}

// The folder that a project lives in, past those that only say how it was built.
std::string_view project_folder(std::string_view folder) {
  while (in(basename(folder), {"dist", "build", "out", "bin", "src", "lib", "public"})) {
    std::string_view parent = parent_folder(folder);
    if (basename(parent).empty()) break;
    folder = parent;
  }
  return basename(folder);
}

// "mysite.wsgi:application" -> "mysite", "shop.receipt.main" -> "receipt", "receipt:app" ->
// "receipt".
// "app:app", which is what everybody writes, says less than the folder it runs in.
std::string_view module_name(const Clues& clues, std::string_view target) {
  static constexpr std::array<std::string_view, 8> kUsual = {
      "wsgi", "asgi", "main", "app", "application", "server", "api", "__main__"};
  target = target.substr(0, target.find(':'));
  std::string_view rest = target;
  while (!rest.empty()) {
    size_t dot = rest.rfind('.');
    std::string_view last = rest.substr(dot + 1);
    if (std::find(kUsual.begin(), kUsual.end(), last) == kUsual.end()) return last;
    rest = dot == rest.npos ? std::string_view() : rest.substr(0, dot);
  }
  std::string_view folder = project_folder(clues.cwd);
  bool says_more = !in(folder, {"", "code", "workspace", "srv", "home", "root", "tmp", "opt"});
  return says_more ? folder : target.substr(0, target.find('.'));
}

// The application that a Python server was asked to run: "module:object", else a last module.
std::string_view served_module(const Clues& clues, const Words& words) {
  for (std::string_view word : words) {
    size_t colon = word.find(':');
    if (colon == word.npos) continue;
    std::string_view object = word.substr(colon + 1);
    if (is_module(word.substr(0, colon)) && is_module(object.substr(0, object.find('(')))) {
      return module_name(clues, word);
    }
  }
  if (words.empty() || !is_module(words.back())) return {};
  bool value = words.size() > 1 && words[words.size() - 2].starts_with('-');
  return value ? std::string_view() : module_name(clues, words.back());
}

// `program` is a script's stem or a module's name, `rest` what follows it.
std::string_view python_program(const Clues& clues, std::string_view program, const Words& rest) {
  if (in(program,
         {"gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "waitress-serve", "waitress"})) {
    std::string_view given = program == "gunicorn" ? option(rest, {"-n", "--name"}) : "";
    return given.empty() ? served_module(clues, rest) : given;
  }
  if (program == "celery") return module_name(clues, option(rest, {"-A", "--app"}));
  if (program == "flask") {
    std::string_view app = option(rest, {"-A", "--app"});
    if (app.empty()) app = variable(clues.environment, "FLASK_APP").value_or("");
    return app.ends_with(".py") ? stem(app) : module_name(clues, app);
  }
  if (in(program, {"manage", "django-admin"})) {
    auto settings = variable(clues.environment, "DJANGO_SETTINGS_MODULE");
    return settings ? settings->substr(0, settings->find('.')) : project_folder(clues.cwd);
  }
  if (in(program, {"fastapi", "streamlit"})) {
    for (std::string_view word : rest) {
      if (word.ends_with(".py")) return stem(word);
    }
    return {};
  }
  if (program.ends_with(".__main__")) program.remove_suffix(9);
  return program;
}

std::string_view python_name(const Clues& clues) {
  const Words& words = clues.arguments;
  // "gunicorn: worker [receipt:app]"
  if (!words.empty() && words[0].starts_with("gunicorn: "))
    return module_name(clues, bracketed(words[0]));
  for (size_t i = 1; i < words.size(); i++) {
    Words rest(words.begin() + static_cast<ptrdiff_t>(std::min(i + 1, words.size())), words.end());
    if (words[i] == "-c") return {};
    if (words[i] == "-m") {
      if (rest.empty()) return {};
      return python_program(clues, rest[0], {rest.begin() + 1, rest.end()});
    }
    if (words[i].starts_with("-m")) return python_program(clues, words[i].substr(2), rest);
    if (in(words[i], {"-X", "-W", "--check-hash-based-pycs"})) {
      i++;
    } else if (!words[i].starts_with('-') && !words[i].empty()) {
      if (basename(words[i]) == "__main__.py") return basename(parent_folder(words[i]));
      return python_program(clues, stem(words[i]), rest);
    }
  }
  return {};
}

// "shop-1.2.3-SNAPSHOT.jar" -> "shop"
std::string_view jar_name(std::string_view path) {
  std::string_view name = stem(path);
  for (size_t dash = name.find('-'); dash != name.npos; dash = name.find('-', dash + 1)) {
    bool version = dash > 0 && dash + 1 < name.size() &&
                   std::isdigit(static_cast<unsigned char>(name[dash + 1]));
    if (version) return name.substr(0, dash);
  }
  return name;
}

std::string_view class_name(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kKnown[] = {
      {"org.apache.catalina.", "tomcat"},       {"kafka.Kafka", "kafka"},
      {"org.elasticsearch.", "elasticsearch"},  {"org.opensearch.", "opensearch"},
      {"org.apache.cassandra.", "cassandra"},   {"org.apache.zookeeper.", "zookeeper"},
      {"org.springframework.boot.loader.", ""},
  };
  for (const auto& [prefix, name] : kKnown) {
    if (path.starts_with(prefix)) return name;
  }
  if (path.ends_with(".java")) return stem(path);
  path = path.substr(path.find('/') == path.npos ? 0 : path.find('/') + 1);  // module/class
  size_t dot = path.rfind('.');
  if (dot == path.npos) return path;
  std::string_view last = path.substr(dot + 1);
  if (!in(last, {"Main", "App", "Application", "Server", "Launcher", "Bootstrap"})) return last;
  std::string_view package = path.substr(0, dot);
  return package.substr(package.rfind('.') == package.npos ? 0 : package.rfind('.') + 1);
}

std::string_view java_name(const Clues& clues) {
  for (std::string_view property :
       {"-Dotel.service.name", "-Dspring.application.name", "--spring.application.name"}) {
    std::string_view value = option(clues.arguments, {property});
    if (!value.empty()) return value;
  }
  auto spring = variable(clues.environment, "SPRING_APPLICATION_NAME");
  if (spring && !spring->empty()) return *spring;
  std::string_view jar = option(clues.arguments, {"-jar"});
  if (!jar.empty()) return jar_name(jar);
  std::string_view module = option(clues.arguments, {"-m", "--module"});
  if (!module.empty()) return class_name(module);
  Words words =
      positional(clues.arguments, {"-cp", "-classpath", "--class-path", "-p", "--module-path",
                                   "--add-modules", "--add-opens", "--add-exports", "--add-reads",
                                   "--source", "--upgrade-module-path"});
  for (std::string_view word : words) {
    if (!word.starts_with('@')) return class_name(word);  // @file holds more arguments
  }
  return {};
}

// The name in the nearest package.json above, without its scope.
std::string package_name(const Clues& clues, std::string_view folder) {
  for (int up = 0; up < 8 && !folder.empty(); up++) {
    std::string name = json_name(clues.read_file(std::string(folder) + "/package.json"));
    if (!name.empty()) return name.substr(name.rfind('/') + 1);
    folder = parent_folder(folder);
  }
  return {};
}

std::string node_name(const Clues& clues) {
  // PM2 runs the script within its own.
  auto script_of_pm2 = variable(clues.environment, "pm_exec_path");
  auto name_in_pm2 = variable(clues.environment, "name");
  if (script_of_pm2 && name_in_pm2 && !name_in_pm2->empty()) return std::string(*name_in_pm2);
  Words words = positional(
      clues.arguments, {"-r", "--require", "--import", "--loader", "--experimental-loader", "-C",
                        "--conditions", "--title", "--env-file", "--config"});
  while (!words.empty() && in(words[0], {"run", "serve", "start", "task", "x"})) {
    words = positional(words, {"--config", "--env-file"});
  }
  std::string script = words.empty() ? std::string() : absolute(clues, words[0]);
  bool tool = script.empty() || script.find("/node_modules/") != script.npos;
  std::string folder(tool ? std::string_view(clues.cwd) : parent_folder(script));
  std::string package = package_name(clues, folder);
  if (!package.empty()) return package;
  auto npm = variable(clues.environment, "npm_package_name");
  if (npm && !npm->empty()) return std::string(npm->substr(npm->rfind('/') + 1));
  if (tool) return std::string(project_folder(folder));
  std::string_view name = stem(script);
  return std::string(in(name, {"index", "main"}) ? project_folder(folder) : name);
}

std::string_view ruby_name(const Clues& clues) {
  const Words& words = clues.arguments;
  // "puma 6.4.0 (tcp://0.0.0.0:3000) [shop]"
  if (!words.empty() && words[0].starts_with("puma")) return bracketed(words[0]);
  Words rest = positional(words, {"-r", "-I", "-C", "-E"});
  if (rest.empty()) return {};
  std::string_view program = stem(rest[0]);
  bool server = in(program, {"puma", "unicorn", "rackup", "rails", "thin", "falcon", "bundle",
                             "passenger", "sidekiq"});
  return server ? project_folder(clues.cwd) : program;
}

std::string_view php_name(const Clues& clues) {
  const Words& words = clues.arguments;
  constexpr std::string_view kPool = "php-fpm: pool ";
  if (!words.empty() && words[0].starts_with(kPool)) {
    std::string_view pool = words[0].substr(kPool.size());
    return pool.substr(0, pool.find(' ')) == "www" ? "php-fpm" : pool;
  }
  if (!words.empty() && words[0].starts_with("php-fpm")) return "php-fpm";
  Words rest = positional(words, {"-S", "-t", "-d", "-c", "-z"});
  std::string_view script = rest.empty() ? option(words, {"-f"}) : rest[0];
  bool server = script.empty() || in(stem(script), {"artisan", "console", "index", "router"});
  if (!server) return stem(script);
  return option(words, {"-S"}).empty() && script.empty() ? "" : project_folder(clues.cwd);
}

std::string_view dotnet_name(const Clues& clues) {
  if (basename(clues.exe_path) != "dotnet") return basename(clues.exe_path);
  for (std::string_view word : positional(clues.arguments, {})) {
    if (word.ends_with(".dll")) return stem(word);
    if (in(word, {"run", "watch"})) return project_folder(clues.cwd);
  }
  return {};
}

// ".../cmd/core" -> "core", ".../shop/v2" -> "shop"
std::string_view go_package_name(std::string_view path) {
  std::string_view last = basename(path);
  bool major_version =
      last.size() > 1 && last[0] == 'v' && std::all_of(last.begin() + 1, last.end(), [](char c) {
        return std::isdigit(static_cast<unsigned char>(c));
      });
  return major_version ? basename(parent_folder(path)) : last;
}

std::string_view program_name(const Clues& clues, const Program& program) {
  std::string_view name = basename(clues.exe_path);
  if (name.starts_with("memfd:")) name.remove_prefix(6);
  if (name.starts_with("ld-linux") && clues.arguments.size() > 1)
    return basename(clues.arguments[1]);
  if (name == "busybox" && !clues.arguments.empty()) return basename(clues.arguments[0]);
  bool says_nothing =
      in(name, {"main", "app", "server", "a.out", "exe"}) || name.starts_with("__debug_bin");
  bool built_by_path = program.main_package.find('/') != program.main_package.npos;
  if (says_nothing && built_by_path) return go_package_name(program.main_package);
  bool interpreter = !in(capture::name(program.language), {"", "go", "rust", "cpp"});
  if (!interpreter) return name;
  while (!name.empty() &&
         (std::isdigit(static_cast<unsigned char>(name.back())) || name.back() == '.')) {
    name.remove_suffix(1);
  }
  return name;
}

std::string by_language(const Clues& clues, Language language) {
  switch (language) {
    case Language::kPython:
      return std::string(python_name(clues));
    case Language::kJava:
      return std::string(java_name(clues));
    case Language::kNode:
      return node_name(clues);
    case Language::kRuby:
      return std::string(ruby_name(clues));
    case Language::kPhp:
      return std::string(php_name(clues));
    case Language::kDotnet:
      return std::string(dotnet_name(clues));
    default:
      return {};
  }
}

}  // namespace

std::string_view basename(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

std::string_view parent_folder(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  size_t slash = path.rfind('/');
  if (slash == path.npos) return {};
  return slash == 0 && path.size() > 1 ? path.substr(0, 1) : path.substr(0, slash);
}

std::string_view stem(std::string_view path) {
  std::string_view name = basename(path);
  size_t dot = name.rfind('.');
  return dot == name.npos || dot == 0 ? name : name.substr(0, dot);
}

std::string derive_name(const Clues& clues, const Program& program) {
  // A program that embeds an interpreter has arguments of its own.
  std::string name;
  if (program.is_interpreter) name = by_language(clues, program.language);
  if (name.empty()) name = program_name(clues, program);
  name.resize(std::min(name.size(), kNameMax));
  for (char& c : name) {
    if (std::iscntrl(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

}  // namespace tarsier::capture
