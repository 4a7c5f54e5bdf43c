#include "assemble/connections.h"

namespace tarsier::assemble {

Connection* Connections::find(uint64_t cookie) {
  auto found = by_cookie_.find(cookie);
  return found == by_cookie_.end() ? nullptr : found->second.get();
}

Connection& Connections::make(uint64_t cookie) {
  auto made = std::make_unique<Connection>();
  made->cookie = cookie;
  Connection& connection = *made;
  by_cookie_.emplace(cookie, std::move(made));
  link_newest(connection);
  return connection;
}

void Connections::touch(Connection& connection) {
  if (newest_ == &connection) return;
  unlink(connection);
  link_newest(connection);
}

Connection* Connections::surplus() {
  return by_cookie_.size() >= max_ ? oldest_ : nullptr;
}

void Connections::erase(Connection& connection) {
  unlink(connection);
  by_cookie_.erase(connection.cookie);
}

void Connections::unlink(Connection& connection) {
  (connection.newer ? connection.newer->older : newest_) = connection.older;
  (connection.older ? connection.older->newer : oldest_) = connection.newer;
  connection.newer = connection.older = nullptr;
}

void Connections::link_newest(Connection& connection) {
  connection.older = newest_;
  (newest_ ? newest_->newer : oldest_) = &connection;
  newest_ = &connection;
}

}  // namespace tarsier::assemble
