// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep reply: composes, queues and delivers; mailkeep outbox: what was written and became of
// it.

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/reply/delivery.h"
#include "api/reply/queue.h"
#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/outbox_output.h"
#include "cli/output.h"
#include "common/printable.h"
#include "store/contents.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

// Another process may be delivering for the account: so long it is waited for.
constexpr std::chrono::seconds kLeaseWait{30};

struct ReplyFlags {
  std::string id, file, account, key;
  std::vector<std::string> cc;
  bool all = false;
  bool without_quote = false;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

common::Result<std::string> read_text(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> opened(path == "-" ? nullptr
                                                                 : std::fopen(path.c_str(), "rb"));
  std::FILE* const file = path == "-" ? stdin : opened.get();
  if (file == nullptr)
    return fail(ErrorKind::Config, "{} cannot be read: name a file with the text of the reply",
                common::printable(path));
  std::string text;
  std::array<char, 16'384> buffer{};
  while (text.size() <= reply::kMaxTextBytes) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file);
    text.append(buffer.data(), got);
    if (got > 0) continue;
    if (std::ferror(file) != 0)
      return fail(ErrorKind::Config, "{} cannot be read", common::printable(path));
    return text;
  }
  return fail(ErrorKind::Limit, "{} is longer than {} bytes", common::printable(path),
              reply::kMaxTextBytes);
}

// Who stands at the keyboard, for the record.
std::string actor() {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr)
    return fmt::format("cli:{}", common::printable(found->pw_name));
  return fmt::format("cli:{}", getuid());
}

common::Result<int> show(const Context& context, const store::OutboxItem& item) {
  MAILKEEP_CHECKED(context.json ? print_json(outbox_json(item)) : print_outbox_item(item));
  return exit_code_of(item);
}

common::Result<int> deliver(const Context& context, store::Archive& archive, store::OutboxId id) {
  reply::Delivery delivery(archive);
  MAILKEEP_TRY(item, delivery.deliver_now(id, common::Deadline::in(kLeaseWait), context.stop));
  return show(context, item);
}

common::Result<int> run_reply(const Context& context, const ReplyFlags& flags) {
  MAILKEEP_TRY(text, read_text(flags.file));
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(digest, store::Contents(*archive).resolve(flags.id));
  reply::ReplyOrder order;
  order.original = digest;
  order.account = flags.account;
  order.request = {std::move(text), flags.all, flags.cc, !flags.without_quote};
  order.actor = actor();
  order.owner = "cli";
  order.idempotency_key = flags.key;
  std::optional<store::OutboxId> id;
  {
    message::ParserPool pool;
    MAILKEEP_TRY(submitted, reply::queue_reply(*archive, pool, order));
    id = submitted.item.id;
  }
  return deliver(context, *archive, *id);
}

common::Result<int> list(const Context& context, const std::string& state) {
  constexpr std::size_t kPage = 1000;
  store::OutboxFilter filter;
  filter.limit = kPage;
  if (!state.empty()) {
    filter.state = store::send_state(state);
    if (!filter.state)
      return fail(ErrorKind::Usage,
                  "--state takes queued, sending, sent, failed, unknown or cancelled, not '{}'",
                  common::printable(state));
  }
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  store::Outbox outbox(*archive);
  for (;;) {
    MAILKEEP_TRY(page, outbox.list(filter));
    if (page.empty()) return kDone;
    filter.before = page.back().id;
    for (const store::OutboxItem& item : page)
      MAILKEEP_CHECKED(context.json ? print_json(sent_json(item)) : print_outbox_line(item));
  }
}

common::Result<int> show_one(const Context& context, std::int64_t id) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_TRY(item, store::Outbox(*archive).find(store::OutboxId{id}));
  MAILKEEP_TRY(code, show(context, item));
  static_cast<void>(code);  // the answer was given, whatever it says
  return kDone;
}

common::Result<int> resend(const Context& context, std::int64_t id) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_CHECKED(store::Outbox(*archive).resend(store::OutboxId{id}, actor()));
  return deliver(context, *archive, store::OutboxId{id});
}

