// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/reply/smtp_account.h"

#include <gtest/gtest.h>

#include "api/reply/delivery.h"

namespace mailkeep::reply {
namespace {

using store::TlsMode;

TEST(SmtpUrl, NamesHostPortAndUser) {
  auto address = parse_smtp_url("smtps://smtp.example.org", TlsMode::Implicit);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "smtp.example.org");
  EXPECT_EQ(address->port, 465);
  EXPECT_EQ(address->tls, TlsMode::Implicit);
  EXPECT_EQ(address->user, "");
  address = parse_smtp_url("smtp://anna%40x.example@[::1]:2525/", TlsMode::Implicit);
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "::1");
  EXPECT_EQ(address->port, 2525);
  EXPECT_EQ(address->tls, TlsMode::Starttls);
  EXPECT_EQ(address->user, "anna@x.example");
}

TEST(SmtpUrl, IsPlainOnlyByTheAccountsWord) {
  EXPECT_EQ(parse_smtp_url("smtp://h", TlsMode::None)->tls, TlsMode::None);
  EXPECT_EQ(parse_smtp_url("smtps://h", TlsMode::None)->tls, TlsMode::Implicit);
  EXPECT_EQ(parse_smtp_url("smtp://h", TlsMode::Starttls)->tls, TlsMode::Starttls);
  EXPECT_EQ(parse_smtp_url("smtp://h", TlsMode::Starttls)->port, 587);
}

TEST(SmtpUrl, RefusesWhatIsNone) {
  for (const char* bad :
       {"", "smtp.example.org", "imaps://h", "smtp://", "smtp://:25", "smtp://h:0",
        "smtp://h:65536", "smtp://h:x", "smtp://h:", "smtp://a b", "smtp://[::1", "smtp://@h",
        "smtp://a%0d%0ab@h", "smtp://h/path", "smtp://[::1]x"})
    EXPECT_FALSE(parse_smtp_url(bad, TlsMode::Implicit)) << bad;
}

TEST(SendBudget, KnowsGmailAlone) {
  store::AccountSettings settings;
  EXPECT_FALSE(daily_budget(settings));
  settings.smtp_url = "smtps://SMTP.gmail.com";
  EXPECT_EQ(daily_budget(settings), 500U);
  settings.send_budget = 2000;
  EXPECT_EQ(daily_budget(settings), 2000U);
  settings.send_budget.reset();
  settings.smtp_url = "smtps://smtp.example.org";
  EXPECT_FALSE(daily_budget(settings));
  settings.smtp_url = "smtps://smtp-relay.gmail.com";
  EXPECT_FALSE(daily_budget(settings));
}

TEST(SendBudget, WaitsUntilEnoughIsADayOld) {
  constexpr common::Micros kNow = 10 * kBudgetWindow;
  const std::vector<store::SentCount> sent = {{kNow - 100, 3}, {kNow - 50, 4}, {kNow - 10, 3}};
  EXPECT_EQ(budget_allows(10, {}, 10, kNow), kNow);
  EXPECT_EQ(budget_allows(20, sent, 10, kNow), kNow);
  EXPECT_EQ(budget_allows(10, sent, 1, kNow), kNow - 100 + kBudgetWindow + 1);
  EXPECT_EQ(budget_allows(10, sent, 3, kNow), kNow - 100 + kBudgetWindow + 1);
  EXPECT_EQ(budget_allows(10, sent, 4, kNow), kNow - 50 + kBudgetWindow + 1);
  EXPECT_EQ(budget_allows(10, sent, 10, kNow), kNow - 10 + kBudgetWindow + 1);
}

TEST(RetryAfter, GrowsAndEndsAfterFourDays) {
  using namespace std::chrono_literals;
  EXPECT_EQ(retry_after(1, 0s), 1min);
  EXPECT_EQ(retry_after(2, 1min), 5min);
  EXPECT_EQ(retry_after(3, 6min), 15min);
  EXPECT_EQ(retry_after(4, 21min), 60min);
  EXPECT_EQ(retry_after(5, 81min), 2h);
  EXPECT_EQ(retry_after(40, 95h), 2h);
  EXPECT_EQ(retry_after(50, 96h), std::nullopt);
}

}  // namespace
}  // namespace mailkeep::reply
