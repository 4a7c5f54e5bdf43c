// What is copied of HTTP/2, on frames of every size in calls of every size.
#include <sys/sendfile.h>
#include <sys/uio.h>

#include <random>
#include <set>

#include "capture/testing/kernel_fixture.h"

namespace tarsier::capture::testing {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string frame(int type, uint32_t stream, std::string_view payload) {
  std::string out;
  for (int shift : {16, 8, 0}) out.push_back(static_cast<char>(payload.size() >> shift));
  out.push_back(static_cast<char>(type));
  out.push_back(type == 1 ? 4 : 0);
  for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(stream >> shift));
  return out.append(payload);
}

struct Truth {
  std::string bytes;
  std::set<size_t> frames;                         // where they begin
  std::vector<std::pair<size_t, size_t>> skipped;  // payloads that need not be copied: begin, end

  void add(int type, uint32_t stream, size_t size) {
    frames.insert(bytes.size());
    std::string payload;
    while (payload.size() < size)
      payload.push_back(static_cast<char>(bytes.size() + payload.size() * 7));
    bytes += frame(type, stream, payload);
    if (type == 0 && size > TS_CAPTURE_DATA_FRAME) {
      skipped.emplace_back(bytes.size() - size, bytes.size());
    }
  }
  bool may_be_missing(size_t from, size_t to) const {
    return std::any_of(skipped.begin(), skipped.end(), [=](const auto& range) {
      return range.first <= from && to <= range.second;
    });
  }
};

class Http2Frames : public KernelTest, public ::testing::WithParamInterface<Source> {
 protected:
  void SetUp() override {
    ProbeOptions options = own_program();
    options.source = GetParam();
    start(options);
  }

  size_t moved(uint64_t cookie, ts_direction direction) const {
    size_t out = 0;
    for (const auto& part : data_of(cookie)) {
      if (part.event.direction == direction) out += part.event.length;
    }
    return out;
  }

  void check(uint64_t cookie, ts_direction direction, const Truth& truth, size_t begin = 0) {
    size_t at = begin;
    for (const auto& part : data_of(cookie)) {
      if (part.event.direction != direction) continue;
      ASSERT_EQ(part.event.offset, at);
      ASSERT_EQ(part.payload, truth.bytes.substr(at, part.payload.size())) << "at " << at;
      size_t from = at + part.payload.size();
      at += part.event.length;
      ASSERT_TRUE(from == at || truth.may_be_missing(from, at)) << from << " to " << at;
      bool begins = !part.payload.empty() && truth.frames.contains(part.event.offset);
      ASSERT_EQ(!!(part.event.flags & TS_DATA_FRAME), begins) << part.event.offset;
    }
    EXPECT_EQ(at, truth.bytes.size());
  }
};
INSTANTIATE_TEST_SUITE_P(Sources, Http2Frames,
                         ::testing::Values(Source::kSockets, Source::kSyscalls),
                         [](const auto& test) {
                           return test.param == Source::kSockets ? "Sockets" : "Syscalls";
                         });

// One call, from `pieces` buffers.
size_t send_some(const Fd& to, std::string_view bytes, size_t pieces) {
  std::vector<iovec> vector;
  size_t each = bytes.size() / pieces + 1;
  for (size_t at = 0; at < bytes.size(); at += each) {
    size_t size = std::min(each, bytes.size() - at);
    vector.push_back({const_cast<char*>(bytes.data()) + at, size});
  }
  msghdr message{};
  message.msg_iov = vector.data();
  message.msg_iovlen = vector.size();
  ssize_t sent = pieces == 1 ? ::write(to.get(), bytes.data(), bytes.size())
                             : ::sendmsg(to.get(), &message, 0);
  return sent > 0 ? static_cast<size_t>(sent) : 0;
}

