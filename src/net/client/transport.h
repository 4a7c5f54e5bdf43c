// Bytes to and from a server, with TLS when the URL says https.
#pragma once

#include <memory>
#include <string_view>

#include "net/client.h"
#include "net/client/socket.h"

namespace tarsier::net {

class Transport {
 public:
  virtual ~Transport() = default;
  // How many bytes went out before the error is added to `sent`.
  virtual Status write(std::string_view bytes, int64_t deadline_ns, size_t& sent) = 0;
  // 0 at the end of the stream.
  virtual Result<size_t> read(char* into, size_t room, int64_t deadline_ns) = 0;
  virtual bool stale() const = 0;
};

// kDenied when the certificate does not hold.
Result<std::unique_ptr<Transport>> open_transport(const Url& url, const ClientOptions& options,
                                                  int stop_fd);

// In tls.cc.
Result<std::unique_ptr<Transport>> start_tls(Socket socket, const std::string& host, bool insecure,
                                             int64_t deadline_ns);

}  // namespace tarsier::net
