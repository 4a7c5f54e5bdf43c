#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "query/testing/promql_script.h"

namespace tarsier::query {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PromqlCases, Pass) {
  size_t files = 0;
  const std::filesystem::path folder = TARSIER_SOURCE_DIR "/tests/promql/cases";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto report =
        testing::run_promql_script(entry.path().filename().string(), read(entry.path()));
    for (const std::string& failure : report.failures) ADD_FAILURE() << failure;
    EXPECT_GT(report.passed, 10u) << entry.path();
    EXPECT_EQ(report.unsupported, 0u) << entry.path();
    files++;
  }
  EXPECT_EQ(files, 3u);
}

// The judge itself: a wrong value, a missing series, an unexpected one and a query that should fail
// are all found.
TEST(PromqlCases, RunnerFindsWhatIsWrong) {
  const auto report = testing::run_promql_script("wrong",
                                                 "load 1m\n a{x=\"1\"} 1\n b 2\n\n"
                                                 "eval instant at 0 b\n b 3\n\n"
                                                 "eval instant at 0 {x=\"1\"}\n a{x=\"2\"} 1\n\n"
                                                 "eval instant at 0 a\n\n"
                                                 "eval instant at 0 a\n expect fail\n\n"
                                                 "eval instant at 0 b\n expect warn\n b 2\n\n"
                                                 "eval range from 0 to 1m step 1m b\n b 2\n\n"
                                                 "eval instant at 0 b\n b 2\n");
  EXPECT_EQ(report.failed, 6u);
  EXPECT_EQ(report.passed, 1u);
}

}  // namespace
}  // namespace tarsier::query
