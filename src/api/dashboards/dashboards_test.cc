#include "api/dashboards/dashboards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "api/api.h"
#include "api/dashboards/folder.h"
#include "base/metrics.h"
#include "store/writer.h"

namespace tarsier::api {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ParseDashboard, TakesEveryContainer) {
  auto bare = parse_dashboard(R"({"title":"A B","uid":"ab","tags":["x","y"],"version":3})", "");
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(bare->uid, "ab");
  EXPECT_THAT(bare->tags, ElementsAre("x", "y"));
  EXPECT_EQ(bare->version, 3);
  auto wrapped =
      parse_dashboard(R"({"overwrite":true,"dashboard": {"title":"A B", "n":1.0e0} })", "");
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(wrapped->uid, "a-b");
  EXPECT_EQ(wrapped->json, R"({"title":"A B", "n":1.0e0})");
  auto resource = parse_dashboard(
      R"({"apiVersion":"dashboard.grafana.app/v1","metadata":{"name":"res"},"spec":{"title":"T"}})",
      "");
  ASSERT_TRUE(resource);
  EXPECT_EQ(resource->uid, "res");
  EXPECT_EQ(resource->title, "T");
}

TEST(ParseDashboard, FindsAUid) {
  EXPECT_EQ(parse_dashboard(R"({"title":"T"})", "my board.v2")->uid, "my-board-v2");
  EXPECT_EQ(parse_dashboard(R"({"title":"Beyla RED Metrics & Operations","uid":null})", "")->uid,
            "beyla-red-metrics-operations");
  EXPECT_THAT(parse_dashboard("{\"title\":\"\xe6\x97\xa5\"}", "")->uid, StartsWith("dashboard-"));
  EXPECT_LE(parse_dashboard(R"({"title":")" + std::string(99, 'x') + "\"}", "")->uid.size(), 40u);
}

TEST(ParseDashboard, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(parse_dashboard("{\"title\":\"x\",\n  \"panels\": [1, tru]}", "").error().message,
              StartsWith("line 2, column 17: not JSON"));
  EXPECT_THAT(parse_dashboard(R"({"title":"x","uid":nul})", "").error().message,
              StartsWith("line 1, column 20"));
  EXPECT_THAT(parse_dashboard("[]", "").error().message, HasSubstr("JSON object"));
  EXPECT_THAT(parse_dashboard("{}", "").error().message, HasSubstr("no \"title\""));
  EXPECT_THAT(parse_dashboard(R"({"title":"x","uid":"a/b"})", "").error().message,
              HasSubstr("a/b"));
  EXPECT_FALSE(parse_dashboard("", ""));
  EXPECT_FALSE(parse_dashboard(std::string(5000, '['), ""));
}

class Dashboards : public testing::Test {
 protected:
  Dashboards() {
    static int number = 0;
    folder_ = fs::path(testing::TempDir()) /
              ("tarsier_dashboards_" + std::to_string(::getpid()) + "_" + std::to_string(number++));
    fs::create_directories(folder_ / "boards");
    auto opened = store::Store::open({.folder = folder_ / "data"}, system_clock());
    EXPECT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    Services services;
    services.catalog = &store_->catalog();
    services.version = "1.2.3";
    add_dashboards(router_, services);
    add_admin(router_, services);
  }
  ~Dashboards() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  net::Response ask(std::string method, std::string path, std::string body = {},
                    std::string query = {}) {
    net::Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.query = std::move(query);
    request.body = std::move(body);
    request.headers = {{"Host", "localhost:3000"}};
    return router_.handle(request);
  }
  net::Response post(std::string body) {
    return ask("POST", "/api/dashboards/db", std::move(body));
  }
  void drop(const std::string& name, std::string_view text) {
    std::ofstream(folder_ / "boards" / name) << text;
  }
  bool soon(const std::function<bool()>& condition) {
    for (int i = 0; i < 500 && !condition(); i++) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }
  int status_of(const std::string& uid) { return ask("GET", "/api/dashboards/uid/" + uid).status; }

  fs::path folder_;
  std::unique_ptr<store::Store> store_;
  net::Router router_;
};

