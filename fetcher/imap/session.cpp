// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/imap/session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "common/check.h"
#include "common/log.h"
#include "common/printable.h"
#include "fetcher/imap/login.h"

namespace mailkeep::fetcher::imap {

using common::ErrorKind;
using common::LogLevel;
using common::Result;
using common::Status;

namespace {

// RFC 3501 §9 sequence-set in an ESEARCH answer, which servers do not always keep in order.
Result<store::UidSet> parse_uid_set(std::string_view text, std::uint64_t max_uids) {
  store::UidSet set;
  std::uint64_t count = 0;
  while (!text.empty()) {
    const std::string_view range = text.substr(0, text.find(','));
    text.remove_prefix(std::min(range.size() + 1, text.size()));
    const std::size_t colon = range.find(':');
    const auto first = parse_number(range.substr(0, colon));
    const auto last = colon == range.npos ? first : parse_number(range.substr(colon + 1));
    if (!first || !last || *first == 0 || *last == 0) {
      return common::fail(ErrorKind::Protocol, "the server listed UIDs that are no numbers");
    }
    const auto [low, high] = std::minmax(*first, *last);
    count += static_cast<std::uint64_t>(high) - low + 1;
    if (count > max_uids) {
      return common::fail(ErrorKind::Limit, "the server lists more than {} messages", max_uids);
    }
    set.add(low, high);
  }
  return set;
}

// Takes the body of a FETCH as it arrives, if its message is wanted or not known yet.
class Receiver final : public BodyTarget {
 public:
  Receiver(const std::filesystem::path& data_dir, FetchVisitor& visitor,
           std::optional<store::Uid>& in_hand)
      : data_dir_(data_dir), visitor_(visitor), in_hand_(in_hand) {}

  Status begin(const std::vector<Token>& so_far, std::uint64_t bytes) override {
    writer_.reset();
    const auto uid = parse_fetch(so_far).uid;
    if (uid && !visitor_.wants(*uid)) return {};
    in_hand_ = uid;
    writer_.emplace(data_dir_);
    writer_->expect(bytes);
    return {};
  }

  Status append(std::string_view piece) override {
    return writer_ ? writer_->append(piece) : Status();
  }

  Result<store::Body> finish() {
    store::BodyWriter writer = std::move(*writer_);
    writer_.reset();
    return std::move(writer).finish();
  }

  Status take(const Response& response);

