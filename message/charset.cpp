// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/charset.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/printable.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// Everything found in mail that glibc can read. GMime opens some under these names too.
constexpr const char* kCharsets[] = {
    "UTF-8",
    "UTF-16",
    "UTF-16LE",
    "UTF-16BE",
    "UTF-32",
    "UTF-32LE",
    "UTF-32BE",
    "UTF-7",
    "UCS-2",
    "US-ASCII",
    "ISO-8859-1",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-5",
    "ISO-8859-6",
    "ISO-8859-7",
    "ISO-8859-8",
    "ISO-8859-9",
    "ISO-8859-10",
    "ISO-8859-11",
    "ISO-8859-13",
    "ISO-8859-14",
    "ISO-8859-15",
    "ISO-8859-16",
    "CP1250",
    "CP1251",
    "CP1252",
    "CP1253",
    "CP1254",
    "CP1255",
    "CP1256",
    "CP1257",
    "CP1258",
    "CP437",
    "CP737",
    "CP775",
    "CP850",
    "CP852",
    "CP855",
    "CP857",
    "CP858",
    "CP860",
    "CP861",
    "CP862",
    "CP863",
    "CP864",
    "CP865",
    "CP866",
    "CP869",
    "CP874",
    "CP932",
    "CP949",
    "CP936",
    "KOI8-R",
    "KOI8-U",
    "KOI8-T",
    "KOI-7",
    "TIS-620",
    "VISCII",
    "TCVN",
    "MACINTOSH",
    "MAC-CYRILLIC",
    "MACINTOSH",
    "MAC-UK",
    "MAC-CENTRALEUROPE",
    "GB2312",
    "GBK",
    "GB18030",
    "BIG5",
    "BIG5-HKSCS",
    "CP950",
    "EUC-JP",
    "EUC-JP-MS",
    "SHIFT_JIS",
    "SHIFT_JISX0213",
    "ISO-2022-JP",
    "ISO-2022-JP-2",
    "ISO-2022-JP-3",
    "CP50221",
    "ISO-2022-KR",
    "ISO-2022-CN",
    "ISO-2022-CN-EXT",
    "EUC-KR",
    "EUC-CN",
    "EUC-TW",
    "JOHAB",
    "UHC",
    "ARMSCII-8",
    "GEORGIAN-PS",
    "GEORGIAN-ACADEMY",
    "PT154",
    "RK1048",
    "CP1125",
    "IBM037",
    "IBM1047",
    "HP-ROMAN8",
    "CP10007",
    "CP1133",
    "EUC-JISX0213",
    "ECMA-CYRILLIC",
    "ISO-IR-197",
};

// Labels whose usual content is the larger set (as in the WHATWG encoding standard, which browsers
// and therefore mail programs follow), and names that only old programs used.
constexpr std::pair<std::string_view, const char*> kAliases[] = {
    {"iso-8859-1", "CP1252"},
    {"iso8859-1", "CP1252"},
    {"iso_8859-1", "CP1252"},
    {"latin1", "CP1252"},
    {"latin-1", "CP1252"},
    {"l1", "CP1252"},
    {"us-ascii", "CP1252"},
    {"ascii", "CP1252"},
    {"ansi_x3.4-1968", "CP1252"},
    {"ansi", "CP1252"},
    {"windows-1252", "CP1252"},
    {"cp-1252", "CP1252"},
    {"iso-8859-9", "CP1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"iso-8859-6-i", "ISO-8859-6"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"x-gbk", "GB18030"},
    {"euc-cn", "GB18030"},
    {"euc_cn", "GB18030"},
    {"eucgb2312_cn", "GB18030"},  // Python's email package writes this and the next three
    {"big5_tw", "BIG5-HKSCS"},
    {"euc_jp", "EUC-JP-MS"},
    {"euc_kr", "CP949"},
    {"cp936", "GB18030"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601", "CP949"},
    {"ksc5601", "CP949"},
    {"euc-kr", "CP949"},
    {"korean", "CP949"},
    {"windows-949", "CP949"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"ms_kanji", "CP932"},
    {"euc-jp", "EUC-JP-MS"},
    {"x-euc-jp", "EUC-JP-MS"},
    {"big5", "BIG5-HKSCS"},
    {"x-x-big5", "BIG5-HKSCS"},
    {"cn-big5", "BIG5-HKSCS"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"x-unicode-2-0-utf-7", "UTF-7"},
    {"x-utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"x-mac-roman", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"x-mac-ukrainian", "MAC-UK"},
    {"koi8-ru", "KOI8-U"},
    {"koi", "KOI8-R"},
    {"koi8_r", "KOI8-R"},
    {"iso-2022-jp-ms", "CP50221"},
    {"csiso2022jp", "ISO-2022-JP"},
    {"dos-866", "CP866"},
};

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
         c == ':' || c == '+' || c == '(' || c == ')';
}

bool says_nothing(std::string_view name) {
  return name.empty() || name == "unknown-8bit" || name == "x-unknown" || name == "unknown" ||
         name == "default" || name == "default_charset" || name == "8bit" || name == "iso-8859" ||
         name == "x-user-defined";
}

bool is_ascii(std::string_view bytes) {
  for (const char c : bytes)
    if ((static_cast<unsigned char>(c) & 0x80U) != 0) return false;
  return true;
}

std::string from_windows_1252(std::string_view bytes) {
  bool is_broken = false;
  const Converter converter("CP1252");
  return converter.is_usable() ? converter.convert(bytes, is_broken) : common::to_utf8_lossy(bytes);
}

// Latin text labelled UTF-8 has no well-formed sequence at all; damaged UTF-8 has mostly such.
bool has_well_formed_sequence(std::string_view bytes) {
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    if (lead < 0xc2) continue;
    const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (common::is_valid_utf8(bytes.substr(i, length)) && i + length <= bytes.size()) return true;
  }
  return false;
}

DecodedText guess(std::string_view bytes, CharsetFinding finding) {
  if (common::is_valid_utf8(bytes)) return {std::string(bytes), finding};
  return {from_windows_1252(bytes), finding};
}

DecodedText decode_utf8(std::string_view bytes) {
  if (common::is_valid_utf8(bytes)) return {std::string(bytes), CharsetFinding::Fine};
  if (has_well_formed_sequence(bytes))
    return {common::to_utf8_lossy(bytes), CharsetFinding::Broken};
  return {from_windows_1252(bytes), CharsetFinding::Mislabelled};
}

}  // namespace

