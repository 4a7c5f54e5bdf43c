#include "capture/discovery/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace tarsier::capture {
namespace {

constexpr size_t kPatternMax = 4'096;
constexpr size_t kNestingMax = 16;
constexpr int64_t kRegexMemory = 4 << 20;

// Watching tarsier would make events about events. Other agents' own traffic is not the user's
// service, unless a selector names them.
constexpr const char* kDefaultExcludes =
    "{*/tarsier,*beyla,*alloy,*prometheus-config-reloader,*ebpf-instrument,*/obi,*otelcol,"
    "*otelcol-contrib,*otelcol-contrib[!/]*,/lib/systemd/*,/usr/lib/systemd/*}";

Result<std::shared_ptr<const RE2>> compile(const std::string& regex, const std::string& written) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(kRegexMemory);
  options.set_encoding(RE2::Options::EncodingLatin1);  // a path is bytes
  auto compiled = std::make_shared<const RE2>(regex, options);
  if (!compiled->ok()) {
    return invalid(fmt::format("exe_path \"{}\": {}", written, compiled->error()));
  }
  return std::shared_ptr<const RE2>(std::move(compiled));
}

// "[!a-z]" from its first character after the bracket; `at` then points behind the "]".
Result<std::string> character_class(std::string_view glob, size_t& at) {
  std::string out = "[";
  if (at < glob.size() && (glob[at] == '!' || glob[at] == '^')) {
    out += '^';
    at++;
  }
  size_t first = at;
  for (; at < glob.size() && (glob[at] != ']' || at == first); at++) {
    if (glob[at] == '\\' && at + 1 < glob.size()) at++;
    if (glob[at] == '-' && at != first && at + 1 < glob.size() && glob[at + 1] != ']') {
      out += '-';
    } else {
      out += RE2::QuoteMeta(std::string(1, glob[at]));
    }
  }
  if (at >= glob.size()) return invalid(fmt::format("glob \"{}\": [ without ]", glob));
  at++;
  return out + "]";
}

std::string describe(const Selector& selector) {
  if (selector.exe_path.empty() && selector.open_ports.empty())
    return "an item without a condition";
  std::string out;
  if (!selector.exe_path.empty()) {
    out = fmt::format("{} \"{}\"", selector.regex ? "exe_path (regex)" : "exe_path",
                      selector.exe_path);
  }
  if (!selector.open_ports.empty()) {
    out += fmt::format("{}open_ports \"{}\"", out.empty() ? "" : " with ", selector.open_ports);
  }
  return out;
}

std::string listens(std::span<const uint16_t> ports) {
  if (ports.empty()) return "listens on no TCP port";
  return fmt::format("listens on TCP port{} {}", ports.size() > 1 ? "s" : "",
                     fmt::join(ports, ", "));
}

bool is_everything(const std::string& pattern) {
  return pattern.empty() || pattern.find_first_not_of("*.^$") == pattern.npos;
}

}  // namespace

Result<std::string> glob_to_regex(std::string_view glob) {
  if (glob.size() > kPatternMax) return invalid("a glob is longer than 4096 characters");
  std::string out;
  size_t depth = 0;
  for (size_t at = 0; at < glob.size();) {
    char c = glob[at++];
    if (c == '[') {
      TRY(std::string set, character_class(glob, at));
      out += set;
    } else if (c == '{') {
      if (++depth > kNestingMax) return invalid(fmt::format("glob \"{}\": too deep", glob));
      out += "(?:";
    } else if (c == '}' && depth > 0) {
      depth--;
      out += ')';
    } else if (c == ',' && depth > 0) {
      out += '|';
    } else if (c == '*') {
      out += ".*";
    } else if (c == '?') {
      out += '.';
    } else {
      if (c == '\\' && at < glob.size()) c = glob[at++];
      out += RE2::QuoteMeta(std::string(1, c));
    }
  }
  if (depth > 0) return invalid(fmt::format("glob \"{}\": {{ without }}", glob));
  return out;
}

