// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <fstream>
#include <utility>
#include <vector>

namespace mailkeep::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.005, 0.01, 0.05, 0.1,
                                                          0.25,  0.5,   1,    2.5,  10};

double seconds_between(common::Micros from, common::Micros to) {
  return static_cast<double>(to - from) / 1e6;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// A family whose values are read now: nothing stays behind of an account that is gone.
class FamilyOf {
 public:
  FamilyOf(std::string name, std::string help, MetricType type = MetricType::Gauge) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
  }
  void add(double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    metric.counter.value = value;
    family_.metric.push_back(std::move(metric));
  }
  MetricFamily take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

void add_accounts(const Figures& figures, std::vector<MetricFamily>& families) {
  FamilyOf lag("mailkeep_account_lag_seconds", "Since the last pass over the account ended");
  FamilyOf success("mailkeep_account_last_success_seconds",
                   "Unix time at which the last complete pass ended");
  FamilyOf good("mailkeep_account_last_pass_ok", "1 if the last pass was complete");
  FamilyOf gaps("mailkeep_account_gaps", "Messages that the server has and the archive has not");
  FamilyOf messages("mailkeep_messages_archived_total", "Messages archived", MetricType::Counter);
  FamilyOf bytes("mailkeep_bytes_archived_total", "Bytes of them", MetricType::Counter);
  for (const AccountFigures& one : figures.accounts) {
    const std::vector<ClientMetric::Label> label = {{"account", one.account.settings.name}};
    if (one.passes.last_end) lag.add(seconds_between(*one.passes.last_end, figures.taken), label);
    if (one.passes.last_success) success.add(seconds_between(0, *one.passes.last_success), label);
    if (one.passes.last) good.add(one.passes.last->outcome == "complete" ? 1 : 0, label);
    gaps.add(static_cast<double>(one.gaps), label);
    messages.add(static_cast<double>(one.archived.messages), label);
    bytes.add(static_cast<double>(one.archived.bytes), label);
  }
  for (FamilyOf* family : {&lag, &success, &good, &gaps, &messages, &bytes})
    families.push_back(family->take());
}

void add_archive(const Figures& figures, std::vector<MetricFamily>& families) {
  FamilyOf entries("mailkeep_log_entries", "Entries in the log");
  entries.add(static_cast<double>(figures.log_entries));
  FamilyOf lag("mailkeep_index_lag_entries", "Entries that the index has not followed yet");
  lag.add(static_cast<double>(figures.log_entries) - static_cast<double>(figures.index_position));
  FamilyOf age("mailkeep_checkpoint_age_seconds", "Since the log's head was signed");
  if (figures.checkpoint) age.add(seconds_between(figures.checkpoint->time, figures.taken));
  FamilyOf outbox("mailkeep_outbox_items", "Replies by state");
  for (const auto& [state, count] : figures.outbox)
    outbox.add(static_cast<double>(count), {{"state", state}});
  FamilyOf memory("process_resident_memory_bytes", "Resident memory of the process");
  memory.add(resident_bytes());
  for (FamilyOf* family : {&entries, &lag, &age, &outbox, &memory})
    families.push_back(family->take());
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("mailkeep_http_requests_total")
                                                          .Help("Requests by route and status")
                                                          .Register(registry);
  prometheus::Family<prometheus::Histogram>& durations =
      prometheus::BuildHistogram()
          .Name("mailkeep_http_request_seconds")
          .Help("From the complete request to the answer's beginning")
          .Register(registry);
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::count_request(std::string_view method, std::string_view route, int status,
                            std::chrono::duration<double> took) {
  const std::string place(route.empty() ? "none" : route);
  impl_->requests
      .Add({{"method", std::string(method)}, {"route", place}, {"status", std::to_string(status)}})
      .Increment();
  impl_->durations.Add({{"route", place}}, kSeconds).Observe(took.count());
}

std::string Metrics::text(const Figures& figures) const {
  std::vector<MetricFamily> families = impl_->registry.Collect();
  add_accounts(figures, families);
  add_archive(figures, families);
  return prometheus::TextSerializer().Serialize(families);
}

Application counted(Application application, Metrics& metrics) {
  Application wrapped;
  wrapped.admit = std::move(application.admit);
  wrapped.handle = [handle = std::move(application.handle), &metrics](Request& request) {
    const auto begin = std::chrono::steady_clock::now();
    Answer answer = handle(request);
    metrics.count_request(name_of(request.method), request.route,
                          answer ? answer->status : answer.error().status,
                          std::chrono::steady_clock::now() - begin);
    return answer;
  };
  return wrapped;
}

}  // namespace mailkeep::api