common::Result<int> cancel(const Context& context, std::int64_t id) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_CHECKED(store::Outbox(*archive).cancel(store::OutboxId{id}, actor()));
  return show_one(context, id);
}

// What is due, and what a process that died while it was sending has left: that becomes unknown,
// and a person can go on with it.
common::Result<std::vector<store::OutboxId>> work_of(store::Outbox& outbox,
                                                     store::AccountId account, common::Micros now) {
  MAILKEEP_TRY(ids, outbox.due(account, now, 10'000));
  store::OutboxFilter filter;
  filter.accounts = {account};
  filter.state = store::SendState::Sending;
  MAILKEEP_TRY(left, outbox.list(filter));
  for (const store::OutboxItem& item : left) ids.push_back(item.id);
  return std::move(ids);
}

// What is queued, now: where no `mailkeep serve` does it.
common::Result<int> send(const Context& context) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  store::Outbox outbox(*archive);
  MAILKEEP_TRY(accounts, outbox.accounts_with_work(context.clock.now()));
  std::vector<int> codes;
  for (const store::AccountId account : accounts) {
    MAILKEEP_TRY(ids, work_of(outbox, account, context.clock.now()));
    for (const store::OutboxId id : ids) {
      if (context.stop.stop_requested()) return kTryLater;
      MAILKEEP_TRY(item, outbox.find(id));
      MAILKEEP_TRY(work, work_of(outbox, account, context.clock.now()));
      // What became of another message may have shown that this one must wait.
      const bool is_due = std::find(work.begin(), work.end(), id) != work.end();
      if (item.state == store::SendState::Queued && !is_due) {
        codes.push_back(kTryLater);
        continue;
      }
      MAILKEEP_TRY(code, deliver(context, *archive, id));
      codes.push_back(code);
    }
  }
  return exit_code_of_all(codes);
}

void add_with_id(CLI::App& group, Context& context, const std::string& word,
                 const std::string& help,
                 common::Result<int> (*action)(const Context&, std::int64_t)) {
  auto id = std::make_shared<std::int64_t>(0);
  CLI::App* const command = add_command(group, context, word, help,
                                        [&context, id, action] { return action(context, *id); });
  command->add_option("ID", *id, "the item's number")->required();
}

}  // namespace

void add_reply_command(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ReplyFlags>();
  CLI::App* const command =
      add_command(app, context, "reply", "Answer a message through its account's SMTP server",
                  [&context, flags] { return run_reply(context, *flags); });
  command->add_option("ID", flags->id, "SHA-256 in hex, or an unambiguous prefix")->required();
  command->add_option("--from-file", flags->file, "the text, UTF-8; - is standard input")
      ->required();
  command->add_flag("--all", flags->all, "also to everybody in To and Cc");
  command->add_option("--cc", flags->cc, "a further address (repeatable)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--no-quote", flags->without_quote, "do not quote the original below");
  command->add_option("--account", flags->account, "the account that sends");
  command->add_option("--key", flags->key,
                      "sent once for each key, however often the command is given");
}

void add_outbox_commands(CLI::App& app, Context& context) {
  CLI::App* const group =
      app.add_subcommand("outbox", "What was written here, and what became of it");
  group->fallthrough();
  group->require_subcommand(1);
  auto state = std::make_shared<std::string>();
  CLI::App* const all = add_command(*group, context, "list", "All of it, newest first",
                                    [&context, state] { return list(context, *state); });
  all->add_option("--state", *state, "only what is queued, sent, failed, unknown ...");
  add_with_id(*group, context, "show", "One item with every attempt", show_one);
  add_with_id(*group, context, "resend", "Send again what failed or is unknown", resend);
  add_with_id(*group, context, "cancel", "Do not send what is queued", cancel);
  add_command(*group, context, "send", "Deliver what is due, and exit",
              [&context] { return send(context); });
}

}  // namespace mailkeep::cli
