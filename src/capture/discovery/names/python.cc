#include <algorithm>
#include <array>
#include <cctype>

#include "capture/discovery/names/names.h"
#include "capture/discovery/proc_text.h"

namespace tarsier::capture::names {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// "mysite.wsgi": what can be imported.
bool is_module(std::string_view text) {
  return !text.empty() && !is_digit(text[0]) && text[0] != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '.'; });
}

// "mysite.wsgi:application" -> "mysite", "shop.receipt.main" -> "receipt", "receipt:app" ->
// "receipt".
// "app:app", which is what everybody writes, says less than the folder it runs in.
std::string_view module_name(const Clues& clues, std::string_view target) {
  static constexpr std::array<std::string_view, 10> kUsual = {
      "wsgi", "asgi", "celery", "tasks", "main", "app", "application", "server", "api", "__main__"};
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

}  // namespace

std::string_view python(const Clues& clues) {
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

}  // namespace tarsier::capture::names
