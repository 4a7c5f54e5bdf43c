// The store's only way to files: a seam, so that tests run on a disk that is full, lies or dies.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarsier::store {

// A file that only grows. One thread at a time.
class File {
 public:
  virtual ~File() = default;
  // Everything, or an error; after an error any prefix may have been written.
  virtual Status append(std::string_view bytes) = 0;
  virtual Status sync() = 0;
  virtual Status truncate(uint64_t size) = 0;
};

// A file's bytes for reading; they stay readable after the file was removed.
class Mapping {
 public:
  virtual ~Mapping() = default;
  virtual std::string_view bytes() const = 0;
};

// One flat folder. Any thread. Names have no slash. kUnavailable means that the disk is full.
class Folder {
 public:
  virtual ~Folder() = default;
  virtual Result<std::vector<std::string>> list() const = 0;                  // sorted
  virtual Result<std::unique_ptr<File>> create(const std::string& name) = 0;  // replaces
  virtual Result<std::shared_ptr<const Mapping>> map(const std::string& name) const = 0;
  virtual Result<uint64_t> size(const std::string& name) const = 0;
  virtual Status truncate(const std::string& name, uint64_t size) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& name) = 0;
  virtual Status sync() = 0;  // makes creations, renames and removals durable
};

// A folder of the operating system; made when it is missing.
Result<std::unique_ptr<Folder>> open_folder(const std::filesystem::path& path);

// The pid in `path`/lock is this process's until the lock is destroyed. kConflict names the owner.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};
Result<std::unique_ptr<FolderLock>> lock_folder(const std::filesystem::path& path);

}  // namespace tarsier::store
