// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "api/reply/address.h"
#include "api/reply/body_text.h"
#include "api/reply/header_writer.h"
#include "common/check.h"
#include "common/printable.h"

namespace mailkeep::reply {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;
using message::Address;

namespace {

constexpr std::size_t kMaxSubject = 500;
constexpr std::size_t kMaxReferences = 20;  // the first and the last of them (RFC 5322 §3.6.4)
constexpr std::size_t kMaxMessageId = 250;
constexpr std::size_t kMaxNameShown = 100;

constexpr std::array<std::string_view, 7> kReplyWords = {"re",   "aw",  "sv", "vs",
                                                         "antw", "odp", "ref"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::tm utc(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return parts;
}

std::string date_header(common::Micros now) {
  const std::tm at = utc(now / 1'000'000);
  return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} +0000",
                     kDays.at(static_cast<std::size_t>(at.tm_wday)), at.tm_mday,
                     kMonths.at(static_cast<std::size_t>(at.tm_mon)), at.tm_year + 1900, at.tm_hour,
                     at.tm_min, at.tm_sec);
}

// "Re:", "AW :", "Re[2]:", "SV:"
bool is_reply_subject(std::string_view subject) {
  const std::size_t colon = subject.find(':');
  if (colon == std::string_view::npos) return false;
  std::string word = folded(subject.substr(0, colon));
  if (word.ends_with(']')) word.resize(std::min(word.find('['), word.size()));
  while (word.ends_with(' ')) word.pop_back();
  return std::find(kReplyWords.begin(), kReplyWords.end(), word) != kReplyWords.end();
}

std::string reply_subject(std::string_view original) {
  std::string line = one_line(original, kMaxSubject);
  if (is_reply_subject(line)) return line;
  return line.empty() ? "Re:" : "Re: " + line;
}

// What can stand between angle brackets without harm. The grammar is stricter and rarely kept.
bool is_message_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxMessageId && std::all_of(id.begin(), id.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '<' && c != '>';
  });
}

