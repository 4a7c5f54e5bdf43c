// promql_script FILE...: runs promqltest files against our engine, in process.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "query/testing/promql_script.h"

int main(int argc, char** argv) {
  size_t passed = 0, failed = 0, unsupported = 0;
  for (int i = 1; i < argc; i++) {
    std::ifstream file(argv[i]);
    if (!file) {
      fmt::print(stderr, "promql_script: {}: cannot be read\n", argv[i]);
      return 2;
    }
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::string name = std::filesystem::path(argv[i]).filename();
    const auto report = tarsier::query::testing::run_promql_script(name, text);
    for (const std::string& failure : report.failures) fmt::print("FAIL {}\n", failure);
    fmt::print("{}: {} passed, {} failed, {} unsupported\n", name, report.passed, report.failed,
               report.unsupported);
    passed += report.passed;
    failed += report.failed;
    unsupported += report.unsupported;
  }
  fmt::print("total: {} passed, {} failed, {} unsupported\n", passed, failed, unsupported);
  return failed == 0 ? 0 : 1;
}
