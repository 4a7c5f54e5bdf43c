#include "wire/testing/random_batch.h"

#include <gtest/gtest.h>

namespace tarsier::wire::testing {
namespace {

TEST(RandomBatch, IsRepeatable) {
  Random a(7), b(7), c(8);
  model::Batch first = random_batch(a);
  EXPECT_EQ(first.spans, random_batch(b).spans);
  EXPECT_NE(first.spans, random_batch(c).spans);
}

TEST(RandomBatch, CoversEveryKindOfMetricAndValue) {
  Random random(1);
  size_t metric_kinds = 0, value_kinds = 0;
  for (int i = 0; i < 100; i++) {
    for (const auto& r : random_batch(random).metrics) {
      for (const auto& kv : r.resource.attributes) value_kinds |= 1u << kv.value.data.index();
      for (const auto& s : r.scopes) {
        for (const auto& m : s.records) metric_kinds |= 1u << m.data.index();
      }
    }
  }
  EXPECT_EQ(metric_kinds, 0b111111u);
  EXPECT_EQ(value_kinds, 0b11111111u);
}

}  // namespace
}  // namespace tarsier::wire::testing
