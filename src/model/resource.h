// Who sent it: the resource (a service instance, a host) and the instrumentation scope.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/value.h"

namespace tarsier::model {

// OTLP EntityRef: which of the resource's attributes identify and describe an entity.
struct EntityRef {
  std::string schema_url, type;
  std::vector<std::string> id_keys, description_keys;
  bool operator==(const EntityRef&) const = default;
};

struct Resource {
  Attributes attributes;
  uint32_t dropped_attributes = 0;
  std::vector<EntityRef> entity_refs;
  bool operator==(const Resource&) const = default;
};

struct Scope {
  std::string name, version;
  Attributes attributes;
  uint32_t dropped_attributes = 0;
  bool operator==(const Scope&) const = default;
};

// One resource's records of one kind, grouped by scope, as OTLP sends them.
template <typename Record>
struct Scoped {
  Scope scope;
  std::string schema_url;
  std::vector<Record> records;
  bool operator==(const Scoped&) const = default;
};

template <typename Record>
struct Resourced {
  Resource resource;
  std::string schema_url;
  std::vector<Scoped<Record>> scopes;
  bool operator==(const Resourced&) const = default;
};

}  // namespace tarsier::model
