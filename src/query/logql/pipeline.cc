#include "query/logql/pipeline.h"

#include <algorithm>

#include "query/logql/parsers.h"
#include "query/syntax/literal.h"

namespace tarsier::query::logql {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

bool line_passes(const LineFilter& filter, std::string_view line) {
  bool found = std::any_of(filter.texts.begin(), filter.texts.end(), [&](const std::string& text) {
    return line.find(text) != std::string_view::npos;
  });
  found =
      found || std::any_of(filter.regexes.begin(), filter.regexes.end(), [&](const auto& regex) {
        return re2::RE2::PartialMatch(piece(line), *regex);
      });
  return found != filter.negated;
}

bool holds(Compare compare, double value, double with) {
  switch (compare) {
    case Compare::kEqual:
      return value == with;
    case Compare::kNotEqual:
      return value != with;
    case Compare::kLess:
      return value < with;
    case Compare::kLessEqual:
      return value <= with;
    case Compare::kGreater:
      return value > with;
    case Compare::kGreaterEqual:
      return value >= with;
    default:
      return false;
  }
}

bool text_passes(const LabelFilter& filter, std::string_view value) {
  switch (filter.compare) {
    case Compare::kEqual:
      return value == filter.text;
    case Compare::kNotEqual:
      return value != filter.text;
    case Compare::kMatch:
      return re2::RE2::FullMatch(piece(value), *filter.regex);
    default:
      return !re2::RE2::FullMatch(piece(value), *filter.regex);
  }
}

std::optional<double> number_of(LabelFilter::Kind kind, std::string_view text) {
  if (kind == LabelFilter::Kind::kBytes) return syntax::parse_bytes(text);
  if (kind == LabelFilter::Kind::kNumber) return syntax::parse_number(text);
  std::optional<int64_t> ns = syntax::parse_duration_ns(text);
  return ns ? std::optional(static_cast<double>(*ns) / 1e9) : std::nullopt;
}

std::string render(const Template& format, const Entry& entry) {
  std::string out;
  for (const Template::Part& part : format.parts) {
    if (!part.label)
      out += part.text;
    else if (part.text == "__line__")
      out += entry.line();
    else
      out += entry.label(part.text);
  }
  return out;
}

bool name_matches(const NameMatch& match, std::string_view name, std::string_view value) {
  if (match.name != name) return false;
  if (!match.matcher) return true;
  switch (match.matcher->kind) {
    case store::MatchKind::kEqual:
      return value == match.matcher->value;
    case store::MatchKind::kNotEqual:
      return value != match.matcher->value;
    case store::MatchKind::kRegex:
      return re2::RE2::FullMatch(piece(value), *match.regex);
    default:
      return !re2::RE2::FullMatch(piece(value), *match.regex);
  }
}

void drop_or_keep(const Stage& stage, Entry& entry) {
  std::vector<std::string> gone;
  bool keep = stage.kind == Stage::Kind::kKeep;
  entry.each([&](const std::string& name, const std::string& value) {
    bool named = std::any_of(stage.names.begin(), stage.names.end(),
                             [&](const NameMatch& m) { return name_matches(m, name, value); });
    bool own = name == "__error__" || name == "__error_details__";
    if (keep ? !named && !own : named) gone.push_back(name);
  });
  for (const std::string& name : gone) entry.remove(name);
}

void rename(const Stage& stage, Entry& entry) {
  for (const Rename& r : stage.renames) {
    if (r.from_template) {
      entry.set_label(r.name, render(*r.from_template, entry));
      continue;
    }
    std::string value(entry.label(*r.from));
    entry.remove(*r.from);
    entry.set_label(r.name, std::move(value));
  }
}

// ESC [ ... m
std::string without_colour(std::string_view line) {
  std::string out;
  for (size_t i = 0; i < line.size(); i++) {
    if (line[i] == '\x1b' && i + 1 < line.size() && line[i + 1] == '[') {
      size_t end = i + 2;
      while (end < line.size() && line[end] != 'm' && end - i < 32) end++;
      if (end < line.size() && line[end] == 'm') {
        i = end;
        continue;
      }
    }
    out.push_back(line[i]);
  }
  return out;
}

bool may_be_empty(const store::Matcher& m) {
  switch (m.kind) {
    case store::MatchKind::kEqual:
      return m.value.empty();
    case store::MatchKind::kNotEqual:
      return !m.value.empty();
    case store::MatchKind::kRegex:
      return re2::RE2::FullMatch("", m.value);
    default:
      return !re2::RE2::FullMatch("", m.value);
  }
}

bool keeps_lines(Stage::Kind kind) {
  return kind != Stage::Kind::kLineFormat && kind != Stage::Kind::kDecolorize &&
         kind != Stage::Kind::kUnpack;
}

}  // namespace