Result<std::vector<PortRange>> parse_ports(std::string_view text) {
  std::vector<PortRange> out;
  auto bad = [text] {
    return invalid(
        fmt::format("open_ports \"{}\": expected ports and ranges, as in 80,8000-9000", text));
  };
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    std::string compact;
    std::copy_if(item.begin(), item.end(), std::back_inserter(compact),
                 [](char c) { return c != ' '; });
    const char* end = compact.data() + compact.size();
    PortRange range{};
    auto first = std::from_chars(compact.data(), end, range.first);
    if (first.ec != std::errc()) return bad();
    range.last = range.first;
    if (first.ptr != end) {
      auto last = std::from_chars(first.ptr + 1, end, range.last);
      if (*first.ptr != '-' || last.ec != std::errc() || last.ptr != end) return bad();
    }
    if (range.first == 0 || range.last < range.first) return bad();
    out.push_back(range);
  }
  return out;
}

struct Selection::Rule {
  std::shared_ptr<const RE2> exe;  // null: any
  bool whole = true;               // a glob matches the whole path, a regex any part
  bool names_program = false;      // by more than "*"
  std::vector<PortRange> ports;    // empty: any
  std::string name, service_namespace;
  std::string written;  // as the user wrote it

  static Result<std::shared_ptr<const Rule>> create(const Selector& selector) {
    auto rule = std::make_shared<Rule>();
    if (!selector.exe_path.empty()) {
      std::string regex = selector.exe_path;
      if (!selector.regex) {
        TRY(regex, glob_to_regex(selector.exe_path));
      }
      TRY(rule->exe, compile(regex, selector.exe_path));
    }
    rule->whole = !selector.regex;
    rule->names_program = !is_everything(selector.exe_path);
    TRY(rule->ports, parse_ports(selector.open_ports));
    rule->written = describe(selector);
    rule->name = selector.name;
    rule->service_namespace = selector.service_namespace;
    return std::shared_ptr<const Rule>(std::move(rule));
  }

  // An item that says neither means every process that serves.
  bool any_server() const { return exe == nullptr && ports.empty(); }

  bool holds(const std::string& exe_path, std::span<const uint16_t> open) const {
    if (exe != nullptr) {
      bool match = whole ? RE2::FullMatch(exe_path, *exe) : RE2::PartialMatch(exe_path, *exe);
      if (!match) return false;
    }
    auto listed = [this](uint16_t port) {
      return std::any_of(ports.begin(), ports.end(), [port](const PortRange& range) {
        return range.first <= port && port <= range.last;
      });
    };
    if (any_server()) return !open.empty();
    return ports.empty() || std::any_of(open.begin(), open.end(), listed);
  }
};

Result<Selection> Selection::create(const std::vector<Selector>& instrument,
                                    const std::vector<Selector>& exclude) {
  Selection out;
  for (const Selector& selector : instrument) {
    TRY(auto rule, Rule::create(selector));
    out.instrument_.push_back(std::move(rule));
  }
  for (const Selector& selector : exclude) {
    // An empty one would exclude everything, which nobody means.
    if (selector.exe_path.empty() && selector.open_ports.empty()) continue;
    TRY(auto rule, Rule::create(selector));
    out.exclude_.push_back(std::move(rule));
  }
  Selector agents;
  agents.exe_path = kDefaultExcludes;
  TRY(out.agents_, Rule::create(agents));
  return out;
}

bool Selection::needs_ports() const {
  auto asks = [](const auto& rule) { return rule->any_server() || !rule->ports.empty(); };
  return instrument_.empty() || std::any_of(instrument_.begin(), instrument_.end(), asks) ||
         std::any_of(exclude_.begin(), exclude_.end(), asks);
}

Verdict Selection::decide(const std::string& exe_path, std::span<const uint16_t> ports) const {
  auto refused = [](std::string reason) { return Verdict{.reason = std::move(reason)}; };
  for (const auto& rule : exclude_) {
    if (rule->holds(exe_path, ports)) return refused("excluded by " + rule->written);
  }
  bool agent = agents_->holds(exe_path, ports);
  if (agent && (instrument_.empty() || !ports.empty())) {
    bool named = std::any_of(instrument_.begin(), instrument_.end(), [&](const auto& rule) {
      return rule->names_program && rule->holds(exe_path, ports);
    });
    if (!named)
      return refused("a telemetry agent or a part of systemd: only when selected by path");
  }
  if (instrument_.empty()) return {.watch = !ports.empty(), .reason = listens(ports)};
  for (const auto& rule : instrument_) {
    if (!rule->holds(exe_path, ports) || (agent && !rule->names_program)) continue;
    return {true, rule->name, rule->service_namespace, "selected by " + rule->written};
  }
  return refused("no selector holds; it " + listens(ports));
}

}  // namespace tarsier::capture
