// The half of tarsier that receives, stores, queries and shows: store, receivers, APIs, UI.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "api/dashboards/folder.h"
#include "app/config/config.h"
#include "base/result.h"
#include "model/sink.h"
#include "net/server.h"
#include "store/writer.h"

namespace tarsier::app {

// Serves from start() until it is destroyed. One thread owns it.
class Backend {
 public:
  // Opens the store, then every port. The error says which and why.
  static Result<std::unique_ptr<Backend>> start(const Config& config);
  ~Backend();

  // Where captured data goes. Any thread.
  model::Sink& sink() { return *store_; }

 private:
  explicit Backend(const Config& config);
  Status load_dashboards();
  Status listen();
  void maintain(std::stop_token stop);

  const Config& config_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<api::DashboardFolder> dashboards_;
  net::Server server_;
  std::jthread maintenance_;
};

}  // namespace tarsier::app
