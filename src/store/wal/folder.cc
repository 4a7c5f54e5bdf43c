#include "store/wal/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/fd.h"

namespace tarsier::store {
namespace {

Error failed(std::string_view call, const std::filesystem::path& path) {
  Error error = io_error(std::string(call) + " " + path.string());
  if (errno == ENOSPC || errno == EDQUOT) error.code = Code::kUnavailable;
  return error;
}

Status sync_fd(int fd, bool data_only, const std::filesystem::path& path) {
  if ((data_only ? ::fdatasync(fd) : ::fsync(fd)) != 0) return failed("fsync", path);
  return {};
}

class PosixFile : public File {
 public:
  PosixFile(Fd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Status append(std::string_view bytes) override {
    while (!bytes.empty()) {
      ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed("write", path_);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return {};
  }
  Status sync() override { return sync_fd(fd_.get(), true, path_); }
  Status truncate(uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return failed("ftruncate", path_);
    return {};
  }

 private:
  Fd fd_;
  std::filesystem::path path_;
};

class PosixMapping : public Mapping {
 public:
  PosixMapping(void* data, size_t size) : data_(data), size_(size) {}
  ~PosixMapping() override {
    if (size_) ::munmap(data_, size_);
  }
  std::string_view bytes() const override { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_;
  size_t size_;
};

class PosixFolder : public Folder {
 public:
  explicit PosixFolder(std::filesystem::path path) : path_(std::move(path)) {}

  Result<std::vector<std::string>> list() const override {
    std::error_code ec;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator it(path_, ec), end; !ec && it != end;
         it.increment(ec)) {
      names.push_back(it->path().filename());
    }
    if (ec) return io_error("list " + path_.string(), ec.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::unique_ptr<File>> create(const std::string& name) override {
    std::filesystem::path path = path_ / name;
    Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640));
    if (!fd) return failed("create", path);
    return std::make_unique<PosixFile>(std::move(fd), path);
  }

  Result<std::shared_ptr<const Mapping>> map(const std::string& name) const override {
    std::filesystem::path path = path_ / name;
    Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return failed("open", path);
    struct stat st{};
    if (::fstat(fd.get(), &st) != 0) return failed("stat", path);
    size_t size = static_cast<size_t>(st.st_size);
    if (size == 0) return std::make_shared<PosixMapping>(nullptr, 0);
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (data == MAP_FAILED) return failed("mmap", path);
    return std::make_shared<PosixMapping>(data, size);
  }

  Result<uint64_t> size(const std::string& name) const override {
    struct stat st{};
    if (::stat((path_ / name).c_str(), &st) != 0) return failed("stat", path_ / name);
    return static_cast<uint64_t>(st.st_size);
  }

  Status truncate(const std::string& name, uint64_t size) override {
    std::filesystem::path path = path_ / name;
    Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return failed("open", path);
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) return failed("ftruncate", path);
    return sync_fd(fd.get(), false, path);
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename((path_ / from).c_str(), (path_ / to).c_str()) != 0) {
      return failed("rename", path_ / from);
    }
    return {};
  }

  Status remove(const std::string& name) override {
    if (::unlink((path_ / name).c_str()) != 0 && errno != ENOENT) {
      return failed("remove", path_ / name);
    }
    return {};
  }

  Status sync() override {
    Fd fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return failed("open", path_);
    return sync_fd(fd.get(), false, path_);
  }

 private:
  std::filesystem::path path_;
};

class PosixLock : public FolderLock {
 public:
  explicit PosixLock(Fd fd) : fd_(std::move(fd)) {}

 private:
  Fd fd_;  // flock() ends with the descriptor, also when the process is killed
};

}  // namespace

Result<std::unique_ptr<Folder>> open_folder(const std::filesystem::path& path) {
  std::error_code ec;
  std::filesystem::create_directories(path, ec);
  if (ec) return io_error("create folder " + path.string(), ec.value());
  return std::make_unique<PosixFolder>(path);
}

Result<std::unique_ptr<FolderLock>> lock_folder(const std::filesystem::path& folder) {
  std::filesystem::path path = folder / "lock";
  Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!fd) return failed("open", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    char owner[16] = {};
    ssize_t n = ::pread(fd.get(), owner, sizeof owner - 1, 0);
    std::string pid(owner, n > 0 ? static_cast<size_t>(n) : 0);
    return Error{Code::kConflict, "data folder " + folder.string() + " is in use by pid " + pid +
                                      ": stop it, or choose another folder"};
  }
  std::string pid = std::to_string(::getpid());
  if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), pid.data(), pid.size(), 0) < 0) {
    return failed("write", path);
  }
  return std::make_unique<PosixLock>(std::move(fd));
}

}  // namespace tarsier::store
