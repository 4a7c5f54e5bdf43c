#include "store/store.h"

#include "base/log.h"
#include "base/metrics.h"
#include "store/admit.h"
#include "store/catalog/sqlite_catalog.h"
#include "store/parts/parts.h"
#include "store/readers.h"
#include "store/wal/committer.h"

namespace tarsier::store {
namespace {

void count_refused(const std::vector<model::Refusal>& refusals) {
  for (const model::Refusal& refusal : refusals) {
    metrics()
        .counter("tarsier_store_items_refused_total", "Items that were offered and not taken",
                 {{"reason", std::string(name(refusal.code))}})
        .add(refusal.items);
  }
}

void count_expired(const char* reason, uint64_t items) {
  metrics()
      .counter("tarsier_store_items_expired_total", "Items dropped by retention",
               {{"reason", reason}})
      .add(items);
}

// After a snapshot that failed (a full disk, most likely), until the next try.
constexpr int64_t kSnapshotRetry = kMinute;

class StoreImpl : public Store {
 public:
  StoreImpl(Folders&& folders, const Options& options, const Clock& clock)
      : folders_(std::move(folders)),
        options_(options),
        clock_(clock),
        tenants_({.suffixes = options.metric_suffixes}),
        metrics_reader_(tenants_),
        events_reader_(tenants_),
        parts_(*folders_.parts, tenants_) {}

  ~StoreImpl() override {
    committer_.reset();
    // A short log makes the next start quick.
    if (log_ && log_->bytes() > snapshot_bytes() / 8) {
      if (Status status = snapshot(); !status) {
        LOG_WARN("no snapshot at the end; the next start replays the log", "error",
                 status.error().message);
      }
    }
  }

  Status start() {
    TRY_STATUS(parts_.load());
    TRY(log_, Log::open(*folders_.log, {.fsync = options_.fsync}, parts_.last_sequence(),
                        [this](const Record& record) { return replay(record); }));
    TRY_STATUS(log_->cut(parts_.last_sequence()));  // left by a crash between snapshot and cut
    committer_.emplace(*log_, Committer::Options{.interval = options_.commit_interval},
                       [this](Pending&& pending) { apply(std::move(pending)); });
    return {};
  }

  model::Offer offer(model::Batch&& batch) override {
    std::vector<model::Refusal> refused = admit(batch, limits());
    count_refused(refused);
    size_t items = batch.items();
    model::Offer offer = model::Offer::all(items);
    offer.refused = std::move(refused);
    if (items == 0) return offer;
    auto refuse = [&](const Error& error) {
      offer.taken = 0;
      offer.refused.push_back({error.code, error.message, items});
      count_refused({offer.refused.back()});
      if (error.code == Code::kUnavailable) offer.retry_after = committer_->retry();
      return offer;
    };
    if (auto tenant = tenants_.find_or_add(batch.tenant); !tenant) return refuse(tenant.error());
    Pending pending;
    pending.sections = encode_sections(batch);
    pending.payload = encode_payload(batch.tenant, pending.sections);
    if (pending.payload.size() > kRecordPayloadMax) {
      return refuse(invalid("batch is larger than a log record may be: send smaller ones"));
    }
    pending.tenant = std::move(batch.tenant);
    pending.numbers.metrics = std::move(batch.metrics);
    pending.numbers.series = std::move(batch.series);
    auto durable = committer_->submit(pending);
    if (!durable) return refuse(durable.error());
    offer.durable = std::move(*durable);
    return offer;
  }

  const MetricsReader& metrics() const override { return metrics_reader_; }
  const EventsReader& events() const override { return events_reader_; }
  Catalog& catalog() override { return *folders_.catalog; }

  Status maintain() override {
    std::lock_guard lock(maintenance_);
    AdmitLimits now = limits();
    // Walking all series is not for every few seconds.
    bool walk = now.now_ns >= next_walk_ns_;
    if (walk) {
      next_walk_ns_ = now.now_ns + kMinute;
      if (now.oldest_ns != INT64_MIN) count_expired("age", parts_.drop_older(now.oldest_ns));
    }
    if (log_bytes() > snapshot_bytes() && now.now_ns >= next_snapshot_ns_) {
      next_snapshot_ns_ = now.now_ns + kSnapshotRetry;
      TRY_STATUS(snapshot());
      next_snapshot_ns_ = 0;
      walk = true;
    }
    if (walk) memory_bytes_ = memory();
    while (parts_.count() > 0 && used_bytes() > options_.retention_bytes) {
      TRY(uint64_t items, parts_.drop_oldest_part());
      count_expired("bytes", items);
      memory_bytes_ = memory();
    }
    return {};
  }

