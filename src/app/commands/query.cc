#include <fmt/chrono.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <cstdlib>

#include "app/commands/commands.h"
#include "app/config/values.h"
#include "base/clock.h"
#include "net/client.h"

namespace tarsier::app {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

struct Question {
  std::string path;  // with the query string
  void (*show)(const element& answer);
};

std::string text(const element& at, std::string_view key) {
  std::string_view value;
  return at[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
}

std::string local_time(int64_t ns) {
  std::time_t seconds = ns / kSecond;
  return fmt::format("{:%F %T}.{:03}", fmt::localtime(seconds), ns % kSecond / kMillisecond);
}

// {a="b",c="d"}, __name__ in front, as Prometheus writes it.
std::string label_set(const element& labels) {
  std::string name, rest;
  for (auto [key, value] : object(labels)) {
    std::string_view v = value.get_string().value();
    if (key == "__name__") {
      name = v;
    } else {
      rest += fmt::format("{}{}=\"{}\"", rest.empty() ? "" : ",", key, v);
    }
  }
  return rest.empty() && !name.empty() ? name : fmt::format("{}{{{}}}", name, rest);
}

void show_sample(std::string_view series, const element& pair, bool with_time) {
  array values = pair.get_array();
  double seconds = values.at(0).get_double().value();
  std::string_view value = values.at(1).get_string().value();
  if (with_time) {
    fmt::print("  {}  {}\n", local_time(static_cast<int64_t>(seconds * 1e3) * kMillisecond), value);
  } else {
    fmt::print("{} {}\n", series, value);
  }
}

void show_metrics(const element& answer) {
  element data = answer["data"];
  std::string type = text(data, "resultType");
  if (type == "scalar" || type == "string") return show_sample("", data["result"], false);
  for (element series : array(data["result"])) {
    std::string labels = label_set(series["metric"]);
    if (type == "vector") {
      show_sample(labels, series["value"], false);
      continue;
    }
    fmt::print("{}\n", labels);
    for (element pair : array(series["values"])) show_sample(labels, pair, true);
  }
}

void show_logs(const element& answer) {
  element data = answer["data"];
  if (text(data, "resultType") != "streams") return show_metrics(answer);
  std::vector<std::pair<int64_t, std::string>> lines;
  for (element stream : array(data["result"])) {
    std::string service = text(stream["stream"], "service_name");
    for (element entry : array(stream["values"])) {
      array pair = entry.get_array();
      int64_t time_ns = std::strtoll(pair.at(0).get_c_str().value(), nullptr, 10);
      lines.emplace_back(time_ns, fmt::format("{}  {:<16} {}", local_time(time_ns), service,
                                              pair.at(1).get_string().value()));
    }
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [time_ns, line] : lines) fmt::print("{}\n", line);
}

void show_traces(const element& answer) {
  for (element trace : array(answer["traces"])) {
    int64_t start = std::strtoll(text(trace, "startTimeUnixNano").c_str(), nullptr, 10);
    int64_t duration_ms = 0;
    (void)trace["durationMs"].get(duration_ms);
    fmt::print("{}  {}  {:>7} ms  {:<16} {}\n", local_time(start), text(trace, "traceID"),
               duration_ms, text(trace, "rootServiceName"), text(trace, "rootTraceName"));
  }
}

Result<Question> question(const CommandLine& line) {
  TRY(int64_t since, parse_duration(line.since));
  int64_t end = system_clock().now_ns(), start = end - since;
  std::string query = net::url_encode(line.arguments.front());
  auto seconds = [](int64_t ns) {
    return fmt::format("{}.{:03}", ns / kSecond, ns % kSecond / kMillisecond);
  };
  if (line.command == "query logs") {
    return Question{fmt::format("/loki/api/v1/query_range?query={}&start={}&end={}&limit={}", query,
                                start, end, line.limit),
                    show_logs};
  }
  if (line.command == "query traces") {
    return Question{fmt::format("/tempo/api/search?q={}&start={}&end={}&limit={}", query,
                                start / kSecond, end / kSecond + 1, line.limit),
                    show_traces};
  }
  if (line.step.empty()) {
    return Question{fmt::format("/api/v1/query?query={}&time={}", query, seconds(end)),
                    show_metrics};
  }
  return Question{fmt::format("/api/v1/query_range?query={}&start={}&end={}&step={}", query,
                              seconds(start), seconds(end), net::url_encode(line.step)),
                  show_metrics};
}

Status ask(const CommandLine& line) {
  TRY(Question question, question(line));
  TRY(net::Url url, net::parse_url(line.url + question.path));
  net::Headers headers;
  if (!line.tenant.empty()) headers.emplace_back("X-Scope-OrgID", line.tenant);
  net::Client client;
  auto response = client.send("GET", url, headers, "");
  if (!response) {
    return Error(response.error())
        .with(fmt::format("{} (is tarsier running there? see --url)", line.url));
  }
  if (response->status != 200) {
    return invalid(fmt::format("{} answered {}: {}", line.url, response->status, response->body));
  }
  if (line.json) {
    fmt::print("{}\n", response->body);
    return {};
  }
  simdjson::dom::parser parser;
  try {
    question.show(parser.parse(response->body));
  } catch (const simdjson::simdjson_error& error) {
    return corrupt(fmt::format("{} answered what this command cannot read ({}); see --json",
                               line.url, error.what()));
  }
  return {};
}

}  // namespace

int run_query(const CommandLine& line) {
  Status done = ask(line);
  return done ? 0 : fail(done.error());
}

}  // namespace tarsier::app
