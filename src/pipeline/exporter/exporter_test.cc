#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "base/metrics.h"
#include "pipeline/exporter/envelope.h"
#include "pipeline/exporter/sender.h"
#include "pipeline/pipeline.h"
#include "pipeline/test_sinks.h"
#include "wire/otlp.h"

namespace tarsier::pipeline {
namespace {

using ::testing::HasSubstr;

// A far side: a real server with our own receivers, which can be told to answer otherwise.
class FarSide {
 public:
  explicit FarSide(uint16_t port = 0) : server_({.threads = 2}) {
    add_otlp_http(receivers_, sink);
    net::Router router;
    for (const char* path : {"/v1/traces", "/v1/metrics", "/v1/logs"}) {
      router.add("POST", path, [this](const net::Request& request) { return answer(request); });
    }
    auto listening = server_.listen("far", "127.0.0.1", port, std::move(router));
    EXPECT_TRUE(listening) << listening.error().message;
    server_.start();
  }
  uint16_t port() const { return server_.port("far"); }

  KeepingSink sink;
  std::atomic<int> status{200};  // anything else is answered without looking
  std::atomic<int> delay_ms{0};
  std::atomic<int> requests{0};
  std::string retry_after;

 private:
  net::Response answer(const net::Request& request) {
    const int now = status;
    requests++;
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    if (now == 200) return receivers_.handle(request);
    net::Response response = net::text_response(now, "not now");
    if (!retry_after.empty()) response.headers.emplace_back("Retry-After", retry_after);
    return response;
  }
  net::Router receivers_;
  net::Server server_;
};

class ExporterTest : public ::testing::Test {
 protected:
  ExporterTest() {
    char name[] = "/tmp/tarsier_exporter_XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~ExporterTest() override { std::filesystem::remove_all(folder_); }

  ExporterOptions options(uint16_t port) {
    ExporterOptions out;
    std::string base = "http://127.0.0.1:" + std::to_string(port);
    out.traces_url = base + "/v1/traces";
    out.metrics_url = base + "/v1/metrics";
    out.logs_url = base + "/v1/logs";
    out.queue_folder = folder_;
    out.client.timeout_ns = 2 * kSecond;
    return out;
  }
  std::unique_ptr<Exporter> open(const ExporterOptions& from) {
    auto exporter = Exporter::open(from, system_clock());
    EXPECT_TRUE(exporter) << exporter.error().message;
    return std::move(*exporter);
  }
  static double total(const char* name) {
    return metrics().value("tarsier_exporter_" + std::string(name) + "_items_total");
  }
  static double dropped(const char* reason) {
    return metrics().value("tarsier_exporter_dropped_items_total", {{"reason", reason}});
  }

  std::filesystem::path folder_;
};

model::Batch all_signals() {
  model::Batch batch = some_spans(2);
  model::LogRecord record;
  record.body = {std::string("hello")};
  batch.logs = {{{}, "", {{{}, "", {record}}}}};
  model::Metric metric{"requests", "", "1", {}, model::GaugeData{{model::NumberPoint{}}}};
  batch.metrics = {{{}, "", {{{}, "", {metric}}}}};
  batch.tenant = "team";
  return batch;
}

TEST_F(ExporterTest, DeliversEverySignalAsItWas) {
  FarSide far;
  auto exporter = open(options(far.port()));
  model::Offer offer = exporter->offer(all_signals());
  EXPECT_EQ(offer.taken, 4u);
  EXPECT_TRUE(offer.wait());
  EXPECT_TRUE(exporter->drain(5 * kSecond));
  ASSERT_EQ(far.sink.batches().size(), 3u);
  EXPECT_EQ(far.sink.batches()[0].spans, all_signals().spans);
  EXPECT_EQ(far.sink.batches()[1].metrics, all_signals().metrics);
  EXPECT_EQ(far.sink.batches()[2].logs, all_signals().logs);
  EXPECT_EQ(far.sink.batches()[2].tenant, "team");
}

TEST_F(ExporterTest, NothingIsLostWhileTheFarSideIsAway) {
  uint16_t port = FarSide().port();  // free again
  double in = total("in"), sent = total("sent");
  auto exporter = open(options(port));
  for (uint8_t i = 1; i <= 50; i++) EXPECT_TRUE(exporter->offer(some_spans(3, i)).wait());
  EXPECT_FALSE(exporter->drain(100 * kMillisecond));
  FarSide far(port);
  EXPECT_TRUE(exporter->drain(5 * kSecond));
  auto batches = far.sink.batches();
  ASSERT_EQ(batches.size(), 50u);
  for (uint8_t i = 0; i < 50; i++) {
    EXPECT_EQ(batches[i].spans, some_spans(3, static_cast<uint8_t>(i + 1)).spans) << "order";
  }
  EXPECT_EQ(total("in") - in, 150);
  EXPECT_EQ(total("sent") - sent, 150);
}

TEST_F(ExporterTest, RetriesWhatMayBeRetriedAndCountsWhatMayNot) {
  FarSide far;
  double refused = dropped("refused");
  auto exporter = open(options(far.port()));
  for (int status : {429, 503}) {
    far.status = status;
    exporter->offer(some_spans(1));
    EXPECT_FALSE(exporter->drain(200 * kMillisecond)) << status;
    far.status = 200;
    EXPECT_TRUE(exporter->drain(5 * kSecond));
  }
  EXPECT_EQ(far.sink.items(), 2u);
  for (int status : {400, 404, 500}) {
    far.status = status;
    exporter->offer(some_spans(2));
    EXPECT_TRUE(exporter->drain(5 * kSecond)) << status;
  }
  EXPECT_EQ(dropped("refused") - refused, 6);
  EXPECT_EQ(far.sink.items(), 2u);
}

TEST_F(ExporterTest, WaitsAsLongAsItIsTold) {
  FarSide far;
  far.status = 429;
  far.retry_after = "1";
  auto exporter = open(options(far.port()));
  exporter->offer(some_spans(1));
  while (far.requests == 0) std::this_thread::yield();
  far.status = 200;
  EXPECT_FALSE(exporter->drain(800 * kMillisecond)) << "the first back-off alone would be over";
  EXPECT_TRUE(exporter->drain(5 * kSecond));
}

TEST_F(ExporterTest, CountsAPartialSuccess) {
  FarSide far;
  far.sink.answer([](const model::Batch& batch) {
    model::Offer offer = model::Offer::none(1, Code::kInvalid, "too old");
    offer.taken = batch.items() - 1;
    return offer;
  });
  double rejected = dropped("rejected"), sent = total("sent");
  auto exporter = open(options(far.port()));
  exporter->offer(some_spans(3));
  EXPECT_TRUE(exporter->drain(5 * kSecond));
  EXPECT_EQ(dropped("rejected") - rejected, 1);
  EXPECT_EQ(total("sent") - sent, 2);
}

TEST_F(ExporterTest, ASlowFarSideGetsEachBatchOnce) {
  FarSide far;
  far.delay_ms = 20;
  auto exporter = open(options(far.port()));
  for (uint8_t i = 1; i <= 10; i++) exporter->offer(some_spans(1, i));
  EXPECT_TRUE(exporter->drain(5 * kSecond));
  EXPECT_EQ(far.requests, 10);
}

TEST_F(ExporterTest, StopsWithoutWaitingForASlowFarSide) {
  FarSide far;
  far.delay_ms = 1'500;
  ExporterOptions slow = options(far.port());
  slow.client.timeout_ns = 30 * kSecond;
  auto exporter = open(slow);
  ASSERT_TRUE(exporter->offer(some_spans(3)).wait());
  while (far.requests == 0) std::this_thread::yield();
  auto begin = std::chrono::steady_clock::now();
  exporter.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  far.delay_ms = 0;
  EXPECT_TRUE(open(slow)->drain(10 * kSecond)) << "what was under way is still in the queue";
}

TEST_F(ExporterTest, SignalsMayBeOff) {
  FarSide far;
  ExporterOptions only_logs = options(far.port());
  only_logs.traces_url = only_logs.metrics_url = "";
  double off = dropped("signal_off");
  auto exporter = open(only_logs);
  EXPECT_EQ(exporter->offer(all_signals()).taken, 4u);
  EXPECT_TRUE(exporter->drain(5 * kSecond));
  EXPECT_EQ(far.sink.items(), 1u);
  EXPECT_EQ(dropped("signal_off") - off, 3);
}

TEST_F(ExporterTest, SaysWhatIsWrongWithAnAddress) {
  ExporterOptions wrong = options(1);
  wrong.logs_url = "alloy:4318";
  auto exporter = Exporter::open(wrong, system_clock());
  ASSERT_FALSE(exporter);
  EXPECT_THAT(exporter.error().message, HasSubstr("alloy:4318"));
}

// A child exports while the far side is away, and is killed: the next process delivers all that
// had been acknowledged as durable.
TEST_F(ExporterTest, KilledAndRestarted) {
  uint16_t port = FarSide().port();
  int report[2];
  ASSERT_EQ(::pipe(report), 0);
  pid_t child = ::fork();
  if (child == 0) {
    auto exporter = Exporter::open(options(port), system_clock());
    for (uint8_t i = 1; exporter && i < 250; i++) {
      if ((*exporter)->offer(some_spans(2, i)).wait() && ::write(report[1], &i, 1) != 1) break;
      ::usleep(1000);
    }
    ::pause();
    ::_exit(1);
  }
  ::close(report[1]);
  std::set<uint8_t> durable, arrived;
  for (uint8_t i = 0; ::read(report[0], &i, 1) == 1;) {
    durable.insert(i);
    if (durable.size() == 10) ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  ::close(report[0]);
  FarSide far(port);
  auto exporter = open(options(port));
  EXPECT_TRUE(exporter->drain(5 * kSecond));
  for (const auto& batch : far.sink.batches()) {
    arrived.insert(batch.spans[0].scopes[0].records[0].trace_id.bytes[0]);
  }
  EXPECT_TRUE(std::includes(arrived.begin(), arrived.end(), durable.begin(), durable.end()));
}

TEST(Sender, ReadsRetryAfter) {
  const int64_t now = 1'700'000'000 * kSecond;  // Tue, 14 Nov 2023 22:13:20 GMT
  EXPECT_EQ(parse_retry_after("7", now)->count(), 7 * kSecond);
  EXPECT_EQ(parse_retry_after("Tue, 14 Nov 2023 22:13:25 GMT", now)->count(), 5 * kSecond);
  EXPECT_EQ(parse_retry_after("Tue, 14 Nov 2023 22:13:00 GMT", now)->count(), 0);
  EXPECT_EQ(parse_retry_after("1000000", now)->count(), 5 * kMinute);
  EXPECT_FALSE(parse_retry_after("soon", now));
}

TEST(Sender, BacksOff) {
  Random random(1);
  Backoff backoff;
  for (int64_t whole : {500, 1000, 2000, 4000, 8000, 10'000, 10'000}) {
    int64_t wait = backoff.next(random).count();
    EXPECT_LE(wait, whole * kMillisecond);
    EXPECT_GE(wait, whole * kMillisecond / 2);
  }
}

TEST(Envelope, RoundTripAndNonsense) {
  std::string record = pack({wire::Signal::kLogs, "team", "body"});
  EXPECT_EQ(unpack(record)->signal, wire::Signal::kLogs);
  EXPECT_EQ(unpack(record)->tenant, "team");
  EXPECT_EQ(unpack(record)->body, "body");
  for (std::string_view wrong : {"", "\x01", "\x07\x01x", "\x01\x05x"}) EXPECT_FALSE(unpack(wrong));
}

}  // namespace
}  // namespace tarsier::pipeline
