#include <fmt/format.h>

#include <algorithm>

#include "api/dashboards/dashboards.h"
#include "api/dashboards/json_check.h"
#include "base/hash.h"
#include "wire/json_writer.h"

namespace tarsier::api {
namespace {

namespace dom = simdjson::dom;
namespace ondemand = simdjson::ondemand;

constexpr size_t kUidMaxBytes = 40;  // Grafana's

bool uid_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_';
}

std::string_view text_of(const dom::object& object, std::string_view key) {
  std::string_view text;
  return object.at_key(key).get_string().get(text) ? std::string_view() : text;
}

Status check_uid(std::string_view uid) {
  if (uid.size() > kUidMaxBytes) {
    return invalid(fmt::format("uid \"{}\" is longer than {} characters", uid, kUidMaxBytes));
  }
  if (!std::all_of(uid.begin(), uid.end(), uid_char)) {
    return invalid(
        fmt::format("uid \"{}\" has other characters than letters, digits, - and _", uid));
  }
  return {};
}

std::string make_uid(std::string_view text) {
  std::string uid(text.substr(0, kUidMaxBytes));
  std::replace_if(uid.begin(), uid.end(), [](char c) { return !uid_char(c); }, '-');
  return uid;
}

// The text of one member of the outermost object.
Result<std::string> raw_member(std::string_view json, std::string_view key) {
  simdjson::padded_string padded(json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::value value;
  std::string_view text;
  if (parser.iterate(padded).get(document) || document.find_field_unordered(key).get(value) ||
      simdjson::to_json_string(value).get(text)) {
    return invalid(fmt::format("no \"{}\" in the dashboard", key));
  }
  return std::string(text);
}

}  // namespace

std::string dashboard_slug(std::string_view title) {
  std::string slug;
  for (char c : title) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
      slug.push_back(c);
    } else if (!slug.empty() && slug.back() != '-') {
      slug.push_back('-');
    }
  }
  while (slug.ends_with('-')) slug.pop_back();
  return slug.empty() ? fmt::format("dashboard-{:016x}", hash64(title)) : slug;
}

int64_t dashboard_id(std::string_view uid) {
  return static_cast<int64_t>(hash64(uid) & 0x7fffffff);
}

Result<store::Dashboard> parse_dashboard(std::string_view json, std::string_view fallback_uid) {
  dom::parser parser;
  TRY(dom::element root, parse_json(parser, json));
  dom::object outer, inner, metadata;
  if (root.get_object().get(outer)) return invalid("a dashboard has to be a JSON object");
  store::Dashboard dashboard;
  std::string_view uid;
  if (!outer.at_key("dashboard").get_object().get(inner)) {
    TRY(dashboard.json, raw_member(json, "dashboard"));
    uid = text_of(inner, "uid");
  } else if (!outer.at_key("metadata").get_object().get(metadata) &&
             !outer.at_key("spec").get_object().get(inner)) {
    dashboard.json = json;
    uid = text_of(metadata, "name");
  } else {
    inner = outer;
    dashboard.json = json;
    uid = text_of(inner, "uid");
  }
  dashboard.title = text_of(inner, "title");
  if (dashboard.title.empty()) return invalid("the dashboard has no \"title\"");
  TRY_STATUS(check_uid(uid));
  dashboard.uid = !uid.empty()            ? std::string(uid)
                  : !fallback_uid.empty() ? make_uid(fallback_uid)
                                          : make_uid(dashboard_slug(dashboard.title));
  dom::array tags;
  if (!inner.at_key("tags").get_array().get(tags)) {
    for (dom::element tag : tags) {
      std::string_view text;
      if (!tag.get_string().get(text)) dashboard.tags.emplace_back(text);
    }
  }
  int64_t version = 0;
  if (!inner.at_key("version").get_int64().get(version)) dashboard.version = version;
  return dashboard;
}

Result<PostedDashboard> parse_posted_dashboard(std::string_view json) {
  PostedDashboard posted;
  TRY(posted.dashboard, parse_dashboard(json, {}));
  dom::parser parser;
  TRY(dom::element root, parse_json(parser, json));
  dom::object outer, inner;
  bool bare = root.get_object().get(outer) || outer.at_key("dashboard").get_object().get(inner);
  posted.overwrite = bare;
  if (!bare) {
    bool overwrite = false;
    if (!outer.at_key("overwrite").get_bool().get(overwrite)) posted.overwrite = overwrite;
  }
  posted.uid_given = !text_of(bare ? outer : inner, "uid").empty();
  return posted;
}

Result<std::string> dashboard_with_identity(const store::Dashboard& dashboard) {
  simdjson::padded_string padded(dashboard.json);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) {
    return corrupt("dashboard " + dashboard.uid + ": the stored text is not a JSON object");
  }
  std::string out;
  out.reserve(dashboard.json.size() + 100);
  wire::JsonWriter json(out);
  json.begin_object();
  json.member("id", dashboard_id(dashboard.uid));
  json.member("uid", dashboard.uid);
  json.member("version", dashboard.version);
  for (auto member : object) {
    std::string_view key, content;
    ondemand::value value;
    if (member.unescaped_key().get(key) || member.value().get(value) ||
        simdjson::to_json_string(value).get(content)) {
      return corrupt("dashboard " + dashboard.uid + ": the stored text is not JSON");
    }
    if (key != "id" && key != "uid" && key != "version") json.key(key).raw(content);
  }
  json.end_object();
  return out;
}

}  // namespace tarsier::api
