// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/application.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "api/handlers/handlers.h"
#include "api/health.h"
#include "api/router.h"
#include "api/services.h"
#include "api/web_assets.h"
#include "common/digest.h"
#include "common/encoding.h"
#include "store/private_files.h"

namespace mailkeep::api {

using common::ErrorKind;
using common::Result;

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSearchersAtOnce = 16;
constexpr std::size_t kRepliesAtOnce = 4;  // each with a child process, too

// Of two processes that make the key at once, the one whose file came first wins.
Result<std::string> cursor_key(const std::filesystem::path& data_dir) {
  const std::filesystem::path file = data_dir / "cursor.key";
  const std::string fresh = common::to_hex(common::random_bytes(kKeyBytes)) + "\n";
  const auto written = store::write_new_private_file(file, fresh);
  if (!written && written.error().kind != ErrorKind::Conflict)
    return tl::unexpected(written.error());
  MAILKEEP_TRY(text, store::read_private_file(file, fresh.size()));
  const auto key = text ? common::from_hex(text->substr(0, 2 * kKeyBytes)) : std::nullopt;
  if (key && key->size() == kKeyBytes) return *key;
  return common::fail(ErrorKind::Config,
                      "{} is not what Mailkeep wrote: remove it, and a new one is made",
                      file.string());
}

Result<std::unique_ptr<search::Searcher>> open_searcher(const std::filesystem::path& directory) {
  MAILKEEP_TRY(searcher, search::Searcher::open(directory));
  return std::make_unique<search::Searcher>(std::move(searcher));
}

// Each has a child process of its own.
std::size_t viewers_at_once() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 2, 8);
}

}  // namespace

struct ApiApplication::Impl {
  Impl(store::Archive& archive, const ApiOptions& options, std::string key)
      : auth(archive),
        access(archive),
        cursors(std::move(key)),
        searchers(kSearchersAtOnce,
                  [directory = options.index_dir] { return open_searcher(directory); }),
        viewers(
            viewers_at_once(),
            [] {
              return Result<std::unique_ptr<message::Viewer>>(std::make_unique<message::Viewer>());
            }),
        parsers(kRepliesAtOnce,
                [] {
                  return Result<std::unique_ptr<message::ParserPool>>(
                      std::make_unique<message::ParserPool>());
                }),
        proofs(archive),
        dashboard(archive, options.index_dir, options.view),
        services{archive,
                 auth,
                 access,
                 cursors,
                 searchers,
                 viewers,
                 parsers,
                 proofs,
                 dashboard,
                 metrics,
                 options.metrics_are_open,
                 options.view.wake_delivery} {
    add_health(*router);
    add_problem_pages(*router);
    add_web_routes(*router);
    for (const auto add :
         {add_account_routes, add_audit_routes, add_completeness_routes, add_job_routes,
          add_message_routes, add_outbox_routes, add_proof_routes, add_reply_routes,
          add_search_routes, add_session_routes, add_stats_routes, add_sync_run_routes,
          add_token_routes, add_user_routes})
      add(*router, services);
  }

  Authenticator auth;
  AccessLog access;
  CursorCodec cursors;
  Pool<search::Searcher> searchers;
  Pool<message::Viewer> viewers;
  Pool<message::ParserPool> parsers;
  store::Proofs proofs;
  Dashboard dashboard;
  Metrics metrics;
  Services services;
  std::shared_ptr<Router> router = std::make_shared<Router>();
};

Result<std::unique_ptr<ApiApplication>> ApiApplication::open(store::Archive& archive,
                                                             ApiOptions options) {
  MAILKEEP_TRY(key, cursor_key(archive.data_dir()));
  return std::unique_ptr<ApiApplication>(
      new ApiApplication(std::make_unique<Impl>(archive, options, std::move(key))));
}

ApiApplication::ApiApplication(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ApiApplication::~ApiApplication() = default;

const Router& ApiApplication::router() const { return *impl_->router; }

Application ApiApplication::application() {
  return counted(make_application(impl_->router), impl_->metrics);
}

}  // namespace mailkeep::api
