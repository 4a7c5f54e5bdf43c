#include "assemble/protocols/asked/system.h"

#include <algorithm>
#include <iterator>

#include "assemble/protocols/asked/bytes.h"
#include "assemble/protocols/asked/mysql.h"
#include "assemble/protocols/asked/postgresql.h"
#include "assemble/protocols/asked/redis.h"

namespace tarsier::assemble::asked {
namespace {

constexpr std::string_view kStatements[] = {
    "ALTER",    "ANALYZE",  "BEGIN",     "CALL",    "CLOSE",   "COMMIT",  "COPY",
    "CREATE",   "DECLARE",  "DELETE",    "DISCARD", "DROP",    "EXECUTE", "EXPLAIN",
    "FETCH",    "GRANT",    "INSERT",    "KILL",    "LISTEN",  "LOAD",    "LOCK",
    "MERGE",    "NOTIFY",   "PREPARE",   "REFRESH", "RELEASE", "REINDEX", "REPLACE",
    "REVOKE",   "ROLLBACK", "SAVEPOINT", "SELECT",  "SET",     "SHOW",    "START",
    "TRUNCATE", "UNLISTEN", "UPDATE",    "USE",     "VACUUM",  "VALUES",  "WITH"};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

// Spaces, parentheses and comments before a statement's first word.
std::string_view skip_blank(std::string_view sql) {
  while (true) {
    size_t start = sql.find_first_not_of(" \t\r\n(");
    sql.remove_prefix(std::min(start, sql.size()));
    size_t end = sql.npos, behind = 0;
    if (sql.starts_with("/*")) end = sql.find("*/", 2), behind = 2;
    if (sql.starts_with("--")) end = sql.find('\n'), behind = 1;
    if (end == sql.npos) return sql;
    sql.remove_prefix(end + behind);
  }
}

std::string first_word(std::string_view sql) {
  sql = skip_blank(sql);
  auto end = std::find_if_not(sql.begin(), sql.end(), is_letter);
  std::string word = upper({sql.begin(), end});
  bool known =
      std::find(std::begin(kStatements), std::end(kStatements), word) != std::end(kStatements);
  return known ? word : std::string();
}

}  // namespace

System by_greeting(const Part& answer) {
  return mysql::is_greeting(answer) ? System::kMysql : System::kOther;
}

System by_question(const Part& question) {
  if (redis::asks(question)) return System::kRedis;
  return postgresql::begins(question) ? System::kPostgresql : System::kOther;
}

System by_both(const Part& question, const Part& answer) {
  if (mysql::may_ask(question) && mysql::may_answer(answer)) return System::kMysql;
  if (postgresql::may_ask(question) && postgresql::may_answer(answer)) return System::kPostgresql;
  return System::kOther;
}

bool is_one_way(System system, const Part& question) {
  if (system == System::kMysql) return mysql::is_one_way(question);
  return system == System::kPostgresql && postgresql::is_one_way(question);
}

std::string operation(System system, const Part& question) {
  switch (system) {
    case System::kRedis:
      return upper(redis::command(question));
    case System::kPostgresql:
      return first_word(postgresql::statement(question));
    case System::kMysql:
      return first_word(mysql::statement(question));
    default:
      return {};
  }
}

std::string error_code(System system, const Part& answer) {
  switch (system) {
    case System::kRedis:
      return redis::error_code(answer);
    case System::kPostgresql:
      return postgresql::error_code(answer);
    case System::kMysql:
      return mysql::error_code(answer);
    default:
      return {};
  }
}

}  // namespace tarsier::assemble::asked
