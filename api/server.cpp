// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/server.h"

#include "api/service_internal.h"
#include "api/watch_internal.h"
#include "api/work_queue_internal.h"
#include "common/check.h"
#include "common/printable.h"
#include "net/listener.h"

namespace mailkeep::api {

using common::ErrorKind;

namespace {

common::Status check_options(const ServerOptions& options) {
  const std::string address = common::printable(options.address);
  if (!net::is_ip_address(options.address)) {
    return common::fail(ErrorKind::Config,
                        "{} is not an IP address; give the one to listen on, such as 127.0.0.1",
                        address);
  }
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return common::fail(ErrorKind::Config,
                        "TLS needs a certificate and its key; give both files or neither");
  }
  const bool is_open = !net::is_loopback(options.address) && options.certificate_file.empty();
  if (is_open && !options.allow_remote_plain) {
    return common::fail(ErrorKind::Config,
                        "listening on {} without TLS would show mail and passwords to the network; "
                        "give a certificate and its key, or the word insecure-listen if something "
                        "in front of the service encrypts",
                        address);
  }
  MAILKEEP_CHECK(options.max_threads > 0);
  return {};
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(ServerOptions options, Application application, std::uint16_t bound_port)
      : service(std::move(options), std::move(application), bound_port),
        queue(service.options.max_threads),
        port(bound_port) {}

  Service service;
  WorkQueue queue;
  std::unique_ptr<Watch> watch;
  std::uint16_t port;
};

common::Result<std::unique_ptr<HttpServer>> HttpServer::start(ServerOptions options,
                                                              Application application) {
  MAILKEEP_CHECKED(check_options(options));
  std::shared_ptr<const net::ServerTls> tls;
  if (!options.certificate_file.empty()) {
    MAILKEEP_TRY(loaded, net::ServerTls::load(options.certificate_file, options.key_file));
    tls = std::move(loaded);
  }
  MAILKEEP_TRY(listener, net::Listener::open(options.address, options.port, std::move(tls)));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(application), listener->port());
  MAILKEEP_TRY(watch, Watch::start(impl->service, impl->queue, std::move(listener)));
  impl->watch = std::move(watch);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { stop(common::Deadline::in(std::chrono::milliseconds(0))); }

std::uint16_t HttpServer::port() const { return impl_->port; }

ServerCounts HttpServer::counts() const {
  return {impl_->watch ? impl_->watch->connections() : 0, impl_->queue.busy(),
          impl_->service.requests, impl_->service.refused};
}

bool HttpServer::stop(common::Deadline deadline) {
  if (impl_->watch == nullptr) return true;
  impl_->service.is_stopping = true;
  impl_->watch->stop_accepting();
  const bool is_quiet = impl_->watch->wait_until_quiet(deadline);
  impl_->service.stop.request_stop();
  if (!is_quiet) impl_->watch->cut_all();
  impl_->queue.close();
  impl_->watch.reset();
  return is_quiet;
}

}  // namespace mailkeep::api
