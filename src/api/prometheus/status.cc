#include "api/prometheus/envelope.h"
#include "api/prometheus/handlers.h"

namespace tarsier::api::prometheus {
namespace {

// The release whose query language and API this follows. Clients decide by it what they may ask.
constexpr std::string_view kCompatibleVersion = "3.16.0";

// {"NAME":[]}
net::Response empty_list(std::string_view name) {
  return answer([name](wire::JsonWriter& json) -> Result<query::Annotations> {
    json.begin_object().key(name).begin_array().end_array().end_object();
    return query::Annotations();
  });
}

}  // namespace

net::Response build_info(const Services& services, const net::Request&) {
  return answer([&](wire::JsonWriter& json) -> Result<query::Annotations> {
    json.begin_object();
    json.member("application", "tarsier");
    json.member("version", kCompatibleVersion);
    json.member("revision", services.version);
    json.member("branch", "");
    json.member("buildUser", "");
    json.member("buildDate", "");
    json.member("goVersion", "");
    json.end_object();
    return query::Annotations();
  });
}

net::Response rules(const Services&, const net::Request&) {
  return empty_list("groups");
}
net::Response alerts(const Services&, const net::Request&) {
  return empty_list("alerts");
}

}  // namespace tarsier::api::prometheus