TEST_F(Dashboards, APostedOneIsReadBackVerbatim) {
  net::Response saved = post(
      R"({"dashboard":{"id":null,"uid":"u","title":"T","odd":{"deep":[1.50,1e3,"ü"]}},"folderUid":"f"})");
  ASSERT_EQ(saved.status, 200) << saved.body;
  EXPECT_THAT(saved.body, HasSubstr(R"("uid":"u","url":"/d/u/t","version":1)"));
  net::Response read = ask("GET", "/api/dashboards/uid/u");
  EXPECT_EQ(read.status, 200);
  EXPECT_THAT(read.body,
              HasSubstr(R"("uid":"u","version":1,"title":"T","odd":{"deep":[1.50,1e3,"ü"]}})"));
  EXPECT_THAT(read.body, HasSubstr(R"("provisioned":false)"));
}

TEST_F(Dashboards, AVersionThatIsNotTheStoredOneIsRefused) {
  post(R"({"dashboard":{"uid":"u","title":"T"}})");
  net::Response old = post(R"({"dashboard":{"uid":"u","title":"T2","version":7}})");
  EXPECT_EQ(old.status, 412);
  EXPECT_THAT(old.body, HasSubstr(R"("status":"version-mismatch")"));
  EXPECT_EQ(post(R"({"dashboard":{"uid":"u","title":"T2","version":1}})").status, 200);
  EXPECT_EQ(post(R"({"dashboard":{"uid":"u","title":"T3"},"overwrite":true})").status, 200);
  EXPECT_THAT(ask("GET", "/api/dashboards/uid/u").body, HasSubstr(R"("version":3)"));
}

TEST_F(Dashboards, TheSameTitleAgainIsAConflictUnlessBare) {
  EXPECT_EQ(post(R"({"dashboard":{"title":"Same"}})").status, 200);
  net::Response again = post(R"({"dashboard":{"title":"Same"}})");
  EXPECT_EQ(again.status, 412);
  EXPECT_THAT(again.body, HasSubstr("name-exists"));
  EXPECT_EQ(post(R"({"title":"Same"})").status, 200);
  EXPECT_EQ(post("{").status, 400);
}

TEST_F(Dashboards, SearchFilters) {
  post(R"({"title":"Beyla RED","uid":"b","tags":["red","beyla"]})");
  post(R"({"title":"Node","uid":"n","tags":["node"]})");
  EXPECT_THAT(ask("GET", "/api/search").body,
              HasSubstr(R"("title":"Node","uri":"db/node","url":"/d/n/node")"));
  auto found = [&](std::string query) {
    std::string body = ask("GET", "/api/search", {}, std::move(query)).body;
    return std::string(body.find(R"("uid":"b")") != body.npos ? "b" : "") +
           (body.find(R"("uid":"n")") != body.npos ? "n" : "");
  };
  EXPECT_EQ(found("query=red"), "b");
  EXPECT_EQ(found("tag=red&tag=beyla"), "b");
  EXPECT_EQ(found("tag=red&tag=node"), "");
  EXPECT_EQ(found("type=dash-db&limit=1"), "b");
  EXPECT_EQ(found("limit=1&page=2"), "n");
  EXPECT_EQ(found("type=dash-folder"), "");
  EXPECT_EQ(found("dashboardUIDs=n"), "n");
}

TEST_F(Dashboards, ARemovedOneIsGone) {
  post(R"({"title":"T","uid":"u"})");
  EXPECT_THAT(ask("DELETE", "/api/dashboards/uid/u").body, HasSubstr("Dashboard T deleted"));
  net::Response gone = ask("GET", "/api/dashboards/uid/u");
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body, HasSubstr(R"("message":"Dashboard not found")"));
  EXPECT_EQ(ask("DELETE", "/api/dashboards/uid/u").status, 404);
}

TEST_F(Dashboards, TellsWhatAClientAsksFirst) {
  EXPECT_EQ(ask("GET", "/api/health").body, R"({"commit":"","database":"ok","version":"1.2.3"})");
  EXPECT_THAT(ask("GET", "/api/datasources").body,
              HasSubstr(R"("uid":"mimir","orgId":1,"name":"Mimir","type":"prometheus")"));
  EXPECT_THAT(ask("GET", "/api/datasources").body, HasSubstr("http://localhost:3000/prometheus"));
  EXPECT_THAT(ask("GET", "/api/user").body, HasSubstr(R"("orgId":1)"));
  EXPECT_THAT(ask("GET", "/api/org").body, HasSubstr(R"("name":"Main Org.")"));
}

