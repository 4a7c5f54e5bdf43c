// Which processes are watched: the user's selectors, and the defaults where they say nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/probe.h"

namespace tarsier::capture {

struct Verdict {
  bool watch = false;
  std::string name, service_namespace;  // given by the selector that matched
  std::string reason;                   // for people: "listens on TCP port 8080"
};

// Immutable once made; any thread.
class Selection {
 public:
  // kInvalid for a pattern or port list that cannot be read; the message names it.
  static Result<Selection> create(const std::vector<Selector>& instrument,
                                  const std::vector<Selector>& exclude);

  // `ports` are those the process listens on. An exclude wins; then the first selector of
  // `instrument` that holds (or, when there is none at all, any port); tarsier itself and other
  // telemetry agents only when a selector matches their path by more than "*".
  Verdict decide(const std::string& exe_path, std::span<const uint16_t> ports) const;

  // Without a rule about ports nobody has to look for them.
  bool needs_ports() const;

 private:
  struct Rule;
  std::vector<std::shared_ptr<const Rule>> instrument_, exclude_;
  std::shared_ptr<const Rule> agents_;  // the default excludes
};

// The regex (whole match) of a glob: `*` any text, `?` one character, `[a-z]`, `[!x]`, `{a,b}`,
// `\` takes the next one literally. As in the old stack, `*` crosses slashes.
Result<std::string> glob_to_regex(std::string_view glob);

struct PortRange {
  uint16_t first, last;
};
Result<std::vector<PortRange>> parse_ports(std::string_view text);  // "80,8000-9000"

}  // namespace tarsier::capture
