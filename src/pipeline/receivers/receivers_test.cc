#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/pipeline.h"
#include "pipeline/test_sinks.h"
#include "wire/compress.h"
#include "wire/otlp.h"
#include "wire/push.h"

namespace tarsier::pipeline {
namespace {

using ::testing::HasSubstr;
using wire::Encoding;
using wire::Signal;

class Receivers : public ::testing::Test {
 protected:
  Receivers() {
    add_otlp_http(router_, sink_);
    add_loki_push(router_, sink_);
    add_remote_write(router_, sink_);
    add_otlp_grpc(grpc_, sink_);
  }

  net::Response post(std::string path, std::string type, std::string body,
                     std::string encoding = "") {
    net::Request request;
    request.method = "POST";
    request.path = std::move(path);
    request.headers = {{"Content-Type", std::move(type)}};
    if (!encoding.empty()) request.headers.emplace_back("Content-Encoding", encoding);
    request.body = std::move(body);
    request.tenant = "team";
    return router_.handle(request);
  }
  net::Response post_spans(const model::Batch& batch) {
    return post("/v1/traces", "application/x-protobuf",
                wire::encode_otlp(Signal::kTraces, Encoding::kProtobuf, batch));
  }
  void refuse(Code code, size_t count) {
    sink_.answer([=](const model::Batch& batch) {
      model::Offer offer = model::Offer::none(count, code, "because");
      offer.taken = batch.items() - count;
      offer.retry_after = std::chrono::milliseconds(2500);
      return offer;
    });
  }

