#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/clock.h"
#include "base/error_map.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/queue.h"
#include "base/random.h"
#include "base/result.h"

namespace tarsier {
namespace {

Result<int> half(int n) {
  if (n % 2) return invalid("odd");
  return n / 2;
}

Result<int> quarter(int n) {
  TRY(int h, half(n));
  TRY(int q, half(h));
  return q;
}

TEST(Result, PassesErrorsUp) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_EQ(Error(half(1).error()).with("quarter").message, "quarter: odd");
}

TEST(ErrorMap, KnowsEachProtocol) {
  EXPECT_EQ(http_status(Code::kNotFound), 404);
  EXPECT_EQ(grpc_status(Code::kUnavailable), 14);
  EXPECT_EQ(prometheus_error_type(Code::kInvalid), "bad_data");
  EXPECT_EQ(prometheus_http_status(Code::kLimitExceeded), 422);
}

TEST(Hash, Crc32cKnownAnswers) {  // RFC 3720 B.4
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c("56789", crc32c("1234")), crc32c("123456789"));
}

TEST(BoundedQueue, RefusesWhatDoesNotFit) {
  BoundedQueue<std::string> queue(3);
  std::string a = "a", b = "b";
  EXPECT_TRUE(queue.try_push(a, 2));
  EXPECT_FALSE(queue.try_push(b, 2));
  EXPECT_EQ(b, "b");
  EXPECT_EQ(queue.pop(std::chrono::seconds(0)), "a");
  EXPECT_TRUE(queue.try_push(b, 9)) << "an item larger than the queue passes when it is empty";
  queue.close();
  EXPECT_FALSE(queue.drained());
  EXPECT_EQ(queue.pop(std::chrono::seconds(0)), "b");
  EXPECT_TRUE(queue.drained());
}

TEST(Metrics, RendersTheTextFormat) {
  MetricRegistry registry;
  registry.counter("b_total", "B", {{"reason", "a\"b"}}).add(2);
  registry.gauge("a", "A").set(1.5);
  EXPECT_EQ(registry.render(),
            "# HELP a A\n# TYPE a gauge\na 1.5\n"
            "# HELP b_total B\n# TYPE b_total counter\nb_total{reason=\"a\\\"b\"} 2\n");
}

TEST(Log, QuotesWhatLogfmtNeeds) {
  std::string line;
  log_detail::append_fields(line, "a", 1, "b", "x y", "c", "q\"\n");
  EXPECT_EQ(line, " a=1 b=\"x y\" c=\"q\\\"\\n\"");
}

TEST(Random, ThreadsDiffer) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 4; i++) {
    std::thread([&] { seen.insert(thread_random().next()); }).join();
  }
  EXPECT_EQ(seen.size(), 4u);
}

}  // namespace
}  // namespace tarsier
