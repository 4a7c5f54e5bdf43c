// A folder of dashboards: what is dropped into it appears, what is taken out disappears.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "store/catalog.h"

namespace tarsier::api {

// Looks at *.json of the folder once when made, then every interval on a thread of its own. The
// file's name gives the uid of a dashboard that has none. A file that cannot be used is logged
// with its name and the place of the mistake; what it held before stays.
class DashboardFolder {
 public:
  DashboardFolder(std::filesystem::path folder, store::Catalog& catalog,
                  std::chrono::milliseconds interval = std::chrono::seconds(1));

 private:
  struct File {
    std::filesystem::file_time_type changed;
    uintmax_t bytes = 0;
    std::string uid;  // empty: nothing in the catalog comes from this file
  };

  void look();
  void read(const std::filesystem::path& path, File& file);
  void forget(const std::set<std::filesystem::path>& present);

  const std::filesystem::path folder_;
  store::Catalog& catalog_;
  std::map<std::filesystem::path, File> files_;
  bool missing_ = false;
  std::jthread thread_;
};

}  // namespace tarsier::api
