// Door of store/catalog: the small things that are edited, not appended (SQLite).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tarsier::store {

struct Dashboard {
  std::string uid;  // unique
  std::string title;
  std::string json;  // as posted
  std::vector<std::string> tags;
  int64_t version = 0;  // 1 when created, one more at each save
  int64_t updated_ns = 0;
  bool built_in = false;  // shipped or provisioned from a folder: not editable here
};

// Any thread. Writes are durable when they return.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual Result<std::vector<Dashboard>> dashboards() const = 0;  // by title, json left empty
  virtual Result<Dashboard> dashboard(const std::string& uid) const = 0;
  // Creates, or replaces when `overwrite` or when `dashboard.version` is the stored one; else
  // kConflict.
  virtual Result<Dashboard> save(const Dashboard& dashboard, bool overwrite) = 0;
  // kNotFound; kConflict for a built-in one, which only `provisioning` may take away.
  virtual Status remove(const std::string& uid, bool provisioning = false) = 0;
};

}  // namespace tarsier::store