TEST_F(Dashboards, AdminTellsReadinessAndMetrics) {
  bool ready = false;
  Services services;
  services.ready = [&] { return ready; };
  net::Router router;
  add_admin(router, services);
  net::Request request;
  request.path = "/ready";
  EXPECT_EQ(router.handle(request).status, 503);
  ready = true;
  EXPECT_EQ(router.handle(request).status, 200);
  metrics().counter("tarsier_api_test_total", "A test").add();
  EXPECT_THAT(ask("GET", "/metrics").body, HasSubstr("\ntarsier_api_test_total 1\n"));
}

TEST_F(Dashboards, AFolderIsFollowed) {
  drop("first.json", R"({"title":"First"})");
  drop("broken.json", "{\"title\":");
  DashboardFolder watcher(folder_ / "boards", store_->catalog(), {}, std::chrono::milliseconds(10));
  EXPECT_EQ(status_of("first"), 200);
  EXPECT_EQ(status_of("broken"), 404);
  drop("second.json", R"({"title":"Second","uid":"two"})");
  drop("broken.json", R"({"title":"Mended"})");
  EXPECT_TRUE(soon([&] { return status_of("two") == 200 && status_of("broken") == 200; }));
  fs::remove(folder_ / "boards" / "first.json");
  EXPECT_TRUE(soon([&] { return status_of("first") == 404; }));
}

TEST_F(Dashboards, AProvisionedOneIsNotEditedHere) {
  drop("board.json", R"({"title":"Board"})");
  DashboardFolder watcher(folder_ / "boards", store_->catalog());
  EXPECT_EQ(post(R"({"title":"Board","uid":"board"})").status, 400);
  net::Response removed = ask("DELETE", "/api/dashboards/uid/board");
  EXPECT_EQ(removed.status, 400);
  EXPECT_THAT(removed.body, HasSubstr("provisioned"));
}

TEST_F(Dashboards, AnUnchangedFileKeepsItsVersion) {
  drop("board.json", R"({"title":"Board"})");
  for (int i = 0; i < 3; i++) DashboardFolder(folder_ / "boards", store_->catalog());
  EXPECT_EQ(store_->catalog().dashboard("board")->version, 1);
}

TEST_F(Dashboards, AFileTakenOutWhileNobodyLooks) {
  ASSERT_EQ(post(R"({"title":"Mine","uid":"mine"})").status, 200);
  drop("a.json", R"({"title":"A"})");
  drop("b.json", R"({"title":"B"})");
  drop("ours.json", R"({"title":"Ours"})");
  {
    DashboardFolder watcher(folder_ / "boards", store_->catalog());
  }
  fs::remove(folder_ / "boards" / "a.json");
  fs::remove(folder_ / "boards" / "ours.json");
  drop("b.json", "{\"title\":");
  DashboardFolder watcher(folder_ / "boards", store_->catalog(), {"ours"},
                          std::chrono::milliseconds(10));
  EXPECT_EQ(status_of("a"), 200) << "it might be what the broken file holds";
  drop("b.json", R"({"title":"B, mended"})");
  EXPECT_TRUE(soon([&] { return status_of("a") == 404; }));
  for (const char* uid : {"b", "ours", "mine"}) EXPECT_EQ(status_of(uid), 200) << uid;
}

TEST_F(Dashboards, TwoFilesWithOneUidAreRefused) {
  drop("a.json", R"({"title":"A","uid":"same"})");
  double before =
      metrics().value("tarsier_api_dashboard_files_dropped_total", {{"reason", "same_uid"}});
  DashboardFolder watcher(folder_ / "boards", store_->catalog(), {}, std::chrono::milliseconds(10));
  drop("b.json", R"({"title":"B","uid":"same"})");
  EXPECT_TRUE(soon([&] {
    return metrics().value("tarsier_api_dashboard_files_dropped_total", {{"reason", "same_uid"}}) >
           before;
  }));
  EXPECT_EQ(store_->catalog().dashboard("same")->title, "A");
}

}  // namespace
}  // namespace tarsier::api
