// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ReplyFixture: an archive with a message to answer and an account whose SMTP server follows a
// script.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "api/reply/queue.h"
#include "common/clock.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/verify.h"
#include "tests/support/scripted_server.h"

namespace mailkeep::reply {

class StoppedClock final : public common::Clock {
 public:
  common::Micros now() const override { return time; }
  std::atomic<common::Micros> time = 1'767'261'600'000'000;
};

class ReplyFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "mailkeep-reply-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    data_dir_ = name;
    auto opened = store::Archive::open({"", data_dir_, store::Access::ReadWrite}, clock_);
    ASSERT_TRUE(opened) << opened.error().text;
    archive_ = *std::move(opened);
  }
  void TearDown() override {
    archive_.reset();
    std::error_code error;
    std::filesystem::remove_all(data_dir_, error);
  }

  store::Account add_account(const std::string& name, std::uint16_t port,
                             std::optional<std::uint32_t> budget = {}) {
    store::AccountSettings settings;
    settings.name = name;
    settings.tls = store::TlsMode::None;
    settings.host = "localhost";
    settings.user = name + "@example.org";
    settings.smtp_url = "smtp://127.0.0.1:" + std::to_string(port);
    settings.send_budget = budget;
    auto added = store::Accounts(*archive_).add(settings, "secret");
    EXPECT_TRUE(added) << added.error().text;
    return *added;
  }

  common::Digest archive_message(const store::Account& account, const std::string& raw) {
    store::Ledger ledger(*archive_);
    const auto epoch = ledger.open_epoch(account.id, "INBOX", 7);
    EXPECT_TRUE(epoch);
    store::Batch batch;
    batch.epoch = epoch->id;
    store::Arrival arrival;
    arrival.uid = ++uid_;
    arrival.body = store::Body::of(raw);
    const common::Digest digest = arrival.body.digest();
    batch.arrivals.push_back(std::move(arrival));
    EXPECT_TRUE(ledger.seal(std::move(batch)));
    return digest;
  }

  store::OutboxId queue(const store::Account& account,
                        std::vector<std::string> recipients = {"bob@x.example"}) {
    store::Submission submission;
    submission.account = account.id;
    submission.body = store::Body::of("To: bob@x.example\r\n\r\nhello\r\n");
    submission.envelope_from = account.settings.user;
    submission.recipients = std::move(recipients);
    submission.actor = "anna";
    submission.owner = "anna";
    const auto submitted = store::Outbox(*archive_).submit(std::move(submission));
    EXPECT_TRUE(submitted);
    return submitted->item.id;
  }

  store::OutboxItem item(store::OutboxId id) { return *store::Outbox(*archive_).find(id); }

  void expect_sound() {
    const auto report = store::verify(*archive_, {});
    ASSERT_TRUE(report);
    for (const store::Fault& fault : report->faults) ADD_FAILURE() << fault.kind << fault.detail;
  }

  StoppedClock clock_;
  std::filesystem::path data_dir_;
  std::unique_ptr<store::Archive> archive_;
  store::Uid uid_ = 0;
};

inline test::Script smtp_until_data(std::size_t recipients = 1) {
  using test::expect;
  using test::raw;
  using test::send;
  test::Script script = {send("220 hi"), expect("EHLO"), raw("250-x\r\n250 AUTH PLAIN\r\n"),
                         expect("AUTH"), send("235 in"), expect("MAIL"),
                         send("250 ok")};
  for (std::size_t i = 0; i < recipients; ++i) {
    script.push_back(expect("RCPT"));
    script.push_back(send("250 ok"));
  }
  script.push_back(expect("DATA"));
  script.push_back(send("354 go"));
  for (const char* line : {"To:", "", "hello", "."}) script.push_back(expect(line));
  return script;
}

inline test::Script smtp_takes_it(std::size_t recipients = 1) {
  return smtp_until_data(recipients) +
         test::Script{test::send("250 queued"), test::expect("QUIT"), test::send("221 bye")};
}

}  // namespace mailkeep::reply
