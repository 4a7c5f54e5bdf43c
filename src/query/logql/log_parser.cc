#include <fmt/format.h>

#include <algorithm>

#include "query/logql/parser_base.h"
#include "query/syntax/literal.h"

namespace tarsier::query::logql {

using syntax::Token;
using syntax::TokenKind;

Result<std::vector<store::Matcher>> LogParser::selector() {
  TRY_STATUS(tokens_.expect("{", "stream selector"));
  std::vector<store::Matcher> out;
  while (!tokens_.accept("}")) {
    TRY(store::Matcher next, matcher());
    out.push_back(std::move(next));
    if (!tokens_.accept(",") && !tokens_.is("}")) {
      return tokens_.unexpected("stream selector", "\",\" or \"}\"");
    }
  }
  return out;
}

Result<store::Matcher> LogParser::matcher() {
  store::Matcher out;
  TRY(out.name, name("stream selector"));
  constexpr std::pair<std::string_view, store::MatchKind> kKinds[] = {
      {"=", store::MatchKind::kEqual},
      {"!=", store::MatchKind::kNotEqual},
      {"=~", store::MatchKind::kRegex},
      {"!~", store::MatchKind::kNotRegex}};
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const auto& k) { return tokens_.is(k.first); });
  if (kind == std::end(kKinds)) return tokens_.unexpected("label matching", "one of = != =~ !~");
  out.kind = kind->second;
  tokens_.take();
  Token at = tokens_.peek();
  TRY(out.value, string("label matching"));
  if (out.kind == store::MatchKind::kRegex || out.kind == store::MatchKind::kNotRegex) {
    TRY_STATUS(regex(out.value, at));
  }
  return out;
}

bool LogParser::at_stage() const {
  for (std::string_view op : {"|", "|=", "|~", "|>", "!=", "!~", "!>"}) {
    if (tokens_.is(op)) return true;
  }
  return false;
}

Status LogParser::stages(LogExpr& log, Metric* metric) {
  while (at_stage()) {
    if (log.stages.size() > syntax::kDepthMax)
      return tokens_.unexpected("pipeline", "fewer stages");
    bool unwraps = tokens_.is("|") && tokens_.peek_second().is_word("unwrap");
    if (unwraps) {
      if (!metric)
        return tokens_.unexpected("log query", "no unwrap: it belongs into a range aggregation");
      return unwrap(*metric);
    }
    if (!tokens_.is("|")) {
      TRY(Stage filter, line_filter());
      log.stages.push_back(std::move(filter));
      continue;
    }
    tokens_.take();
    TRY_STATUS(stage(log));
  }
  return {};
}

Result<Stage> LogParser::line_filter() {
  if (tokens_.is("|>") || tokens_.is("!>")) return unsupported_here("the pattern filter |>");
  Stage out;
  Token op = tokens_.take();
  bool by_regex = op.text == "|~" || op.text == "!~";
  out.line.negated = op.text.front() == '!';
  do {
    if (tokens_.is_word("ip")) return unsupported_here("the ip() line filter");
    Token at = tokens_.peek();
    TRY(std::string text, string("line filter"));
    if (by_regex) {
      TRY(RegexPtr compiled, regex(text, at));
      out.line.regexes.push_back(std::move(compiled));
    } else {
      out.line.texts.push_back(std::move(text));
    }
  } while (tokens_.accept_word("or"));
  return out;
}

Status LogParser::stage(LogExpr& log) {
  Stage out;
  using Kind = Stage::Kind;
  Token word = tokens_.peek();
  auto is = [&](std::string_view keyword, Kind kind) {
    if (!word.is_word(keyword)) return false;
    tokens_.take();
    out.kind = kind;
    return true;
  };
  if (is("json", Kind::kJson)) {
    TRY_STATUS(extractions(out));
  } else if (is("logfmt", Kind::kLogfmt)) {
    TRY_STATUS(logfmt_flags(out));
    TRY_STATUS(extractions(out));
  } else if (is("unpack", Kind::kUnpack) || is("decolorize", Kind::kDecolorize)) {
  } else if (is("regexp", Kind::kRegexp)) {
    Token at = tokens_.peek();
    TRY(std::string pattern_text, string("regexp"));
    TRY(out.regex, regex(pattern_text, at));
    if (out.regex->NamedCapturingGroups().empty()) {
      return tokens_.error_at(at.span, "regexp needs a named group such as (?P<name>\\\\S+)");
    }
  } else if (is("pattern", Kind::kPattern)) {
    TRY_STATUS(pattern(out));
  } else if (is("line_format", Kind::kLineFormat)) {
    Token at = tokens_.peek();
    TRY(std::string text, string("line_format"));
    TRY(out.format, make_template(text, at));
  } else if (is("label_format", Kind::kLabelFormat)) {
    TRY_STATUS(renames(out));
  } else if (is("drop", Kind::kDrop) || is("keep", Kind::kKeep)) {
    TRY_STATUS(name_matches(out));
  } else {
    out.kind = Kind::kLabel;
    TRY(out.label, label_filter());
  }
  log.stages.push_back(std::move(out));
  return {};
}

