#include "wire/compress.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tarsier::wire {
namespace {

struct Format {
  const char* name;
  std::string (*pack)(std::string_view);
  Result<std::string> (*unpack)(std::string_view, size_t);
};

class Compress : public ::testing::TestWithParam<Format> {};

std::string sample(size_t size) {
  Random random(size);
  std::string out;
  for (size_t i = 0; i < size; i++) out.push_back(static_cast<char>('a' + random.next() % 3));
  return out;
}

TEST_P(Compress, RoundTrip) {
  for (size_t size : {0, 1, 100, 16 << 10, 1 << 20}) {
    std::string text = sample(size), packed = GetParam().pack(text);
    auto again = GetParam().unpack(packed, size);
    ASSERT_TRUE(again) << size << ": " << again.error().message;
    EXPECT_EQ(*again, text);
  }
}

TEST_P(Compress, StopsAtTheLimit) {
  std::string bomb = GetParam().pack(std::string(10 << 20, 'x'));
  auto result = GetParam().unpack(bomb, (10 << 20) - 1);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kLimitExceeded);
}

TEST_P(Compress, RefusesWhatIsCutOffOrNotOfTheFormat) {
  std::string packed = GetParam().pack(sample(5000));
  for (size_t size : {size_t{1}, size_t{5}, packed.size() / 2, packed.size() - 1}) {
    auto result = GetParam().unpack(packed.substr(0, size), 1 << 20);
    ASSERT_FALSE(result) << size;
    EXPECT_EQ(result.error().code, Code::kInvalid);
  }
  EXPECT_FALSE(GetParam().unpack(std::string(100, '\xff'), 1 << 20));
}

INSTANTIATE_TEST_SUITE_P(
    All, Compress,
    ::testing::Values(Format{"gzip", [](std::string_view b) { return gzip(b); }, gunzip},
                      Format{"snappy", snappy, unsnappy},
                      Format{"zstd", [](std::string_view b) { return zstd(b); }, unzstd}),
    [](const auto& info) { return info.param.name; });

TEST(Gzip, JoinsMembers) {
  EXPECT_EQ(*gunzip(gzip("one ") + gzip("two"), 100), "one two");
}

}  // namespace
}  // namespace tarsier::wire
