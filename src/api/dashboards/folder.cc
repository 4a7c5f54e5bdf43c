#include "api/dashboards/folder.h"

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>

#include "api/dashboards/dashboards.h"
#include "base/log.h"
#include "base/metrics.h"

namespace tarsier::api {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFilesMax = 1'000;
constexpr uintmax_t kFileMaxBytes = 8 << 20;

bool refuse(const fs::path& path, std::string_view reason, std::string_view error) {
  metrics()
      .counter("tarsier_api_dashboard_files_dropped_total", "Dashboard files that were not used",
               {{"reason", std::string(reason)}})
      .add();
  LOG_ERROR("dashboard file not used", "file", path.string(), "error", error);
  return false;
}

Result<store::Dashboard> load(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (!in) return io_error("read", errno);
  TRY(store::Dashboard dashboard, parse_dashboard(text, path.stem().string()));
  dashboard.built_in = true;
  return dashboard;
}

}  // namespace

void keep_only(store::Catalog& catalog, const std::set<std::string>& uids) {
  auto all = catalog.dashboards();
  if (!all) return;
  for (const store::Dashboard& dashboard : *all) {
    if (!dashboard.built_in || uids.contains(dashboard.uid)) continue;
    (void)catalog.remove(dashboard.uid, true);
    LOG_INFO("dashboard taken away: its file is gone", "uid", dashboard.uid);
  }
}

DashboardFolder::DashboardFolder(fs::path folder, store::Catalog& catalog,
                                 std::set<std::string> shipped, std::chrono::milliseconds interval)
    : folder_(std::move(folder)), catalog_(catalog), shipped_(std::move(shipped)) {
  look();
  thread_ = std::jthread([this, interval](std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) look();
  });
}

void DashboardFolder::look() {
  std::error_code ec;
  std::set<fs::path> present;
  fs::directory_iterator entries(folder_, ec);
  if (ec) {
    if (!std::exchange(missing_, true)) {
      LOG_WARN("cannot read the dashboard folder", "folder", folder_.string(), "error",
               ec.message(), "hint", "create it, or change dashboards.folder");
    }
    return;  // a folder that is away for a moment takes no dashboard with it
  }
  missing_ = false;
  for (; entries != fs::directory_iterator(); entries.increment(ec)) {
    if (ec) return;
    fs::path path = entries->path();
    if (path.extension() != ".json" || path.filename().string().starts_with('.')) continue;
    std::error_code ignored;
    File now{entries->last_write_time(ignored), entries->file_size(ignored), {}, false};
    if (ignored) continue;  // gone again
    if (present.size() >= kFilesMax) {
      if (!files_.contains(path)) refuse(path, "files_max", "there are more than 1000 files");
      tidied_ = true;  // what that file would say is not known
      continue;
    }
    present.insert(path);
    File& known = files_[path];
    if (known.changed == now.changed && known.bytes == now.bytes) continue;
    known.changed = now.changed;
    known.bytes = now.bytes;
    known.used = read(path, known);
  }
  forget(present);
  tidy();
}

bool DashboardFolder::read(const fs::path& path, File& file) {
  if (file.bytes > kFileMaxBytes) return refuse(path, "file_max_bytes", "larger than 8 MiB");
  auto dashboard = load(path);
  if (!dashboard) return refuse(path, "invalid", dashboard.error().message);
  for (const auto& [other_path, other] : files_) {
    if (&other == &file || other.uid != dashboard->uid) continue;
    return refuse(path, "same_uid",
                  "uid \"" + dashboard->uid + "\" is that of " + other_path.string());
  }
  std::string before = std::exchange(file.uid, dashboard->uid);
  if (!before.empty() && before != file.uid) (void)catalog_.remove(before, true);
  auto stored = catalog_.dashboard(file.uid);
  if (stored && stored->built_in && stored->json == dashboard->json)
    return true;  // since last time
  if (auto saved = catalog_.save(*dashboard, true); !saved) {
    return refuse(path, "not_saved", saved.error().message);
  }
  LOG_INFO("dashboard loaded", "file", path.string(), "uid", file.uid);
  return true;
}

void DashboardFolder::forget(const std::set<fs::path>& present) {
  for (auto it = files_.begin(); it != files_.end();) {
    if (present.contains(it->first)) {
      ++it;
      continue;
    }
    if (!it->second.uid.empty()) (void)catalog_.remove(it->second.uid, true);
    it = files_.erase(it);
  }
}

// Once: a file that cannot be used might be the one that holds a dashboard of the catalog.
void DashboardFolder::tidy() {
  if (tidied_) return;
  std::set<std::string> uids = shipped_;
  for (const auto& [path, file] : files_) {
    if (!file.used) return;
    uids.insert(file.uid);
  }
  keep_only(catalog_, uids);
  tidied_ = true;
}

}  // namespace tarsier::api
