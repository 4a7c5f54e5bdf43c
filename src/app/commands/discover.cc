#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "app/commands/commands.h"
#include "app/privilege/supervisor.h"

namespace tarsier::app {
namespace {

using capture::Sighting;
using Row = std::vector<std::string>;

// Columns as wide as they need to be; the last one is left as it is.
void print_rows(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); i++) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i + 1 < row.size(); i++) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    fmt::print("{}{}\n", line, row.back());
  }
}

std::string ports_of(const Sighting& s) {
  return s.ports.empty() ? "-" : fmt::format("{}", fmt::join(s.ports, ","));
}

void print_watched(const std::vector<Sighting>& sightings, bool explain) {
  std::vector<Row> rows = {{"PID", "SERVICE", "LANGUAGE", "PORTS", "PROGRAM"}};
  if (explain) rows[0].insert(rows[0].end() - 1, {"NAME FROM", "WATCHED BECAUSE IT"});
  for (const Sighting& s : sightings) {
    if (!s.watched) continue;
    std::string_view language = capture::name(s.process.language);
    Row& row = rows.emplace_back(Row{std::to_string(s.process.pid), s.process.service_name,
                                     std::string(language.empty() ? "-" : language), ports_of(s),
                                     s.process.exe_path});
    if (explain) row.insert(row.end() - 1, {s.named_by, s.reason});
  }
  if (rows.size() == 1) return fmt::print("No process is watched now.\n");
  print_rows(rows);
}

// Those that serve one by one; the many that do not, as a number.
void print_unwatched(const std::vector<Sighting>& sightings) {
  std::vector<Row> rows = {{"PID", "PORTS", "NOT WATCHED BECAUSE", "PROGRAM"}};
  size_t silent = 0;
  for (const Sighting& s : sightings) {
    if (s.watched) continue;
    if (s.ports.empty()) {
      silent++;
      continue;
    }
    rows.push_back({std::to_string(s.process.pid), ports_of(s), s.reason, s.process.exe_path});
  }
  if (rows.size() > 1) {
    fmt::print("\n");
    print_rows(rows);
  }
  fmt::print("\n{} other process{} on no TCP port, and {} not selected.\n", silent,
             silent == 1 ? " listens" : "es listen", silent == 1 ? "is" : "are");
}

}  // namespace

int run_discover(const CommandLine& line) {
  std::optional<Loaded> loaded = load_or_explain(line);
  if (!loaded) return 1;
  auto sightings = capture::sight(probe_options(loaded->config));
  if (!sightings) return fail(sightings.error());
  print_watched(*sightings, line.explain);
  if (line.explain) print_unwatched(*sightings);
  if (::geteuid() != 0) fmt::print("\nWithout root, only this user's processes are seen.\n");
  return 0;
}

}  // namespace tarsier::app