  net::Router router_;
  net::GrpcService grpc_;
  KeepingSink sink_;
};

wire::PartialSuccess partial(const net::Response& response) {
  return *wire::decode_otlp_response(Signal::kTraces, Encoding::kProtobuf, response.body);
}

TEST_F(Receivers, OtlpHttpBothEncodingsAllSignals) {
  for (auto [path, signal] :
       {std::pair("/v1/traces", Signal::kTraces), std::pair("/v1/metrics", Signal::kMetrics),
        std::pair("/v1/logs", Signal::kLogs)}) {
    for (auto [type, encoding] : {std::pair("application/x-protobuf", Encoding::kProtobuf),
                                  std::pair("Application/JSON; charset=utf-8", Encoding::kJson)}) {
      std::string body = wire::encode_otlp(signal, encoding, some_spans(3));
      net::Response response = post(path, type, body);
      EXPECT_EQ(response.status, 200) << response.body;
      EXPECT_EQ(response.body, encoding == Encoding::kJson ? "{}" : "");
      EXPECT_THAT(type, ::testing::StrCaseEq(encoding == Encoding::kJson
                                                 ? response.content_type + "; charset=utf-8"
                                                 : response.content_type));
    }
  }
  ASSERT_EQ(sink_.batches().size(), 2u) << "empty batches are not offered";
  EXPECT_EQ(sink_.batches()[0].spans, some_spans(3).spans);
  EXPECT_EQ(sink_.batches()[1].tenant, "team");
}

TEST_F(Receivers, OtlpHttpUnpacksZstd) {
  std::string body = wire::encode_otlp(Signal::kTraces, Encoding::kProtobuf, some_spans(1));
  EXPECT_EQ(post("/v1/traces", "application/x-protobuf", wire::zstd(body), "zstd").status, 200);
  EXPECT_EQ(sink_.items(), 1u);
  EXPECT_EQ(post("/v1/traces", "application/x-protobuf", body, "zstd").status, 400);
}

TEST_F(Receivers, OtlpHttpSaysWhatIsWrong) {
  net::Response response = post("/v1/traces", "text/plain", "");
  EXPECT_EQ(response.status, 415);
  EXPECT_THAT(response.body, HasSubstr("send application/x-protobuf or application/json"));
  response = post("/v1/traces", "application/json", R"({"resourceSpans":7})");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, HasSubstr(R"({"code":3,"message":"resourceSpans: )"));
}

TEST_F(Receivers, OtlpPartialSuccess) {
  refuse(Code::kInvalid, 1);
  net::Response response = post_spans(some_spans(3));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(partial(response).rejected, 1);
  EXPECT_EQ(partial(response).message, "because");
}

TEST_F(Receivers, OtlpRejectsSpansWithoutIds) {
  model::Batch batch = some_spans(3);
  batch.spans[0].scopes[0].records[1].span_id = {};
  EXPECT_EQ(partial(post_spans(batch)).rejected, 1);
  EXPECT_EQ(sink_.items(), 2u);
}

TEST_F(Receivers, OtlpAsksToTryLater) {
  refuse(Code::kLimitExceeded, 3);
  net::Response response = post_spans(some_spans(3));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(net::find_header(response.headers, "Retry-After"), "3");
  refuse(Code::kUnavailable, 3);
  EXPECT_EQ(post_spans(some_spans(3)).status, 503);
  refuse(Code::kUnavailable, 1);
  EXPECT_EQ(post_spans(some_spans(3)).status, 200) << "what was taken must not come again";
}

TEST_F(Receivers, AnswersOnlyWhenDurable) {
  sink_.answer([](const model::Batch& batch) {
    model::Offer offer = model::Offer::all(batch.items());
    offer.durable = std::async(std::launch::async, []() -> Status {
                      return Error{Code::kIo, "disk full"};
                    }).share();
    return offer;
  });
  net::Response response = post_spans(some_spans(1));
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("disk full"));
}

TEST_F(Receivers, OtlpGrpc) {
  net::GrpcRequest request;
  request.message = wire::encode_otlp(Signal::kTraces, Encoding::kProtobuf, some_spans(2));
  auto& handler = grpc_["/opentelemetry.proto.collector.trace.v1.TraceService/Export"];
  EXPECT_EQ(*handler(request), "");
  refuse(Code::kLimitExceeded, 2);
  EXPECT_EQ(handler(request).error().code, Code::kUnavailable);
  request.message = "nonsense";
  EXPECT_EQ(handler(request).error().code, Code::kInvalid);
  EXPECT_EQ(grpc_.size(), 3u);
}

TEST_F(Receivers, LokiPush) {
  std::string json = R"({"streams":[{"stream":{"app":"a"},"values":[["1","x"],["2","y"]]}]})";
  EXPECT_EQ(post("/loki/api/v1/push", "application/json", json).status, 204);
  EXPECT_EQ(sink_.batches().back().logs[0].scopes[0].scope.name, wire::kLokiScope);
  EXPECT_EQ(sink_.items(), 2u);
  EXPECT_EQ(post("/loki/api/v1/push", "application/x-protobuf", wire::snappy("")).status, 204);
  EXPECT_EQ(post("/loki/api/v1/push", "application/x-protobuf", "plain").status, 400);
  EXPECT_EQ(post("/loki/api/v1/push", "text/plain", json).status, 415);
  refuse(Code::kLimitExceeded, 1);
  net::Response response = post("/loki/api/v1/push", "application/json", json);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.body, "because\n");
}

TEST_F(Receivers, RemoteWrite) {
  model::Batch batch;
  batch.series = {{{{"__name__", "up"}}, {{1000, 1}, {2000, 0}}}};
  std::string body = wire::snappy(wire::encode_remote_write(batch));
  for (const char* path : {"/api/v1/write", "/api/v1/push"}) {
    net::Response response = post(path, "application/x-protobuf", body, "snappy");
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(net::find_header(response.headers, "X-Prometheus-Remote-Write-Samples-Written"), "2");
  }
  EXPECT_EQ(sink_.batches()[0].series[0].labels, batch.series[0].labels);
  auto v2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  EXPECT_EQ(post("/api/v1/write", v2, body).status, 415);
  refuse(Code::kInvalid, 1);
  EXPECT_EQ(post("/api/v1/write", "application/x-protobuf", body).status, 400);
}

}  // namespace
}  // namespace tarsier::pipeline