TEST_P(Http2Frames, AnythingInCallsOfAnySize) {
  std::mt19937 random(1);
  auto up_to = [&random](size_t n) { return random() % n; };
  Listener listener;
  auto [client, server] = listener.connect();
  uint64_t sender = cookie_of(client), receiver = cookie_of(server);
  Truth truth;
  truth.bytes = kPreface;
  truth.add(4, 0, 18);
  for (uint32_t i = 0; i < 400; i++) {
    truth.add(1, 2 * i + 1, 1 + up_to(i % 10 ? 120 : 6'000));
    for (size_t n = up_to(3); n > 0; n--) truth.add(0, 2 * i + 1, up_to(i % 4 ? 300 : 16'384));
    if (i % 7 == 0) truth.add(8, 0, 4);
  }
  for (size_t sent = 0; sent < truth.bytes.size();) {
    size_t size = std::min<size_t>(1 + up_to(up_to(4) ? 600 : 40'000), truth.bytes.size() - sent);
    size_t pieces = up_to(2) ? 1 : 1 + up_to(100);
    size_t done = send_some(client, std::string_view(truth.bytes).substr(sent, size), pieces);
    ASSERT_GT(done, 0u);
    sent += done;
    for (size_t left = done; left > 0;) left -= receive(server, 1 + up_to(40'000)).size();
  }
  ASSERT_TRUE(until([&] {
    return moved(sender, TS_SEND) == truth.bytes.size() &&
           moved(receiver, TS_RECEIVE) == truth.bytes.size();
  }));
  check(sender, TS_SEND, truth);
  check(receiver, TS_RECEIVE, truth);
  EXPECT_EQ(handler_.lost, 0u);
}

TEST_P(Http2Frames, AServerThatSpeaksFirst) {
  Listener listener;
  auto [client, server] = listener.connect();
  uint64_t cookie = cookie_of(server);
  Truth answers, requests;
  answers.add(4, 0, 6);
  requests.bytes = kPreface;
  requests.add(4, 0, 0);
  requests.add(1, 1, 30);
  send_all(server, answers.bytes);
  receive(client);
  send_all(client, requests.bytes);
  receive(server);
  size_t before = answers.bytes.size();
  answers.add(1, 1, 30);
  answers.add(0, 1, 9'000);
  answers.add(1, 1, 20);  // trailers, behind much DATA in one call
  send_all(server, std::string_view(answers.bytes).substr(before));
  ASSERT_TRUE(until([&] { return moved(cookie, TS_SEND) == answers.bytes.size(); }));
  check(cookie, TS_SEND, answers);
  check(cookie, TS_RECEIVE, requests);
}

TEST_P(Http2Frames, TheFirstFrameOfACallIsFoundOnAnOldConnection) {
  Listener listener;
  auto [client, server] = listener.connect();
  uint64_t cookie = cookie_of(server);
  probe_.reset();
  send_all(client, kPreface);
  receive(server);
  SetUp();
  Truth truth;
  truth.bytes = std::string(kPreface) + std::string(100, 'x');  // ... of a body
  send_all(client, std::string(100, 'x'));
  receive(server);
  size_t seen = truth.bytes.size();
  truth.add(1, 5, 40);
  truth.add(0, 5, 2'000);
  truth.add(1, 7, 10);
  send_all(client, std::string_view(truth.bytes).substr(seen));
  receive(server);
  ASSERT_TRUE(until([&] { return moved(cookie, TS_RECEIVE) > 0; }));
  auto data = data_of(cookie);
  ASSERT_EQ(data.size(), 2u);
  EXPECT_EQ(data[0].event.length, 49u + 9 + 2'000);
  EXPECT_EQ(data[0].payload, truth.bytes.substr(seen, 49 + 9));
  EXPECT_EQ(data[1].payload, truth.bytes.substr(seen + 49 + 9 + 2'000));
  for (const auto& part : data) EXPECT_TRUE(part.event.flags & TS_DATA_FRAME);
}

TEST_P(Http2Frames, SendfileInABodyLosesNothing) {
  Listener listener;
  auto [client, server] = listener.connect();
  uint64_t cookie = cookie_of(client);
  Truth truth;
  truth.bytes = kPreface;
  truth.add(0, 1, 1'000);
  send_all(client, std::string_view(truth.bytes).substr(0, truth.bytes.size() - 1'000));
  Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::sendfile(client.get(), file.get(), nullptr, 1000), 1000);
  size_t before = truth.bytes.size();
  truth.add(1, 3, 50);
  send_all(client, std::string_view(truth.bytes).substr(before));
  ASSERT_TRUE(until([&] { return moved(cookie, TS_SEND) == truth.bytes.size(); }));
  check(cookie, TS_SEND, truth);
}

}  // namespace
}  // namespace tarsier::capture::testing
