#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/client/transport.h"

namespace tarsier::net {
namespace {

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* t) const {
    kFree(t);
  }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Free<SSL_free>>;

std::string openssl_error() {
  char text[256] = "unknown error";
  if (unsigned long code = ::ERR_get_error()) ::ERR_error_string_n(code, text, sizeof(text));
  ::ERR_clear_error();
  return text;
}

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL, so it could kill the process.
int bio_write(BIO* bio, const char* bytes, int size) {
  auto* socket = static_cast<Socket*>(::BIO_get_data(bio));
  ::BIO_clear_retry_flags(bio);
  auto n = socket->write_some({bytes, static_cast<size_t>(size)});
  if (!n) return -1;
  if (*n == 0) {
    ::BIO_set_retry_write(bio);
    return -1;
  }
  return static_cast<int>(*n);
}

int bio_read(BIO* bio, char* into, int room) {
  auto* socket = static_cast<Socket*>(::BIO_get_data(bio));
  ::BIO_clear_retry_flags(bio);
  auto n = socket->read_some(into, static_cast<size_t>(room));
  if (!n) return -1;
  if (*n == Socket::kWouldBlock) {
    ::BIO_set_retry_read(bio);
    return -1;
  }
  return static_cast<int>(*n);
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO* make_bio(Socket* socket) {
  static BIO_METHOD* method = [] {
    BIO_METHOD* m = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tarsier socket");
    ::BIO_meth_set_write(m, bio_write);
    ::BIO_meth_set_read(m, bio_read);
    ::BIO_meth_set_ctrl(m, bio_control);
    return m;
  }();
  BIO* bio = ::BIO_new(method);
  ::BIO_set_data(bio, socket);
  ::BIO_set_init(bio, 1);
  return bio;
}

class Tls : public Transport {
 public:
  Tls(Socket socket, Context context, Session session)
      : socket_(std::move(socket)), context_(std::move(context)), session_(std::move(session)) {
    BIO* bio = make_bio(&socket_);
    ::SSL_set_bio(session_.get(), bio, bio);
  }
  ~Tls() override { ::SSL_shutdown(session_.get()); }

  Status handshake(int64_t deadline_ns) {
    while (true) {
      ::ERR_clear_error();
      int result = ::SSL_connect(session_.get());
      if (result == 1) return {};
      TRY_STATUS(wait_or_fail(result, deadline_ns));
    }
  }

  Status write(std::string_view bytes, int64_t deadline_ns, size_t& sent) override {
    while (!bytes.empty()) {
      ::ERR_clear_error();
      size_t n = 0;
      int result = ::SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &n);
      if (result != 1) TRY_STATUS(wait_or_fail(result, deadline_ns));
      bytes.remove_prefix(n);
      sent += n;
    }
    return {};
  }

  Result<size_t> read(char* into, size_t room, int64_t deadline_ns) override {
    while (true) {
      ::ERR_clear_error();
      size_t n = 0;
      int result = ::SSL_read_ex(session_.get(), into, room, &n);
      if (result == 1) return n;
      if (::SSL_get_error(session_.get(), result) == SSL_ERROR_ZERO_RETURN) return size_t{0};
      TRY_STATUS(wait_or_fail(result, deadline_ns));
    }
  }

  bool stale() const override { return socket_.stale() || ::SSL_pending(session_.get()) > 0; }

 private:
  Status wait_or_fail(int result, int64_t deadline_ns) {
    switch (::SSL_get_error(session_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return socket_.wait_readable(deadline_ns);
      case SSL_ERROR_WANT_WRITE:
        return socket_.wait_writable(deadline_ns);
      default:
        break;
    }
    if (long verdict = ::SSL_get_verify_result(session_.get()); verdict != X509_V_OK) {
      return Error{Code::kDenied,
                   fmt::format("the server's certificate does not hold: {}; trust it "
                               "in the system's store, or allow insecure",
                               ::X509_verify_cert_error_string(verdict))};
    }
    return Error{Code::kUnavailable, "TLS: " + openssl_error()};
  }

  Socket socket_;
  Context context_;
  Session session_;
};

bool is_address(const std::string& host) {
  in6_addr unused;
  return ::inet_pton(AF_INET, host.c_str(), &unused) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &unused) == 1;
}

void expect_name(SSL* session, const std::string& host, bool insecure) {
  if (!is_address(host)) {
    ::SSL_set_tlsext_host_name(session, host.c_str());
    if (!insecure) ::SSL_set1_host(session, host.c_str());
  } else if (!insecure) {
    ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session), host.c_str());
  }
}

}  // namespace

Result<std::unique_ptr<Transport>> start_tls(Socket socket, const std::string& host, bool insecure,
                                             int64_t deadline_ns) {
  Context context(::SSL_CTX_new(::TLS_client_method()));
  if (!context) return internal("TLS: " + openssl_error());
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  ::SSL_CTX_set_default_verify_paths(context.get());
  ::SSL_CTX_set_verify(context.get(), insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  Session session(::SSL_new(context.get()));
  if (!session) return internal("TLS: " + openssl_error());
  expect_name(session.get(), host, insecure);
  auto tls = std::make_unique<Tls>(std::move(socket), std::move(context), std::move(session));
  TRY_STATUS(tls->handshake(deadline_ns));
  return tls;
}

}  // namespace tarsier::net
