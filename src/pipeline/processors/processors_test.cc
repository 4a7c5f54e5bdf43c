#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "pipeline/pipeline.h"
#include "pipeline/processors/span_line.h"
#include "pipeline/test_sinks.h"

namespace tarsier::pipeline {
namespace {

TEST(Batcher, PassesOnWhenFull) {
  KeepingSink next;
  auto batcher = make_batcher({.items_max = 4, .delay_ns = kHour}, next);
  batcher->offer(some_spans(2));
  model::Offer offer = batcher->offer(some_spans(2));
  EXPECT_TRUE(offer.wait());
  ASSERT_EQ(next.batches().size(), 1u);
  EXPECT_EQ(next.batches()[0].items(), 4u);
}

TEST(Batcher, PassesOnInTime) {
  KeepingSink next;
  auto batcher = make_batcher({.delay_ns = 10 * kMillisecond}, next);
  EXPECT_TRUE(batcher->offer(some_spans(1)).wait());
  EXPECT_EQ(next.items(), 1u);
}

TEST(Batcher, KeepsTenantsApart) {
  KeepingSink next;
  {
    auto batcher = make_batcher({.delay_ns = kHour}, next);
    for (const char* tenant : {"a", "b", "a"}) {
      model::Batch batch = some_spans(1);
      batch.tenant = tenant;
      batcher->offer(std::move(batch));
    }
  }
  ASSERT_EQ(next.batches().size(), 2u) << "the destructor passes on what is held";
  EXPECT_EQ(next.batches()[0].items(), next.batches()[0].tenant == "a" ? 2u : 1u);
}

TEST(Batcher, RefusesBeyondItsLimit) {
  KeepingSink next;
  auto batcher = make_batcher({.held_items_max = 3, .delay_ns = kHour}, next);
  EXPECT_EQ(batcher->offer(some_spans(2)).taken, 2u);
  model::Offer offer = batcher->offer(some_spans(2));
  EXPECT_EQ(offer.taken, 0u);
  EXPECT_EQ(offer.refused[0].code, Code::kLimitExceeded);
}

TEST(Batcher, HandsBackWhatTheNextSinkSaid) {
  KeepingSink next;
  auto batcher = make_batcher({.delay_ns = kMillisecond}, next);
  next.answer([](const model::Batch& b) {
    return model::Offer::none(b.items(), Code::kUnavailable, "no");
  });
  EXPECT_EQ(batcher->offer(some_spans(1)).wait().error().message, "no");
  next.answer([](const model::Batch& b) {
    model::Offer offer = model::Offer::all(b.items());
    offer.durable = ready(Error{Code::kIo, "disk full"});
    return offer;
  });
  EXPECT_EQ(batcher->offer(some_spans(1)).wait().error().message, "disk full");
}

TEST(Fanout, OffersToEachAndAnswersForTheFirst) {
  KeepingSink a, b;
  b.answer([](const model::Batch& batch) {
    return model::Offer::none(batch.items(), Code::kInvalid, "no");
  });
  EXPECT_EQ(make_fanout({&a, &b})->offer(some_spans(2)).taken, 2u);
  EXPECT_EQ(make_fanout({&b, &a})->offer(some_spans(2)).taken, 0u);
  EXPECT_EQ(make_fanout({})->offer(some_spans(2)).taken, 2u);
  EXPECT_EQ(a.batches()[0].spans, some_spans(2).spans);
  EXPECT_EQ(b.batches()[0].spans, some_spans(2).spans);
}

TEST(SpanLine, IsReadable) {
  model::Span span = some_spans(1).spans[0].scopes[0].records[0];
  span.kind = model::SpanKind::kServer;
  span.status = model::SpanStatus::kError;
  span.attributes = {{"url.query", {std::string("token=secret")}}};
  std::string line;
  append_span_line(line, "checkout", span);
  EXPECT_EQ(line,
            "2023-11-14T22:13:20.123Z checkout SERVER \"GET /\" ERROR 12.3ms "
            "trace=01000000000000000000000000000000 span=0100000000000000\n");
}

TEST(SpanLine, CannotBreakTheTerminal) {
  model::Span span = some_spans(1).spans[0].scopes[0].records[0];
  span.name = "a\x1b[2J\nb\"" + std::string(1000, 'x');
  std::string line;
  append_span_line(line, "", span);
  EXPECT_THAT(line, ::testing::HasSubstr(" - UNSPECIFIED \"a?[2J?b?xxx"));
  EXPECT_LT(line.size(), 400u);
}

TEST(SpanPrinter, PrintsAndPassesOn) {
  KeepingSink next;
  ::testing::internal::CaptureStdout();
  make_span_printer(next)->offer(some_spans(2));
  std::string text = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_EQ(next.items(), 2u);
}

}  // namespace
}  // namespace tarsier::pipeline