 private:
  const std::filesystem::path& data_dir_;
  FetchVisitor& visitor_;
  std::optional<store::Uid>& in_hand_;
  std::optional<store::BodyWriter> writer_;
};

Status Receiver::take(const Response& response) {
  FetchItems items = parse_fetch(response.tokens);
  // Without a body it is news of flags; a body without its UID cannot be filed anywhere.
  if (items.body == FetchItems::Body::None) return {};
  if (!items.uid || !visitor_.wants(*items.uid)) {
    common::log(LogLevel::Warning, "fetch.body.refused",
                {{"uid", items.uid ? std::to_string(*items.uid) : "none"}});
    writer_.reset();
    return {};
  }
  FetchedMessage message{*items.uid, std::move(items.flags), std::move(items.internal_date),
                         items.announced_size, std::nullopt};
  in_hand_ = items.uid;
  if (items.body == FetchItems::Body::Inline) {
    message.body = store::Body::of(std::move(items.inline_body));
  } else if (items.body == FetchItems::Body::Streamed) {
    if (!writer_) return {};  // the item stood twice in one response
    MAILKEEP_TRY(body, finish());
    message.body = std::move(body);
  }
  return visitor_.take(std::move(message));
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const Server& server,
                                               const std::filesystem::path& data_dir,
                                               const Limits& limits, const StepObserver& on_step,
                                               std::stop_token stop) {
  MAILKEEP_TRY(connection, log_in(server, limits, on_step, std::move(stop)));
  return std::unique_ptr<Session>(new Session(std::move(connection), data_dir, limits));
}

Session::Session(std::unique_ptr<Connection> connection, std::filesystem::path data_dir,
                 const Limits& limits)
    : connection_(std::move(connection)), data_dir_(std::move(data_dir)), limits_(limits) {}

// A ladder: servers are known that refuse the quoted pattern, or any pattern but "%".
Result<std::vector<std::string>> Session::list() {
  static constexpr std::array<std::string_view, 3> kPatterns{"\"*\"", "*", "\"%\""};
  for (const std::string_view pattern : kPatterns) {
    MAILKEEP_TRY(listed, try_list(pattern));
    if (!listed || listed->empty()) continue;
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (ListedFolder& folder : *listed) {
      if (!folder.is_selectable || !seen.insert(folder.name).second) continue;
      names.push_back(std::move(folder.name));
    }
    return names;
  }
  return std::vector<std::string>{"INBOX"};  // which always exists (RFC 3501 §5.1)
}

Result<std::optional<std::vector<ListedFolder>>> Session::try_list(std::string_view pattern) {
  std::vector<ListedFolder> folders;
  const auto collect = [&](Response& response) -> Status {
    if (response.name != "LIST") return {};
    if (folders.size() >= limits_.folders) {
      return common::fail(ErrorKind::Limit, "the server lists more than {} folders",
                          limits_.folders);
    }
    if (auto folder = parse_list(response.tokens)) folders.push_back(std::move(*folder));
    return {};
  };
  auto command = connection_->command("LIST \"\" ");
  command.text(pattern);
  MAILKEEP_TRY(answer, run(command, collect));
  if (answer.condition != Condition::Ok) return std::optional<std::vector<ListedFolder>>();
  return std::optional(std::move(folders));
}

Result<Mailbox> Session::examine(std::string_view folder) {
  MAILKEEP_CHECK(fetch_tags_.empty());
  begin_opening();
  auto command = connection_->command("EXAMINE ");
  MAILKEEP_CHECKED(command.string(folder));
  MAILKEEP_TRY(answer, run(command));
  if (answer.condition != Condition::Ok) {
    return common::fail(ErrorKind::NotFound, "the server does not open the folder {}: {}",
                        common::printable(folder), said(answer));
  }
  if (mailbox_.uidvalidity == 0) {
    common::log(LogLevel::Warning, "fetch.uidvalidity.missing", {{"folder", folder}});
  }
  is_folder_open_ = true;
  return mailbox_;
}

Result<store::UidSet> Session::all_uids() {
  MAILKEEP_CHECK(fetch_tags_.empty());
  MAILKEEP_TRY(found, search_uids());
  if (found && found->size() == mailbox_.exists) return with_what_follows(std::move(*found));
  // SEARCH is refused, ignored or cut short by some servers, and the count of EXAMINE is wrong on
  // others: what either way lists, the server has.
  MAILKEEP_TRY(fetched, fetch_uids(1));
  if (!found && !fetched && mailbox_.exists != 0) {
    return common::fail(ErrorKind::Protocol, "the server refuses to list the folder's messages");
  }
  store::UidSet uids = found ? std::move(*found) : store::UidSet();
  if (fetched) uids.add(*fetched);
  if (uids.size() != mailbox_.exists) {
    common::log(LogLevel::Warning, "fetch.count.differs",
                {{"exists", mailbox_.exists}, {"listed", uids.size()}});
  }
  return uids;
}

// Some servers count and find only the first messages of a folder, and yet name the UID that comes
// next: where that runs ahead of what was found, the rest is asked for by its numbers. After an
// expunge there is nothing, and it costs one exchange.
Result<store::UidSet> Session::with_what_follows(store::UidSet found) {
  const store::Uid last = found.empty() ? 0 : found.ranges().back().last;
  if (mailbox_.uidnext == 0 || last == UINT32_MAX || mailbox_.uidnext <= last + 1) return found;
  MAILKEEP_TRY(rest, fetch_uids(last + 1));
  if (rest) found.add(*rest);
  return found;
}

// Nothing if the server refuses to search.
Result<std::optional<store::UidSet>> Session::search_uids() {
  const bool is_extended = connection_->offers("ESEARCH");  // RFC 4731: ranges instead of numbers
  store::UidSet uids;
  const auto collect = [&](Response& response) -> Status {
    if (response.name == "SEARCH") uids.add(response.numbers);
    if (response.name != "ESEARCH") return {};
    for (std::size_t i = 0; i + 1 < response.tokens.size(); ++i) {
      if (!equals_ignoring_case(response.tokens[i].text, "ALL")) continue;
      MAILKEEP_TRY(set, parse_uid_set(response.tokens[i + 1].text, limits_.messages));
      uids.add(set);
    }
    return {};
  };
  auto command =
      connection_->command(is_extended ? "UID SEARCH RETURN (ALL) ALL" : "UID SEARCH ALL");
  MAILKEEP_TRY(answer, run(command, collect));
  if (answer.condition != Condition::Ok) return std::optional<store::UidSet>();
  return std::optional(std::move(uids));
}

// Nothing if the server refuses, as some do in an empty folder, where the set means nothing.
Result<std::optional<store::UidSet>> Session::fetch_uids(store::Uid first) {
  std::vector<store::Uid> uids;
  const auto collect = [&](Response& response) -> Status {
    if (response.name != "FETCH") return {};
    if (const auto uid = parse_fetch(response.tokens).uid; uid && *uid != 0) uids.push_back(*uid);
    return {};
  };
  MAILKEEP_TRY(tag,
               connection_->send(connection_->command(fmt::format("UID FETCH {}:* (UID)", first))));
  const auto note_and_collect = [&](Response& response) -> Status {
    note(response);
    return collect(response);
  };
  MAILKEEP_TRY(answer, connection_->await(tag, note_and_collect, nullptr, limits_.messages));
  if (answer.condition != Condition::Ok && asks_for_patience(answer)) {
    return common::fail(ErrorKind::Throttled, "the server asks for patience: {}", said(answer));
  }
  if (answer.condition != Condition::Ok && uids.empty()) return std::optional<store::UidSet>();
  std::sort(uids.begin(), uids.end());
  store::UidSet set;
  for (const store::Uid uid : uids) set.add(uid);
  return std::optional(std::move(set));
}

Status Session::send_fetch(const store::UidSet& uids) {
  auto command = connection_->command("UID FETCH ");
  command.text(uids.to_string()).text(" (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])");
  MAILKEEP_TRY(tag, connection_->send(command));
  fetch_tags_.push_back(tag);
  return {};
}

Result<StatusLine> Session::read_fetch(FetchVisitor& visitor) {
  MAILKEEP_CHECK(!fetch_tags_.empty());
  uid_in_hand_.reset();
  Receiver receiver(data_dir_, visitor, uid_in_hand_);
  const auto on_data = [&](Response& response) -> Status {
    note(response);
    MAILKEEP_CHECKED(refuse_made_anew());
    return response.name == "FETCH" ? receiver.take(response) : Status();
  };
  MAILKEEP_TRY(answer, connection_->await(fetch_tags_.front(), on_data, &receiver,
                                          kMessagesPerFetch * fetch_tags_.size()));
  fetch_tags_.pop_front();
  note_code(answer);
  if (answer.condition != Condition::Ok && asks_for_patience(answer)) {
    return common::fail(ErrorKind::Throttled, "the server asks for patience: {}", said(answer));
  }
  return answer;
}

void Session::log_out() {
  if (!is_broken()) static_cast<void>(connection_->send(connection_->command("LOGOUT")));
}

Result<StatusLine> Session::run(const Command& command, const Connection::DataHandler& on_data) {
  MAILKEEP_TRY(tag, connection_->send(command));
  MAILKEEP_TRY(answer, connection_->await(tag, [&](Response& response) -> Status {
    note(response);
    MAILKEEP_CHECKED(refuse_made_anew());
    return on_data ? on_data(response) : Status();
  }));
  if (answer.condition != Condition::Ok && asks_for_patience(answer)) {
    return common::fail(ErrorKind::Throttled, "the server asks for patience: {}", said(answer));
  }
  return answer;
}

void Session::begin_opening() {
  mailbox_ = {};
  is_folder_open_ = false;
  is_made_anew_ = false;
}

// A new UIDVALIDITY in an open folder: the UIDs are those of other messages from here on, so
// nothing that follows is filed under them. A new connection finds out what the folder is now.
Status Session::refuse_made_anew() const {
  if (!is_made_anew_) return {};
  return common::fail(ErrorKind::Network, "the server made the open folder anew meanwhile");
}

void Session::note(const Response& response) {
  if (response.kind == Response::Kind::Status) note_code(response.status);
  if (response.kind != Response::Kind::Data || !response.number) return;
  if (response.name == "EXISTS") mailbox_.exists = *response.number;
  if (response.name == "EXPUNGE" && mailbox_.exists > 0) --mailbox_.exists;
}

void Session::note_code(const StatusLine& line) {
  const std::string_view arguments = line.arguments;
  if (line.code == "UIDVALIDITY") {
    const std::uint32_t said = parse_number(arguments).value_or(0);
    if (is_folder_open_ && said != mailbox_.uidvalidity) is_made_anew_ = true;
    if (!is_folder_open_) mailbox_.uidvalidity = said;
  }
  if (line.code == "UIDNEXT") mailbox_.uidnext = parse_number(arguments).value_or(0);
  if (line.code == "HIGHESTMODSEQ") {
    std::from_chars(arguments.data(), arguments.data() + arguments.size(), mailbox_.highestmodseq);
  }
}

}  // namespace mailkeep::fetcher::imap
