// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ApiApplication: all routes with what they work with, ready to be served.

#include <filesystem>
#include <memory>

#include "api/router.h"
#include "api/server.h"
#include "api/service_view.h"
#include "common/result.h"
#include "store/archive.h"

namespace mailkeep::api {

struct ApiOptions {
  std::filesystem::path index_dir;
  bool metrics_are_open = false;  // /metrics without a token for callers on this machine
  ServiceView view;
};

class ApiApplication {
 public:
  // The archive must outlive it; it must outlive the server. Errors: Config, Disk (the key that
  // signs cursors, <data>/cursor.key, made at first use).
  static common::Result<std::unique_ptr<ApiApplication>> open(store::Archive& archive,
                                                              ApiOptions options);
  ~ApiApplication();

  const Router& router() const;
  Application application();

 private:
  struct Impl;
  explicit ApiApplication(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mailkeep::api
