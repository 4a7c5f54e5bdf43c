#include <fmt/format.h>
#include <unistd.h>

#include "app/commands/commands.h"
#include "app/wiring/backend.h"
#include "app/wiring/signals.h"
#include "app/wiring/watcher.h"
#include "base/fd.h"
#include "base/log.h"
#include "pipeline/pipeline.h"

namespace tarsier::app {
namespace {

constexpr int64_t kDrainPatience = kSecond;

Result<Loaded> read_settings(int descriptor) {
  Fd fd(descriptor);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = ::read(fd.get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  Sources sources;
  sources.file = "settings";
  sources.file_text = std::move(text);
  return load(sources);
}

// Captured telemetry's way out of the watcher: to the store (up), over the wire, to the terminal.
struct Outlet {
  std::unique_ptr<model::Sink> exporter, batcher, fanout, printer;
  model::Sink* first = nullptr;

  static Result<Outlet> make(const Config& config, Backend* backend) {
    Outlet out;
    TRY(out.exporter, make_exporter(config));
    std::vector<model::Sink*> sinks;
    if (backend) sinks.push_back(&backend->sink());
    if (out.exporter) {
      // A request for every few records would cost both sides more than the records do.
      out.batcher = pipeline::make_batcher({}, *out.exporter);
      sinks.push_back(out.batcher.get());
    }
    out.fanout = pipeline::make_fanout(std::move(sinks));
    out.first = out.fanout.get();
    if (config.traces.printer == "text") {
      out.printer = pipeline::make_span_printer(*out.fanout);
      out.first = out.printer.get();
    }
    return out;
  }

  // When nothing is offered any more.
  void drain() {
    batcher.reset();  // passes on what it holds
    if (auto* queue = dynamic_cast<pipeline::Exporter*>(exporter.get()))
      queue->drain(kDrainPatience);
  }
};

}  // namespace

int run_worker(const CommandLine& line) {
  StopSignals signals;
  if (line.descriptors.size() < 2)
    return fail(invalid("worker is started by `tarsier up` or `agent`"));
  Result<Loaded> loaded = read_settings(line.descriptors.front());
  if (!loaded) return fail(loaded.error());
  const Config& config = loaded->config;
  apply_log_level(config);

  std::unique_ptr<Backend> backend;
  if (line.worker_mode == "up") {
    auto started = Backend::start(config);
    if (!started) return fail(started.error());
    backend = std::move(*started);
  }
  Result<Outlet> outlet = Outlet::make(config, backend.get());
  if (!outlet) return fail(outlet.error());
  std::vector<int> descriptors(line.descriptors.begin() + 2, line.descriptors.end());
  auto watcher = Watcher::start(config, Fd(line.descriptors[1]), descriptors, *outlet->first);
  if (!watcher) return fail(watcher.error());
  if (backend) LOG_INFO("ready", "url", ui_url(config));

  while (!signals.stop_requested(200) && (*watcher)->alive()) {
  }
  bool asked = signals.stop_requested();
  watcher->reset();
  outlet->drain();
  return asked ? 0 : 1;
}

}  // namespace tarsier::app
