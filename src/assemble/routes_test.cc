#include "assemble/routes.h"

#include <gtest/gtest.h>

namespace tarsier::assemble {
namespace {

struct RoutesTest : ::testing::Test {
  std::vector<RoutePattern> patterns;
  Routes routes{patterns, 100};
  std::string route(std::string_view path, bool learn = true) {
    return std::string(routes.route(path, learn));
  }
};

TEST(LooksLikeValue, ValuesAndNames) {
  for (std::string_view value :
       {"17", "user_17", "order-1234", "3fa85f64-5717-4562-b3fc-2c963f66afa6", "deadbeef01",
        "507f1f77bcf86cd799439011", "a@b.example", "2024-01-31", "a1b2c3", "%20", "1.2.3",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9abcdefgh", "order20240131"}) {
    EXPECT_TRUE(looks_like_value(value)) << value;
  }
  for (std::string_view name : {"api", "v1", "v2", "health", "index.html", "oauth2", "balance",
                                "user-profile", "s3", "getUserAccountSettings", ""}) {
    EXPECT_FALSE(looks_like_value(name)) << name;
  }
}

TEST_F(RoutesTest, IdsBecomePlaceholders) {
  EXPECT_EQ(route("/api/user/17/balance"), "/api/user/{id}/balance");
  EXPECT_EQ(route("/api/user/user_18/balance"), "/api/user/{id}/balance");
  EXPECT_EQ(route("/api/health"), "/api/health");
  EXPECT_EQ(route("/"), "/");
  EXPECT_EQ(route("/api/user/"), "/api/user/");
  EXPECT_EQ(route(""), "");
  EXPECT_EQ(route("*"), "*");
}

TEST_F(RoutesTest, TheUsersPatternsGoFirst) {
  patterns.emplace_back("/user/{name}");
  patterns.emplace_back("/files/:bucket/*");
  EXPECT_EQ(route("/user/alice"), "/user/{name}");
  EXPECT_EQ(route("/user/alice/x"), "/user/alice/x");
  EXPECT_EQ(route("/files/b/any/thing"), "/files/:bucket/*");
}

TEST_F(RoutesTest, ManyNamesInOnePlaceAreJoined) {
  for (int i = 0; i < 60; i++) {
    for (int k = 0; k < 10; k++) route("/user/list");
    std::string name = "name";
    name += static_cast<char>('a' + i / 26);
    name += static_cast<char>('a' + i % 26);
    route("/user/" + name + "/cart");
  }
  EXPECT_EQ(route("/user/somebody/cart"), "/user/*/cart");
  EXPECT_EQ(route("/user/nameaa/cart"), "/user/*/cart");
  EXPECT_EQ(route("/user/list"), "/user/list");  // what is asked for often stays
}

TEST_F(RoutesTest, WhatWasNeverFoundIsNotLearned) {
  route("/api/health");
  EXPECT_EQ(route("/api/admin.php", false), "/api/*");
  EXPECT_EQ(route("/wp/login", false), "/*");
  EXPECT_EQ(route("/api/health", false), "/api/health");
}

TEST_F(RoutesTest, BeyondTheLimitTheyAreAggregated) {
  Routes few(patterns, 2);
  EXPECT_EQ(few.route("/a", true), "/a");
  EXPECT_EQ(few.route("/b", true), "/b");
  EXPECT_EQ(few.route("/c", true), "AGGREGATED");
  EXPECT_EQ(few.route("/a", true), "/a");
}

TEST_F(RoutesTest, DeepAndEndlessPathsAreBounded) {
  std::string deep;
  for (int i = 0; i < 1'000; i++) deep += "/x";
  EXPECT_LT(route(deep).size(), 40u);
}

}  // namespace
}  // namespace tarsier::assemble
