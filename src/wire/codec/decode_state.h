// Where in a message a reader is, how deep, and how much memory it has used.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/otlp.h"

namespace tarsier::wire {

// Thrown inside the readers only, as NotProtobuf and simdjson's errors are; the functions in
// protobuf.h and json.h catch.
struct DecodeError {
  std::string message;
};

class DecodeState {
 public:
  explicit DecodeState(size_t input_bytes) : budget_(kGrowthSlack + kGrowthMax * input_bytes) {}
  DecodeState(const DecodeState&) = delete;

  // The field being read; nullptr between two fields. The name must live for ever.
  void field(const std::string_view* name) { top_->name = name; }
  // Which element of a repeated field; kNoIndex after the last one.
  static constexpr size_t kNoIndex = ~size_t{0};
  void index(size_t index) { top_->index = index; }

  // Every message stands between these two. After an error the place is left as it was.
  void enter() {
    if (top_ == &steps_.back()) fail("nested too deep");
    ++top_;
    top_->name = nullptr;
    top_->index = kNoIndex;
  }
  void leave() { --top_; }

  // Accounts for memory that elements of vectors take.
  void charge(size_t bytes) {
    if (bytes > budget_) fail("the message is small, but takes too much memory");
    budget_ -= bytes;
  }

  // "resourceSpans[0].scopeSpans[1].spans[3].traceId: what"
  Error error(std::string_view what) const {
    std::string place = path();
    return invalid(place.empty() ? std::string(what) : place.append(": ").append(what));
  }

 private:
  [[noreturn, gnu::cold, gnu::noinline]] static void fail(const char* what) {
    throw DecodeError{what};
  }
  std::string path() const {
    std::string out;
    for (const Step* step = steps_.data(); step <= top_ && step->name; step++) {
      if (!out.empty()) out.push_back('.');
      out += *step->name;
      if (step->index != kNoIndex) out += "[" + std::to_string(step->index) + "]";
    }
    return out;
  }

  static constexpr size_t kGrowthSlack = 1 << 20;  // small messages may grow more
  struct Step {
    const std::string_view* name = nullptr;
    size_t index = kNoIndex;
  };

  std::array<Step, kNestingMax> steps_{};
  Step* top_ = steps_.data();
  size_t budget_;
};

}  // namespace tarsier::wire
