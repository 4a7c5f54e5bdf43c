#include <utility>

#include "capture/discovery/names/names.h"
#include "capture/discovery/proc_text.h"

namespace tarsier::capture::names {
namespace {

// "shop-1.2.3-SNAPSHOT.jar" -> "shop"
std::string_view jar_name(std::string_view path) {
  std::string_view name = stem(path);
  for (size_t dash = name.find('-'); dash != name.npos; dash = name.find('-', dash + 1)) {
    bool version = dash > 0 && dash + 1 < name.size() && is_digit(name[dash + 1]);
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

}  // namespace

std::string_view java(const Clues& clues) {
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

}  // namespace tarsier::capture::names