std::vector<std::string> reply_references(const message::ParsedMessage& original) {
  std::vector<std::string> all;
  const auto add = [&all](const std::string& id) {
    if (is_message_id(id) && std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
  };
  for (const std::string& id : original.references) add(id);
  if (original.references.empty()) add(original.in_reply_to);
  add(original.message_id);
  if (all.size() > kMaxReferences)
    all.erase(all.begin() + 1, all.end() - static_cast<std::ptrdiff_t>(kMaxReferences - 1));
  return all;
}

// Collects addresses: each once, none that is one's own, none that cannot be written.
class Recipients {
 public:
  explicit Recipients(const Sender& sender) : seen_(sender.own_addresses) {}

  std::vector<Address> take(const std::vector<Address>& list) {
    std::vector<Address> taken;
    for (const Address& one : list) {
      if (!is_address(one.address) || is_among(one.address, seen_)) continue;
      seen_.push_back(one.address);
      taken.push_back(one);
    }
    return taken;
  }

 private:
  std::vector<std::string> seen_;
};

bool is_from_oneself(const message::ParsedMessage& original, const Sender& sender) {
  return std::any_of(original.from.begin(), original.from.end(), [&](const Address& one) {
    return is_among(one.address, sender.own_addresses);
  });
}

void append(std::vector<Address>& list, std::vector<Address> more) {
  std::move(more.begin(), more.end(), std::back_inserter(list));
}

Status choose_recipients(const message::ParsedMessage& original, const Sender& sender,
                         const ReplyRequest& request, Composed& out) {
  Recipients recipients(sender);
  const bool is_own = is_from_oneself(original, sender);
  if (is_own) {
    out.to = recipients.take(original.to);
    // A note to oneself is answered to oneself.
    if (out.to.empty() && original.cc.empty()) out.to = {{"", sender.address}};
  } else {
    out.to = recipients.take(original.reply_to);
    if (out.to.empty()) out.to = recipients.take(original.from);
  }
  if (out.to.empty())
    return fail(ErrorKind::Malformed,
                "the message has no address to which a reply can go: write a new one to whom you "
                "mean");
  if (request.all) {
    if (!is_own) append(out.cc, recipients.take(original.to));
    append(out.cc, recipients.take(original.cc));
  }
  for (const std::string& one : request.cc) {
    if (!is_address(one))
      return fail(ErrorKind::Usage, "'{}' is no address; write it as local@domain",
                  common::printable(one.substr(0, 320)));
    append(out.cc, recipients.take({{"", one}}));
  }
  if (out.to.size() + out.cc.size() > kMaxRecipients)
    return fail(ErrorKind::Limit, "the reply would go to {} addresses; at most {} are allowed",
                out.to.size() + out.cc.size(), kMaxRecipients);
  return {};
}

Status check_request(const ReplyRequest& request) {
  if (request.text.size() > kMaxTextBytes)
    return fail(ErrorKind::Limit, "the text is longer than {} bytes: shorten it", kMaxTextBytes);
  if (request.text.find('\0') != std::string::npos || !common::is_valid_utf8(request.text))
    return fail(ErrorKind::Usage, "the text must be UTF-8 without NUL bytes");
  if (with_plain_lines(request.text).find_first_not_of(" \t\n") == std::string::npos)
    return fail(ErrorKind::Usage, "the text of the reply is empty");
  return {};
}

std::string attribution(const message::ParsedMessage& original) {
  std::string who = "Somebody";
  if (!original.from.empty()) {
    const Address& from = original.from.front();
    const std::string name = one_line(from.name, kMaxNameShown);
    const std::string address = is_address(from.address) ? from.address : "";
    if (!name.empty() && !address.empty())
      who = fmt::format("{} <{}>", name, address);
    else if (!name.empty() || !address.empty())
      who = name + address;
  }
  // Years of five digits are no dates.
  constexpr std::int64_t kLast = 253'402'300'799;
  if (!original.date || *original.date < 0 || *original.date > kLast) return who + " wrote:";
  const std::tm at = utc(*original.date);
  return fmt::format("On {} {} {} at {:02}:{:02} UTC, {} wrote:", at.tm_mday,
                     kMonths.at(static_cast<std::size_t>(at.tm_mon)), at.tm_year + 1900, at.tm_hour,
                     at.tm_min, who);
}

std::string headers_of(const Composed& reply, common::Micros now, std::string_view encoding) {
  HeaderWriter headers;
  headers.plain("Date", date_header(now));
  headers.addresses("From", {reply.from});
  headers.addresses("To", reply.to);
  headers.addresses("Cc", reply.cc);
  headers.text("Subject", reply.subject);
  headers.message_ids("Message-ID", {reply.message_id});
  if (!reply.in_reply_to.empty()) headers.message_ids("In-Reply-To", {reply.in_reply_to});
  headers.message_ids("References", reply.references);
  headers.plain("MIME-Version", "1.0");
  headers.plain("Content-Type", "text/plain; charset=utf-8");
  headers.plain("Content-Transfer-Encoding", encoding);
  return headers.take();
}

}  // namespace

Result<Composed> compose(const message::ParsedMessage& original, const Sender& sender,
                         const ReplyRequest& request, const Moment& moment) {
  MAILKEEP_CHECK(!moment.unique.empty());
  MAILKEEP_CHECKED(check_request(request));
  if (!is_address(sender.address))
    return fail(ErrorKind::Config,
                "the account has no address of its own: give it one with --address");
  Composed reply;
  MAILKEEP_CHECKED(choose_recipients(original, sender, request, reply));
  reply.from = {sender.name, sender.address};
  reply.envelope_from = sender.address;
  for (const auto* list : {&reply.to, &reply.cc})
    for (const Address& one : *list) reply.recipients.push_back(one.address);
  reply.needs_smtputf8 = !is_ascii(sender.address) ||
                         !std::all_of(reply.recipients.begin(), reply.recipients.end(), is_ascii);
  reply.subject = reply_subject(original.subject);
  reply.message_id = fmt::format("{}@{}", moment.unique, domain_of(sender.address));
  if (is_message_id(original.message_id)) reply.in_reply_to = original.message_id;
  reply.references = reply_references(original);
  if (request.quote)
    reply.quoted = attribution(original) + "\n" + quoted_lines(original.text, kMaxQuotedBytes);
  std::string text = with_plain_lines(request.text);
  if (request.quote) text += "\n\n" + reply.quoted;
  const EncodedText body = encode_text(text);
  reply.bytes = headers_of(reply, moment.now, body.transfer_encoding) + "\r\n" + body.bytes;
  return reply;
}

}  // namespace mailkeep::reply
