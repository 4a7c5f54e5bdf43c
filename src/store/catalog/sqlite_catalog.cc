#include "store/catalog/sqlite_catalog.h"

#include <mutex>

#include "store/catalog/sqlite.h"

namespace tarsier::store {
namespace {

constexpr const char* kSchema = R"sql(
  CREATE TABLE IF NOT EXISTS dashboards (
    uid TEXT PRIMARY KEY NOT NULL,
    title TEXT NOT NULL,
    json TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL,
    built_in INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS dashboard_tags (
    uid TEXT NOT NULL REFERENCES dashboards(uid) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (uid, position)
  ) STRICT;
  PRAGMA foreign_keys = ON;
)sql";

// BEGIN until commit(); what is not committed is rolled back.
class Transaction {
 public:
  static Result<std::unique_ptr<Transaction>> begin(Sqlite& db) {
    TRY_STATUS(db.run("BEGIN IMMEDIATE"));
    return std::unique_ptr<Transaction>(new Transaction(db));
  }
  ~Transaction() {
    if (open_) (void)db_.run("ROLLBACK");
  }
  Status commit() {
    TRY_STATUS(db_.run("COMMIT"));
    open_ = false;
    return {};
  }

 private:
  explicit Transaction(Sqlite& db) : db_(db) {}
  Sqlite& db_;
  bool open_ = true;
};

class SqliteCatalog : public Catalog {
 public:
  SqliteCatalog(Sqlite db, const Clock& clock) : db_(std::move(db)), clock_(clock) {}

  Result<std::vector<Dashboard>> dashboards() const override {
    std::lock_guard lock(mutex_);
    TRY(auto rows, db_.prepare("SELECT uid, title, '', version, updated_ns, built_in "
                               "FROM dashboards ORDER BY title, uid"));
    std::vector<Dashboard> out;
    while (true) {
      TRY(bool more, rows.step());
      if (!more) break;
      out.push_back(row(rows));
      TRY_STATUS(read_tags(out.back()));
    }
    return out;
  }

  Result<Dashboard> dashboard(const std::string& uid) const override {
    std::lock_guard lock(mutex_);
    return find(uid);
  }

  Result<Dashboard> save(const Dashboard& wanted, bool overwrite) override {
    if (wanted.uid.empty()) return invalid("dashboard without uid");
    std::lock_guard lock(mutex_);
    TRY(auto transaction, Transaction::begin(db_));
    Dashboard saved = wanted;
    saved.version = 1;
    saved.updated_ns = clock_.now_ns();
    if (auto stored = find(wanted.uid)) {
      if (stored->built_in && !wanted.built_in) {
        return Error{Code::kConflict,
                     "dashboard " + wanted.uid + " is provisioned: save a copy under another uid"};
      }
      if (!overwrite && stored->version != wanted.version) {
        return Error{Code::kConflict, "dashboard " + wanted.uid + " has version " +
                                          std::to_string(stored->version) + ", not " +
                                          std::to_string(wanted.version)};
      }
      saved.version = stored->version + 1;
    } else if (stored.error().code != Code::kNotFound) {
      return std::move(stored).error();
    }
    TRY_STATUS(write(saved));
    TRY_STATUS(transaction->commit());
    return saved;
  }

  Status remove(const std::string& uid, bool provisioning) override {
    std::lock_guard lock(mutex_);
    TRY(Dashboard stored, find(uid));
    if (stored.built_in && !provisioning) {
      return Error{Code::kConflict, "dashboard " + uid + " is provisioned and cannot be removed"};
    }
    TRY(auto statement, db_.prepare("DELETE FROM dashboards WHERE uid = ?"));
    TRY_STATUS(statement.bind(uid).step());
    return {};
  }

 private:
  static Dashboard row(const Sqlite::Statement& rows) {
    return {.uid = rows.text(0),
            .title = rows.text(1),
            .json = rows.text(2),
            .tags = {},
            .version = rows.integer(3),
            .updated_ns = rows.integer(4),
            .built_in = rows.integer(5) != 0};
  }

  Result<Dashboard> find(const std::string& uid) const {
    TRY(auto rows, db_.prepare("SELECT uid, title, json, version, updated_ns, built_in "
                               "FROM dashboards WHERE uid = ?"));
    TRY(bool found, rows.bind(uid).step());
    if (!found) return not_found("dashboard " + uid + " does not exist");
    Dashboard out = row(rows);
    TRY_STATUS(read_tags(out));
    return out;
  }

  Status read_tags(Dashboard& dashboard) const {
    TRY(auto rows, db_.prepare("SELECT tag FROM dashboard_tags WHERE uid = ? ORDER BY position"));
    rows.bind(dashboard.uid);
    while (true) {
      TRY(bool more, rows.step());
      if (!more) return {};
      dashboard.tags.push_back(rows.text(0));
    }
  }

  Status write(const Dashboard& d) {
    TRY(auto upsert,
        db_.prepare("INSERT INTO dashboards VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (uid) DO UPDATE "
                    "SET title = excluded.title, json = excluded.json, version = excluded.version, "
                    "updated_ns = excluded.updated_ns, built_in = excluded.built_in"));
    upsert.bind(d.uid).bind(d.title).bind(d.json).bind(d.version).bind(d.updated_ns);
    TRY_STATUS(upsert.bind(int64_t{d.built_in}).step());
    TRY(auto clear, db_.prepare("DELETE FROM dashboard_tags WHERE uid = ?"));
    TRY_STATUS(clear.bind(d.uid).step());
    for (size_t i = 0; i < d.tags.size(); i++) {
      TRY(auto tag, db_.prepare("INSERT INTO dashboard_tags VALUES (?, ?, ?)"));
      TRY_STATUS(tag.bind(d.uid).bind(static_cast<int64_t>(i)).bind(d.tags[i]).step());
    }
    return {};
  }

  mutable std::mutex mutex_;
  mutable Sqlite db_;
  const Clock& clock_;
};

}  // namespace

Result<std::unique_ptr<Catalog>> open_catalog(const std::filesystem::path& file,
                                              const Clock& clock) {
  TRY(Sqlite db, Sqlite::open(file));
  TRY_STATUS(db.run(kSchema));
  return std::make_unique<SqliteCatalog>(std::move(db), clock);
}

}  // namespace tarsier::store
