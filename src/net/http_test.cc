#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/client.h"

namespace tarsier::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

TEST(Params, DecodesInOrderAndKeepsWhatIsBroken) {
  Params params = Params::parse("match[]=a%20b&match%5B%5D=c+d&&flag&x=%zz&y=%4");
  EXPECT_THAT(params.all("match[]"), ElementsAre("a b", "c d"));
  EXPECT_TRUE(params.has("flag"));
  EXPECT_EQ(params.get("flag", "none"), "");
  EXPECT_EQ(params.get("x"), "%zz");
  EXPECT_EQ(params.get("y"), "%4");
  EXPECT_EQ(params.get("absent", "fallback"), "fallback");
}

TEST(Params, OfAFormBodyComeAfterTheQuery) {
  Request request;
  request.query = "query=up";
  request.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = "query=down&step=5";
  EXPECT_THAT(request.params().all("query"), ElementsAre("up", "down"));
  request.headers.clear();
  EXPECT_FALSE(request.params().has("step"));
}

TEST(UrlCodec, RoundTripsEveryByte) {
  std::string all;
  for (int i = 0; i < 256; i++) all.push_back(static_cast<char>(i));
  EXPECT_EQ(url_decode(url_encode(all)), all);
  EXPECT_EQ(url_decode("a+b%2B", false), "a+b+");
}

Handler says(std::string text) {
  return [text](const Request& request) {
    Response response = text_response(200, text);
    for (const auto& [name, value] : request.path_params) {
      response.headers.emplace_back(name, value);
    }
    return response;
  };
}

Router example() {
  Router router;
  router.add("GET", "/api/{name}/values", says("one"));
  router.add("GET", "/api/label/values", says("literal"));
  router.add("GET", "/api/{rest...}", says("rest"));
  router.add("POST", "/api/label/values", says("post"));
  return router;
}

Response get(const Router& router, std::string path, std::string method = "GET") {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  return router.handle(request);
}

TEST(Router, TheMostSpecificRouteWins) {
  Router router = example();
  EXPECT_EQ(get(router, "/api/label/values").body, "literal\n");
  EXPECT_EQ(get(router, "/api/job/values").body, "one\n");
  EXPECT_THAT(get(router, "/api/job/values").headers, ElementsAre(Pair("name", "job")));
  EXPECT_THAT(get(router, "/api/a/b/c").headers, ElementsAre(Pair("rest", "a/b/c")));
  EXPECT_THAT(get(router, "/api/").headers, ElementsAre(Pair("rest", "")));
}

TEST(Router, AParameterIsNeverEmpty) {
  Router router;
  router.add("GET", "/a/{x}", says("x"));
  EXPECT_EQ(get(router, "/a/").status, 404);
  EXPECT_EQ(get(router, "/a/b/").status, 404);
  EXPECT_EQ(get(router, "/a").status, 404);
  EXPECT_EQ(get(router, "").status, 404);
}

TEST(Router, AnotherMethodIsToldWhichAreAllowed) {
  Router router = example();
  Response response = get(router, "/api/label/values", "DELETE");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(find_header(response.headers, "allow"), "GET, POST");
  EXPECT_THAT(response.body, HasSubstr("DELETE is not allowed"));
}

TEST(Router, HeadUsesTheRouteOfGet) {
  EXPECT_EQ(get(example(), "/api/job/values", "HEAD").body, "one\n");
}

TEST(Router, MountsBehindAPrefixAndFallsBack) {
  Router outer;
  outer.mount("/prometheus", example());
  outer.set_fallback(says("page"));
  EXPECT_EQ(get(outer, "/prometheus/api/x/values").body, "one\n");
  EXPECT_EQ(get(outer, "/d/some-board").body, "page\n");
}

TEST(Url, ParsesItsParts) {
  auto url = parse_url("http://alloy:4318/v1/traces?x=1#top");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "alloy");
  EXPECT_EQ(url->port, 4318);
  EXPECT_EQ(url->target, "/v1/traces?x=1");
  url = parse_url("HTTPS://[::1]");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/");
  EXPECT_EQ(parse_url("http://h?q=1")->target, "/?q=1");
}

TEST(Url, SaysWhatIsWrong) {
  EXPECT_THAT(parse_url("localhost:4318").error().message, HasSubstr("no http://"));
  EXPECT_THAT(parse_url("ftp://x").error().message, HasSubstr("neither http nor https"));
  EXPECT_THAT(parse_url("http://h:99999").error().message, HasSubstr("1 to 65535"));
  EXPECT_THAT(parse_url("http://h:12x").error().message, HasSubstr("1 to 65535"));
  EXPECT_THAT(parse_url("http://:80").error().message, HasSubstr("no host"));
  EXPECT_THAT(parse_url("http://a b").error().message, HasSubstr("blank"));
  EXPECT_THAT(parse_url("http://u:p@h").error().message, HasSubstr("password"));
}

}  // namespace
}  // namespace tarsier::net
