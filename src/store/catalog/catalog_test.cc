#include <gtest/gtest.h>

#include "store/testing/fixture.h"

namespace tarsier::store {
namespace {

class CatalogTest : public testing::StoreFixture {
 protected:
  Result<Dashboard> save(std::string uid, int64_t version, bool overwrite, bool built_in = false) {
    Dashboard d{.uid = std::move(uid),
                .title = "T",
                .json = "{}",
                .tags = {"b", "a"},
                .version = version,
                .updated_ns = 0,
                .built_in = built_in};
    return store_->catalog().save(d, overwrite);
  }
};

TEST_F(CatalogTest, SavedIsThereAfterReopen) {
  EXPECT_EQ(save("x", 0, false)->version, 1);
  reopen();
  auto d = store_->catalog().dashboard("x");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->json, "{}");
  EXPECT_EQ(d->tags, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(store_->catalog().dashboards()->size(), 1u);
}

TEST_F(CatalogTest, VersionsAreChecked) {
  ASSERT_TRUE(save("x", 0, false));
  EXPECT_EQ(save("x", 0, false).error().code, Code::kConflict);
  EXPECT_EQ(save("x", 1, false)->version, 2);
  EXPECT_EQ(save("x", 0, true)->version, 3);
}

TEST_F(CatalogTest, ProvisionedOnesAreNotEditedHere) {
  ASSERT_TRUE(save("x", 0, true, true));
  EXPECT_EQ(save("x", 1, true).error().code, Code::kConflict);
  EXPECT_EQ(store_->catalog().remove("x").error().code, Code::kConflict);
  EXPECT_TRUE(save("x", 0, true, true));
}

TEST_F(CatalogTest, RemovedIsGone) {
  ASSERT_TRUE(save("x", 0, false));
  ASSERT_TRUE(store_->catalog().remove("x"));
  EXPECT_EQ(store_->catalog().dashboard("x").error().code, Code::kNotFound);
  EXPECT_EQ(store_->catalog().remove("x").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace tarsier::store
