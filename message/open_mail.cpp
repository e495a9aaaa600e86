// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/open_mail.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "message/envelope.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

const char* name_of(GMimeParserWarning warning) {
  switch (warning) {
    case GMIME_WARN_UNENCODED_8BIT_HEADER:
      return "header-8bit";
    case GMIME_WARN_INVALID_CONTENT_TYPE:
      return "content-type-invalid";
    case GMIME_WARN_MALFORMED_MULTIPART:
      return "multipart-malformed";
    case GMIME_WARN_TRUNCATED_MESSAGE:
      return "truncated";
    case GMIME_CRIT_INVALID_HEADER_NAME:
      return "header-name-invalid";
    case GMIME_CRIT_CONFLICTING_HEADER:
      return "header-conflicting";
    case GMIME_CRIT_CONFLICTING_PARAMETER:
      return "parameter-conflicting";
    case GMIME_CRIT_MULTIPART_WITHOUT_BOUNDARY:
      return "multipart-without-boundary";
    case GMIME_CRIT_NESTING_OVERFLOW:
      return "nesting-overflow";
    default:
      return nullptr;  // style, not a different reading
  }
}

void take_warning(gint64, GMimeParserWarning warning, const gchar*, gpointer out) {
  const char* name = name_of(warning);
  if (name != nullptr) note(static_cast<ParsedMessage*>(out)->oddities, name);
}

OpenMail::Options make_options(ParsedMessage& out) {
  OpenMail::Options options(g_mime_parser_options_new());
  g_mime_parser_options_set_rfc2047_compliance_mode(options.get(), GMIME_RFC_COMPLIANCE_LOOSE);
  g_mime_parser_options_set_address_compliance_mode(options.get(), GMIME_RFC_COMPLIANCE_LOOSE);
  g_mime_parser_options_set_parameter_compliance_mode(options.get(), GMIME_RFC_COMPLIANCE_LOOSE);
  const char* charsets[] = {"utf-8", "windows-1252", nullptr};
  g_mime_parser_options_set_fallback_charsets(options.get(), charsets);
  g_mime_parser_options_set_warning_callback(options.get(), take_warning, &out);
  return options;
}

// RFC 5322 §2.2: printable characters but the colon, then a colon. White space before the colon
// is the obsolete form of §4.5.
bool is_header_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view name = trim(line.substr(0, colon));
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f;
  });
}

std::string_view first_line(std::string_view raw) {
  return raw.substr(0, std::min(raw.find('\n'), raw.size()));
}

// Where the header block ends: after the first empty line, or at the end.
std::size_t end_of_headers(std::string_view raw) {
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t end = raw.find('\n', at);
    if (end == std::string_view::npos) return raw.size();
    if (end == at || (end == at + 1 && raw[at] == '\r')) return at;
    at = end + 1;
  }
  return raw.size();
}

// Brings the outermost form of a message into what GMime can read; the archive keeps the original.
class Normalized {
 public:
  Normalized(std::string_view raw, const ParseLimits& limits, ParsedMessage& out) : view_(raw) {
    drop_mbox_line(out);
    mend_line_ends(out);
    mend_missing_header(out);
    limit_headers(limits.header_bytes, out);
    mend_nuls(out);
  }

  std::string_view view() const { return view_; }

 private:
  void own(std::string bytes) {
    owned_ = std::move(bytes);
    view_ = owned_;
  }

  void drop_mbox_line(ParsedMessage& out) {
    if (!view_.starts_with("From ") && !view_.starts_with(">From ")) return;
    note(out.oddities, "mbox-from-line");
    const std::size_t end = view_.find('\n');
    if (end != std::string_view::npos) view_.remove_prefix(end + 1);
  }

  void mend_line_ends(ParsedMessage& out) {
    const std::size_t cr = view_.find('\r');
    if (cr == std::string_view::npos || view_.find('\n') != std::string_view::npos) return;
    note(out.oddities, "bare-cr");
    std::string bytes(view_);
    std::replace(bytes.begin(), bytes.end(), '\r', '\n');
    own(std::move(bytes));
  }

  void mend_missing_header(ParsedMessage& out) {
    const std::size_t indent = view_.find_first_not_of(" \t");
    if (indent != 0 && indent != std::string_view::npos &&
        is_header_line(first_line(view_.substr(indent)))) {
      note(out.oddities, "header-indented");
      view_.remove_prefix(indent);
    }
    const std::string_view line = first_line(view_);
    if (is_header_line(line)) return;
    note(out.oddities, view_.empty() ? "empty" : "no-header");
    const bool has_empty_line = line.empty() || line == "\r";
    if (!view_.empty() && !has_empty_line) own("\n" + std::string(view_));
  }

  void limit_headers(std::size_t limit, ParsedMessage& out) {
    const std::size_t end = end_of_headers(view_);
    if (end <= limit) return;
    note(out.unsearchable, "over-header-limit");
    const std::size_t cut = view_.rfind('\n', limit);
    std::string kept(view_.substr(0, cut == std::string_view::npos ? 0 : cut + 1));
    kept += view_.substr(end);
    own(std::move(kept));
  }

  // Header values pass through C strings; a NUL would hide everything behind it.
  void mend_nuls(ParsedMessage& out) {
    const std::size_t end = end_of_headers(view_);
    if (view_.substr(0, end).find('\0') == std::string_view::npos) return;
    note(out.oddities, "header-nul");
    std::string bytes(view_);
    std::replace(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0', ' ');
    own(std::move(bytes));
  }

  std::string owned_;
  std::string_view view_;
};

void prepare_gmime() {
  static const bool is_ready = (g_mime_init(), true);
  static_cast<void>(is_ready);
}

}  // namespace

void OpenMail::FreeOptions::operator()(GMimeParserOptions* options) const {
  g_mime_parser_options_free(options);
}

std::string_view Source::slice(std::int64_t begin, std::int64_t end) const {
  const auto size = static_cast<std::int64_t>(bytes.size());
  const std::int64_t shift = size - seen;
  const std::int64_t from = std::clamp<std::int64_t>(begin + shift, 0, size);
  const std::int64_t to = std::clamp<std::int64_t>(end + shift, from, size);
  return bytes.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
}

OpenMail::OpenMail(std::string_view raw, const ParseLimits& limits, ParsedMessage& out)
    : source_{raw, 0, raw.find('\n') == std::string_view::npos ? '\r' : '\n'} {
  prepare_gmime();
  const Normalized normalized(raw, limits, out);
  const std::string_view bytes = normalized.view();
  options_ = make_options(out);
  message_ = read_message(bytes, options_.get());
  std::size_t added = 0;
  if (!message_) {
    note(out.oddities, "no-header");
    message_ = read_message("\n" + std::string(bytes), options_.get());
    added = 1;
  }
  if (!message_) note(out.unsearchable, "unreadable");
  source_.seen = static_cast<std::int64_t>(bytes.size() + added);
  if (added == 0) headers_ = bytes.substr(0, end_of_headers(bytes));
}

}  // namespace mailkeep::message
