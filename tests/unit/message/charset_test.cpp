// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/charset.h"

#include <gtest/gtest.h>

namespace mailkeep::message {
namespace {

struct Sample {
  const char* label;
  std::string bytes;
  const char* text;
};

void PrintTo(const Sample& sample, std::ostream* out) { *out << sample.label; }

class Charset : public testing::TestWithParam<Sample> {};

TEST_P(Charset, IsReadAsWhatItSays) {
  const DecodedText decoded = decode_text(GetParam().bytes, GetParam().label);
  EXPECT_EQ(decoded.text, GetParam().text);
  EXPECT_EQ(decoded.finding, CharsetFinding::Fine);
}

INSTANTIATE_TEST_SUITE_P(
    All, Charset,
    testing::Values(
        Sample{"utf-8", "gr\xc3\xbc\xc3\x9f", "grüß"}, Sample{"UTF-8", "\xef\xbb\xbfok", "ok"},
        Sample{"iso-8859-1", "gr\xfc\xdf \x80", "grüß €"}, Sample{"us-ascii", "plain", "plain"},
        Sample{"ISO-8859-2", "\xb1\xe6\xea", "ąćę"}, Sample{"iso-8859-15", "\xa4", "€"},
        Sample{"windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"},
        Sample{"windows-1250", "\x9a\x9e", "šž"}, Sample{"windows-1253", "\xe1\xe2\xe3", "αβγ"},
        Sample{"windows-1254", "\xfe\xf0", "şğ"},
        Sample{"windows-1255", "\xf9\xec\xe5\xed", "שלום"},
        Sample{"windows-1256", "\xe3\xd1\xcd\xc8\xc7", "مرحبا"},
        Sample{"koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"},
        Sample{"ISO-2022-JP", "\x1b$BF|K\\8l\x1b(B", "日本語"},
        Sample{"shift_jis", "\x93\xfa\x96\x7b\x8c\xea", "日本語"},
        Sample{"euc-jp", "\xc6\xfc\xcb\xdc\xb8\xec", "日本語"},
        Sample{"eucgb2312_cn", "\xc4\xe3\xba\xc3", "你好"},
        Sample{"gb2312", "\xc4\xe3\xba\xc3", "你好"}, Sample{"GB18030", "\xc4\xe3\xba\xc3", "你好"},
        Sample{"big5", "\xa7\x41\xa6\x6e", "你好"}, Sample{"euc-kr", "\xbe\xc8\xb3\xe7", "안녕"},
        Sample{"ks_c_5601-1987", "\xbe\xc8\xb3\xe7", "안녕"}, Sample{"utf-7", "gr+APw-", "grü"},
        Sample{"UTF-16BE", std::string("\0h\0i", 4), "hi"}, Sample{"cp437", "\x81", "ü"},
        Sample{"\"utf-8\"", "\xc3\xbc", "ü"}, Sample{"", "\xc3\xbc", "ü"}, Sample{"", "\xfc", "ü"},
        Sample{"unknown-8bit", "\xfc", "ü"}));

TEST(CharsetTrouble, NamesWhatIsWrongAndStillReads) {
  EXPECT_EQ(decode_text("\xfc", "x-klingon").finding, CharsetFinding::Unknown);
  EXPECT_EQ(decode_text("\xfc", "x-klingon").text, "ü");
  EXPECT_EQ(decode_text("\xc3\xbc", "iso-8859-1").finding, CharsetFinding::Mislabelled);
  EXPECT_EQ(decode_text("\xc3\xbc", "iso-8859-1").text, "ü");
  EXPECT_EQ(decode_text("\xfc", "utf-8").finding, CharsetFinding::Mislabelled);
  EXPECT_EQ(decode_text("\xc3\xbc\xff", "utf-8").finding, CharsetFinding::Broken);
  EXPECT_EQ(decode_text("\xc3\xbc\xff", "utf-8").text, "ü\xef\xbf\xbd");
  EXPECT_EQ(decode_text("\x93\xfa\x93", "shift_jis").text, "日\xef\xbf\xbd");
}

TEST(CharsetTrouble, SurvivesNamesMadeToHurt) {
  for (const std::string& name : {std::string(10'000, 'a'), std::string("../../../etc/passwd"),
                                  std::string("utf-8//TRANSLIT"), std::string("\xff\0x", 3)})
    EXPECT_EQ(decode_text("ok", name).text, "ok");
}

TEST(PreloadedCharsets, AreAllThatMailUses) { EXPECT_GT(preload_charsets().size(), 90U); }

}  // namespace
}  // namespace mailkeep::message
