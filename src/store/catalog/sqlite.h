// SQLite with our errors: a connection, a statement.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace tarsier::store {

// One thread at a time.
class Sqlite {
 public:
  static Result<Sqlite> open(const std::filesystem::path& file);
  Status run(const char* sql);

  class Statement {
   public:
    Statement& bind(const std::string& text);
    Statement& bind(int64_t integer);
    Result<bool> step();  // true: a row; false: done
    std::string text(int column) const;
    int64_t integer(int column) const;

   private:
    friend Sqlite;
    std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_{nullptr, sqlite3_finalize};
    int bound_ = 0;
  };
  Result<Statement> prepare(const char* sql);

 private:
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> db_{nullptr, sqlite3_close_v2};
};

}  // namespace tarsier::store
