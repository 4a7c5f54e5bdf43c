// What the two halves of the parser share: tokens, strings, regexes, names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "query/logql/ast.h"
#include "query/syntax/lexer.h"
#include "query/syntax/pratt.h"

namespace tarsier::query::logql {

using RegexPtr = std::shared_ptr<const re2::RE2>;

class ParserBase {
 protected:
  explicit ParserBase(std::string_view text);

  Error unsupported_here(std::string_view what) const;
  Result<std::string> string(std::string_view context);
  Result<std::string> name(std::string_view context);
  // RE2; a matcher's is anchored at both ends by whoever matches.
  Result<RegexPtr> regex(const std::string& pattern, const syntax::Token& at) const;
  Result<std::vector<std::string>> names(std::string_view context);  // (a, b)

  syntax::TokenStream tokens_;
  size_t depth_ = 0;
};

// Selector and pipeline.
class LogParser : public ParserBase {
 public:
  explicit LogParser(std::string_view text) : ParserBase(text) {}

  Result<std::vector<store::Matcher>> selector();

 protected:
  // Reads stages until something else comes; unwrap ends them and is put into `metric`.
  Status stages(LogExpr& log, Metric* metric);

 private:
  bool at_stage() const;
  Result<store::Matcher> matcher();
  Result<Stage> line_filter();
  Result<LabelFilterPtr> label_filter();
  Result<LabelFilterPtr> label_filter_operand();
  Status compare_value(LabelFilter& filter);
  Status unwrap(Metric& metric);
  Status stage(LogExpr& log);
  Status extractions(Stage& stage);
  Status logfmt_flags(Stage& stage);
  Status pattern(Stage& stage);
  Status renames(Stage& stage);
  Status name_matches(Stage& stage);
  Result<Template> make_template(const std::string& text, const syntax::Token& at) const;
};

}  // namespace tarsier::query::logql
