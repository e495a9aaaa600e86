// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep serve: everything in one process. mailkeep api: the API alone.

#include <memory>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/serve/notify.h"
#include "cli/serve/parts.h"
#include "cli/serve/supervisor.h"
#include "common/printable.h"
#include "store/journal.h"
#include "store/sql/file_lock.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::Status;

struct ServeFlags {
  std::string listen, tls_cert, tls_key;
  bool insecure_listen = false;
  std::vector<std::string> allowed_hosts;
};

common::Result<Settings> with_flags(const Context& context, const ServeFlags& flags) {
  Settings settings = context.settings;
  ServeSettings& serve = settings.serve;
  // The same words are a wrong setting in the file and wrong use here.
  if (!flags.listen.empty())
    if (auto set = set_listen(serve, flags.listen); !set)
      return common::fail(ErrorKind::Usage, "{}", set.error().text);
  if (!flags.tls_cert.empty()) serve.tls_cert = flags.tls_cert;
  if (!flags.tls_key.empty()) serve.tls_key = flags.tls_key;
  serve.insecure_listen = serve.insecure_listen || flags.insecure_listen;
  for (const std::string& host : flags.allowed_hosts) serve.allowed_hosts.push_back(host);
  return settings;
}

SupervisorHooks systemd_hooks() {
  return {[] { notify_systemd("READY=1"); }, [] { notify_systemd("WATCHDOG=1"); },
          [] { notify_systemd("STOPPING=1"); }};
}

// The beginning and the end of the service are part of what happened.
Status run_recorded(const Context& context, store::Archive& archive, Supervisor& parts,
                    std::string_view command) {
  store::Journal journal(archive);
  MAILKEEP_CHECKED(journal.record_event("start", fmt::format("mailkeep {}", command)));
  const Status ended = parts.run(context.stop, systemd_hooks());
  const std::string why = ended ? "on request" : ended.error().text;
  const Status recorded =
      journal.record_event("stop", fmt::format("mailkeep {}: {}", command, why));
  return ended ? recorded : ended;
}

common::Result<std::unique_ptr<store::Database::Lock>> take_lock(const Settings& settings) {
  auto lock = store::FileLock::take(settings.data, "serve");
  if (!lock && lock.error().kind == ErrorKind::Busy)
    return common::fail(ErrorKind::Busy,
                        "another mailkeep serve is at work on {}: stop it first, or give this one "
                        "a data directory of its own",
                        common::printable(settings.data.native()));
  return lock;
}

// The parts in the order of a message's way through them.
common::Result<int> run_serve(const Context& context, const ServeFlags& flags) {
  MAILKEEP_TRY(settings, with_flags(context, flags));
  const auto lock = take_lock(settings);
  if (!lock) return tl::unexpected(lock.error());
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  Supervisor parts;
  SchedulerPtr scheduler;
  DeliveryPtr delivery;
  parts.add(fetch_part(*archive, settings, scheduler));
  parts.add(index_part(*archive));
  parts.add(sign_part(*archive));
  parts.add(outbox_part(*archive, delivery));
  parts.add(api_part(
      *archive, settings.serve,
      {[&parts] { return parts.view(); }, [scheduler] { return activities_of(*scheduler); },
       [delivery] { delivery->notify(); }}));
  MAILKEEP_CHECKED(run_recorded(context, *archive, parts, "serve"));
  return kDone;
}

common::Result<int> run_api(const Context& context, const ServeFlags& flags) {
  MAILKEEP_TRY(settings, with_flags(context, flags));
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  Supervisor parts;
  parts.add(api_part(*archive, settings.serve, {[&parts] { return parts.view(); }, {}, {}}));
  MAILKEEP_CHECKED(run_recorded(context, *archive, parts, "api"));
  return kDone;
}

void add_options(CLI::App& command, ServeFlags& flags) {
  command.add_option("--listen", flags.listen, "ADDRESS:PORT; port 0 takes any free one");
  command.add_option("--tls-cert", flags.tls_cert, "PEM file: the certificate with its chain");
  command.add_option("--tls-key", flags.tls_key, "PEM file: its key");
  command.add_flag("--insecure-listen", flags.insecure_listen,
                   "allow an address beyond this machine without TLS");
  command
      .add_option("--allowed-host", flags.allowed_hosts,
                  "name under which it is reached (repeatable)")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void add_serve_commands(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ServeFlags>();
  add_options(
      *add_command(app, context, "serve", "The service: fetches, indexes, signs, sends and answers",
                   [&context, flags] { return run_serve(context, *flags); }),
      *flags);
  add_options(
      *add_command(app, context, "api", "The service's API and page alone, beside timers and units",
                   [&context, flags] { return run_api(context, *flags); }),
      *flags);
}

}  // namespace mailkeep::cli
