// Immutable bytes with whoever keeps them alive: the heap before a snapshot, a mapped file after.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tarsier::store {

struct Blob {
  std::string_view view;
  std::shared_ptr<const void> owner;

  static Blob of(std::string&& bytes) {
    auto held = std::make_shared<const std::string>(std::move(bytes));
    return {*held, held};
  }
};

}  // namespace tarsier::store
