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

// Takes every provisioned dashboard away but these.
void keep_only(store::Catalog& catalog, const std::set<std::string>& uids);

// Looks at *.json of the folder once when made, then every interval on a thread of its own. The
// file's name gives the uid of a dashboard that has none. A file that cannot be used is logged
// with its name and the place of the mistake; what it held before stays. What was taken out while
// nobody looked disappears as soon as every file can be used: `shipped` are the uids that no file
// is needed for.
class DashboardFolder {
 public:
  DashboardFolder(std::filesystem::path folder, store::Catalog& catalog,
                  std::set<std::string> shipped = {},
                  std::chrono::milliseconds interval = std::chrono::seconds(1));

 private:
  struct File {
    std::filesystem::file_time_type changed;
    uintmax_t bytes = 0;
    std::string uid;  // empty: nothing in the catalog comes from this file
    bool used = false;
  };

  void look();
  bool read(const std::filesystem::path& path, File& file);
  void forget(const std::set<std::filesystem::path>& present);
  void tidy();

  const std::filesystem::path folder_;
  store::Catalog& catalog_;
  std::map<std::filesystem::path, File> files_;
  const std::set<std::string> shipped_;
  bool missing_ = false, tidied_ = false;
  std::jthread thread_;
};

}  // namespace tarsier::api
