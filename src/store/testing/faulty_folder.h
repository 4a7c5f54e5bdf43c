// A disk in memory that can be full, refuse, and lose what was not synced.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "store/wal/folder.h"

namespace tarsier::store::testing {

class FaultyFolder;

// The disk, with any number of folders on it. Any thread.
class FaultyDisk {
 public:
  // Asked before every change ("append", "sync", "create", "truncate", "rename", "remove",
  // "sync_folder"); an error is what the caller gets. A refused append writes half of its bytes.
  std::function<std::optional<Error>(const std::string& operation)> fault;
  uint64_t room_bytes = UINT64_MAX;  // appends beyond it fail as on a full disk
  size_t operations = 0;

  // From the n-th change on nothing works any more, as after a crash.
  void die_at(size_t n) {
    fault = [this, n](const std::string&) -> std::optional<Error> {
      if (operations < n) return std::nullopt;
      return Error{Code::kIo, "the disk is gone"};
    };
  }

  void wipe() {
    std::lock_guard lock(mutex_);
    folders_.clear();
    fault = nullptr;
    operations = 0;
  }

  // Power loss: what was not synced is gone, but for `keep` (0 to 1) of the bytes of each file.
  void crash(double keep = 0);

  std::unique_ptr<Folder> folder(const std::string& name);
  std::string& bytes(const std::string& folder, const std::string& file) {
    return folders_[folder].now[file]->data;
  }

 private:
  friend FaultyFolder;
  struct Contents {
    std::string data;
    size_t synced = 0;
  };
  using Listing = std::map<std::string, std::shared_ptr<Contents>>;
  struct Directory {
    Listing now, durable;
  };

  std::optional<Error> change(const std::string& operation) {
    operations++;
    if (fault) return fault(operation);
    return std::nullopt;
  }
  uint64_t used() const {
    uint64_t n = 0;
    for (const auto& [name, directory] : folders_) {
      for (const auto& [file, contents] : directory.now) n += contents->data.size();
    }
    return n;
  }

  std::mutex mutex_;
  std::map<std::string, Directory> folders_;
};

class FaultyFolder : public Folder {
 public:
  FaultyFolder(FaultyDisk& disk, std::string name) : disk_(disk), name_(std::move(name)) {}

  Result<std::vector<std::string>> list() const override {
    std::lock_guard lock(disk_.mutex_);
    std::vector<std::string> names;
    for (const auto& [name, contents] : here().now) names.push_back(name);
    return names;
  }

  Result<std::unique_ptr<File>> create(const std::string& name) override {
    std::lock_guard lock(disk_.mutex_);
    if (auto error = disk_.change("create")) return *error;
    auto contents = std::make_shared<FaultyDisk::Contents>();
    here().now[name] = contents;
    return std::make_unique<MemoryFile>(disk_, contents);
  }

  Result<std::shared_ptr<const Mapping>> map(const std::string& name) const override {
    std::lock_guard lock(disk_.mutex_);
    auto it = here().now.find(name);
    if (it == here().now.end()) return not_found("no file " + name);
    return std::make_shared<MemoryMapping>(it->second->data);
  }

  Result<uint64_t> size(const std::string& name) const override {
    std::lock_guard lock(disk_.mutex_);
    auto it = here().now.find(name);
    if (it == here().now.end()) return not_found("no file " + name);
    return it->second->data.size();
  }

  Status truncate(const std::string& name, uint64_t size) override {
    std::lock_guard lock(disk_.mutex_);
    if (auto error = disk_.change("truncate")) return *error;
    here().now[name]->data.resize(size);
    here().now[name]->synced = size;
    return {};
  }

  Status rename(const std::string& from, const std::string& to) override {
    std::lock_guard lock(disk_.mutex_);
    if (auto error = disk_.change("rename")) return *error;
    auto node = here().now.extract(from);
    here().now[to] = node.mapped();
    return {};
  }

  Status remove(const std::string& name) override {
    std::lock_guard lock(disk_.mutex_);
    if (auto error = disk_.change("remove")) return *error;
    here().now.erase(name);
    return {};
  }

  Status sync() override {
    std::lock_guard lock(disk_.mutex_);
    if (auto error = disk_.change("sync_folder")) return *error;
    here().durable = here().now;
    return {};
  }

 private:
  class MemoryFile : public File {
   public:
    MemoryFile(FaultyDisk& disk, std::shared_ptr<FaultyDisk::Contents> contents)
        : disk_(disk), contents_(std::move(contents)) {}

    Status append(std::string_view bytes) override {
      std::lock_guard lock(disk_.mutex_);
      auto error = disk_.change("append");
      uint64_t used = disk_.used();
      if (!error && used + bytes.size() > disk_.room_bytes) {
        error = Error{Code::kUnavailable, "no space left on device"};
      }
      contents_->data += error ? bytes.substr(0, bytes.size() / 2) : bytes;
      if (error) return *error;
      return {};
    }
    Status sync() override {
      std::lock_guard lock(disk_.mutex_);
      if (auto error = disk_.change("sync")) return *error;
      contents_->synced = contents_->data.size();
      return {};
    }
    Status truncate(uint64_t size) override {
      std::lock_guard lock(disk_.mutex_);
      if (auto error = disk_.change("truncate")) return *error;
      contents_->data.resize(size);
      contents_->synced = std::min<size_t>(contents_->synced, size);
      return {};
    }

   private:
    FaultyDisk& disk_;
    std::shared_ptr<FaultyDisk::Contents> contents_;
  };

  class MemoryMapping : public Mapping {
   public:
    explicit MemoryMapping(std::string bytes) : bytes_(std::move(bytes)) {}
    std::string_view bytes() const override { return bytes_; }

   private:
    std::string bytes_;
  };

  FaultyDisk::Directory& here() const { return disk_.folders_[name_]; }

  FaultyDisk& disk_;
  const std::string name_;
};

inline std::unique_ptr<Folder> FaultyDisk::folder(const std::string& name) {
  return std::make_unique<FaultyFolder>(*this, name);
}

inline void FaultyDisk::crash(double keep) {
  std::lock_guard lock(mutex_);
  for (auto& [name, directory] : folders_) {
    Listing after;
    for (const auto& [file, contents] : directory.durable) {
      size_t loose = contents->data.size() - std::min(contents->data.size(), contents->synced);
      size_t size =
          contents->data.size() - loose + static_cast<size_t>(static_cast<double>(loose) * keep);
      after[file] = std::make_shared<Contents>(Contents{contents->data.substr(0, size), size});
    }
    directory.now = directory.durable = std::move(after);
  }
  fault = nullptr;
  room_bytes = UINT64_MAX;
}

}  // namespace tarsier::store::testing