  Status sync() override {
    committer_->between_groups([] {});
    return committer_->status();
  }

 private:
  AdmitLimits limits() const {
    int64_t now = clock_.now_ns();
    bool forever = options_.retention_ns > now;
    return {.now_ns = now, .oldest_ns = forever ? INT64_MIN : now - options_.retention_ns};
  }

  // Small enough that dropping one part at a time is a gentle step.
  uint64_t snapshot_bytes() const {
    return std::min(options_.snapshot_log_bytes, options_.retention_bytes / 8);
  }

  // Work that must not meet the committer's; runs here when there is none (any more).
  void exclusively(const std::function<void()>& work) {
    if (committer_) {
      committer_->between_groups(work);
    } else {
      work();
    }
  }

  uint64_t log_bytes() {
    uint64_t bytes = 0;
    exclusively([&] { bytes = log_->bytes(); });
    return bytes;
  }

  uint64_t memory() const {
    uint64_t bytes = 0;
    for (const Tenant* tenant : tenants_.all()) bytes += tenant->bytes();
    return bytes;
  }

  uint64_t used_bytes() {
    uint64_t log = log_bytes();
    auto show = [](const char* kind, uint64_t bytes) {
      tarsier::metrics()
          .gauge("tarsier_store_bytes", "Bytes held by the store", {{"kind", kind}})
          .set(static_cast<double>(bytes));
    };
    show("memory", memory_bytes_);
    show("log", log);
    show("parts", parts_.bytes());
    return memory_bytes_ + log + parts_.bytes();
  }

  Status snapshot() {
    uint64_t sequence = 0;
    std::vector<Frozen> frozen;
    exclusively([&] {
      sequence = log_->last_sequence();
      log_->rotate();
      for (Tenant* tenant : tenants_.all()) frozen.push_back(freeze(*tenant));
    });
    if (sequence == parts_.last_sequence()) return {};  // nothing came since
    TRY_STATUS(parts_.write(sequence, frozen));
    Status cut;
    exclusively([&] { cut = log_->cut(sequence); });
    return cut;
  }

  void apply(Pending&& pending) {
    Tenant* tenant = tenants_.find(pending.tenant);
    Status applied = tenant->apply(pending.numbers, std::move(pending.sections));
    if (!applied) LOG_ERROR("a batch is durable but not shown", "error", applied.error().message);
  }

  Status replay(const Record& record) {
    if (record.type != RecordType::kBatch || record.version != kRecordVersion) {
      return unsupported("record " + std::to_string(record.sequence) +
                         " was written by another version: start that one");
    }
    TRY(DecodedPayload payload, decode_payload(record.payload));
    TRY(model::Batch numbers, decode_metrics(payload.sections));
    TRY(Tenant * tenant, tenants_.find_or_add(payload.tenant));
    return tenant->apply(numbers, std::move(payload.sections));
  }

  Folders folders_;
  const Options options_;
  const Clock& clock_;
  Tenants tenants_;
  TenantMetricsReader metrics_reader_;
  TenantEventsReader events_reader_;
  std::mutex maintenance_;  // of what follows
  Parts parts_;
  int64_t next_snapshot_ns_ = 0, next_walk_ns_ = 0;
  uint64_t memory_bytes_ = 0;  // as of the last walk
  std::unique_ptr<Log> log_;
  std::optional<Committer> committer_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(Folders&& folders, const Options& options,
                                          const Clock& clock) {
  auto store = std::make_unique<StoreImpl>(std::move(folders), options, clock);
  TRY_STATUS(store->start());
  return store;
}

Result<std::unique_ptr<Store>> Store::open(const Options& options, const Clock& clock) {
  std::error_code ec;
  std::filesystem::create_directories(options.folder, ec);
  if (ec) return io_error("create folder " + options.folder.string(), ec.value());
  Folders folders;
  TRY(folders.lock, lock_folder(options.folder));
  TRY(folders.log, open_folder(options.folder / "log"));
  TRY(folders.parts, open_folder(options.folder / "parts"));
  TRY(folders.catalog, open_catalog(options.folder / "catalog.db", clock));
  return open_store(std::move(folders), options, clock);
}

}  // namespace tarsier::store
