#include "wire/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tarsier::wire {
namespace {

std::string go(double number) {
  std::string out;
  append_go_float(out, number);
  return out;
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonWriter, PutsCommasWhereTheyBelong) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("a", 1).member("b", "x").member("c", true);
  json.key("d").begin_array().value(1.5).null().begin_object().end_object().begin_array();
  json.end_array().quoted(int64_t{-9}).quoted(uint64_t{9}).go_float(1e30).end_array();
  json.key("e").raw("{\"f\":1}").member("g", uint8_t{7}).end_object();
  EXPECT_EQ(out,
            R"({"a":1,"b":"x","c":true,"d":[1.5,null,{},[],"-9","9","1e+30"],"e":{"f":1},"g":7})");
}

TEST(JsonWriter, NumbersThatAreNotFiniteAreNull) {
  std::string out;
  JsonWriter(out).begin_array().value(std::nan("")).value(INFINITY).value(-0.0).end_array();
  EXPECT_EQ(out, "[null,null,-0.0]");
}

TEST(JsonWriter, Escapes) {
  EXPECT_EQ(quoted("a\"b\\c\n\t\r\x01\x7f"), "\"a\\\"b\\\\c\\n\\t\\r\\u0001\x7f\"");
  EXPECT_EQ(quoted("ä€😀"), "\"ä€😀\"");
}

TEST(JsonWriter, ReplacesWhatIsNotUtf8) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(quoted("a\xff"
                   "b"),
            "\"a" + bad + "b\"");
  EXPECT_EQ(quoted("\xe2\x82"), "\"" + bad + bad + "\"") << "cut off";
  EXPECT_EQ(quoted("\xc0\x80"), "\"" + bad + bad + "\"") << "overlong";
  EXPECT_EQ(quoted("\xed\xa0\x80"), "\"" + bad + bad + bad + "\"") << "surrogate";
}

TEST(JsonWriter, Seconds) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  for (int64_t ms : {1435781430781, 1000L, 1500L, 20L, -1L, 0L}) json.seconds(ms);
  json.end_array();
  EXPECT_EQ(out, "[1435781430.781,1,1.5,0.02,-0.001,0]");
}

TEST(GoFloat, AsStrconv) {
  EXPECT_EQ(go(0), "0");
  EXPECT_EQ(go(-0.0), "-0");
  EXPECT_EQ(go(1), "1");
  EXPECT_EQ(go(-12.5), "-12.5");
  EXPECT_EQ(go(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(go(1e-6), "0.000001");
  EXPECT_EQ(go(9.5e-7), "9.5e-07");
  EXPECT_EQ(go(1e20), "100000000000000000000");
  EXPECT_EQ(go(1e21), "1e+21");
  EXPECT_EQ(go(1152921504606846976.0), "1152921504606847000") << "shortest digits, then zeros";
  EXPECT_EQ(go(5e-324), "5e-324");
  EXPECT_EQ(go(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(go(INFINITY) + go(-INFINITY) + go(std::nan("")), "+Inf-InfNaN");
}

}  // namespace
}  // namespace tarsier::wire
