// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/html_text.h"

#include <gtest/gtest.h>

#include "message/html_tree.h"

namespace mailkeep::message {
namespace {

const CpuBudget kBudget(std::chrono::minutes(10));

std::string text_of(std::string_view html) {
  bool was_simplified = false;
  return html_to_text(html, kBudget, was_simplified);
}

TEST(HtmlText, SeparatesBlocksButNotInlineElements) {
  EXPECT_EQ(text_of("<p>one</p><p>two</p>"), "one\ntwo\n");
  EXPECT_EQ(text_of("in<b>vo</b>ice"), "invoice\n");
  EXPECT_EQ(text_of("one<br>two<div>three</div>four"), "one\ntwo\nthree\nfour\n");
  EXPECT_EQ(text_of("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"), "a b\nc\n");
}

TEST(HtmlText, DropsScriptAndStyleAndKeepsTitles) {
  EXPECT_EQ(text_of("<head><title>T</title><style>p{}</style></head><script>x()</script>b"),
            "T\nb\n");
  EXPECT_EQ(text_of("<!-- hidden -->seen"), "seen\n");
}

TEST(HtmlText, KeepsAlternativeTextsAndDecodesEntities) {
  EXPECT_EQ(text_of("<img alt='a cat' src=x>sat"), "a cat sat\n");
  EXPECT_EQ(text_of("<a href='http://x/' title='hint'>link</a>"), "hint link\n");
  EXPECT_EQ(text_of("gr&uuml;&#223;e &euro;&#x41;"), "grüße €A\n");
}

TEST(HtmlText, FallsBackToStrippingWhereATreeWouldExplode) {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<div>";
  bool was_simplified = false;
  EXPECT_NE(html_to_text(deep + "needle", kBudget, was_simplified).find("needle"),
            std::string::npos);
  EXPECT_TRUE(was_simplified);
}

TEST(HtmlText, BuildsTheTreeUpToTheDepthLimit) {
  std::string html;
  for (int i = 0; i < 3'000; ++i) html += "<div>";
  bool was_simplified = false;
  EXPECT_NE(html_to_text(html + "needle", kBudget, was_simplified).find("needle"),
            std::string::npos);
  EXPECT_FALSE(was_simplified);
  html_to_text(html + "<div>needle", kBudget, was_simplified);
  EXPECT_TRUE(was_simplified);
}

TEST(StripTags, ReadsWithoutATree) {
  EXPECT_EQ(strip_tags("a<b>c</b> &lt;&#65;&amp; 1 < 2"), "a\nc\n <A& 1 < 2");
  EXPECT_EQ(strip_tags("x<script>var a = '<p>';</script>y"), "x\ny");
  EXPECT_EQ(strip_tags("x<style>unclosed"), "x\n");
  EXPECT_EQ(strip_tags("x<!-- <p> -->y<unclosed"), "x\ny\n");
}

TEST(HtmlCharset, IsFoundInMeta) {
  EXPECT_EQ(charset_of_html("<meta charset=\"Shift_JIS\">"), "shift_jis");
  EXPECT_EQ(charset_of_html("<META http-equiv=content-type content='text/html; charset=koi8-r'>"),
            "koi8-r");
  EXPECT_EQ(charset_of_html("<p>none"), "");
}

}  // namespace
}  // namespace mailkeep::message