std::string iconv_name(std::string_view label) {
  std::string name;
  for (const char c : lower_ascii(label)) {
    if (is_name_byte(c)) name.push_back(c);
    // RFC 2231 §5: charset*language in an encoded word.
    if (c == '*') break;
  }
  for (const auto& [alias, known] : kAliases)
    if (name == alias) return known;
  if (name.starts_with("windows-")) return "CP" + name.substr(8);
  if (name.starts_with("x-cp")) return "CP" + name.substr(4);
  if (name.starts_with("cp-")) return "CP" + name.substr(3);
  return name;
}

DecodedText decode_text(std::string_view bytes, std::string_view label) {
  if (bytes.starts_with("\xef\xbb\xbf")) return decode_utf8(bytes.substr(3));
  const std::string name = iconv_name(label);
  if (name == "utf-8" || name == "UTF-8") return decode_utf8(bytes);
  if (says_nothing(name)) return guess(bytes, CharsetFinding::Fine);
  if (name == "CP1252") {
    if (is_ascii(bytes)) return {std::string(bytes), CharsetFinding::Fine};
    // Well-formed UTF-8 by accident is next to impossible in Latin text.
    if (common::is_valid_utf8(bytes)) return {std::string(bytes), CharsetFinding::Mislabelled};
    return {from_windows_1252(bytes), CharsetFinding::Fine};
  }
  const Converter converter(name);
  if (!converter.is_usable()) return guess(bytes, CharsetFinding::Unknown);
  bool is_broken = false;
  std::string text = converter.convert(bytes, is_broken);
  if (!is_broken) return {std::move(text), CharsetFinding::Fine};
  if (!is_ascii(bytes) && common::is_valid_utf8(bytes))
    return {std::string(bytes), CharsetFinding::Mislabelled};
  return {std::move(text), CharsetFinding::Broken};
}

Converter::Converter(const std::string& from) : handle_(iconv_open("UTF-8", from.c_str())) {}

Converter::Converter(Converter&& other) noexcept
    : handle_(std::exchange(other.handle_, reinterpret_cast<iconv_t>(-1))) {}

Converter::~Converter() {
  if (is_usable()) iconv_close(handle_);
}

bool Converter::is_usable() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

std::string Converter::convert(std::string_view bytes, bool& is_broken) const {
  iconv(handle_, nullptr, nullptr, nullptr, nullptr);
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 2);
  std::array<char, 8192> chunk{};
  // iconv(3) takes char** for what it only reads.
  char* in = const_cast<char*>(bytes.data());
  std::size_t left = bytes.size();
  while (left > 0) {
    char* out = chunk.data();
    std::size_t room = chunk.size();
    const std::size_t done = iconv(handle_, &in, &left, &out, &room);
    const int why = errno;
    text.append(chunk.data(), chunk.size() - room);
    if (done != static_cast<std::size_t>(-1) || why == E2BIG) continue;
    is_broken = true;
    text += kReplacement;
    if (why == EINVAL || left == 0) break;  // an incomplete character at the end
    ++in;
    --left;
  }
  char* out = chunk.data();
  std::size_t room = chunk.size();
  iconv(handle_, nullptr, nullptr, &out, &room);
  text.append(chunk.data(), chunk.size() - room);
  // Some converters pass surrogates through.
  return common::is_valid_utf8(text) ? text : common::to_utf8_lossy(text);
}

std::vector<Converter> preload_charsets() {
  std::vector<Converter> open;
  open.reserve(std::size(kCharsets));
  for (const char* name : kCharsets) {
    Converter converter(name);
    if (converter.is_usable()) open.push_back(std::move(converter));
  }
  return open;
}

}  // namespace mailkeep::message
