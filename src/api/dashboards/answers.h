// The shapes of Grafana's dashboard API.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "store/catalog.h"
#include "wire/json_writer.h"

namespace tarsier::api::dashboards {

struct SearchFilter {
  std::string query;              // in the title, any case
  std::vector<std::string> tags;  // all of them
  std::vector<std::string> uids;  // one of them; none: any
  size_t limit = 1000, page = 1;
};

std::string search_answer(const std::vector<store::Dashboard>& all, const SearchFilter& filter);
Result<std::string> dashboard_answer(const store::Dashboard& dashboard);
std::string saved_answer(const store::Dashboard& dashboard);
std::string removed_answer(const store::Dashboard& dashboard);
// {"message": .., "status": ..}, as every error of this API.
net::Response error_answer(int status, std::string_view message, std::string_view reason = {});

// `base` is how the asker reached us: "http://localhost:3000".
std::string data_sources_answer(std::string_view base);
std::string user_answer();
std::string organisation_answer();

}  // namespace tarsier::api::dashboards
