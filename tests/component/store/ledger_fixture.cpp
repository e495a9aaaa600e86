// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/component/store/ledger_fixture.h"

#include <utility>

#include "store/contents.h"

namespace mailkeep::store {

AccountId LedgerFixture::add_account(const std::string& name, Protocol protocol) {
  AccountSettings settings;
  settings.name = name;
  settings.protocol = protocol;
  settings.host = "mail.example.org";
  settings.port = protocol == Protocol::Imap ? 993 : 995;
  settings.user = name + "@example.org";
  settings.address = settings.user;
  settings.include = {"INBOX", "Archive/*"};
  settings.exclude = {"Trash"};
  settings.delete_after_days = 30;
  settings.smtp_url = "smtps://mail.example.org";
  const auto account = Accounts(archive()).add(settings, "secret");
  EXPECT_TRUE(account) << account.error().text;
  return account ? account->id : AccountId{};
}

Epoch LedgerFixture::open(AccountId account, const std::string& folder, std::uint32_t uidvalidity) {
  auto epoch = ledger().open_epoch(account, folder, uidvalidity);
  EXPECT_TRUE(epoch) << epoch.error().text;
  return epoch ? *std::move(epoch) : Epoch{};
}

SealReport LedgerFixture::seal(Batch&& batch) {
  const auto report = ledger().seal(std::move(batch));
  EXPECT_TRUE(report) << report.error().text;
  return report.value_or(SealReport{});
}

std::vector<Fault> LedgerFixture::faults() {
  const auto report = verify(archive(), {});
  EXPECT_TRUE(report) << report.error().text;
  return report ? report->faults : std::vector<Fault>();
}

void LedgerFixture::expect_sound() {
  for (const Fault& fault : faults())
    ADD_FAILURE() << fault.kind << " " << fault.id << ": " << fault.detail;
}

UidSet LedgerFixture::covered(const Epoch& epoch) {
  const auto epochs = ledger().epochs(epoch.account);
  EXPECT_TRUE(epochs);
  for (const Epoch& candidate : *epochs) {
    if (candidate.id == epoch.id) return candidate.covered;
  }
  ADD_FAILURE() << "no such epoch";
  return {};
}

std::string LedgerFixture::bytes_of(const common::Digest& id) {
  const auto bytes = Contents(archive()).get(id, 1ULL << 30U);
  EXPECT_TRUE(bytes) << bytes.error().text;
  return bytes.value_or("");
}

Arrival imap_message(Uid uid, std::string bytes) {
  Arrival arrival;
  arrival.uid = uid;
  arrival.announced_size = bytes.size();
  arrival.body = Body::of(std::move(bytes));
  arrival.internal_date = "17-Jul-1996 02:44:25 -0700";
  arrival.flags = "\\Seen $Work";
  return arrival;
}

Arrival pop3_message(std::string uidl, std::string bytes) {
  Arrival arrival;
  arrival.uidl = std::move(uidl);
  arrival.body = Body::of(std::move(bytes));
  return arrival;
}

Outcome outcome(UidState state, std::string_view reason, std::string_view uid_text) {
  return {state, std::string(reason), uids(uid_text), {}};
}

Outcome outcome_of_uidl(UidState state, std::string_view reason, std::string_view uidl) {
  return {state, std::string(reason), {}, std::string(uidl)};
}

UidSet uids(std::string_view text) {
  auto set = UidSet::from_string(text);
  EXPECT_TRUE(set) << text;
  return set ? *std::move(set) : UidSet();
}

}  // namespace mailkeep::store
