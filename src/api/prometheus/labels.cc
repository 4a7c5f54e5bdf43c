#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "api/prometheus/envelope.h"
#include "api/prometheus/handlers.h"
#include "api/prometheus/params.h"
#include "query/syntax/source.h"
#include "query/syntax/utf8.h"

namespace tarsier::api::prometheus {
namespace {

using Texts = std::vector<std::string>;

// Sorted and cut at the limit; says so when cut.
query::Annotations write_texts(wire::JsonWriter& json, const std::set<std::string>& texts,
                               size_t limit) {
  json.begin_array();
  size_t written = 0;
  for (const std::string& text : texts) {
    if (limit > 0 && written == limit) break;
    json.value(text);
    written++;
  }
  json.end_array();
  query::Annotations annotations;
  if (written < texts.size()) annotations.warnings.emplace_back("results truncated due to limit");
  return annotations;
}

// What `read` finds for each match[], or for everything when there is none, together.
template <typename Read>
Result<query::Annotations> union_of(const net::Request& request, const net::Params& params,
                                    wire::JsonWriter& json, const Read& read) {
  TRY(const size_t limit, limit_parameter(params));
  store::MetricsSelect select;
  select.tenant = request.tenant;
  TRY(select.range, range_parameters(params));
  TRY(auto matcher_sets, matcher_parameters(params));
  if (matcher_sets.empty()) matcher_sets.emplace_back();
  std::set<std::string> all;
  for (auto& matchers : matcher_sets) {
    select.matchers = std::move(matchers);
    TRY(Texts texts, read(select));
    all.insert(std::make_move_iterator(texts.begin()), std::make_move_iterator(texts.end()));
  }
  return write_texts(json, all, limit);
}

Result<size_t> metadata_limit(const net::Params& params, std::string_view name) {
  const std::string_view text = params.get(name);
  if (text.empty()) return SIZE_MAX;
  int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) {
    return invalid(fmt::format("{} must be a number", name));
  }
  return limit < 0 ? SIZE_MAX : static_cast<size_t>(limit);
}

}  // namespace

net::Response label_names(const Services& services, const net::Request& request) {
  return answer([&](wire::JsonWriter& json) {
    return union_of(request, request.params(), json, [&](const store::MetricsSelect& select) {
      return services.metrics->label_names(select);
    });
  });
}

net::Response label_values(const Services& services, const net::Request& request) {
  return answer([&](wire::JsonWriter& json) -> Result<query::Annotations> {
    const std::string name = unescape_label(request.path_param("name"));
    if (name.empty() || !query::syntax::is_utf8(name)) {
      return invalid("invalid label name: " + query::syntax::quote(name));
    }
    return union_of(request, request.params(), json, [&](const store::MetricsSelect& select) {
      return services.metrics->label_values(select, name);
    });
  });
}

net::Response series(const Services& services, const net::Request& request) {
  return answer([&](wire::JsonWriter& json) -> Result<query::Annotations> {
    const net::Params params = request.params();
    TRY(const size_t limit, limit_parameter(params));
    store::MetricsSelect select;
    select.tenant = request.tenant;
    TRY(select.range, range_parameters(params));
    TRY(auto matcher_sets, matcher_parameters(params));
    if (matcher_sets.empty()) return invalid("no match[] parameter provided");
    if (limit > 0) select.limit = limit + 1;
    std::set<model::Labels> all;
    for (auto& matchers : matcher_sets) {
      select.matchers = std::move(matchers);
      TRY_STATUS(services.metrics->series(select, [&](const model::Labels& labels) {
        all.insert(labels);
        return Status();
      }));
    }
    query::Annotations annotations;
    size_t written = 0;
    json.begin_array();
    for (const model::Labels& labels : all) {
      if (limit > 0 && written++ == limit) {
        annotations.warnings.emplace_back("results truncated due to limit");
        break;
      }
      write_labels(json, labels);
    }
    json.end_array();
    return annotations;
  });
}

net::Response metadata(const Services& services, const net::Request& request) {
  return answer([&](wire::JsonWriter& json) -> Result<query::Annotations> {
    const net::Params params = request.params();
    TRY(const size_t limit, metadata_limit(params, "limit"));
    TRY(const size_t per_metric, metadata_limit(params, "limit_per_metric"));
    const std::string_view wanted = params.get("metric");
    TRY(const auto entries, services.metrics->metadata(request.tenant));
    std::map<std::string_view, std::vector<const store::MetricMetadata*>> by_name;
    for (const store::MetricMetadata& entry : entries) {
      if (!wanted.empty() && entry.name != wanted) continue;
      if (!by_name.contains(entry.name) && by_name.size() >= limit) continue;
      auto& list = by_name[entry.name];
      // Not above zero means no limit.
      if (per_metric == 0 || list.size() < per_metric) list.push_back(&entry);
    }
    json.begin_object();
    for (const auto& [name, list] : by_name) {
      json.key(name).begin_array();
      for (const store::MetricMetadata* entry : list) {
        json.begin_object();
        json.member("type", entry->type);
        json.member("help", entry->help);
        json.member("unit", entry->unit);
        json.end_object();
      }
      json.end_array();
    }
    json.end_object();
    return query::Annotations();
  });
}

}  // namespace tarsier::api::prometheus
