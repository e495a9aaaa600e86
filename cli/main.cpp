// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep: one program, one subcommand for each thing that it does.

#include <pthread.h>
#include <signal.h>

#include <array>
#include <cstdio>
#include <string_view>
#include <thread>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "common/fault_point.h"
#include "common/log.h"
#include "message/parser_pool.h"

namespace mailkeep::cli {
namespace {

void complain(std::string_view sentence) { fmt::print(stderr, "mailkeep: {}\n", sentence); }

// Asks for a stop at the first SIGINT or SIGTERM; work ends between two messages. The second signal
// ends the process at once, which loses nothing that was sealed.
class SignalWatch {
 public:
  SignalWatch() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGUSR2);  // our own: end of the watch
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    watcher_ = std::thread([this] { watch(); });
  }
  ~SignalWatch() {
    pthread_kill(watcher_.native_handle(), SIGUSR2);
    watcher_.join();
  }
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

 private:
  void watch() {
    int signal = 0;
    while (sigwait(&signals_, &signal) == 0 && signal != SIGUSR2) {
      if (stop_.stop_requested()) std::_Exit(kTryLater);
      stop_.request_stop();
    }
  }

  sigset_t signals_{};
  std::stop_source stop_;
  std::thread watcher_;
};

void add_options(CLI::App& app, Context& context) {
  app.set_version_flag("--version", "mailkeep 0.1.0");
  app.add_option("--store", context.flags.store,
                 "sqlite:///PATH or postgresql://USER@HOST/DATABASE (MAILKEEP_STORE)");
  app.add_option("--data", context.flags.data,
                 "data directory: index, keys, SQLite file (MAILKEEP_DATA)");
  app.add_option("--config", context.flags.config, "configuration file");
  app.add_flag("--json", context.json, "machine-readable output");
}

void add_commands(CLI::App& app, Context& context) {
  add_account_commands(app, context);
  add_fetch_command(app, context);
  add_index_command(app, context);
  add_search_command(app, context);
  add_list_command(app, context);
  add_show_command(app, context);
  add_raw_command(app, context);
  add_report_command(app, context);
  add_verify_command(app, context);
  add_import_command(app, context);
  add_export_command(app, context);
  add_reply_command(app, context);
  add_outbox_commands(app, context);
  add_checkpoint_command(app, context);
  add_serve_commands(app, context);
  add_status_command(app, context);
  add_user_commands(app, context);
  add_token_commands(app, context);
  add_hold_commands(app, context);
  add_later_commands(app, context);
  app.require_subcommand(1);
}

common::Result<int> run_action(Context& context) {
  MAILKEEP_TRY(settings, load_settings(context.flags));
  context.settings = settings;
  common::set_log_level(settings.log_level);
  MAILKEEP_TRY(code, context.action());
  MAILKEEP_CHECKED(flush_out());
  return code;
}

// CLI11 throws for help, version and wrong use; this is the only place where it does.
int parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return -1;
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
  } catch (const CLI::CallForAllHelp&) {
    fmt::print("{}", app.help("", CLI::AppFormatMode::All));
  } catch (const CLI::CallForVersion&) {
    fmt::print("{}\n", app.version());
  } catch (const CLI::ParseError& error) {
    complain(fmt::format("{} (see 'mailkeep --help')", error.what()));
    return kUsage;
  }
  return kDone;
}

int run(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file size limit is a full disk, not a death
  CLI::App app("Mailkeep: fetches mail, keeps the exact bytes, proves it, and finds it again.");
  Context context;
  add_options(app, context);
  add_commands(app, context);
  if (const int code = parse(app, argc, argv); code >= 0) return code;

  const SignalWatch signals;
  context.stop = signals.token();
  const common::Result<int> result = run_action(context);
  if (result) return *result;
  static_cast<void>(flush_out());
  complain(result.error().text);
  return exit_code(result.error().kind);
}

}  // namespace
}  // namespace mailkeep::cli

// NOLINTNEXTLINE(bugprone-exception-escape): without memory the process shall end
int main(int argc, char** argv) {
  // Before anything else: the sandboxed child must start with nothing open and nothing running.
  if (argc == 2 && std::string_view(argv[1]) == mailkeep::message::kParserChildCommand)
    return mailkeep::message::parser_child_main();
  return mailkeep::cli::run(argc, argv);
}
