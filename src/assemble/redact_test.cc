#include "assemble/redact.h"

#include <gtest/gtest.h>

namespace tarsier::assemble {
namespace {

std::string target(std::string_view raw) {
  std::string out;
  uint32_t path_size = 0;
  copy_target(raw, out, path_size);
  EXPECT_LE(path_size, out.size());
  return out;
}

TEST(Redact, SecretsInQueries) {
  EXPECT_EQ(target("/a?token=abc"), "/a?token=REDACTED");
  EXPECT_EQ(target("/a?x=1&Token=abc&y=2"), "/a?x=1&Token=REDACTED&y=2");
  EXPECT_EQ(target("/a?%74oken=abc"), "/a?%74oken=REDACTED");
  EXPECT_EQ(target("/a?x=1;api_key=abc"), "/a?x=1;api_key=REDACTED");
  EXPECT_EQ(target("/a?b?token=abc"), "/a?b?token=REDACTED");
  EXPECT_EQ(target("/a?X-Amz-Signature=abc&tokens=5"), "/a?X-Amz-Signature=REDACTED&tokens=5");
  EXPECT_EQ(target("/a?token=&token"), "/a?token=&token");
  EXPECT_EQ(target("/a?token=a=b&x"), "/a?token=REDACTED&x");
}

TEST(Redact, SecretsInPathParametersAndAuthorities) {
  EXPECT_EQ(target("/a;sid=abc/b"), "/a;sid=REDACTED/b");
  EXPECT_EQ(target("http://user:pass@host:80/p?sig=1"), "/p?sig=REDACTED");
  EXPECT_EQ(target("http://user:pass@host"), "/");
  EXPECT_EQ(target("host:443"), "");
}

TEST(Redact, KeysOfTheUser) {
  set_redacted_keys({"Voucher"});
  EXPECT_EQ(target("/a?voucher=1&token=2"), "/a?voucher=REDACTED&token=REDACTED");
  set_redacted_keys({});
  EXPECT_EQ(target("/a?voucher=1"), "/a?voucher=1");
}

TEST(Redact, OnlyPrintableAscii) {
  EXPECT_EQ(target("/\xff\x01?a=\xc3\xa9"), "/%FF%01?a=%C3%A9");
}

TEST(Host, NamesAndPorts) {
  auto host = [](std::string_view header) {
    std::string name;
    uint16_t port = 0;
    copy_host(header, name, port);
    return name + " " + std::to_string(port);
  };
  EXPECT_EQ(host("database:8081"), "database 8081");
  EXPECT_EQ(host("shop.example"), "shop.example 0");
  EXPECT_EQ(host("[::1]:80"), "::1 80");
  EXPECT_EQ(host("a b"), " 0");
  EXPECT_EQ(host("x:99999"), "x 0");
}

}  // namespace
}  // namespace tarsier::assemble