bool passes(const LabelFilter& filter, Entry& entry) {
  using Kind = LabelFilter::Kind;
  if (filter.kind == Kind::kAnd) return passes(*filter.left, entry) && passes(*filter.right, entry);
  if (filter.kind == Kind::kOr) return passes(*filter.left, entry) || passes(*filter.right, entry);
  std::string_view value = entry.label(filter.name);
  if (filter.kind == Kind::kText) return text_passes(filter, value);
  if (value.empty()) return false;
  std::optional<double> number = number_of(filter.kind, value);
  if (!number) {
    entry.set_error("LabelFilterErr", "\"" + std::string(value) + "\" of label " + filter.name +
                                          " does not compare with a number");
    return true;  // shown with its error, as Loki does
  }
  return holds(filter.compare, *number, filter.number);
}

bool run(const std::vector<Stage>& stages, Entry& entry) {
  using Kind = Stage::Kind;
  for (const Stage& stage : stages) {
    switch (stage.kind) {
      case Kind::kLine:
        if (!line_passes(stage.line, entry.line())) return false;
        break;
      case Kind::kLabel:
        if (!passes(*stage.label, entry)) return false;
        break;
      case Kind::kJson:
        parse_json(stage, entry);
        break;
      case Kind::kLogfmt:
        parse_logfmt(stage, entry);
        break;
      case Kind::kRegexp:
      case Kind::kPattern:
        parse_regex(stage, entry);
        break;
      case Kind::kUnpack:
        parse_unpack(entry);
        break;
      case Kind::kLineFormat:
        entry.set_line(render(stage.format, entry));
        break;
      case Kind::kLabelFormat:
        rename(stage, entry);
        break;
      case Kind::kDecolorize:
        entry.set_line(without_colour(entry.line()));
        break;
      case Kind::kDrop:
      case Kind::kKeep:
        drop_or_keep(stage, entry);
        break;
    }
  }
  return true;
}

Result<store::LogSelect> log_select(const LogExpr& log) {
  if (std::all_of(log.selector.begin(), log.selector.end(), may_be_empty)) {
    return invalid(
        "1:1: parse error: queries require at least one regexp or equality matcher that does not "
        "match the empty string, e.g. {service_name=\"x\"}");
  }
  store::LogSelect out;
  out.matchers = log.selector;
  for (const Stage& stage : log.stages) {
    if (!keeps_lines(stage.kind)) break;
    if (stage.kind == Stage::Kind::kLine && !stage.line.negated && stage.line.texts.size() == 1) {
      out.contains.push_back(stage.line.texts[0]);
    }
  }
  // Only in front: a parser behind could make another trace_id.
  for (const Stage& stage : log.stages) {
    if (stage.kind == Stage::Kind::kLine) continue;
    if (stage.kind != Stage::Kind::kLabel) break;
    const LabelFilter& filter = *stage.label;
    if (filter.kind == LabelFilter::Kind::kText && filter.compare == Compare::kEqual &&
        filter.name == "trace_id" && filter.text.size() == 32) {
      out.trace_id = model::TraceId::from_hex(filter.text);
    }
  }
  return out;
}

}  // namespace tarsier::query::logql
