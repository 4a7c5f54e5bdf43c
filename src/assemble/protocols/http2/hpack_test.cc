// HPACK against the bytes of a real encoder (golang.org/x/net/http2/hpack), and on tables that are
// partly unknown.
#include "assemble/protocols/http2/hpack.h"

#include <gtest/gtest.h>

#include "assemble/protocols/http2/huffman.h"
#include "assemble/testing/http2.h"

namespace tarsier::assemble::http2 {
namespace {

std::string unhex(std::string_view text) {
  std::string out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

// All 256 bytes, in order.
constexpr std::string_view kAllBytes =
    "ffc7fffd8fffffe2fffffe3fffffe4fffffe5fffffe6fffffe7fffffe8ffffeafffffff3fffffa7fffffabffff"
    "ffdfffffebfffffecfffffedfffffeefffffefffffff0ffffff1ffffff2fffffffbfffffcffffffd3fffffd7ff"
    "fffdbfffffdffffffe3fffffe7fffffebfffffed4fe3f9ffaffcabf1febfafefe7fdfd2cbb00089969b71d79fb"
    "9f7fff20ffbff3ff50ddbd7f061c58f265cd9f469d5af66dddbf871e5f9cff7ff7fffc3ff9ffe45fff4719242c"
    "b34e6e9d68a6a3d7dac426defe3cfaf7fffbfe7ffbffdffffffcfffe6ffff4bfff9ffffa3fffd3ffff53fffd5f"
    "fffb3fffeb7fffdaffffb7ffff73fffeeffffdeffffebffffbfffffd9ffffdbfffebffffe0ffffeeffffc3ffff"
    "8bffff1ffffe4fffee7fffb1ffff97fffd9ffffcdffff9fffffbffffdafffeeffff4ffffb7fffee7fffe8ffffd"
    "3fffdeffffd5fffeeffffbdffffe1fffdfffff7fffff5ffffecffff07fff87fffe0ffff17fffedffff87ffff77"
    "fffeffffeaffff8bfffe3ffff93ffff87fffcbffff37ffff1fffff83ffffe1fffebfffe3ffff3fffff2ffffa3f"
    "fffd9fffff17ffffc7fffff27ffffdefffffbffffff2fffff8fffffb7fff97fff8fffffe6fffffc1fffff87fff"
    "fe7fffffc5ffffe5fffe4ffff2fffffd1fffff4ffffffefffffe3fffffc9fffff97fffb3ffffcffffb7fffcdff"
    "ff4ffff9ffffd1ffffcffffeaffffafffffddffffeffffff4fffff5fffffabffffa7ffffd7fffff9bffffecfff"
    "ffb7fffff3fffffe8fffffd3fffffabfffff5fffffff7ffffecfffffdbfffffbbfffff7ffffff0fffffbbf";

// Four requests; the table shrinks to nothing and then to 120 bytes before the third.
constexpr std::string_view kBlocks[] = {
    "83458962beb32fbbb918d00f5f8b1d75d0620d263d4c4d65644085f2b507aa6f9d0044cb4db8ebcf802265a6dc"
    "75e7c01132d36e3af3e0089969b71d79ff40899acac8b24d494f6a7f023053",
    "83c1c0bf7e023153",
    "203f5983458962beb32fbbb918d01f5f8b1d75d0620d263d4c4d65644085f2b507aa6f9d0044cb4db8ebcf8022"
    "65a6dc75e7c01132d36e3af3e0089969b71d79ff40899acac8b24d494f6a7f023253",
    "83458962beb32fbbb918d01f5f8b1d75d0620d263d4c4d65644085f2b507aa6f9d0044cb4db8ebcf802265a6dc"
    "75e7c01132d36e3af3e0089969b71d79ff40899acac8b24d494f6a7f023353"};

std::string show(const Fields& fields) {
  std::string out(fields[Field::kMethod]);
  for (Field field : {Field::kPath, Field::kContentType, Field::kGrpcTimeout}) {
    out.append(" ").append(fields.has(field) ? fields[field] : "-");
  }
  return out + (fields.unknown() ? " ?" : "");
}

std::string decoded(Decoder& decoder, std::string_view block) {
  Fields fields;
  return decoder.decode(block, fields) ? show(fields) : "malformed";
}

TEST(Huffman, EveryByte) {
  std::string out;
  ASSERT_TRUE(decode_huffman(unhex(kAllBytes), out));
  ASSERT_EQ(out.size(), 256u);
  for (int i = 0; i < 256; i++) EXPECT_EQ(static_cast<uint8_t>(out[i]), i);
}

TEST(Huffman, WhatIsNoCode) {
  std::string out;
  EXPECT_TRUE(decode_huffman("", out));
  EXPECT_TRUE(decode_huffman("\x07", out)) << "0 and three bits of padding";
  EXPECT_FALSE(decode_huffman("\xff\xff\xff\xff", out)) << "the end of the string";
  EXPECT_FALSE(decode_huffman(std::string("\x00", 1), out)) << "padding of zeroes";
  EXPECT_FALSE(decode_huffman("\x07\xff", out)) << "padding of a byte and more";
}

TEST(Hpack, ARealEncoder) {
  Decoder decoder(true);
  EXPECT_EQ(decoded(decoder, unhex(kBlocks[0])), "POST /pkg.Svc/M0 application/grpc 0S");
  EXPECT_EQ(decoded(decoder, unhex(kBlocks[1])), "POST /pkg.Svc/M0 application/grpc 1S");
  EXPECT_EQ(decoded(decoder, unhex(kBlocks[2])), "POST /pkg.Svc/M1 application/grpc 2S");
  EXPECT_EQ(decoded(decoder, unhex(kBlocks[3])), "POST /pkg.Svc/M1 application/grpc 3S");
}

TEST(Hpack, ATableOlderThanWe) {
  Decoder decoder(false);
  EXPECT_EQ(decoded(decoder, unhex(kBlocks[1])), "POST - - - ?") << "names and values are unknown";
  EXPECT_EQ(decoded(decoder, unhex(kBlocks[2])), "POST /pkg.Svc/M1 application/grpc 2S")
      << "a table that was emptied is known";
  EXPECT_EQ(decoded(decoder, unhex(kBlocks[3])), "POST /pkg.Svc/M1 application/grpc 3S");
}

TEST(Hpack, WhatIsInsertedBecomesKnown) {
  testing::Encoder encoder;
  encoder.block({{":method", "PUT"}, {":path", "/old"}});
  Decoder decoder(false);
  EXPECT_EQ(decoded(decoder, encoder.block({{":path", "/new"}, {":method", "PUT"}})),
            " /new - - ?");
  EXPECT_EQ(decoded(decoder, encoder.block({{":path", "/new"}})), " /new - -");
  EXPECT_EQ(decoded(decoder, encoder.block({{":path", "/old"}})), " - - - ?");
  // A new value for a name that only the old table has: still unknown, and it takes its place.
  EXPECT_EQ(decoded(decoder, unhex("7f02") + testing::text("/third")), " - - - ?");
  EXPECT_EQ(decoded(decoder, "\xbe"), " - - - ?");
  EXPECT_EQ(decoded(decoder, "\xbf"), " /new - -");
}

TEST(Hpack, ALostBlockMakesTheTableUnknown) {
  testing::Encoder encoder;
  Decoder decoder(true);
  EXPECT_EQ(decoded(decoder, encoder.block({{":path", "/a"}, {":method", "PUT"}})), "PUT /a - -");
  decoder.lost();
  encoder.block({{"content-type", "unseen"}});
  EXPECT_EQ(decoded(decoder, encoder.block({{":path", "/a"}, {":method", "GET"}})), "GET - - - ?");
}

TEST(Hpack, Malformed) {
  Decoder decoder(true);
  for (std::string_view block : {"\x80", "\xc5", "\x40\x05", "\x41", "\x7f\xff\xff\xff\xff\xff"}) {
    Decoder fresh(true);
    EXPECT_EQ(decoded(fresh, block), "malformed") << testing::text(block);
  }
}

TEST(Hpack, TheTableIsBounded) {
  Decoder decoder(false);
  testing::Encoder encoder;
  Fields fields;
  for (int i = 0; i < 10'000; i++) {
    ASSERT_TRUE(decoder.decode(
        "\x40" + testing::text(":path") + testing::text("/" + std::to_string(i)), fields));
  }
  EXPECT_LE(decoder.entries(), 64u * 1024 / 32);
  EXPECT_EQ(decoded(decoder, "\xbe"), " /9999 - -");
}

}  // namespace
}  // namespace tarsier::assemble::http2
