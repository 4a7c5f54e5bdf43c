#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "capture/process_codec.h"
#include "capture/reader.h"
#include "capture/recording.h"
#include "capture/testing/connection.h"
#include "capture/testing/recording_handler.h"

namespace tarsier::capture {
namespace {

using testing::Connection;
using testing::RecordingHandler;

Process sample_process() {
  Process process;
  process.pid = 42;
  process.start_time = 77;
  process.exe_path = "/usr/bin/core";
  process.service_name = "core";
  process.language = Language::kGo;
  process.language_version = "go1.26.8";
  process.has_otel_sdk = true;
  process.resource_attributes = {{"deployment.environment.name", {std::string("test")}}};
  return process;
}

TEST(Dispatch, AListOfManyProcs) {
  RecordingHandler handler;
  ts_go_procs event{};
  event.header = {TS_GO_PROCS, {}, 0, 1, 7, 100, 100};
  event.procs = 2;
  event.proc[1] = {17, 32};
  size_t size = offsetof(ts_go_procs, proc) + 2 * sizeof(ts_go_proc);
  event.header.size = static_cast<__u32>(size);
  std::string record = testing::to_record(event).substr(0, size);
  EXPECT_TRUE(dispatch(record, handler));
  ASSERT_EQ(handler.procs.size(), 1u);
  EXPECT_EQ(handler.procs[0].proc[1].end, 32u);
  record[sizeof(ts_header)] = 3;
  EXPECT_FALSE(dispatch(record, handler)) << "one of them is missing";
}

TEST(Dispatch, AHandlersStream) {
  RecordingHandler handler;
  ts_go_stream event{};
  event.header = {TS_GO_STREAM, {}, sizeof event, 1, 7, 100, 100};
  event.stream = 5;
  event.role = TS_ROLE_SERVER;
  std::string record = testing::to_record(event);
  EXPECT_TRUE(dispatch(record, handler));
  ASSERT_EQ(handler.streams.size(), 1u);
  EXPECT_EQ(handler.streams[0].stream, 5u);
  EXPECT_FALSE(dispatch(record + "x", handler));
  event.role = 3;
  EXPECT_FALSE(dispatch(testing::to_record(event), handler));
}

TEST(Dispatch, DataWithEachLinkBlock) {
  RecordingHandler handler;
  Connection connection{.cookie = 9, .pid = 3};
  ts_go_server server{};
  server.procs = 2;
  server.proc[1] = {3, 4};
  ts_go_client client{};
  client.chain_length = 3;
  client.chain[2] = 9;
  ASSERT_TRUE(dispatch(connection.open(1), handler));
  ASSERT_TRUE(dispatch(connection.receive(2, "GET /", 100, &server), handler));
  ASSERT_TRUE(dispatch(connection.send(3, "HTTP", 0, nullptr, &client), handler));
  ASSERT_TRUE(dispatch(connection.close(4), handler));
  ASSERT_EQ(handler.data.size(), 2u);
  EXPECT_EQ(handler.data[0].payload, "GET /");
  EXPECT_EQ(handler.data[0].event.length, 100u);
  EXPECT_EQ(handler.data[0].server.proc[1].end, 4u);
  EXPECT_EQ(handler.data[1].payload, "HTTP");
  EXPECT_EQ(handler.data[1].client.chain[2], 9u);
  EXPECT_EQ(handler.opens.size(), 1u);
  EXPECT_EQ(handler.closes.at(0).cookie, 9u);
}

TEST(Dispatch, RefusesWhatDoesNotAddUp) {
  RecordingHandler handler;
  Connection connection;
  ts_go_server server{};
  server.procs = 1;
  std::string good = connection.receive(1, "abc", 0, &server);
  for (size_t size = 0; size < good.size(); size++) {
    EXPECT_FALSE(dispatch(std::string_view(good).substr(0, size), handler)) << size;
  }
  std::string many_procs = good;
  many_procs[sizeof(ts_data) + offsetof(ts_go_server, procs)] = 100;
  EXPECT_FALSE(dispatch(many_procs, handler));
  std::string longer = good + "x";
  EXPECT_FALSE(dispatch(longer, handler)) << "header.size does not match";
  EXPECT_TRUE(handler.data.empty());
}

TEST(ProcessCodec, RoundTrip) {
  RecordingHandler handler;
  ASSERT_TRUE(dispatch(encode_process(sample_process(), 5), handler));
  const Process& process = handler.processes.at(42);
  EXPECT_EQ(process.service_name, "core");
  EXPECT_EQ(process.language, Language::kGo);
  EXPECT_EQ(process.start_time, 77u);
  EXPECT_TRUE(process.has_otel_sdk);
  EXPECT_EQ(process.resource_attributes, sample_process().resource_attributes);
}

TEST(ProcessCodec, HugeAttributesAreLeftOut) {
  Process process = sample_process();
  for (int i = 0; i < 100; i++) {
    process.resource_attributes.push_back({fmt::format("k{}", i), {std::string(4000, 'v')}});
  }
  std::string record = encode_process(process, 5);
  EXPECT_LE(record.size(), kProcessRecordMax);
  RecordingHandler handler;
  ASSERT_TRUE(dispatch(record, handler));
  EXPECT_GT(handler.processes.at(42).resource_attributes.size(), 10u);
}

class RecordingFile : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = ::testing::TempDir() + fmt::format("recording.{}", getpid());
};

TEST_F(RecordingFile, ReplaysWhatWasRecorded) {
  Connection connection;
  {
    auto recorder = Recorder::create(path_);
    ASSERT_TRUE(recorder) << recorder.error().message;
    (*recorder)->write(encode_process(sample_process(), 1));
    (*recorder)->write(connection.open(2));
    (*recorder)->write(connection.receive(3, "hello"));
    (*recorder)->write(encode_lost(7, 4));
    (*recorder)->write(encode_exit(42, 5));
  }
  RecordingHandler handler;
  auto status = replay(path_, handler);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(handler.processes.count(42), 1u);
  EXPECT_EQ(handler.data.at(0).payload, "hello");
  EXPECT_EQ(handler.lost, 7u);
  EXPECT_EQ(handler.exits.at(0), 42u);
}

TEST_F(RecordingFile, SaysWhereItIsBroken) {
  std::ofstream(path_, std::ios::binary) << kRecordingMagic << std::string(40, 'x');
  RecordingHandler handler;
  auto status = replay(path_, handler);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kCorrupt);
  EXPECT_NE(status.error().message.find("byte 8: record size"), std::string::npos)
      << status.error().message;
}

}  // namespace
}  // namespace tarsier::capture
