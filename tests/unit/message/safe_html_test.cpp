// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/safe_html.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "common/encoding.h"
#include "common/printable.h"
#include "message/safe_markup.h"
#include "message/safe_style.h"
#include "tests/support/html_check.h"

namespace mailkeep::message {
namespace {

using namespace std::string_literals;
using std::chrono::seconds;

const std::string kGif =
    "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0"
    "\x01\0\x01\0\0\x02\x01"
    "D\0;"s;
constexpr std::string_view kGifUrl =
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

SafeHtml clean(std::string_view html) { return HtmlCleaner({}, seconds(20)).clean(html); }

std::string cleaned(std::string_view html) { return clean(html).html; }

// What must hold whatever went in.
void expect_safe(const std::string& page) {
  const std::string html = cleaned(page);
  const std::string shown = common::printable(page.substr(0, 300));
  EXPECT_EQ(tests::HtmlCheck::fault_in(html), "") << shown << "\n" << html.substr(0, 1'000);
  EXPECT_EQ(tests::HtmlCheck::fault_in("<!DOCTYPE html>" + html), "") << shown;
  EXPECT_TRUE(is_safe_html(html)) << shown << "\n" << html.substr(0, 1'000);
  EXPECT_TRUE(common::is_valid_utf8(html)) << shown;
  EXPECT_EQ(cleaned(html), html) << shown;
  EXPECT_EQ(cleaned("<!DOCTYPE html><html><body>" + html + "</body></html>"), html) << shown;
}

std::string unescaped(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char next = line[i] == '\\' && i + 1 < line.size() ? line[i + 1] : '\0';
    if (next == 'x') {
      out += common::from_hex(line.substr(i + 2, 2)).value_or("?");
      i += 3;
    } else if (next != '\0') {
      out += next == 'n' ? '\n' : next == '0' ? '\0' : next;
      ++i;
    } else {
      out += line[i];
    }
  }
  return out;
}

std::vector<std::string> hostile_pages() {
  std::ifstream file(MAILKEEP_SOURCE_DIR "/tests/corpus/html/hostile.txt");
  std::vector<std::string> pages;
  for (std::string line; std::getline(file, line);)
    if (!line.starts_with('#')) pages.push_back(common::to_utf8_lossy(unescaped(line)));
  return pages;
}

TEST(SafeHtml, LeavesNothingDangerousOfAnyHostilePage) {
  const std::vector<std::string> pages = hostile_pages();
  ASSERT_GE(pages.size(), 300U);
  for (const std::string& page : pages) expect_safe(page);
}

// What is harmless alone may not be so behind something that was left open.
TEST(SafeHtml, LeavesNothingDangerousWherePagesMeet) {
  const std::vector<std::string> pages = hostile_pages();
  for (std::size_t step = 1; step < pages.size(); step += 41)
    for (std::size_t i = 0; i < pages.size(); i += 3)
      expect_safe(pages[i] + pages[(i + step) % pages.size()] +
                  pages[(i + 2 * step) % pages.size()]);
  for (const char* around :
       {"<table><tr><td>{}</table>", "<svg>{}</svg>", "<math><mtext>{}", "<p><b>{}</p>",
        "<select>{}</select>", "<a href=x>{}</a>", "<pre>{}</pre>", "<button><p>{}</button>",
        "<table>{}</table>", "<noscript>{}</noscript>", "<style>{}</style>", "<xmp>{}</xmp>",
        "<img alt='{}'>", "<img alt=\"{}\">", "<!--{}-->", "<textarea>{}</textarea>"})
    for (std::size_t i = 0; i < pages.size(); i += 2)
      expect_safe(fmt::format(fmt::runtime(around), pages[i]));
}

TEST(SafeHtml, KeepsWhatDressesAText) {
  const std::string table =
      "<table border=\"1\" width=\"100%\" style=\"border-collapse:collapse\"><tbody><tr>"
      "<td colspan=\"2\" bgcolor=\"#ffeedd\" align=\"center\"><b>a</b> <font color=\"red\" "
      "size=\"+1\" face=\"Arial, sans-serif\">b</font></td></tr></tbody></table>";
  EXPECT_EQ(cleaned("<table border=1 width=100% style='border-collapse: collapse'><tr>"
                    "<td colspan=2 bgcolor=#ffeedd align=CENTER><b>a</b> "
                    "<font color=red size=+1 face='Arial, sans-serif'>b</table>"),
            std::string(table).replace(table.find("Arial, s"), 8, "Arial,s"));
  EXPECT_EQ(cleaned("<h1>t</h1><ul><li>a<li>b</ul><blockquote>q</blockquote><p dir=rtl lang=he>x"),
            "<h1>t</h1><ul><li>a</li><li>b</li></ul><blockquote>q</blockquote>"
            "<p dir=\"rtl\" lang=\"he\">x</p>");
  EXPECT_EQ(cleaned("gr&uuml;&szlig;e &lt;b&gt; &amp; &euro;"), "grüße &lt;b&gt; &amp; €");
  EXPECT_EQ(cleaned("a<o:p>b</o:p><unknown>c</unknown>"), "abc");
  EXPECT_EQ(cleaned("<body bgcolor=black text=white>x"),
            "<div style=\"background-color:black;color:white\">x</div>");
  EXPECT_EQ(cleaned("<pre>\n\nx</pre>"), "<pre>\n\nx</pre>");
}

TEST(SafeHtml, ShowsWhereALinkLedButLeadsNowhere) {
  EXPECT_EQ(
      cleaned("<a href='https://x.example/?a=1&amp;b=2' style='color:red' onclick=x()>go</a>"),
      "<span class=\"link\" title=\"https://x.example/?a=1&amp;b=2\" "
      "style=\"color:red\">go</span>");
  EXPECT_EQ(cleaned("<a name=top>here</a>"), "here");
  EXPECT_EQ(cleaned("<a href=http://evil/><span class=link title=http://good/>x</span></a>"),
            "<span class=\"link\" title=\"http://evil/\">x</span>")
      << "a link in a link may not hide where the outer one led";
  EXPECT_EQ(cleaned("<a href='http://a/\xe2\x80\xae'>x</a>"),
            "<span class=\"link\" title=\"http://a/\\u202e\">x</span>");
}

TEST(SafeHtml, CountsWhatItDidNotFetch) {
  const SafeHtml page = clean(
      "<link rel=stylesheet href=http://e/a.css><style>@import 'http://e/b';a{b:url(http://e/)}"
      "</style><body background=http://e/bg><img src=http://e/1 alt='a cat'><img src=//e/2 width=1>"
      "<p style='background:url(\"http://e/3\")'>x</p><img src=cid:none><img src=data:,x>");
  EXPECT_EQ(page.removed_remote, 7U);
  EXPECT_EQ(page.html,
            "<span class=\"img\">[a cat]</span><p>x</p><span class=\"img\">[image]</span>"
            "<span class=\"img\">[image]</span>");
}

TEST(SafeHtml, EmbedsImagesOfTheMailAndNothingElse) {
  const auto find = [](std::string_view id) -> std::optional<std::string> {
    if (id == "logo@x") return kGif;
    if (id == "script@x") return "<script>alert(1)</script>";
    return std::nullopt;
  };
  HtmlCleaner cleaner(find, seconds(20));
  const std::string image = fmt::format("<img src=\"{}\"", kGifUrl);
  const std::string html =
      cleaner.clean("<img src='CID:logo%40x' alt=logo width=10><img src=cid:script@x>").html;
  EXPECT_EQ(html, image + " alt=\"logo\" width=\"10\"><span class=\"img\">[image]</span>");
  EXPECT_EQ(cleaned(html), html);
  EXPECT_EQ(cleaned(fmt::format("<img src='{}'>", kGifUrl)), image + ">");
}

TEST(SafeHtml, LimitsEachImageAndAllTogether) {
  std::size_t size = 0;
  HtmlCleaner cleaner([&](std::string_view) { return kGif + std::string(size - kGif.size(), 'x'); },
                      seconds(20));
  size = kMaxImageBytes + 1;
  const SafeHtml one = cleaner.clean("<img src=cid:a>");
  EXPECT_TRUE(one.has_dropped_image);
  EXPECT_EQ(one.html, "<span class=\"img\">[image]</span>");
  size = kMaxImageBytes;
  std::string page;
  for (int i = 0; i < 7; ++i) page += "<img src=cid:a>";
  const SafeHtml many = cleaner.clean(page);
  EXPECT_TRUE(many.has_dropped_image);
  EXPECT_FALSE(many.was_simplified);
  std::size_t count = 0;
  for (std::size_t at = many.html.find("data:"); at != std::string::npos;
       at = many.html.find("data:", at + 1))
    ++count;
  EXPECT_EQ(count, 5U);
  EXPECT_EQ(cleaned(many.html), many.html);
}

TEST(SafeHtml, GivesTheTextWhereATreeWouldCostTooMuch) {
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += "<div>";
  std::string wide = "<a ";
  for (int i = 0; i < 400'000; ++i) wide += fmt::format("a{}=1 ", i);
  std::string open;
  for (int i = 0; i < 2'500; ++i) open += fmt::format("<font size={}>", i);
  open = "<div>" + open + "</div>";
  for (int i = 0; i < 20'000; ++i) open += "<p>x";
  for (const std::string& page : {deep + "<b>needle", wide + ">needle", open + "needle"}) {
    const SafeHtml safe = HtmlCleaner({}, seconds(1)).clean(page);
    EXPECT_TRUE(safe.was_simplified);
    EXPECT_TRUE(safe.html.starts_with("<pre style=\"white-space:pre-wrap\">\n"));
    EXPECT_NE(safe.html.find("needle"), std::string::npos);
    EXPECT_TRUE(is_safe_html(safe.html));
    EXPECT_EQ(cleaned(safe.html), safe.html);
  }
}

TEST(SafeHtml, FlattensWhatABrowserWouldFlatten) {
  std::string page;
  for (int i = 0; i < 600; ++i) page += "<div><span>";
  const std::string html = cleaned(page + "<table><tr><td>needle<img src=http://e/ alt=x>");
  EXPECT_NE(html.find("needle"), std::string::npos);
  expect_safe(page);
  EXPECT_TRUE(is_safe_html(html));
}

TEST(SafeHtml, WritesTextAsAPage) {
  EXPECT_EQ(text_as_html("a <b> & \"c\"\n"),
            "<pre style=\"white-space:pre-wrap\">\na &lt;b&gt; &amp; \"c\"\n</pre>");
  const std::string much = text_as_html(std::string(5UL << 20U, '&'));
  EXPECT_EQ(cleaned(much), much);
}

TEST(SafeStyle, KeepsOnlyWhatItKnows) {
  EXPECT_EQ(safe_style("COLOR: Red ; margin: 0 AUTO !important;;x"), "color:red;margin:0 auto");
  EXPECT_EQ(safe_style("font:bold 12px/1.5 'Segoe UI', \"Arial\",sans-serif"),
            "font:bold 12px/1.5 'Segoe UI','Arial',sans-serif");
  EXPECT_EQ(safe_style("background:#FFF url(http://x/) no-repeat"), "background-color:#fff");
  EXPECT_EQ(safe_style("color:rgb(1, 2,3);width:calc(1px);height:50%"),
            "color:rgb(1, 2,3);height:50%");
  for (const char* bad :
       {"margin:-1px", "position:fixed", "z-index:1", "color:\\72 ed", "color:@x", "color:re/**/d",
        "width:expression(1)", "color:red}", "display:grid", "top:0", "width:12345px", "color:",
        "width:1vw", "border:1px solid url(x)", "font-family:'a;b'", "margin:1px,", "color:red/"})
    EXPECT_EQ(safe_style(bad), "") << bad;
}

TEST(SafeMarkup, ParentRefusesWhatTheSanitiserDoesNotWrite) {
  for (const char* good : {"", "a &amp; b", "<b>x</b>", "<br>", "<p style=\"color:red\">x</p>",
                           "<span class=\"link\" title=\"javascript:alert(1)\">x</span>"})
    EXPECT_TRUE(is_safe_html(good)) << good;
  for (const char* bad : {"<script>",
                          "<b>",
                          "</b>",
                          "<b></i>",
                          "<b onclick=\"x\">x</b>",
                          "<B>x</B>",
                          "<b >x</b>",
                          "<a href=\"x\">x</a>",
                          "<p style=\"color:RED\">x</p>",
                          "<p style='color:red'>x</p>",
                          "<p style=\"position:fixed\">x</p>",
                          "<img src=\"http://e/\">",
                          "<!-- x -->",
                          "a > b",
                          "<",
                          "<b",
                          "<b x",
                          "<p style=\"",
                          "<p title=\"x\">x</p>",
                          "<span class=\"x\">x</span>",
                          "<span title=\"&#x26;\">x</span>",
                          "<img src=\"data:image/png;base64,AAAA\">",
                          "<svg></svg>",
                          "<p\tdir=\"ltr\">x</p>",
                          "<p dir=\"\">x</p>"})
    EXPECT_FALSE(is_safe_html(bad)) << bad;
}

}  // namespace
}  // namespace mailkeep::message
