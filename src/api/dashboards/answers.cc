#include "api/dashboards/answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "api/dashboards/dashboards.h"
#include "base/clock.h"

namespace tarsier::api::dashboards {
namespace {

using wire::JsonWriter;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool contains_any_case(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool wanted(const store::Dashboard& dashboard, const SearchFilter& filter) {
  auto has_tag = [&](const std::string& tag) {
    return std::find(dashboard.tags.begin(), dashboard.tags.end(), tag) != dashboard.tags.end();
  };
  bool by_uid = filter.uids.empty() || std::find(filter.uids.begin(), filter.uids.end(),
                                                 dashboard.uid) != filter.uids.end();
  return by_uid && contains_any_case(dashboard.title, filter.query) &&
         std::all_of(filter.tags.begin(), filter.tags.end(), has_tag);
}

std::string url_of(const store::Dashboard& dashboard) {
  return "/d/" + dashboard.uid + "/" + dashboard_slug(dashboard.title);
}

std::string rfc3339(int64_t ns) {
  time_t seconds = ns / kSecond;
  tm parts;
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void write_hit(JsonWriter& json, const store::Dashboard& dashboard) {
  json.begin_object();
  json.member("id", dashboard_id(dashboard.uid));
  json.member("orgId", 1);
  json.member("uid", dashboard.uid);
  json.member("title", dashboard.title);
  json.member("uri", "db/" + dashboard_slug(dashboard.title));
  json.member("url", url_of(dashboard));
  json.member("slug", "");
  json.member("type", "dash-db");
  json.key("tags").begin_array();
  for (const std::string& tag : dashboard.tags) json.value(tag);
  json.end_array();
  json.member("isStarred", false);
  json.member("sortMeta", 0);
  json.end_object();
}

void write_meta(JsonWriter& json, const store::Dashboard& dashboard) {
  json.begin_object();
  json.member("type", "db");
  json.member("canSave", !dashboard.built_in);
  json.member("canEdit", !dashboard.built_in);
  json.member("canAdmin", true);
  json.member("canStar", false);
  json.member("canDelete", !dashboard.built_in);
  json.member("slug", dashboard_slug(dashboard.title));
  json.member("url", url_of(dashboard));
  json.member("updated", rfc3339(dashboard.updated_ns));
  json.member("version", dashboard.version);
  json.member("isFolder", false);
  json.member("folderId", 0);
  json.member("folderUid", "");
  json.member("folderTitle", "General");
  json.member("folderUrl", "");
  json.member("provisioned", dashboard.built_in);
  json.end_object();
}

}  // namespace

std::string search_answer(const std::vector<store::Dashboard>& all, const SearchFilter& filter) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  size_t skip = (filter.page - 1) * filter.limit, left = filter.limit;
  for (const store::Dashboard& dashboard : all) {
    if (!wanted(dashboard, filter)) continue;
    if (skip > 0) {
      skip--;
    } else if (left > 0) {
      left--;
      write_hit(json, dashboard);
    }
  }
  json.end_array();
  return out;
}

Result<std::string> dashboard_answer(const store::Dashboard& dashboard) {
  std::string out;
  JsonWriter json(out);
  TRY(std::string text, dashboard_with_identity(dashboard));
  json.begin_object();
  json.key("meta");
  write_meta(json, dashboard);
  json.key("dashboard").raw(text);
  json.end_object();
  return out;
}

std::string saved_answer(const store::Dashboard& dashboard) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("folderUid", "");
  json.member("id", dashboard_id(dashboard.uid));
  json.member("slug", dashboard_slug(dashboard.title));
  json.member("status", "success");
  json.member("uid", dashboard.uid);
  json.member("url", url_of(dashboard));
  json.member("version", dashboard.version);
  json.end_object();
  return out;
}

std::string removed_answer(const store::Dashboard& dashboard) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("id", dashboard_id(dashboard.uid));
  json.member("uid", dashboard.uid);
  json.member("title", dashboard.title);
  json.member("message", "Dashboard " + dashboard.title + " deleted");
  json.end_object();
  return out;
}

net::Response error_answer(int status, std::string_view message, std::string_view reason) {
  net::Response response;
  response.status = status;
  JsonWriter json(response.body);
  json.begin_object();
  json.member("message", message);
  if (!reason.empty()) json.member("status", reason);
  json.end_object();
  return response;
}

std::string data_sources_answer(std::string_view base) {
  struct Source {
    std::string_view name, uid, type, path;
  };
  static constexpr Source kSources[] = {{"Mimir", "mimir", "prometheus", "/prometheus"},
                                        {"Loki", "loki", "loki", ""},
                                        {"Tempo", "tempo", "tempo", "/tempo"}};
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  int id = 0;
  for (const Source& source : kSources) {
    json.begin_object();
    json.member("id", ++id);
    json.member("uid", source.uid);
    json.member("orgId", 1);
    json.member("name", source.name);
    json.member("type", source.type);
    json.member("typeName", source.type == "prometheus" ? "Prometheus" : source.name);
    json.member("access", "proxy");
    json.member("url", std::string(base) + std::string(source.path));
    json.member("user", "");
    json.member("database", "");
    json.member("basicAuth", false);
    json.member("isDefault", id == 1);
    json.key("jsonData").begin_object().end_object();
    json.member("readOnly", true);
    json.end_object();
  }
  json.end_array();
  return out;
}

std::string user_answer() {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.member("id", 1);
  json.member("uid", "anonymous");
  json.member("email", "");
  json.member("name", "Anonymous");
  json.member("login", "anonymous");
  json.member("theme", "");
  json.member("orgId", 1);
  json.member("isGrafanaAdmin", true);
  json.member("isDisabled", false);
  json.member("isExternal", false);
  json.end_object();
  return out;
}

std::string organisation_answer() {
  return R"({"id":1,"name":"Main Org.","address":{}})";
}

}  // namespace tarsier::api::dashboards
