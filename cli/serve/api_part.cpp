// SPDX-License-Identifier: GPL-3.0-or-later
// The part that answers: listens, writes down where, and stops without cutting whom it can finish.

#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <system_error>

#include "api/application.h"
#include "api/server.h"
#include "cli/output.h"
#include "cli/serve/parts.h"
#include "common/printable.h"
#include "indexer/indexer.h"

namespace mailkeep::cli {

using common::ErrorKind;
using common::Status;

namespace {

constexpr std::chrono::seconds kFinishWithin{5};
constexpr std::chrono::milliseconds kBeat{1'000};

api::ServerOptions server_options(const ServeSettings& settings) {
  api::ServerOptions options;
  options.address = settings.address;
  options.port = settings.port;
  options.certificate_file = settings.tls_cert;
  options.key_file = settings.tls_key;
  options.allow_remote_plain = settings.insecure_listen;
  options.allowed_hosts = settings.allowed_hosts;
  return options;
}

std::string url_of(const ServeSettings& settings, std::uint16_t port) {
  const bool is_ipv6 = settings.address.find(':') != std::string::npos;
  return fmt::format("{}://{}:{}", settings.tls_cert.empty() ? "http" : "https",
                     is_ipv6 ? "[" + settings.address + "]" : settings.address, port);
}

// <data>/serve.address: where other programs find the service. Whole or not at all.
class AddressFile {
 public:
  // What a process that was killed has left behind leads nowhere.
  explicit AddressFile(const std::filesystem::path& data_dir) : file_(data_dir / "serve.address") {
    remove();
  }
  ~AddressFile() { remove(); }
  AddressFile(const AddressFile&) = delete;
  AddressFile& operator=(const AddressFile&) = delete;

  Status write(const std::string& url) const {
    const std::filesystem::path fresh = file_.native() + ".new";
    std::ofstream stream(fresh, std::ios::trunc);
    stream << url << '\n';
    stream.close();
    std::error_code error;
    if (stream) std::filesystem::rename(fresh, file_, error);
    if (stream && !error) return {};
    return common::fail(ErrorKind::Disk, "{} cannot be written", common::printable(file_.native()));
  }

 private:
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
  }
  std::filesystem::path file_;
};

}  // namespace

Part api_part(store::Archive& archive, const ServeSettings& settings, api::ServiceView view) {
  const auto run = [&archive, settings, view = std::move(view)](
                       PartState& state, const std::stop_token& stop) -> Status {
    api::ApiOptions options;
    options.index_dir = indexer::index_dir(archive);
    options.metrics_are_open = settings.metrics_open;
    options.view = view;
    MAILKEEP_TRY(application, api::ApiApplication::open(archive, std::move(options)));
    const AddressFile address(archive.data_dir());
    MAILKEEP_TRY(server,
                 api::HttpServer::start(server_options(settings), application->application()));
    const std::string url = url_of(settings, server->port());
    MAILKEEP_CHECKED(address.write(url));
    MAILKEEP_CHECKED(print("listening on {}\n", url));
    MAILKEEP_CHECKED(flush_out());
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      state.beat();
      stopped.wait_for(lock, stop, kBeat, [] { return false; });
    }
    server->stop(common::Deadline::in(kFinishWithin));
    return {};
  };
  return {"api", run};
}

}  // namespace mailkeep::cli
