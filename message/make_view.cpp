// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/make_view.h"

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "message/charset.h"
#include "message/envelope.h"
#include "message/header_list.h"
#include "message/header_value.h"
#include "message/html_text.h"
#include "message/html_tree.h"
#include "message/mime_part.h"
#include "message/open_mail.h"
#include "message/part_list.h"
#include "message/safe_html.h"
#include "message/safe_markup.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

// What all documents of a mail may have together. A reply holds these and the text.
constexpr std::size_t kMaxHtmlBytes = 32UL << 20U;
constexpr std::size_t kMaxHtmlSourceBytes = 24UL << 20U;  // of one
// Less in sum than a Viewer waits, also on a machine with other work.
constexpr std::chrono::milliseconds kCleaningTime{1'500};
constexpr std::chrono::milliseconds kTextTime{500};

bool is_blank(std::string_view text) {
  // U+00A0 is what editors leave in an empty body.
  while (!text.empty()) {
    if (is_space(text.front()))
      text.remove_prefix(1);
    else if (text.starts_with("\xc2\xa0"))
      text.remove_prefix(2);
    else
      return false;
  }
  return true;
}

// What a part gives to a reader.
struct Reading {
  bool is_html = false;
  std::string text;        // decoded: plain text, or the source of a page
  bool has_plain = false;  // it or a part in it is plain text that says something
  bool has_html = false;   // it or a part in it is a page
};

class ViewWriter {
 public:
  ViewWriter(const PartList& list, const ParseLimits& limits, MessageView& view)
      : list_(list),
        view_(view),
        text_room_(limits.text_bytes),
        readings_(list.parts().size()),
        children_(list.parts().size()),
        cleaner_([this](std::string_view id) { return image(id); }, kCleaningTime),
        text_time_(kTextTime) {
    for (std::size_t i = 0; i < list.parts().size(); ++i) {
      const Part& info = part(i).info;
      if (!info.content_id.empty() && info.content_type.starts_with("image/"))
        images_.emplace(info.content_id, i);
    }
  }

  void write() {
    read_all();
    if (readings_.empty()) return;
    write_text(0);
    if (readings_[0].has_html) write_html(0);
  }

 private:
  const FoundPart& part(std::size_t index) const { return list_.parts()[index]; }

  // From the last to the first, so that the parts in a part come before it.
  void read_all() {
    for (std::size_t i = 0; i < list_.parts().size(); ++i)
      if (part(i).parent != kNoParent) children_[part(i).parent].push_back(i);
    for (std::size_t i = 0; i < list_.parts().size(); ++i)
      if (part(i).kind == FoundPart::Kind::Leaf && is_shown(i)) read_leaf(i);
    for (std::size_t i = list_.parts().size(); i-- > 1;) {
      if (part(i).parent == kNoParent) continue;
      Reading& around = readings_[part(i).parent];
      around.has_plain = around.has_plain || readings_[i].has_plain;
      around.has_html = around.has_html || readings_[i].has_html;
    }
  }

  // A mail that is nothing but a text is read whatever it says of itself. A name alone makes no
  // file of a text: some programs name every body.
  bool is_shown(std::size_t index) const {
    const Part& info = part(index).info;
    if (!is_text(info.content_type) && !is_html(info.content_type)) return false;
    if (part(index).is_body || !info.is_attachment) return true;
    const bool is_plain = info.content_type == "text/plain" || is_html(info.content_type);
    return is_plain && info.disposition != "attachment";
  }

  void read_leaf(std::size_t index) {
    const Part& info = part(index).info;
    Reading& reading = readings_[index];
    reading.is_html = is_html(info.content_type);
    const std::size_t limit = reading.is_html ? kMaxHtmlSourceBytes : text_room_ * 2 + 4096;
    std::string bytes = bytes_of(list_, index, limit);
    if (bytes.size() == limit) note(view_.notes, "part-cut:" + info.number);
    std::string charset = info.charset;
    if (charset.empty() && reading.is_html) charset = charset_of_html(bytes);
    reading.text = decode_text(bytes, charset).text;
    if (is_enriched(info.content_type)) reading.text = strip_tags(reading.text);
    reading.has_html = reading.is_html;
    reading.has_plain = !reading.is_html && !is_blank(reading.text);
  }

  // The parts of a part that are read: all, but of alternatives (RFC 2046 §5.1.4) one.
  std::vector<std::size_t> chosen(std::size_t index, bool wants_html) const {
    const std::vector<std::size_t>& children = children_[index];
    if (part(index).info.content_type != "multipart/alternative") return children;
    std::optional<std::size_t> best;
    for (const std::size_t child : children) {
      const Reading& reading = readings_[child];
      const bool is_wanted = wants_html ? reading.has_html : reading.has_plain;
      if (is_wanted && !wants_html) return {child};  // the first is the plainest
      if (is_wanted) best = child;
    }
    for (std::size_t i = children.size(); i-- > 0 && !best;)
      if (readings_[children[i]].has_html || readings_[children[i]].has_plain) best = children[i];
    return best ? std::vector{*best} : std::vector<std::size_t>();
  }

  void write_text(std::size_t index) {
    const Reading& reading = readings_[index];
    if (part(index).kind == FoundPart::Kind::Message) add_text(heading(index));
    if (part(index).kind == FoundPart::Kind::Leaf && is_shown(index)) {
      bool was_simplified = false;
      add_text(clean_text(reading.is_html ? html_to_text(reading.text, text_time_, was_simplified)
                                          : reading.text));
    }
    for (const std::size_t child : chosen(index, false)) write_text(child);
  }

  void add_text(std::string_view text) {
    if (text.empty()) return;
    if (text.size() > text_room_) {
      note(view_.notes, "over-text-limit");
      text = cut_utf8(text, text_room_);
    }
    text_room_ -= text.size();
    view_.text += text;
    if (!view_.text.ends_with('\n')) view_.text += '\n';
  }

  // A page may stand among plain parts; together they are the whole mail again, in its order.
  void write_html(std::size_t index) {
    if (part(index).kind == FoundPart::Kind::Message)
      add_html(index, {text_as_html(heading(index)), 0, false, false});
    if (part(index).kind == FoundPart::Kind::Leaf && is_shown(index)) {
      const Reading& reading = readings_[index];
      if (reading.is_html)
        add_html(index, cleaner_.clean(reading.text));
      else if (!is_blank(reading.text))
        add_html(index, {text_as_html(reading.text), 0, false, false});
    }
    for (const std::size_t child : chosen(index, true)) write_html(child);
  }

  void add_html(std::size_t index, SafeHtml safe) {
    const std::string& number = part(index).info.number;
    if (safe.was_simplified) note(view_.notes, "html-simplified:" + number);
    if (safe.has_dropped_image) note(view_.notes, "over-image-limit:" + number);
    if (safe.html.size() > html_room_) return note(view_.notes, "over-html-limit:" + number);
    html_room_ -= safe.html.size();
    view_.html.push_back({number, std::move(safe.html), safe.removed_remote});
  }

  // The lines above a message that lies in this one.
  std::string heading(std::size_t index) const {
    auto* holder = cast_if<GMimeMessagePart>(part(index).object, g_mime_message_part_get_type());
    GMimeMessage* message = g_mime_message_part_get_message(holder);
    if (message == nullptr) return {};
    std::string lines = "\n";
    for (const char* name : {"From", "To", "Date", "Subject"}) {
      const std::string value =
          one_line(decoded_header(reinterpret_cast<GMimeObject*>(message), name));
      if (!value.empty()) lines += std::string(name) + ": " + value + "\n";
    }
    return lines + "\n";
  }

  // RFC 2392.
  std::optional<std::string> image(std::string_view content_id) const {
    const auto found = images_.find(std::string(content_id));
    if (found == images_.end()) return std::nullopt;
    return bytes_of(list_, found->second, kMaxImageBytes + 1);
  }

  const PartList& list_;
  MessageView& view_;
  std::size_t text_room_;
  std::size_t html_room_ = kMaxHtmlBytes;
  std::vector<Reading> readings_;
  std::vector<std::vector<std::size_t>> children_;
  std::unordered_map<std::string, std::size_t> images_;
  HtmlCleaner cleaner_;
  CpuBudget text_time_;
};

}  // namespace

