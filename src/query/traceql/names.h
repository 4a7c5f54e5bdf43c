// Names of scopes, intrinsics, kinds and statuses, both ways.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "query/traceql/ast.h"

namespace tarsier::query::traceql {

struct IntrinsicName {
  std::string_view text;  // as written in a query
  Intrinsic intrinsic;
  Type type;
  bool listed;  // offered by tag searches
};
std::span<const IntrinsicName> intrinsic_names();
std::optional<Intrinsic> find_intrinsic(std::string_view text);
Type type_of(Intrinsic intrinsic);
std::string_view name_of(Intrinsic intrinsic);  // "duration", "span:id", ...

std::optional<Static> keyword(std::string_view word);  // error, ok, server, true, nil, ...
std::string_view status_name(int64_t status);
std::string_view kind_name(int64_t kind);

// "span.http.method", ".x", "duration", "resource.\"a b\"". Empty when it is none.
std::optional<Attribute> parse_attribute(std::string_view text);
// The same back, as a tag search and an answer name it.
std::string to_string(const Attribute& attribute);

}  // namespace tarsier::query::traceql