// json a="b.c", d
Status LogParser::extractions(Stage& out) {
  while (tokens_.peek().kind == TokenKind::kWord && !tokens_.is_word("or") &&
         !tokens_.is_word("and")) {
    TRY(std::string label, name("parser"));
    std::string path = label;
    if (tokens_.accept("=")) {
      TRY(path, string("parser"));
    }
    out.extract.emplace_back(std::move(label), std::move(path));
    if (!tokens_.accept(",")) break;
  }
  return {};
}

Status LogParser::logfmt_flags(Stage& out) {
  while (tokens_.accept("--")) {
    if (tokens_.accept_word("strict")) {
      out.strict = true;
    } else if (tokens_.accept_word("keep") && tokens_.accept("-") && tokens_.accept_word("empty")) {
      out.keep_empty = true;
    } else {
      return tokens_.unexpected("logfmt", "--strict or --keep-empty");
    }
  }
  return {};
}

// "<ip> - <_> [<time>]" as the regex that means the same: a capture is as short as it can be.
Status LogParser::pattern(Stage& out) {
  Token at = tokens_.peek();
  TRY(std::string text, string("pattern"));
  std::string expression = "^";
  bool named = false, capture_before = false;
  for (size_t i = 0; i < text.size();) {
    size_t close = text[i] == '<' ? text.find('>', i) : std::string::npos;
    std::string label = close == std::string::npos ? "" : text.substr(i + 1, close - i - 1);
    bool is_name = !label.empty() && std::all_of(label.begin(), label.end(), [](char c) {
      return syntax::is_name_part(static_cast<unsigned char>(c));
    });
    if (!is_name) {
      expression += re2::RE2::QuoteMeta(text.substr(i, 1));
      capture_before = false;
      i++;
      continue;
    }
    if (capture_before)
      return tokens_.error_at(at.span, "two captures of a pattern need text between them");
    bool last = close + 1 == text.size();
    std::string body = last ? ".*" : ".*?";
    expression += label == "_" ? body : fmt::format("(?P<{}>{})", label, body);
    named |= label != "_";
    capture_before = true;
    i = close + 1;
  }
  if (!named) return tokens_.error_at(at.span, "a pattern needs a named capture such as <status>");
  TRY(out.regex, regex(expression, at));
  return {};
}

Result<Template> LogParser::make_template(const std::string& text, const Token& at) const {
  Template out;
  for (size_t i = 0; i < text.size();) {
    size_t open = text.find("{{", i);
    if (open != i) out.parts.push_back({false, text.substr(i, open - i)});
    if (open == std::string::npos) break;
    size_t close = text.find("}}", open);
    if (close == std::string::npos)
      return tokens_.error_at(at.span, "a {{ of the template does not end");
    std::string inside = text.substr(open + 2, close - open - 2);
    inside.erase(0, inside.find_first_not_of(" -"));
    inside.erase(inside.find_last_not_of(" -") + 1);
    bool plain = inside.size() > 1 && inside[0] == '.' &&
                 std::all_of(inside.begin() + 1, inside.end(), [](char c) {
                   return syntax::is_name_part(static_cast<unsigned char>(c));
                 });
    if (!plain && inside != "__line__") {
      return unsupported(
          fmt::format("{}: LogQL: template {{{{{}}}}} is not supported yet; {{{{.label}}}} and "
                      "{{{{__line__}}}} are",
                      syntax::line_col(tokens_.source(), at.span.begin), inside));
    }
    out.parts.push_back({true, plain ? inside.substr(1) : inside});
    i = close + 2;
  }
  return out;
}

Status LogParser::renames(Stage& out) {
  do {
    Rename rename;
    TRY(rename.name, name("label_format"));
    TRY_STATUS(tokens_.expect("=", "label_format"));
    Token at = tokens_.peek();
    if (at.kind == TokenKind::kString) {
      TRY(std::string text, string("label_format"));
      TRY(rename.from_template, make_template(text, at));
    } else {
      TRY(rename.from, name("label_format"));
    }
    out.renames.push_back(std::move(rename));
  } while (tokens_.accept(","));
  return {};
}

Status LogParser::name_matches(Stage& out) {
  do {
    NameMatch match;
    bool compares = false;
    for (std::string_view op : {"=", "!=", "=~", "!~"}) compares |= tokens_.peek_second().is(op);
    if (compares) {
      Token at = tokens_.peek();
      TRY(match.matcher, matcher());
      match.name = match.matcher->name;
      TRY(match.regex, regex(match.matcher->value, at));
    } else {
      TRY(match.name, name("drop or keep"));
    }
    out.names.push_back(std::move(match));
  } while (tokens_.accept(","));
  return {};
}

