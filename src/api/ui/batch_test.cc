#include "api/ui/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace tarsier::api {
namespace {

using testing::HasSubstr;

Result<Warnings> say_question(const Services&, query::QueryContext& context,
                              const Question& question, wire::JsonWriter& json) {
  json.begin_array();
  json.value(question.expr).value(question.start_ms).value(question.end_ms);
  json.value(question.step_ms).value(question.instant).value(question.limit);
  json.value(context.tenant);
  if (question.expr == "bad") return invalid("1:1: parse error: \"bad\"");
  json.end_array();
  return Warnings{"careful"};
}

std::string ask(std::string_view body, Answerer answerer = &say_question) {
  auto queries = parse_batch(body);
  if (!queries) return "refused: " + queries.error().message;
  HelperPool pool(2);
  return answer_batch(Services{}, "team", *queries, {{"prometheus", answerer}}, pool);
}

TEST(Batch, AnswersInOrderAndOneFailureSpoilsNoOther) {
  EXPECT_EQ(
      ask(R"({"from_ms":1000,"to_ms":61000.2,"queries":[
        {"id":"a","kind":"prometheus","expr":"up","step_ms":5000},
        {"id":"b","kind":"prometheus","expr":"bad"},
        {"id":"c","kind":"sql","expr":"select"},
        {"id":"d","kind":"prometheus","expr":"x","instant":true,"limit":7,"to_ms":62000}]})"),
      R"({"results":[)"
      R"({"id":"a","status":"success","data":["up",1000,61000,5000,false,0,"team"],"warnings":["careful"]},)"
      R"({"id":"b","status":"error","error":"1:1: parse error: \"bad\""},)"
      R"({"id":"c","status":"error","error":"kind \"sql\" is none of prometheus, loki, tempo"},)"
      R"({"id":"d","status":"success","data":["x",1000,62000,1000,true,7,"team"],"warnings":["careful"]}]})");
}

TEST(Batch, SaysWhichMemberIsWrong) {
  EXPECT_THAT(ask("{"), HasSubstr("not JSON"));
  EXPECT_THAT(ask("[]"), HasSubstr("has to be a JSON object"));
  EXPECT_THAT(ask("{}"), HasSubstr("needs \"queries\""));
  EXPECT_THAT(ask(R"({"queries":[{}, 1]})"), HasSubstr("queries[1] is not an object"));
  EXPECT_THAT(ask(R"({"queries":[{"step_ms":"5"}]})"), HasSubstr("queries[0]: \"step_ms\" is not"));
  EXPECT_THAT(ask(R"({"queries":[{"to_ms":1e300}]})"), HasSubstr("out of range"));
  EXPECT_THAT(ask(R"({"from_ms":9,"to_ms":8,"queries":[{}]})"), HasSubstr("lies before"));
  std::string many = R"({"queries":[{})";
  for (int i = 0; i < 200; i++) many += ",{}";
  EXPECT_THAT(ask(many + "]}"), HasSubstr("200 queries at most"));
}

TEST(Batch, QueriesRunAtTheSameTime) {
  static std::latch together(2);  // would never open one after the other
  Answerer meet = [](const Services&, query::QueryContext&, const Question&,
                     wire::JsonWriter& json) -> Result<Warnings> {
    together.arrive_and_wait();
    json.null();
    return Warnings{};
  };
  EXPECT_THAT(ask(R"({"queries":[{"kind":"prometheus"},{"kind":"prometheus"}]})", meet),
              HasSubstr("success"));
}

TEST(HelperPool, DoesEveryTurnOnceForManyCallers) {
  HelperPool pool(3);
  std::atomic<int> turns{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; i++) {
    callers.emplace_back([&] { pool.for_each(1000, [&](size_t) { turns++; }); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(turns, 4000);
}

}  // namespace
}  // namespace tarsier::api
