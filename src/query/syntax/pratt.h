// Binary expressions by precedence climbing (Pratt), and the guard against deep nesting.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <utility>

#include "query/syntax/lexer.h"

namespace tarsier::query::syntax {

struct Precedence {
  int level = 0;  // the higher binds the tighter
  bool right = false;
};

// Nesting of parentheses and calls, and operators in a row: both become recursion later.
inline constexpr size_t kDepthMax = 256;

class DepthGuard {
 public:
  explicit DepthGuard(size_t& depth) : depth_(depth) { depth_++; }
  ~DepthGuard() { depth_--; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;
  Status check(const TokenStream& tokens) const {
    if (depth_ <= kDepthMax) return {};
    return tokens.error_at(tokens.peek().span,
                           fmt::format("expression is nested deeper than {} levels", kDepthMax));
  }

 private:
  size_t& depth_;
};

// operand: Result<Node>() reads one operand with its prefixes and suffixes.
// precedence: std::optional<Precedence>(const Token&) of a binary operator, empty for other tokens.
// combine: Result<Node>(Node left, Token op, right), where right() -> Result<Node> reads the right
// side; so modifiers behind the operator are read by combine before it calls right().
template <typename Node, typename Operand, typename PrecedenceOf, typename Combine>
Result<Node> parse_binary(TokenStream& tokens, int level_min, const Operand& operand,
                          const PrecedenceOf& precedence, const Combine& combine, size_t& depth) {
  DepthGuard guard(depth);
  TRY_STATUS(guard.check(tokens));
  TRY(Node left, operand());
  size_t chain = 0;
  while (std::optional<Precedence> next = precedence(tokens.peek())) {
    if (next->level < level_min) break;
    if (++chain + depth > kDepthMax) {
      return tokens.error_at(tokens.peek().span,
                             fmt::format("more than {} operators in a row", kDepthMax));
    }
    const Token op = tokens.take();
    const int right_min = next->right ? next->level : next->level + 1;
    const auto right = [&] {
      return parse_binary<Node>(tokens, right_min, operand, precedence, combine, depth);
    };
    TRY(left, combine(std::move(left), op, right));
  }
  return left;
}

}  // namespace tarsier::query::syntax
