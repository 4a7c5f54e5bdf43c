// The client against our server, against scripted answers, and over TLS.
#include "net/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/metrics.h"
#include "net/test_server.h"

namespace tarsier::net {
namespace {

using testing::HasSubstr;

Url url_of(uint16_t port, std::string target = "/", std::string scheme = "http",
           std::string host = "127.0.0.1") {
  return {std::move(scheme), std::move(host), port, std::move(target)};
}

// A server that plays one script per connection: reads until the blank line (and `body`), then says
// its piece and closes.
class Scripted {
 public:
  explicit Scripted(std::vector<std::string> answers)
      : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::listen(listener_.get(), 8);
    socklen_t size = sizeof(address);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, answers] {
      for (const std::string& answer : answers) {
        Fd connection(::accept(listener_.get(), nullptr, nullptr));
        connections++;
        char buffer[65536];
        while (::recv(connection.get(), buffer, sizeof(buffer), 0) > 0) {
          ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
          if (answer.find("keep") == answer.npos) break;
        }
      }
    });
  }
  ~Scripted() { thread_.join(); }

  uint16_t port = 0;
  std::atomic<int> connections{0};

 private:
  Fd listener_;
  std::thread thread_;
};

Router echo() {
  Router router;
  router.add("POST", "/echo", [](const Request& request) {
    return Response{
        200, std::string(find_header(request.headers, "Content-Type")), request.body, {}};
  });
  router.add("GET", "/big",
             [](const Request&) { return text_response(200, std::string(100'000, 'x')); });
  return router;
}

TEST(Client, ReusesItsConnection) {
  TestServer server(echo());
  Client client;
  double before = metrics().value("tarsier_net_connections_total", {{"listener", "test"}});
  for (int i = 0; i < 3; i++) {
    auto response = client.send("POST", url_of(server.port(), "/echo"),
                                {{"Content-Type", "text/x"}}, "body " + std::to_string(i));
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "body " + std::to_string(i));
    EXPECT_EQ(response->content_type, "text/x");
  }
  EXPECT_EQ(metrics().value("tarsier_net_connections_total", {{"listener", "test"}}), before + 1);
}

TEST(Client, UnpacksAndKnowsHead) {
  TestServer server(echo());
  Client client;
  auto response = client.send("GET", url_of(server.port(), "/big"), {}, {});
  ASSERT_TRUE(response);
  EXPECT_EQ(find_header(response->headers, "Content-Encoding"), "gzip");
  EXPECT_EQ(response->body.size(), 100'001u);
  response = client.send("HEAD", url_of(server.port(), "/big"), {}, {});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
}

TEST(Client, ALargeBodyGoesBothWays) {
  TestServer server(echo());
  Client client;
  std::string body(20 << 20, 'b');
  auto response = client.send("POST", url_of(server.port(), "/echo"), {}, body);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, body);
}

TEST(Client, HearsARefusalBeforeItHasSentAll) {
  ServerOptions options;
  options.body_max_bytes = 1000;
  TestServer server(echo(), options);
  auto response =
      Client().send("POST", url_of(server.port(), "/echo"), {}, std::string(8 << 20, 'b'));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
}

TEST(Client, AStaleConnectionIsReplaced) {
  // Closed behind a first answer that promised to stay.
  Scripted server({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"});
  Client client;
  for (int i = 0; i < 2; i++) {
    auto response = client.send("POST", url_of(server.port), {}, "x");
    ASSERT_TRUE(response) << response.error().message;
    while (i == 0 && server.connections == 0) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(server.connections, 2);
}

TEST(Client, SkipsInformationAndReadsChunks) {
  Scripted server(
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
       "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"});
  auto response = Client().send("GET", url_of(server.port), {}, {});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "abc");
}

TEST(Client, ABodyMayEndWithTheConnection) {
  Scripted server({"HTTP/1.0 200 OK\r\n\r\nuntil the end"});
  auto response = Client().send("GET", url_of(server.port), {}, {});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "until the end");
}

TEST(Client, HalfAnAnswerIsAnError) {
  Scripted server({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"});
  auto response = Client().send("GET", url_of(server.port, "/x"), {}, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("/x: the connection was closed in the middle"));
}

TEST(Client, AnAnswerHasALimit) {
  ClientOptions options;
  options.body_max_bytes = 1000;
  TestServer server(echo());
  auto response = Client(options).send("GET", url_of(server.port(), "/big"), {}, {});
  ASSERT_FALSE(response);
}

TEST(Client, NobodyThereIsUnavailable) {
  uint16_t port = TestServer(Router{}).port();
  auto response = Client().send("GET", url_of(port), {}, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("127.0.0.1 port " + std::to_string(port)));
}

TEST(Client, SilenceTimesOut) {
  ClientOptions options;
  options.timeout_ns = 50 * kMillisecond;
  Scripted server({"keep silent"});
  Router router;
  router.add("GET", "/", [](const Request&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return Response{};
  });
  TestServer slow(std::move(router));
  auto response = Client(options).send("GET", url_of(slow.port()), {}, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kTimeout);
  RawConnection(server.port).shutdown_send();
}

TEST(Client, InterruptedItWaitsForNothing) {
  Router router;
  router.add("GET", "/", [](const Request&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    return Response{};
  });
  TestServer slow(std::move(router));
  Client client;
  std::thread other([&client] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    client.interrupt();
  });
  auto begin = std::chrono::steady_clock::now();
  auto response = client.send("GET", url_of(slow.port()), {}, {});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(400));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kUnavailable);
  other.join();
}

// ---- TLS ----

struct Certificate {
  EVP_PKEY* key = ::EVP_EC_gen("P-256");
  X509* x509 = ::X509_new();

  Certificate() {
    ::X509_set_version(x509, 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(x509), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(x509), -3600);
    ::X509_gmtime_adj(::X509_getm_notAfter(x509), 3600);
    ::X509_set_pubkey(x509, key);
    X509_NAME* name = ::X509_get_subject_name(x509);
    ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    ::X509_set_issuer_name(x509, name);
    for (auto [nid, text] : {std::pair{NID_subject_alt_name, "DNS:localhost"},
                             std::pair{NID_basic_constraints, "CA:TRUE"}}) {
      X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, nid, text);
      ::X509_add_ext(x509, extension, -1);
      ::X509_EXTENSION_free(extension);
    }
    ::X509_sign(x509, key, ::EVP_sha256());
  }
  ~Certificate() {
    ::X509_free(x509);
    ::EVP_PKEY_free(key);
  }
  void save(const std::string& path) const {
    FILE* file = std::fopen(path.c_str(), "w");
    ::PEM_write_X509(file, x509);
    std::fclose(file);
  }
};

// Answers every request of every connection with the server name that the client asked for.
class TlsServer {
 public:
  explicit TlsServer(int connections)
      : listener_(::socket(AF_INET, SOCK_STREAM, 0)),
        context_(::SSL_CTX_new(::TLS_server_method())) {
    ::SSL_CTX_use_certificate(context_, certificate.x509);
    ::SSL_CTX_use_PrivateKey(context_, certificate.key);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    ::listen(listener_.get(), 8);
    socklen_t size = sizeof(address);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this, connections] {
      for (int i = 0; i < connections; i++) serve_one();
    });
  }
  ~TlsServer() {
    thread_.join();
    ::SSL_CTX_free(context_);
  }
  Certificate certificate;
  uint16_t port = 0;

 private:
  void serve_one() {
    Fd connection(::accept(listener_.get(), nullptr, nullptr));
    SSL* ssl = ::SSL_new(context_);
    ::SSL_set_fd(ssl, connection.get());
    char buffer[65536];
    if (::SSL_accept(ssl) == 1) {
      while (::SSL_read(ssl, buffer, sizeof(buffer)) > 0) {
        const char* name = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        std::string body = name ? name : "none";
        std::string answer =
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        ::SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
      }
    }
    ::SSL_free(ssl);
  }
  Fd listener_;
  SSL_CTX* context_;
  std::thread thread_;
};

