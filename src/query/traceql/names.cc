#include "query/traceql/names.h"

#include <array>

#include "model/span.h"
#include "query/syntax/literal.h"

namespace tarsier::query::traceql {
namespace {

constexpr std::array kIntrinsics = {
    IntrinsicName{"duration", Intrinsic::kDuration, Type::kDuration, true},
    IntrinsicName{"kind", Intrinsic::kKind, Type::kKind, true},
    IntrinsicName{"name", Intrinsic::kName, Type::kString, true},
    IntrinsicName{"rootName", Intrinsic::kRootName, Type::kString, true},
    IntrinsicName{"rootServiceName", Intrinsic::kRootServiceName, Type::kString, true},
    IntrinsicName{"status", Intrinsic::kStatus, Type::kStatus, true},
    IntrinsicName{"statusMessage", Intrinsic::kStatusMessage, Type::kString, true},
    IntrinsicName{"traceDuration", Intrinsic::kTraceDuration, Type::kDuration, true},
    IntrinsicName{"childCount", Intrinsic::kChildCount, Type::kInt, false},
    IntrinsicName{"nestedSetLeft", Intrinsic::kNestedSetLeft, Type::kInt, false},
    IntrinsicName{"nestedSetRight", Intrinsic::kNestedSetRight, Type::kInt, false},
    IntrinsicName{"nestedSetParent", Intrinsic::kNestedSetParent, Type::kInt, false},
    IntrinsicName{"trace:id", Intrinsic::kTraceId, Type::kString, true},
    IntrinsicName{"trace:duration", Intrinsic::kTraceDuration, Type::kDuration, false},
    IntrinsicName{"trace:rootName", Intrinsic::kRootName, Type::kString, false},
    IntrinsicName{"trace:rootService", Intrinsic::kRootServiceName, Type::kString, false},
    IntrinsicName{"span:id", Intrinsic::kSpanId, Type::kString, true},
    IntrinsicName{"span:parentID", Intrinsic::kParentId, Type::kString, true},
    IntrinsicName{"span:name", Intrinsic::kName, Type::kString, false},
    IntrinsicName{"span:duration", Intrinsic::kDuration, Type::kDuration, false},
    IntrinsicName{"span:kind", Intrinsic::kKind, Type::kKind, false},
    IntrinsicName{"span:status", Intrinsic::kStatus, Type::kStatus, false},
    IntrinsicName{"span:statusMessage", Intrinsic::kStatusMessage, Type::kString, false},
    IntrinsicName{"span:childCount", Intrinsic::kChildCount, Type::kInt, true},
    IntrinsicName{"event:name", Intrinsic::kEventName, Type::kString, true},
    IntrinsicName{"event:timeSinceStart", Intrinsic::kEventTimeSinceStart, Type::kDuration, true},
    IntrinsicName{"link:traceID", Intrinsic::kLinkTraceId, Type::kString, true},
    IntrinsicName{"link:spanID", Intrinsic::kLinkSpanId, Type::kString, true},
    IntrinsicName{"instrumentation:name", Intrinsic::kScopeName, Type::kString, true},
    IntrinsicName{"instrumentation:version", Intrinsic::kScopeVersion, Type::kString, true},
};

constexpr std::array<std::string_view, 3> kStatuses = {"unset", "ok", "error"};
constexpr std::array<std::string_view, 6> kKinds = {"unspecified", "internal", "server",
                                                    "client",      "producer", "consumer"};

struct ScopeName {
  std::string_view prefix;
  Scope scope;
};
constexpr std::array kScopes = {
    ScopeName{"span.", Scope::kSpan},
    ScopeName{"resource.", Scope::kResource},
    ScopeName{"event.", Scope::kEvent},
    ScopeName{"link.", Scope::kLink},
    ScopeName{"instrumentation.", Scope::kInstrumentation},
    ScopeName{".", Scope::kNone},
};

// Parts of an attribute's name may be quoted: span."a b".c is `a b.c`.
std::string unquoted(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t open = text.find('"');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    size_t close = open + 1;
    while (close < text.size() && text[close] != '"') close += text[close] == '\\' ? 2 : 1;
    if (close >= text.size()) break;
    Result<std::string> part = syntax::unquote(text.substr(open, close - open + 1));
    if (part) out += *part;
    text.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace

std::span<const IntrinsicName> intrinsic_names() {
  return kIntrinsics;
}

std::optional<Intrinsic> find_intrinsic(std::string_view text) {
  for (const IntrinsicName& entry : kIntrinsics) {
    if (entry.text == text) return entry.intrinsic;
  }
  return std::nullopt;
}

Type type_of(Intrinsic intrinsic) {
  for (const IntrinsicName& entry : kIntrinsics) {
    if (entry.intrinsic == intrinsic) return entry.type;
  }
  return Type::kNil;
}

std::string_view name_of(Intrinsic intrinsic) {
  for (const IntrinsicName& entry : kIntrinsics) {
    if (entry.intrinsic == intrinsic) return entry.text;
  }
  return {};
}

std::optional<Static> keyword(std::string_view word) {
  if (word == "nil") return Static{};
  if (word == "true" || word == "false")
    return Static{.type = Type::kBool, .integer = word == "true"};
  for (size_t i = 0; i < kStatuses.size(); i++) {
    if (kStatuses[i] == word)
      return Static{.type = Type::kStatus, .integer = static_cast<int64_t>(i)};
  }
  for (size_t i = 0; i < kKinds.size(); i++) {
    if (kKinds[i] == word) return Static{.type = Type::kKind, .integer = static_cast<int64_t>(i)};
  }
  if (word == "minInt") return Static{.type = Type::kInt, .integer = INT64_MIN};
  if (word == "maxInt") return Static{.type = Type::kInt, .integer = INT64_MAX};
  return std::nullopt;
}

std::string_view status_name(int64_t status) {
  return status >= 0 && status < 3 ? kStatuses[static_cast<size_t>(status)] : "unset";
}
std::string_view kind_name(int64_t kind) {
  return kind >= 0 && kind < 6 ? kKinds[static_cast<size_t>(kind)] : "unspecified";
}

std::optional<Attribute> parse_attribute(std::string_view text) {
  if (std::optional<Intrinsic> intrinsic = find_intrinsic(text)) {
    return Attribute{Scope::kIntrinsic, std::string(text), *intrinsic};
  }
  for (const ScopeName& entry : kScopes) {
    if (!text.starts_with(entry.prefix)) continue;
    std::string name = unquoted(text.substr(entry.prefix.size()));
    if (name.empty()) return std::nullopt;
    return Attribute{entry.scope, std::move(name), Intrinsic::kName};
  }
  return std::nullopt;
}

std::string to_string(const Attribute& attribute) {
  if (attribute.scope == Scope::kIntrinsic) return std::string(name_of(attribute.intrinsic));
  for (const ScopeName& entry : kScopes) {
    if (entry.scope == attribute.scope) return std::string(entry.prefix) + attribute.name;
  }
  return attribute.name;
}

}  // namespace tarsier::query::traceql
