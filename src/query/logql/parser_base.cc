#include "query/logql/parser_base.h"

#include <fmt/format.h>

#include <array>

#include "query/syntax/literal.h"

namespace tarsier::query::logql {
namespace {

constexpr std::array<std::string_view, 29> kOperators = {
    "{",  "}",  "(", ")",  "[", "]",  ",", "|", "|=", "|~", "|>", "!=", "!~", "!>", "=",
    "==", "=~", ">", ">=", "<", "<=", "+", "-", "*",  "/",  "%",  "^",  "--", "."};

}  // namespace

ParserBase::ParserBase(std::string_view text)
    : tokens_(text,
              syntax::make_lexer({.operators = kOperators, .go_durations = true, .bytes = true})) {}

Error ParserBase::unsupported_here(std::string_view what) const {
  return unsupported(fmt::format("{}: LogQL: {} is not supported yet",
                                 syntax::line_col(tokens_.source(), tokens_.peek().span.begin),
                                 what));
}

Result<std::string> ParserBase::string(std::string_view context) {
  if (tokens_.peek().kind != syntax::TokenKind::kString)
    return tokens_.unexpected(context, "a string");
  return syntax::unquote(tokens_.take().text);
}

Result<std::string> ParserBase::name(std::string_view context) {
  if (tokens_.peek().kind != syntax::TokenKind::kWord)
    return tokens_.unexpected(context, "a label name");
  return std::string(tokens_.take().text);
}

Result<RegexPtr> ParserBase::regex(const std::string& pattern, const syntax::Token& at) const {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  options.set_dot_nl(true);
  auto compiled = std::make_shared<re2::RE2>(pattern, options);
  if (!compiled->ok()) {
    return tokens_.error_at(at.span, fmt::format("bad regular expression {}: {}",
                                                 syntax::quote(pattern), compiled->error()));
  }
  return RegexPtr(std::move(compiled));
}

Result<std::vector<std::string>> ParserBase::names(std::string_view context) {
  std::vector<std::string> out;
  TRY_STATUS(tokens_.expect("(", context));
  while (!tokens_.accept(")")) {
    TRY(std::string label, name(context));
    out.push_back(std::move(label));
    if (!tokens_.accept(",") && !tokens_.is(")"))
      return tokens_.unexpected(context, "\",\" or \")\"");
  }
  return out;
}

}  // namespace tarsier::query::logql
