// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep fetch: one complete pass; progress on a terminal, lines in a journal.

#include "fetcher/fetch.h"

#include <Poco/JSON/Array.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/account_names.h"
#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress_line.h"
#include "common/printable.h"

namespace mailkeep::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Adds up what the accounts report into one line: messages, bytes, rate, time left.
class PassDisplay {
 public:
  void update(const fetcher::Progress& progress) {
    accounts_[progress.account] = progress;
    if (!line_.is_shown()) return;
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
    std::uint64_t expected = 0;
    std::size_t finished = 0;
    for (const auto& [name, one] : accounts_) {
      messages += one.messages;
      bytes += one.bytes;
      expected += one.expected;
      finished += one.is_finished ? 1 : 0;
    }
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - start_).count();
    const double rate = seconds > 0 ? static_cast<double>(messages) / seconds : 0;
    line_.show(fmt::format("{} of {} messages, {}, {:.0f} msg/s{}, {} account{} done: {} {}",
                           messages, std::max(messages, expected), human_bytes(bytes), rate,
                           time_left(messages, expected, rate), finished, finished == 1 ? "" : "s",
                           common::printable(progress.account),
                           common::printable(progress.folder)));
  }

  double seconds() const {
    return std::chrono::duration<double>(SteadyClock::now() - start_).count();
  }
  void clear() { line_.clear(); }

 private:
  static std::string time_left(std::uint64_t messages, std::uint64_t expected, double rate) {
    if (rate <= 0 || expected <= messages) return "";
    return fmt::format(", {:.0f} s left", static_cast<double>(expected - messages) / rate);
  }

  ProgressLine line_;
  SteadyClock::time_point start_ = SteadyClock::now();
  std::map<std::string, fetcher::Progress> accounts_;
};

int account_code(const fetcher::AccountResult& result) {
  if (result.error) return exit_code(result.error->kind);
  return result.failed > 0 ? kIncomplete : kDone;
}

Poco::JSON::Object result_json(const fetcher::AccountResult& result) {
  Poco::JSON::Object object = json_object();
  object.set("account", result.account);
  object.set("messages", result.messages);
  object.set("bytes", result.bytes);
  object.set("failed", result.failed);
  object.set("deleted", result.deleted);
  if (!result.notice.empty()) object.set("notice", common::to_utf8_lossy(result.notice));
  object.set("ok", !result.error && result.failed == 0);
  if (result.error) {
    object.set("error_kind", std::string(common::name_of(result.error->kind)));
    object.set("error", common::to_utf8_lossy(result.error->text));
  }
  return object;
}

common::Status print_result(const fetcher::AccountResult& result) {
  const std::string name = common::printable(result.account);
  MAILKEEP_CHECKED(
      print("{}: {} new message{}, {}{}{}\n", name, result.messages,
            result.messages == 1 ? "" : "s", human_bytes(result.bytes),
            result.deleted > 0 ? fmt::format(", {} deleted on the server", result.deleted) : "",
            result.failed > 0
                ? fmt::format(", {} not archived (see 'mailkeep report {}')", result.failed, name)
                : ""));
  if (!result.notice.empty())
    MAILKEEP_CHECKED(print("{}: {}\n", name, common::printable(result.notice)));
  MAILKEEP_CHECKED(flush_out());
  if (result.error)
    fmt::print(stderr, "mailkeep: {}: {}\n", name, common::printable(result.error->text));
  return {};
}

common::Result<int> run(const Context& context, const std::vector<std::string>& names) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_CHECKED(check_account_names(*archive, names));
  PassDisplay display;
  fetcher::PassOptions options;
  options.workers = context.settings.workers;
  options.connections_per_host = context.settings.connections_per_host;
  options.progress = [&](const fetcher::Progress& progress) { display.update(progress); };
  MAILKEEP_TRY(results, fetcher::fetch(*archive, names, options, context.stop));
  display.clear();

  Poco::JSON::Array accounts;
  std::vector<int> codes;
  for (const fetcher::AccountResult& result : results) {
    codes.push_back(account_code(result));
    if (context.json)
      accounts.add(result_json(result));
    else
      MAILKEEP_CHECKED(print_result(result));
  }
  if (context.json) {
    Poco::JSON::Object object = json_object();
    object.set("complete", exit_code_of_all(codes) == kDone);
    object.set("seconds", display.seconds());
    object.set("accounts", accounts);
    MAILKEEP_CHECKED(print_json(object));
  } else if (results.empty()) {
    MAILKEEP_CHECKED(print("no account to fetch; add one with 'mailkeep account add'\n"));
  }
  return exit_code_of_all(codes);
}

}  // namespace

void add_fetch_command(CLI::App& app, Context& context) {
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* const command =
      add_command(app, context, "fetch", "One complete pass over the accounts",
                  [&context, names] { return run(context, *names); });
  command->add_option("NAME", *names, "only these accounts");
}

}  // namespace mailkeep::cli
