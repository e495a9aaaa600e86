// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Metrics: requests as they are counted, and the dashboard's figures, in Prometheus' text form.
// Any thread may call.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "api/dashboard.h"
#include "api/server.h"

namespace mailkeep::api {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // route: the pattern, never the path, so that strangers cannot make up new series.
  void count_request(std::string_view method, std::string_view route, int status,
                     std::chrono::duration<double> took);
  std::string text(const Figures& figures) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same application, with each request counted. The metrics must outlive it.
Application counted(Application application, Metrics& metrics);

}  // namespace mailkeep::api
