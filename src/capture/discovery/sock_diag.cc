#include "capture/discovery/sock_diag.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <thread>

namespace tarsier::capture {
namespace {

constexpr uint32_t kListen = 10;  // TCP_LISTEN
constexpr size_t kSocketsMax = 65'536;

Fd open_here() {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  timeval timeout{1, 0};
  if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  return fd;
}

// A socket belongs to the namespace in which it was made. Only a thread of its own goes there, so
// that nothing else of ours can end up in it.
Fd open_in(int netns) {
  Fd fd;
  std::thread visitor([&fd, netns] {
    if (::setns(netns, CLONE_NEWNET) == 0) fd = open_here();
  });
  visitor.join();
  return fd;
}

Status ask(int fd, uint8_t family) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header.nlmsg_len = sizeof(message);
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = family;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_states = 1U << kListen;
  if (::send(fd, &message, sizeof(message), 0) != sizeof(message)) return io_error("sock_diag");
  return {};
}

// True at the end of the answer.
Result<bool> read_messages(const char* bytes, size_t size, PortsByInode& out) {
  auto left = static_cast<uint32_t>(size);
  for (auto* header = reinterpret_cast<const nlmsghdr*>(bytes); NLMSG_OK(header, left);
       header = NLMSG_NEXT(header, left)) {
    if (header->nlmsg_type == NLMSG_DONE) return true;
    if (header->nlmsg_type == NLMSG_ERROR) return unsupported("sock_diag: refused");
    if (header->nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg))) continue;
    inet_diag_msg socket;
    std::memcpy(&socket, NLMSG_DATA(header), sizeof(socket));
    if (out.size() < kSocketsMax) out.emplace(socket.idiag_inode, ntohs(socket.id.idiag_sport));
  }
  return false;
}

Status dump(int fd, uint8_t family, PortsByInode& out) {
  TRY_STATUS(ask(fd, family));
  alignas(nlmsghdr) std::array<char, 32 << 10> buffer;
  for (;;) {
    ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return io_error("sock_diag");
    TRY(bool done, read_messages(buffer.data(), static_cast<size_t>(n), out));
    if (done) return {};
  }
}

}  // namespace

Result<PortsByInode> listening_by_netlink(const ProcFs& proc, uint32_t pid) {
  TRY(uint32_t theirs, proc.netns(pid));
  TRY(uint32_t ours, netns_inode("self"));
  Fd fd;
  if (theirs == ours) {
    fd = open_here();
  } else {
    Fd netns(::open(proc.path(pid, "ns/net").c_str(), O_RDONLY | O_CLOEXEC));
    if (!netns) return io_error(proc.path(pid, "ns/net"));
    fd = open_in(netns.get());
  }
  if (!fd) return unsupported("sock_diag: no socket");
  PortsByInode out;
  TRY_STATUS(dump(fd.get(), AF_INET, out));
  TRY_STATUS(dump(fd.get(), AF_INET6, out));
  return out;
}

}  // namespace tarsier::capture