// These are about certificates, not about time, on however busy a machine.
ClientOptions patient() {
  ClientOptions options;
  options.connect_timeout_ns = kMinute;
  return options;
}

TEST(ClientTls, AnUnknownCertificateIsRefused) {
  TlsServer server(1);
  auto response =
      Client(patient()).send("GET", url_of(server.port, "/", "https", "localhost"), {}, {});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::kDenied);
  EXPECT_THAT(response.error().message, HasSubstr("certificate does not hold"));
}

TEST(ClientTls, InsecureAcceptsIt) {
  TlsServer server(1);
  ClientOptions options = patient();
  options.insecure = true;
  Client client(options);
  for (int i = 0; i < 2; i++) {
    auto response = client.send("GET", url_of(server.port, "/", "https", "localhost"), {}, {});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "localhost");
  }
}

TEST(ClientTls, ATrustedCertificateHoldsForItsNameOnly) {
  TlsServer server(2);
  std::string file = testing::TempDir() + "tarsier_net_test_" + std::to_string(::getpid()) + ".pem";
  server.certificate.save(file);
  ::setenv("SSL_CERT_FILE", file.c_str(), 1);
  auto right =
      Client(patient()).send("GET", url_of(server.port, "/", "https", "localhost"), {}, {});
  auto wrong =
      Client(patient()).send("GET", url_of(server.port, "/", "https", "127.0.0.1"), {}, {});
  ::unsetenv("SSL_CERT_FILE");
  std::filesystem::remove(file);
  ASSERT_TRUE(right) << right.error().message;
  EXPECT_EQ(right->body, "localhost");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, HasSubstr("mismatch"));
}

}  // namespace
}  // namespace tarsier::net
