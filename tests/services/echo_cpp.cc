// GET /echo/{id} on bare sockets: a thread a connection, each with a kept connection downstream.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

namespace {

struct Target {
  std::string host, path;
  uint16_t port = 0;  // 0: none
};

// "http://127.0.0.1:9000/echo/"
Target parse(std::string url) {
  Target out;
  if (!url.starts_with("http://")) return out;
  url.erase(0, 7);
  size_t slash = url.find('/'), colon = url.find(':');
  out.path = slash == url.npos ? "/" : url.substr(slash);
  out.host = url.substr(0, colon);
  out.port = static_cast<uint16_t>(std::atoi(url.c_str() + colon + 1));
  return out;
}

const Target kDownstream = parse(std::getenv("DOWNSTREAM") ? std::getenv("DOWNSTREAM") : "");

bool send_all(int fd, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    ssize_t n = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

// Reads until `buffer` holds a head; its size with the blank line, 0 at the end of the stream.
size_t read_head(int fd, std::string& buffer) {
  for (;;) {
    size_t end = buffer.find("\r\n\r\n");
    if (end != buffer.npos) return end + 4;
    char bytes[4'096];
    ssize_t n = ::recv(fd, bytes, sizeof(bytes), 0);
    if (n <= 0 || buffer.size() > 65'536) return 0;
    buffer.append(bytes, static_cast<size_t>(n));
  }
}

int connect_to(const Target& target) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  ::inet_pton(AF_INET, target.host.c_str(), &address.sin_addr);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
  ::close(fd);
  return -1;
}

size_t content_length(const std::string& head) {
  for (const char* name : {"Content-Length:", "content-length:", "Content-length:"}) {
    size_t at = head.find(name);
    if (at != head.npos) return std::strtoul(head.c_str() + at + 15, nullptr, 10);
  }
  return 0;
}

// Empty when the other side does not answer with a body of known length.
std::string exchange(int fd, const std::string& id) {
  std::string request = "GET " + kDownstream.path + id + " HTTP/1.1\r\nHost: " + kDownstream.host + "\r\n\r\n";
  std::string buffer;
  if (fd < 0 || !send_all(fd, request)) return {};
  size_t head = read_head(fd, buffer);
  if (head == 0) return {};
  size_t total = head + content_length(buffer.substr(0, head));
  while (buffer.size() < total) {
    char bytes[4'096];
    ssize_t n = ::recv(fd, bytes, sizeof(bytes), 0);
    if (n <= 0) return {};
    buffer.append(bytes, static_cast<size_t>(n));
  }
  return buffer.substr(head, total - head);
}

// A kept connection may have been closed by the other side: then once more on a new one.
std::string ask(int& fd, const std::string& id) {
  std::string body = exchange(fd, id);
  if (!body.empty()) return body;
  if (fd >= 0) ::close(fd);
  fd = connect_to(kDownstream);
  return exchange(fd, id);
}

std::string answer(const std::string& path, int& downstream) {
  std::string status = "200 OK", body = "{}";
  if (path.starts_with("/echo/")) {
    std::string id = path.substr(6);
    body = "{\"service\": \"echo_cpp\", \"id\": \"" + id + "\"";
    if (kDownstream.port != 0) {
      std::string below = ask(downstream, id);
      if (below.empty()) status = "502 Bad Gateway";
      if (!below.empty()) body += ", \"downstream\": " + below;
    }
    body += "}";
  } else {
    status = "404 Not Found";
  }
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void serve(int fd) {
  int downstream = -1;
  std::string buffer;
  while (size_t head = read_head(fd, buffer)) {
    size_t start = buffer.find(' ') + 1;
    std::string path = buffer.substr(start, buffer.find(' ', start) - start);
    bool close = buffer.substr(0, head).find("Connection: close") != buffer.npos;
    buffer.erase(0, head);
    if (!send_all(fd, answer(path, downstream)) || close) break;
  }
  if (downstream >= 0) ::close(downstream);
  ::close(fd);
}

}  // namespace

int main() {
  int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(std::getenv("PORT"))));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      ::listen(listener, 128) != 0) {
    return 1;
  }
  for (int fd; (fd = ::accept(listener, nullptr, nullptr)) >= 0;) {
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    std::thread(serve, fd).detach();
  }
  return 1;
}
