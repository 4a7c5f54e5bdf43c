// The recursive descent behind parse(), in parts: expressions, selectors, durations.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "query/promql/ast.h"
#include "query/promql/lexer.h"
#include "query/syntax/lexer.h"
#include "query/syntax/pratt.h"

namespace tarsier::query::promql {

class Parser {
 public:
  explicit Parser(std::string_view query) : tokens_(query, make_promql_lexer()) {}

  Result<ExprPtr> query();
  Result<VectorSelector> selector_only();

 private:
  // parser.cc
  Result<ExprPtr> expression(int level_min);
  Result<ExprPtr> operand();
  Result<ExprPtr> primary();
  Result<ExprPtr> word();
  Result<ExprPtr> number();
  Result<ExprPtr> call(const syntax::Token& name);
  Result<ExprPtr> aggregate(const syntax::Token& name);
  Result<std::vector<ExprPtr>> arguments();
  Status grouping(Aggregate& aggregate, bool& found);
  Result<std::vector<std::string>> label_list();
  Status modifiers(Binary& binary);
  Status fill_modifiers(Matching& matching);
  Result<double> fill_value();
  bool fill_ahead(std::string_view name) const;

  // parser_selector.cc
  Result<ExprPtr> vector_selector(const syntax::Token* name);
  Status matchers(VectorSelector& selector);
  Status matcher(VectorSelector& selector);
  Result<ExprPtr> suffixes(ExprPtr expr);
  Result<ExprPtr> range_or_subquery(ExprPtr expr);
  Status offset(Expr& expr);
  Status at(Expr& expr);
  Status extended(Expr& expr, bool anchored);
  Result<TimeShift*> shift_of(Expr& expr, std::string_view modifier);

  // parser_duration.cc
  Result<Length> range_length();
  Result<Length> offset_length();
  Result<DurationPtr> duration(int level_min);
  Result<DurationPtr> duration_operand();
  Result<DurationPtr> duration_primary();
  Result<Length> to_length(DurationPtr duration) const;

  Error unexpected(std::string_view context = {}, std::string_view expected = {}) const;
  bool is_keyword(std::string_view word) const { return keyword(tokens_.peek()) == word; }
  bool accept_keyword(std::string_view word);
  Status expect(std::string_view op, std::string_view context = {});
  Result<std::string> string_value();

  syntax::TokenStream tokens_;
  size_t depth_ = 0;
  int in_aggregation_ = 0;
};

}  // namespace tarsier::query::promql
