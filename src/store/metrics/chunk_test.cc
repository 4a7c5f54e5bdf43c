#include "store/metrics/chunk.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "base/random.h"

namespace tarsier::store {
namespace {

using model::Sample;

std::string encode(const std::vector<Sample>& samples) {
  ChunkEncoder encoder;
  for (const Sample& s : samples) encoder.append(s.time_ms, s.value);
  EXPECT_EQ(encoder.count(), samples.size());
  return encoder.take();
}

void expect_same(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); i++) {
    EXPECT_EQ(a[i].time_ms, b[i].time_ms) << i;
    EXPECT_EQ(std::bit_cast<uint64_t>(a[i].value), std::bit_cast<uint64_t>(b[i].value)) << i;
  }
}

void round_trip(const std::vector<Sample>& samples) {
  std::string bytes = encode(samples);
  std::vector<Sample> out;
  Status status =
      decode_chunk(bytes, static_cast<uint32_t>(samples.size()), INT64_MIN, INT64_MAX, out);
  ASSERT_TRUE(status) << status.error().message;
  expect_same(samples, out);
}

std::vector<Sample> series(size_t n, int64_t step, const std::function<double(size_t)>& value) {
  std::vector<Sample> out;
  for (size_t i = 0; i < n; i++) {
    out.push_back({1'700'000'000'000 + static_cast<int64_t>(i) * step, value(i)});
  }
  return out;
}

TEST(Chunk, KeepsEveryBitPattern) {
  const double nan = std::bit_cast<double>(0x7ff8000000000123), inf = INFINITY;
  round_trip({{1, 0.0},
              {2, -0.0},
              {3, nan},
              {4, model::stale_marker()},
              {5, inf},
              {6, -inf},
              {7, 5e-324},
              {8, 1e308},
              {9, 0x1p53},
              {10, 0x1p53 + 2},
              {11, -1},
              {12, 1e15}});
}

TEST(Chunk, KeepsAnyTimes) {
  round_trip({{INT64_MIN, 1}, {-1, 1}, {0, 2}, {1, 2}, {INT64_MAX, 2}});
}

TEST(Chunk, KeepsRunsOfAnyLength) {
  for (size_t n : {1, 2, 3, 254, 255, 256, 257, 511, 512, 513, 1000}) {
    round_trip(series(n, 5000, [](size_t) { return 7.25; }));
  }
}

TEST(Chunk, KeepsRandomSeries) {
  Random random(1);
  for (int round = 0; round < 2000; round++) {
    std::vector<Sample> samples;
    int64_t time = static_cast<int64_t>(random.next() >> 24);
    double value = 0;
    for (size_t n = 1 + random.next() % 300; n > 0; n--) {
      uint64_t step = 1 + (random.next() >> (1 + random.next() % 63));
      if (step > static_cast<uint64_t>(INT64_MAX - time)) break;
      time += static_cast<int64_t>(step);
      switch (random.next() % 5) {
        case 0:
          break;
        case 1:
          value += static_cast<double>(random.next() % 1000);
          break;
        case 2:
          value = std::bit_cast<double>(random.next());
          break;
        case 3:
          value = std::round(random.uniform() * 1e5) / 100;
          break;
        case 4:
          value = -std::floor(random.uniform() * 1e12);
          break;
      }
      if (!samples.empty() && time <= samples.back().time_ms) break;
      samples.push_back({time, value});
    }
    if (!samples.empty()) round_trip(samples);
  }
}

TEST(Chunk, ShowsTheRangeOnly) {
  std::string bytes = encode(series(256, 1000, [](size_t i) { return double(i); }));
  std::vector<Sample> out;
  int64_t t = 1'700'000'000'000;
  ASSERT_TRUE(decode_chunk(bytes, 256, t + 10'000, t + 12'999, out));
  expect_same(out, {{t + 10'000, 10}, {t + 11'000, 11}, {t + 12'000, 12}});
}

TEST(Chunk, RefusesDamage) {
  std::vector<Sample> out;
  std::string bytes = encode(series(200, 1000, [](size_t i) { return 0.1 * double(i); }));
  EXPECT_FALSE(decode_chunk(bytes, 201, INT64_MIN, INT64_MAX, out));
  EXPECT_FALSE(decode_chunk(bytes, 199, INT64_MIN, INT64_MAX, out));
  EXPECT_FALSE(decode_chunk(bytes.substr(0, bytes.size() - 1), 200, INT64_MIN, INT64_MAX, out));
  EXPECT_FALSE(decode_chunk("", 1, INT64_MIN, INT64_MAX, out));
  EXPECT_FALSE(decode_chunk(bytes, UINT32_MAX, INT64_MIN, INT64_MAX, out));
  EXPECT_TRUE(out.empty());
}

TEST(Chunk, IsSmallForWhatIsUsual) {
  auto bytes_per_sample = [](const std::vector<Sample>& s) {
    return static_cast<double>(encode(s).size()) / static_cast<double>(s.size());
  };
  Random random(2);
  EXPECT_LT(bytes_per_sample(series(256, 5000, [](size_t) { return 3.0; })), 0.1);
  double counter = 0;
  EXPECT_LT(bytes_per_sample(
                series(256, 5000, [&](size_t) { return counter += double(random.next() % 100); })),
            2.2);
}

}  // namespace
}  // namespace tarsier::store
