// A LogQL query as a tree.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "query/syntax/source.h"
#include "store/reader.h"

namespace tarsier::query::logql {

enum class Compare {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kMatch,
  kNotMatch
};

// |= "a" or "b": one of the texts is enough (for != and !~: none may be there).
struct LineFilter {
  bool negated = false;
  std::vector<std::string> texts;
  std::vector<std::shared_ptr<const re2::RE2>> regexes;  // of |~ and !~, instead of texts
};

struct LabelFilter;
using LabelFilterPtr = std::unique_ptr<LabelFilter>;
struct LabelFilter {
  enum class Kind { kAnd, kOr, kText, kNumber, kDuration, kBytes };
  Kind kind = Kind::kText;
  LabelFilterPtr left, right;  // kAnd, kOr
  std::string name, text;
  Compare compare = Compare::kEqual;
  std::shared_ptr<const re2::RE2> regex;
  double number = 0;  // duration: seconds, bytes: bytes
};

// A template of text and {{.label}} parts.
struct Template {
  struct Part {
    bool label = false;
    std::string text;
  };
  std::vector<Part> parts;
};

struct Rename {
  std::string name;                       // the label that is set
  std::optional<std::string> from;        // a=b
  std::optional<Template> from_template;  // a="{{.b}}"
};

// name, name="x", name=~"x": of drop and keep.
struct NameMatch {
  std::string name;
  std::optional<store::Matcher> matcher;
  std::shared_ptr<const re2::RE2> regex;
};

struct Stage {
  enum class Kind {
    kLine,
    kLabel,
    kJson,
    kLogfmt,
    kRegexp,
    kPattern,
    kUnpack,
    kLineFormat,
    kLabelFormat,
    kDecolorize,
    kDrop,
    kKeep
  };
  Kind kind = Kind::kLine;
  LineFilter line;
  LabelFilterPtr label;
  std::vector<std::pair<std::string, std::string>> extract;  // json and logfmt: label, path or key
  bool strict = false, keep_empty = false;                   // logfmt
  std::shared_ptr<const re2::RE2> regex;                     // regexp, pattern
  Template format;
  std::vector<Rename> renames;
  std::vector<NameMatch> names;
};

struct LogExpr {
  std::vector<store::Matcher> selector;
  std::vector<Stage> stages;
};

enum class Unwrap { kNone, kNumber, kDuration, kBytes };

enum class RangeOp {
  kCount,
  kRate,
  kBytes,
  kBytesRate,
  kAbsent,
  kRateCounter,
  kSum,
  kAvg,
  kMin,
  kMax,
  kFirst,
  kLast,
  kStddev,
  kStdvar,
  kQuantile
};

struct Grouping {
  bool without = false;
  std::vector<std::string> names;
};

struct Metric;
using MetricPtr = std::unique_ptr<Metric>;

enum class VectorOp {
  kSum,
  kAvg,
  kMin,
  kMax,
  kCount,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kSort,
  kSortDesc
};
enum class BinaryOp {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kAnd,
  kOr,
  kUnless
};

struct Metric {
  enum class Kind { kRange, kVector, kBinary, kNumber, kVectorOf };
  Kind kind = Kind::kRange;
  syntax::Span span;

  // kRange
  LogExpr log;
  RangeOp range_op = RangeOp::kCount;
  int64_t range_ns = 0, offset_ns = 0;
  Unwrap unwrap = Unwrap::kNone;
  std::string unwrap_label;
  std::vector<LabelFilterPtr> after_unwrap;
  double parameter = 0;  // quantile's phi, topk's k, the number

  std::optional<Grouping> grouping;  // kRange, kVector

  // kVector, kBinary
  VectorOp vector_op = VectorOp::kSum;
  BinaryOp binary_op = BinaryOp::kAdd;
  bool return_bool = false;
  std::optional<Grouping> matching;  // on(...): without = false; ignoring(...): true
  MetricPtr left, right;             // kVector uses left
};

struct Query {
  std::optional<LogExpr> log;
  MetricPtr metric;
};

}  // namespace tarsier::query::logql
