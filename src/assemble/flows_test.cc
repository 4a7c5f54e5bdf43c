#include "assemble/flows.h"

#include <gtest/gtest.h>

#include <map>

#include "assemble/testing/bench.h"

namespace tarsier::assemble {
namespace {

using testing::Bench;
using testing::CollectingSink;

struct FlowsTest : ::testing::Test {
  FlowsTest() {
    b.host.process(7, "shop");
    b.host.process(8, "database");
  }
  capture::ts_flow flow(uint64_t cookie, uint32_t pid, uint8_t role, uint16_t local, uint16_t peer,
                        uint64_t sent, uint64_t received, bool last = false) {
    capture::ts_flow f{};
    f.header.time_ns = b.host.now();
    f.header.cookie = cookie;
    f.header.pid = pid;
    testing::set_address(f.tuple.local_address, "127.0.0.1");
    testing::set_address(f.tuple.peer_address, "127.0.0.1");
    f.tuple.local_port = local;
    f.tuple.peer_port = peer;
    f.tuple.protocol = IPPROTO_TCP;
    f.role = role;
    f.sent_bytes = sent;
    f.received_bytes = received;
    f.sent_packets = sent / 10;
    f.received_packets = received / 10;
    f.last = last;
    return f;
  }
  // The newest value of each series, as "direction service>peer port" = bytes.
  std::map<std::string, int64_t> bytes(std::string_view metric = "beyla.network.flow.bytes") {
    b.wait(5 * kSecond);
    std::map<std::string, int64_t> out;
    for (const model::Metric& m : b.sink.metrics) {
      if (m.name != metric) continue;
      for (const model::NumberPoint& p : std::get<model::SumData>(m.data).points) {
        std::string key(model::find_string(p.attributes, "direction"));
        const model::Value* port = model::find(p.attributes, "server.port");
        key += " " + std::string(model::find_string(p.attributes, "service.name")) + ">" +
               std::string(model::find_string(p.attributes, "service.peer.name"));
        if (port) key += " " + model::to_string(*port);
        out[key] = std::get<int64_t>(p.value.data);
      }
    }
    return out;
  }
  Bench b;
};

using Values = std::map<std::string, int64_t>;

TEST_F(FlowsTest, BothEndsCountOnce) {
  b.events.on_flow(flow(1, 7, capture::TS_ROLE_CLIENT, 40'001, 81, 1'000, 500));
  b.events.on_flow(flow(2, 8, capture::TS_ROLE_SERVER, 81, 40'001, 600, 1'000));
  b.events.on_flow(flow(1, 7, capture::TS_ROLE_CLIENT, 40'001, 81, 2'000, 700, true));
  b.events.on_flow(flow(2, 8, capture::TS_ROLE_SERVER, 81, 40'001, 700, 2'000, true));
  EXPECT_EQ(bytes(),
            (Values{{"request shop>database 81", 2'000}, {"response database>shop 81", 700}}));
}

TEST_F(FlowsTest, CountsFromTheRecordBeforeTheFirstSeen) {
  capture::ts_flow f = flow(1, 7, capture::TS_ROLE_CLIENT, 40'001, 81, 1'000, 500);
  f.before = {900, 450, 90, 45};
  b.events.on_flow(f);
  b.events.on_flow(flow(2, 8, capture::TS_ROLE_SERVER, 81, 40'001, 500, 1'000));
  EXPECT_EQ(bytes(),
            (Values{{"request shop>database 81", 100}, {"response database>shop 81", 50}}));
}

TEST_F(FlowsTest, DatagramSocketsWithoutAnAddressAreTwoEndsToo) {
  uint64_t cookie = 0;
  for (const char* any : {"0.0.0.0", "::"}) {
    capture::ts_flow client = flow(++cookie, 7, capture::TS_ROLE_UNKNOWN, 50'000, 53, 40, 90, true);
    capture::ts_flow server = flow(++cookie, 8, capture::TS_ROLE_UNKNOWN, 53, 50'000, 90, 40, true);
    for (capture::ts_flow* f : {&client, &server}) {
      f->tuple.protocol = IPPROTO_UDP;
      testing::set_address(f->tuple.local_address, any);
      b.events.on_flow(*f);
    }
  }
  EXPECT_EQ(bytes(),
            (Values{{"request shop>database 53", 80}, {"response database>shop 53", 180}}));
}

TEST_F(FlowsTest, OneEndAlone) {
  b.events.on_flow(flow(1, 0, capture::TS_ROLE_SERVER, 81, 40'001, 600, 1'000, true));
  EXPECT_EQ(bytes(), (Values{{"request > 81", 1'000}, {"response > 81", 600}}));
  EXPECT_EQ(bytes("beyla.network.flow.packets"),
            (Values{{"request > 81", 100}, {"response > 81", 60}}));
}

TEST_F(FlowsTest, AShortConnectionsEndsComeOneAfterTheOther) {
  b.events.on_flow(flow(1, 0, capture::TS_ROLE_SERVER, 81, 40'001, 600, 1'000, true));
  b.wait(kSecond);
  b.events.on_flow(flow(2, 0, capture::TS_ROLE_CLIENT, 40'001, 81, 1'000, 600, true));
  EXPECT_EQ(bytes(), (Values{{"request > 81", 1'000}, {"response > 81", 600}}));
}

TEST_F(FlowsTest, AProcessMayBeNamedAfterItsLastRecord) {
  b.wait(kSecond);  // the first metrics are sent at once
  b.events.on_flow(flow(1, 9, capture::TS_ROLE_CLIENT, 40'001, 81, 100, 50, true));
  b.wait(kSecond);
  b.host.process(9, "worker");
  EXPECT_EQ(bytes(), (Values{{"request worker> 81", 100}, {"response >worker 81", 50}}));
}

TEST_F(FlowsTest, TheSamePortsAgainAreAnotherConnection) {
  b.events.on_flow(flow(1, 0, capture::TS_ROLE_CLIENT, 40'001, 81, 100, 50, true));
  b.events.on_flow(flow(2, 0, capture::TS_ROLE_CLIENT, 40'001, 81, 70, 20, true));
  EXPECT_EQ(bytes(), (Values{{"request > 81", 170}, {"response > 81", 70}}));
}

TEST_F(FlowsTest, DatagramsTakeTheLowerPortForTheServers) {
  capture::ts_flow f = flow(1, 7, capture::TS_ROLE_UNKNOWN, 50'000, 53, 40, 90);
  f.tuple.protocol = IPPROTO_UDP;
  b.events.on_flow(f);
  EXPECT_EQ(bytes(), (Values{{"request shop> 53", 40}, {"response >shop 53", 90}}));
}

TEST_F(FlowsTest, TooManyShareOneSeries) {
  CollectingSink sink;
  b.events.to = make_assembler({.flows_max = 4}, b.host.clock, sink);
  for (uint16_t port = 1; port <= 10; port++) {
    b.events.on_flow(flow(port, 0, capture::TS_ROLE_CLIENT, 40'000, port, 10, 0));
  }
  b.flush();
  std::swap(sink.metrics, b.sink.metrics);
  Values all = bytes();
  EXPECT_EQ(all.size(), 5u);
  EXPECT_EQ(all[" >"], 60);
}

}  // namespace
}  // namespace tarsier::assemble
