#include <cstdio>

#include "app/commands/commands.h"
#include "store/inspect.h"

namespace tarsier::app {

int run_inspect(const CommandLine& line) {
  Status done = store::inspect(line.arguments.front(), stdout);
  return done ? 0 : fail(done.error());
}

}  // namespace tarsier::app