MessageView make_view(std::string_view raw, const ParseLimits& limits) {
  MessageView view;
  const OpenMail mail(raw, limits, view.message);
  read_mail(mail, limits, view.message);
  view.notes = view.message.oddities;
  view.headers = list_headers(mail.headers(), view.notes);
  const PartList list(mail, limits, view.notes);
  for (std::size_t i = 0; i < list.parts().size(); ++i) {
    view.parts.push_back(list.parts()[i].info);
    view.parts.back().size = size_of(list, i);
  }
  ViewWriter(list, limits, view).write();
  return view;
}

PartFinding find_part(std::string_view raw, std::string_view number,
                      const std::function<bool(const Part&)>& begin, const ByteSink& sink) {
  ParsedMessage ignored;
  std::vector<std::string> notes;
  const ParseLimits limits;
  const OpenMail mail(raw, limits, ignored);
  const PartList list(mail, limits, notes);
  for (std::size_t i = 0; i < list.parts().size(); ++i) {
    const FoundPart& part = list.parts()[i];
    if (number.empty() || part.info.number != number) continue;
    if (part.kind == FoundPart::Kind::Multipart) return PartFinding::IsMultipart;
    if (begin(part.info)) write_bytes(list, i, sink);
    return PartFinding::Found;
  }
  return PartFinding::NotFound;
}

}  // namespace mailkeep::message
