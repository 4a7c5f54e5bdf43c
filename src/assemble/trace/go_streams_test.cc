#include "assemble/trace/go_streams.h"

#include <gtest/gtest.h>

namespace tarsier::assemble {
namespace {

using capture::ts_go_client;
using capture::ts_go_stream;

constexpr uint32_t kShop = 7;
constexpr uint64_t kConnection = 70, kSecond = 1'000'000'000;

ts_go_stream stream(uint8_t role, uint32_t number, uint64_t goid, uint64_t context = 0) {
  ts_go_stream out{};
  out.header.cookie = kConnection;
  out.header.pid = kShop;
  out.header.time_ns = kSecond;
  out.role = role;
  out.stream = number;
  out.goid = goid;
  out.context = context;
  return out;
}

ts_go_client caller(uint64_t goid, std::initializer_list<uint64_t> chain = {}) {
  ts_go_client out{};
  out.caller_goid = goid;
  for (uint64_t context : chain) out.chain[out.chain_length++] = context;
  return out;
}

struct GoStreamsTest : ::testing::Test {
  NodePtr handle(uint32_t number, uint64_t goid, uint64_t context) {
    NodePtr node = new Node;
    streams.request(kConnection, number, *node);
    streams.told(stream(capture::TS_ROLE_SERVER, number, goid, context));
    return node;
  }
  GoStreams streams;
};

TEST_F(GoStreamsTest, EachHandlerHasItsOwnGoroutine) {
  NodePtr one = handle(1, 100, 0xC1), three = handle(3, 101, 0xC3);
  EXPECT_EQ(streams.find(kShop, caller(100)), one);
  EXPECT_EQ(streams.find(kShop, caller(101)), three);
  EXPECT_EQ(streams.find(kShop, caller(102)), nullptr);
  EXPECT_EQ(streams.find(kShop + 1, caller(100)), nullptr) << "another process's";
}

TEST_F(GoStreamsTest, AContextIsTheRequestsUntilItIsAnswered) {
  NodePtr one = handle(1, 100, 0xC1);
  EXPECT_EQ(streams.find(kShop, caller(55, {0xD, 0xC1, 0xE})), one);
  streams.answered(kConnection, 1, 2 * kSecond);
  EXPECT_EQ(streams.find(kShop, caller(55, {0xD, 0xC1, 0xE})), nullptr);
  EXPECT_EQ(streams.find(kShop, caller(100)), one) << "its goroutine goes on";
}

TEST_F(GoStreamsTest, ANewRequestsContextIsNotTakenFromItByTheEndOfAnOlderOne) {
  handle(1, 100, 0xC1);
  NodePtr three = handle(3, 101, 0xC1);
  streams.answered(kConnection, 1, 2 * kSecond);
  EXPECT_EQ(streams.find(kShop, caller(55, {0xC1})), three);
}

TEST_F(GoStreamsTest, NothingStaysBehind) {
  handle(1, 100, 0xC1);
  streams.told(stream(capture::TS_ROLE_CLIENT, 9, 5));
  streams.answered(kConnection, 1, 2 * kSecond);
  streams.expire(3 * kSecond);
  EXPECT_NE(streams.serving(kShop, 100), nullptr) << "what it started may still call";
  streams.expire(5 * kSecond);
  EXPECT_EQ(streams.serving(kShop, 100), nullptr);
  EXPECT_EQ(streams.size(), 0u);
}

TEST_F(GoStreamsTest, ARequestThatWasNotSeenHasNoHandler) {
  streams.told(stream(capture::TS_ROLE_SERVER, 1, 100));
  EXPECT_EQ(streams.serving(kShop, 100), nullptr);
  EXPECT_EQ(streams.size(), 0u);
}

TEST_F(GoStreamsTest, WhoBeganACallersStreamIsToldOnce) {
  streams.told(stream(capture::TS_ROLE_CLIENT, 9, 5));
  streams.told(stream(capture::TS_ROLE_CLIENT, 9, 6));
  ASSERT_NE(streams.caller(kConnection, 9), nullptr);
  EXPECT_EQ(streams.caller(kConnection, 9)->goid, 5u);
  streams.forget_caller(kConnection, 9);
  EXPECT_EQ(streams.caller(kConnection, 9), nullptr);
}

}  // namespace
}  // namespace tarsier::assemble
