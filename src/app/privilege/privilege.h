// Giving up rights: which user the worker becomes, and what the privileged process keeps.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace tarsier::app {

struct User {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};

// kNotFound names the user and the setting that named it.
Result<User> find_user(const std::string& name);

// For good: no supplementary group, no capability in any set (bounding set included), no new
// privileges ever. For the calling process, before it has threads.
Status become(const User& user);

// Reduces the calling process's capability sets to those named (CAP_BPF, ...) and returns the names
// that it then has. What it did not have before it does not get.
Result<std::vector<std::string>> keep_capabilities(const std::vector<int>& capabilities);

// Creates the folder when it is missing and gives it, with what tarsier keeps in it, to the user.
// Refuses a folder that holds anything else and belongs to somebody else.
Status give_folder(const std::filesystem::path& folder, const User& user);

}  // namespace tarsier::app