Result<LabelFilterPtr> LogParser::label_filter() {
  // `or` binds loosest; `and`, a comma and a blank are the same.
  auto precedence = [](const Token& token) -> std::optional<syntax::Precedence> {
    if (token.is_word("or")) return syntax::Precedence{1};
    if (token.is_word("and") || token.is(",")) return syntax::Precedence{2};
    return std::nullopt;
  };
  auto combine = [](LabelFilterPtr left, const Token& op,
                    const auto& right) -> Result<LabelFilterPtr> {
    auto out = std::make_unique<LabelFilter>();
    out->kind = op.is_word("or") ? LabelFilter::Kind::kOr : LabelFilter::Kind::kAnd;
    out->left = std::move(left);
    TRY(out->right, right());
    return out;
  };
  return syntax::parse_binary<LabelFilterPtr>(
      tokens_, 1, [this] { return label_filter_operand(); }, precedence, combine, depth_);
}

Result<LabelFilterPtr> LogParser::label_filter_operand() {
  if (tokens_.accept("(")) {
    TRY(LabelFilterPtr inner, label_filter());
    TRY_STATUS(tokens_.expect(")", "label filter"));
    return inner;
  }
  auto out = std::make_unique<LabelFilter>();
  TRY(out->name, name("pipeline"));
  constexpr std::pair<std::string_view, Compare> kOps[] = {
      {"=", Compare::kEqual},      {"==", Compare::kEqual},    {"!=", Compare::kNotEqual},
      {"=~", Compare::kMatch},     {"!~", Compare::kNotMatch}, {"<", Compare::kLess},
      {"<=", Compare::kLessEqual}, {">", Compare::kGreater},   {">=", Compare::kGreaterEqual}};
  const auto* op = std::find_if(std::begin(kOps), std::end(kOps),
                                [&](const auto& o) { return tokens_.is(o.first); });
  if (op == std::end(kOps)) return tokens_.unexpected("label filter", "a comparison");
  out->compare = op->second;
  tokens_.take();
  TRY_STATUS(compare_value(*out));
  return out;
}

Status LogParser::compare_value(LabelFilter& filter) {
  bool negative = tokens_.accept("-");
  Token at = tokens_.peek();
  bool regex_op = filter.compare == Compare::kMatch || filter.compare == Compare::kNotMatch;
  std::optional<double> number;
  switch (at.kind) {
    case TokenKind::kString: {
      TRY(filter.text, string("label filter"));
      bool ordered =
          filter.compare != Compare::kEqual && filter.compare != Compare::kNotEqual && !regex_op;
      if (ordered || negative)
        return tokens_.error_at(at.span, "a text has no order: compare it with = != =~ or !~");
      if (regex_op) {
        TRY(filter.regex, regex(filter.text, at));
      }
      return {};
    }
    case TokenKind::kNumber:
      filter.kind = LabelFilter::Kind::kNumber;
      number = syntax::parse_number(at.text);
      break;
    case TokenKind::kDuration:
      filter.kind = LabelFilter::Kind::kDuration;
      if (auto ns = syntax::parse_duration_ns(at.text)) number = static_cast<double>(*ns) / 1e9;
      break;
    case TokenKind::kBytes:
      filter.kind = LabelFilter::Kind::kBytes;
      number = syntax::parse_bytes(at.text);
      break;
    case TokenKind::kWord:
      if (at.text == "ip") return unsupported_here("the ip() label filter");
      [[fallthrough]];
    default:
      return tokens_.unexpected("label filter", "a string, number, duration or size");
  }
  if (!number || regex_op)
    return tokens_.unexpected("label filter", regex_op ? "a string" : "a value");
  filter.number = negative ? -*number : *number;
  tokens_.take();
  return {};
}

Status LogParser::unwrap(Metric& metric) {
  tokens_.take();
  tokens_.take();
  TRY(std::string label, name("unwrap"));
  metric.unwrap = Unwrap::kNumber;
  if (tokens_.accept("(")) {
    if (label == "bytes") {
      metric.unwrap = Unwrap::kBytes;
    } else if (label == "duration" || label == "duration_seconds") {
      metric.unwrap = Unwrap::kDuration;
    } else {
      return tokens_.unexpected("unwrap", "bytes, duration or duration_seconds");
    }
    TRY(label, name("unwrap"));
    TRY_STATUS(tokens_.expect(")", "unwrap"));
  }
  metric.unwrap_label = std::move(label);
  while (tokens_.accept("|")) {
    TRY(LabelFilterPtr filter, label_filter());
    metric.after_unwrap.push_back(std::move(filter));
  }
  return {};
}

}  // namespace tarsier::query::logql
