#include "query/traceql/check.h"

#include <fmt/format.h>

#include "query/traceql/names.h"

namespace tarsier::query::traceql {
namespace {

// kArray stands for "only known when it runs".
constexpr Type kAny = Type::kArray;

bool numeric(Type type) {
  return type == Type::kInt || type == Type::kFloat || type == Type::kDuration;
}
bool meet(Type a, Type b) {
  return a == kAny || b == kAny || a == b || (numeric(a) && numeric(b)) || a == Type::kNil ||
         b == Type::kNil;
}

class Checker {
 public:
  explicit Checker(std::string_view source) : source_(source) {}

  Status pipeline(Pipeline& pipeline) {
    for (Stage& stage : pipeline.stages) {
      if (stage.spansets) TRY_STATUS(spansets(*stage.spansets));
      if (stage.over) {
        TRY(Type type, expression(*stage.over));
        bool number = type == kAny || numeric(type);
        if (stage.kind == Stage::Kind::kAggregateFilter && !number) {
          return error(*stage.over, "aggregates take numbers and durations");
        }
      }
      if (stage.threshold) TRY_STATUS(expression(*stage.threshold));
    }
    return {};
  }

 private:
  Error error(const Expr& at, std::string_view message) const {
    return syntax::parse_error(source_, at.span.begin, message);
  }

  Status spansets(SpansetExpr& set) {
    if (set.left) TRY_STATUS(spansets(*set.left));
    if (set.right) TRY_STATUS(spansets(*set.right));
    if (set.pipeline) TRY_STATUS(pipeline(*set.pipeline));
    if (!set.filter) return {};
    TRY(Type type, expression(*set.filter));
    if (type != Type::kBool && type != kAny) {
      return error(*set.filter, "the expression inside {} must be true or false");
    }
    return {};
  }

  Result<Type> expression(Expr& e) {
    switch (e.op) {
      case Op::kStatic:
        return e.value.type;
      case Op::kAttribute:
        return e.attribute.scope == Scope::kIntrinsic ? type_of(e.attribute.intrinsic) : kAny;
      case Op::kNot: {
        TRY(Type type, expression(*e.left));
        if (type != Type::kBool && type != kAny) return error(e, "! takes true or false");
        return Type::kBool;
      }
      case Op::kNegate: {
        TRY(Type type, expression(*e.left));
        if (!numeric(type) && type != kAny) return error(e, "- takes a number or a duration");
        return type;
      }
      default:
        return binary(e);
    }
  }

  Result<Type> binary(Expr& e) {
    TRY(Type left, expression(*e.left));
    TRY(Type right, expression(*e.right));
    if (!meet(left, right)) return error(e, "binary operations must operate on the same type");
    if (e.op == Op::kMatch || e.op == Op::kNotMatch) {
      TRY_STATUS(compile(e, left));
      return Type::kBool;
    }
    if (e.op == Op::kAnd || e.op == Op::kOr) {
      for (Type type : {left, right}) {
        if (type != Type::kBool && type != kAny) return error(e, "&& and || take true or false");
      }
      return Type::kBool;
    }
    if (e.op >= Op::kEqual) {
      bool ordered = e.op >= Op::kLess;
      bool unordered_type = left == Type::kBool || left == Type::kStatus || left == Type::kKind ||
                            left == Type::kNil || right == Type::kNil;
      if (ordered && unordered_type) return error(e, "these values have no order");
      return Type::kBool;
    }
    for (Type type : {left, right}) {
      if (!numeric(type) && type != kAny) return error(e, "arithmetic takes numbers and durations");
    }
    return left == kAny || right == kAny                         ? kAny
           : left == right                                       ? left
           : left == Type::kDuration || right == Type::kDuration ? Type::kDuration
                                                                 : Type::kFloat;
  }

  Status compile(Expr& e, Type left) {
    if (left != Type::kString && left != kAny) return error(e, "=~ and !~ compare strings");
    if (e.right->op != Op::kStatic || e.right->value.type != Type::kString) {
      return error(e, "the right side of =~ and !~ must be a string");
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    options.set_dot_nl(true);
    auto regex = std::make_shared<re2::RE2>(e.right->text, options);
    if (!regex->ok())
      return error(*e.right, fmt::format("bad regular expression: {}", regex->error()));
    e.regex = std::move(regex);
    return {};
  }

  std::string_view source_;
};

}  // namespace

Status check(Query& query, std::string_view source) {
  return Checker(source).pipeline(query.pipeline);
}

}  // namespace tarsier::query::traceql
