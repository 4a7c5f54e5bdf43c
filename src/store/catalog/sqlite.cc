#include "store/catalog/sqlite.h"

namespace tarsier::store {
namespace {

Error failed(sqlite3* db, int code, const std::string& what) {
  Code ours = code == SQLITE_FULL || code == SQLITE_BUSY        ? Code::kUnavailable
              : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? Code::kCorrupt
                                                                : Code::kIo;
  return {ours, "catalog: " + what + ": " + (db ? sqlite3_errmsg(db) : sqlite3_errstr(code))};
}

}  // namespace

Result<Sqlite> Sqlite::open(const std::filesystem::path& file) {
  sqlite3* raw = nullptr;
  int code =
      sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Sqlite out;
  out.db_.reset(raw);
  if (code != SQLITE_OK) return failed(raw, code, file.string());
  sqlite3_busy_timeout(raw, 2000);
  TRY_STATUS(out.run("PRAGMA journal_mode = WAL"));
  TRY_STATUS(out.run("PRAGMA synchronous = FULL"));
  return out;
}

Status Sqlite::run(const char* sql) {
  int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(db_.get(), code, sql);
  return {};
}

Result<Sqlite::Statement> Sqlite::prepare(const char* sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(db_.get(), sql, -1, &raw, nullptr);
  if (code != SQLITE_OK) return failed(db_.get(), code, sql);
  Statement out;
  out.statement_.reset(raw);
  return out;
}

Sqlite::Statement& Sqlite::Statement::bind(const std::string& text) {
  sqlite3_bind_text64(statement_.get(), ++bound_, text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

Sqlite::Statement& Sqlite::Statement::bind(int64_t integer) {
  sqlite3_bind_int64(statement_.get(), ++bound_, integer);
  return *this;
}

Result<bool> Sqlite::Statement::step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failed(sqlite3_db_handle(statement_.get()), code, "step");
}

std::string Sqlite::Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_.get(), column);
  auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data ? std::string(reinterpret_cast<const char*>(data), size) : std::string();
}

int64_t Sqlite::Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

}  // namespace tarsier::store
