#include "api/dashboards/json_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace tarsier::api {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kDepthMax = 200;

// Visits every value, so that the reader stops at the one that is wrong.
simdjson::error_code walk(ondemand::value value, size_t depth) {
  if (depth > kDepthMax) return simdjson::DEPTH_ERROR;
  ondemand::json_type type;
  if (auto error = value.type().get(type)) return error;
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    if (auto error = value.get_object().get(object)) return error;
    for (auto member : object) {
      ondemand::value content;
      if (auto error = member.value().get(content)) return error;
      if (auto error = walk(content, depth + 1)) return error;
    }
  } else if (type == ondemand::json_type::array) {
    ondemand::array array;
    if (auto error = value.get_array().get(array)) return error;
    for (auto element : array) {
      ondemand::value content;
      if (auto error = element.get(content)) return error;
      if (auto error = walk(content, depth + 1)) return error;
    }
  } else if (type == ondemand::json_type::string) {
    return value.get_string().error();
  } else if (type == ondemand::json_type::number) {
    return value.get_number().error();
  } else if (type == ondemand::json_type::boolean) {
    return value.get_bool().error();
  } else {
    simdjson::simdjson_result<bool> null = value.is_null();  // fails on "nul"
    if (null.error() || !null.value_unsafe()) return simdjson::N_ATOM_ERROR;
  }
  return simdjson::SUCCESS;
}

// "line 3, column 7: " of the first mistake; empty when it cannot be told.
std::string place(std::string_view text) {
  simdjson::padded_string padded(text);
  ondemand::parser parser;
  ondemand::document document;
  if (parser.iterate(padded).get(document)) return {};
  ondemand::value root;
  if (document.get_value().get(root)) return {};
  if (!walk(root, 0)) return {};
  const char* at = nullptr;
  if (document.current_location().get(at)) return {};
  auto offset = std::clamp<ptrdiff_t>(at - padded.data(), 0, static_cast<ptrdiff_t>(text.size()));
  std::string_view before = text.substr(0, static_cast<size_t>(offset));
  size_t line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  return fmt::format("line {}, column {}: ", std::count(before.begin(), before.end(), '\n') + 1,
                     before.size() - line_start + 1);
}

}  // namespace

Result<simdjson::dom::element> parse_json(simdjson::dom::parser& parser, std::string_view text) {
  simdjson::dom::element root;
  auto error = parser.parse(text.data(), text.size()).get(root);
  if (!error) return root;
  return invalid(fmt::format("{}not JSON: {}", place(text), simdjson::error_message(error)));
}

}  // namespace tarsier::api
