// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/accounts.h"

#include <sys/stat.h>

#include <fstream>

#include "common/encoding.h"
#include "store/log/facts.h"
#include "store/overview.h"
#include "store/verify.h"
#include "tests/component/store/store_fixture.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;

class AccountsTest : public StoreTest {
 protected:
  static AccountSettings anna() {
    AccountSettings settings;
    settings.name = "anna";
    settings.protocol = Protocol::Pop3;
    settings.tls = TlsMode::Starttls;
    settings.host = "mail.example.org";
    settings.port = 110;
    settings.user = "anna@example.org";
    settings.ca_file = "/etc/ca.pem";
    settings.custodian = "Anna Ärmel";
    settings.address = "anna@example.org";
    settings.include = {"INBOX", "Arch*"};
    settings.exclude = {"Junk"};
    settings.delete_after_days = 30;
    settings.smtp_url = "smtps://mail.example.org";
    settings.interval_seconds = 600;
    settings.smtp_user = "out=anna";
    settings.send_budget = 0;
    return settings;
  }
  static AccountSettings named(std::string name) {
    AccountSettings settings;
    settings.name = std::move(name);
    return settings;
  }
  std::int64_t entries() { return number_of("SELECT size FROM log_head WHERE one = 1"); }

  Accounts accounts() { return Accounts(archive()); }
};
MAILKEEP_BOTH_ENGINES(AccountsTest);

TEST_P(AccountsTest, GivesBackEverySetting) {
  ASSERT_OK(accounts().add(anna(), "secret"));
  reopen();
  const auto found = accounts().find("anna");
  ASSERT_OK(found);

  EXPECT_EQ(found->settings.protocol, Protocol::Pop3);
  EXPECT_EQ(found->settings.tls, TlsMode::Starttls);
  EXPECT_EQ(found->settings.host, "mail.example.org");
  EXPECT_EQ(found->settings.port, 110);
  EXPECT_EQ(found->settings.user, "anna@example.org");
  EXPECT_EQ(found->settings.ca_file, "/etc/ca.pem");
  EXPECT_EQ(found->settings.custodian, "Anna Ärmel");
  EXPECT_EQ(found->settings.address, "anna@example.org");
  EXPECT_EQ(found->settings.include, (std::vector<std::string>{"INBOX", "Arch*"}));
  EXPECT_EQ(found->settings.exclude, std::vector<std::string>{"Junk"});
  EXPECT_EQ(found->settings.delete_after_days, 30U);
  EXPECT_EQ(found->settings.smtp_url, "smtps://mail.example.org");
  EXPECT_EQ(found->settings, anna());
  EXPECT_EQ(found->state, AccountState::Active);
  EXPECT_EQ(found->created, clock_.time);
  EXPECT_TRUE(found->has_password);
}

TEST_P(AccountsTest, LogsEachVersionInTheSameTransaction) {
  const auto account = accounts().add(anna(), "");
  ASSERT_OK(account);
  ASSERT_OK(accounts().set_state(account->id, AccountState::Paused));

  EXPECT_EQ(entries(), 2);
  EXPECT_EQ(number_of("SELECT count(*) FROM log_entries"), 2);
  EXPECT_EQ(number_of("SELECT count(*) FROM account_versions"), 2);
  EXPECT_EQ(number_of("SELECT version_position FROM accounts"), 1);
  const std::string fact =
      encode(AccountVersion{account->id, AccountState::Paused, account->settings, clock_.time});
  EXPECT_EQ(number_of("SELECT position FROM account_versions WHERE fact = $1", {Blob{fact}}), 1);
}

TEST_P(AccountsTest, RefusesATakenName) {
  ASSERT_OK(accounts().add(named("anna"), ""));
  ASSERT_FAILS(accounts().add(named("anna"), ""), ErrorKind::Conflict);
  EXPECT_EQ(entries(), 1);
}

TEST_P(AccountsTest, KeepsTheNameOfARemovedAccountTaken) {
  const auto account = accounts().add(named("anna"), "secret");
  ASSERT_OK(account);
  ASSERT_OK(accounts().set_state(account->id, AccountState::Removed));

  ASSERT_FAILS(accounts().add(named("anna"), ""), ErrorKind::Conflict);
  ASSERT_FAILS(accounts().set_state(account->id, AccountState::Active), ErrorKind::Conflict);
  ASSERT_FAILS(accounts().set_password(account->id, "again"), ErrorKind::Conflict);
  const auto found = accounts().find("anna");
  ASSERT_OK(found);
  EXPECT_EQ(found->state, AccountState::Removed);
  EXPECT_FALSE(found->has_password);
  EXPECT_EQ(number_of("SELECT count(*) FROM accounts WHERE secret IS NULL"), 1);
}

TEST_P(AccountsTest, ListsByName) {
  for (const char* name : {"b", "a b", "Z", "ä", "a"}) ASSERT_OK(accounts().add(named(name), ""));
  const auto list = accounts().list();
  ASSERT_OK(list);
  std::vector<std::string> names;
  for (const Account& account : *list) names.push_back(account.settings.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Z", "a", "a b", "b", "ä"}));
}

TEST_P(AccountsTest, DoesNotFindWhatIsNotThere) {
  ASSERT_FAILS(accounts().find("nobody"), ErrorKind::NotFound);
  ASSERT_FAILS(accounts().set_state(AccountId(9), AccountState::Paused), ErrorKind::NotFound);
}

TEST_P(AccountsTest, NamesManyInOneLook) {
  const auto anna = accounts().add(named("anna"), "");
  const auto boris = accounts().add(named("boris"), "");
  const std::vector<AccountId> ids = {boris->id, anna->id, AccountId(99)};
  const auto names = accounts().names(ids);
  ASSERT_OK(names);
  EXPECT_EQ(*names, (std::map<AccountId, std::string>{{anna->id, "anna"}, {boris->id, "boris"}}));
  EXPECT_TRUE(accounts().names({})->empty());
}

TEST_P(AccountsTest, MakesAnImportAccountOnce) {
  const auto first = accounts().get_import_account("old mail");
  const auto second = accounts().get_import_account("old mail");
  ASSERT_OK(first);
  ASSERT_OK(second);
  EXPECT_EQ(first->id, second->id);
  EXPECT_EQ(first->settings.protocol, Protocol::Import);
  EXPECT_EQ(entries(), 1);

  ASSERT_OK(accounts().add(named("anna"), ""));
  ASSERT_FAILS(accounts().get_import_account("anna"), ErrorKind::Conflict);
}

TEST_P(AccountsTest, UnsealsThePasswordThatWasSealed) {
  const std::string secret("pä\0ss\xff", 7);
  const auto account = accounts().add(named("anna"), secret);
  ASSERT_OK(account);
  reopen();
  EXPECT_EQ(accounts().password(account->id).value(), secret);
  ASSERT_OK(accounts().set_password(account->id, "new"));
  EXPECT_EQ(accounts().password(account->id).value(), "new");
  EXPECT_EQ(number_of("SELECT count(*) FROM accounts WHERE secret = $1", {Blob{"new"}}), 0);
}

TEST_P(AccountsTest, HasNoPasswordUntilOneIsSet) {
  const auto account = accounts().add(named("anna"), "");
  ASSERT_OK(account);
  EXPECT_FALSE(account->has_password);
  ASSERT_FAILS(accounts().password(account->id), ErrorKind::Config);
}

TEST_P(AccountsTest, SaysThatTheKeyIsAnotherOne) {
  const auto account = accounts().add(named("anna"), "secret");
  ASSERT_OK(account);
  std::filesystem::remove(data_dir() / "secret.key");
  ASSERT_FAILS(accounts().password(account->id), ErrorKind::Config);
  reopen();  // makes a new key

  const auto lost = accounts().password(account->id);
  ASSERT_FAILS(lost, ErrorKind::Config);
  EXPECT_NE(lost.error().text.find("set the password again"), std::string::npos);
}

TEST_P(AccountsTest, RefusesTheSecretOfAnotherAccount) {
  const auto anna = accounts().add(named("anna"), "hers");
  const auto boris = accounts().add(named("boris"), "his");
  ASSERT_OK(boris);
  change("UPDATE accounts SET secret = (SELECT secret FROM accounts WHERE id = $1) WHERE id = $2",
         {number(anna->id), number(boris->id)});

  ASSERT_FAILS(accounts().password(boris->id), ErrorKind::Config);
  EXPECT_EQ(accounts().password(anna->id).value(), "hers");
}

TEST_P(AccountsTest, RefusesAKeyThatOthersMayRead) {
  const auto account = accounts().add(named("anna"), "secret");
  ASSERT_OK(account);
  ASSERT_EQ(::chmod((data_dir() / "secret.key").c_str(), 0640), 0);
  const auto refused = accounts().password(account->id);
  ASSERT_FAILS(refused, ErrorKind::Config);
  EXPECT_NE(refused.error().text.find("chmod 0600"), std::string::npos);
}

TEST_P(AccountsTest, TakesTheKeyThatSystemdHandsOver) {
  const TemporaryDirectory credentials;
  const auto file = credentials.path() / "mailkeep-secret-key";
  std::ofstream(file) << std::string(64, 'a') << '\n';
  ASSERT_EQ(::chmod(file.c_str(), 0400), 0);
  ASSERT_EQ(::setenv("CREDENTIALS_DIRECTORY", credentials.path().c_str(), 1), 0);

  const auto account = accounts().add(named("anna"), "secret");
  const auto unsealed =
      account ? accounts().password(account->id) : tl::unexpected(account.error());
  const auto counts = overview(archive());
  ::unsetenv("CREDENTIALS_DIRECTORY");

  ASSERT_OK(unsealed);
  EXPECT_EQ(*unsealed, "secret");
  ASSERT_OK(counts);
  const auto key = common::from_hex(std::string(64, 'a'));
  EXPECT_EQ(counts->secret_key_id, common::Sha256::of(*key).hex().substr(0, 16));
  ASSERT_FAILS(accounts().password(account->id), ErrorKind::Config);
}

TEST_P(AccountsTest, ChangesSettingsWithAnEntryForEachChange) {
  const auto account = accounts().add(anna(), "secret");
  ASSERT_OK(account);
  AccountSettings other = anna();
  other.host = "new.example.org";
  other.port = 995;
  other.tls = TlsMode::Implicit;
  other.delete_after_days.reset();
  other.interval_seconds.reset();
  other.smtp_user = "elsewhere";
  const auto changed = accounts().change(account->id, other, account->version);
  ASSERT_OK(changed);
  reopen();
  const auto found = accounts().find_by_id(account->id);
  ASSERT_OK(found);
  EXPECT_EQ(found->settings, other);
  EXPECT_EQ(found->version, changed->version);
  EXPECT_EQ(number(found->version), 1);
  EXPECT_EQ(found->created, account->created);
  EXPECT_EQ(accounts().password(account->id).value(), "secret");
  EXPECT_EQ(entries(), 2);
  ASSERT_OK(accounts().change(account->id, other));  // nothing changes, nothing is written
  EXPECT_EQ(entries(), 2);
  const auto report = verify(archive(), {});
  ASSERT_OK(report);
  EXPECT_TRUE(report->faults.empty());
}

TEST_P(AccountsTest, RefusesAChangeOfWhatHasMovedOrMayNotChange) {
  const auto account = accounts().add(anna(), "");
  ASSERT_OK(accounts().set_state(account->id, AccountState::Paused));
  AccountSettings other = anna();
  other.host = "new.example.org";
  ASSERT_FAILS(accounts().change(account->id, other, account->version), ErrorKind::Conflict);
  other.name = "boris";
  ASSERT_FAILS(accounts().change(account->id, other), ErrorKind::Usage);
  other = anna();
  other.protocol = Protocol::Imap;
  ASSERT_FAILS(accounts().change(account->id, other), ErrorKind::Usage);
  other = anna();
  other.smtp_user = "two\nlines";
  ASSERT_FAILS(accounts().change(account->id, other), ErrorKind::Usage);
  ASSERT_OK(accounts().set_state(account->id, AccountState::Removed));
  ASSERT_FAILS(accounts().change(account->id, anna()), ErrorKind::Conflict);
  EXPECT_EQ(accounts().find_by_id(account->id)->settings, anna());
  EXPECT_EQ(entries(), 3);
}

TEST_P(AccountsTest, SealsTheSmtpPasswordApart) {
  const auto account = accounts().add(anna(), "for fetching");
  ASSERT_FAILS(accounts().smtp_password(account->id), ErrorKind::Config);
  ASSERT_OK(accounts().set_smtp_password(account->id, "for sending"));
  reopen();
  EXPECT_EQ(accounts().smtp_password(account->id).value(), "for sending");
  EXPECT_EQ(accounts().password(account->id).value(), "for fetching");
  EXPECT_TRUE(accounts().find("anna")->has_smtp_password);

  // Neither secret serves in the other's place.
  change("UPDATE accounts SET secret = smtp_secret");
  ASSERT_FAILS(accounts().password(account->id), ErrorKind::Config);
  ASSERT_OK(accounts().set_smtp_password(account->id, ""));
  EXPECT_FALSE(accounts().find("anna")->has_smtp_password);

  ASSERT_OK(accounts().set_smtp_password(account->id, "for sending"));
  ASSERT_OK(accounts().set_state(account->id, AccountState::Removed));
  EXPECT_EQ(number_of("SELECT count(*) FROM accounts WHERE smtp_secret IS NULL"), 1);
  ASSERT_FAILS(accounts().set_smtp_password(account->id, "again"), ErrorKind::Conflict);
}

TEST_P(AccountsTest, TakesNewSecretsWithTheSettingsOrNeither) {
  const auto account = accounts().add(anna(), "old");
  AccountSettings other = anna();
  other.host = "new.example";
  const auto changed =
      accounts().change(account->id, other, account->version, {"new", "for sending"});
  ASSERT_OK(changed);
  EXPECT_TRUE(changed->has_smtp_password);
  EXPECT_EQ(accounts().password(account->id).value(), "new");
  EXPECT_EQ(accounts().smtp_password(account->id).value(), "for sending");
  ASSERT_FAILS(accounts().change(account->id, anna(), account->version, {"late", {}}),
               ErrorKind::Conflict);
  EXPECT_EQ(accounts().password(account->id).value(), "new");
  ASSERT_OK(accounts().change(account->id, other, {}, {{}, ""}));  // the settings as they were
  EXPECT_FALSE(accounts().find("anna")->has_smtp_password);
}

TEST_P(AccountsTest, LeavesEmptyOptionsOutOfTheFact) {
  const AccountVersion plain{AccountId(1), AccountState::Active, named("anna"), clock_.time};
  AccountVersion more = plain;
  more.settings.send_budget = 5;
  const std::string old_fact = encode(plain);
  const std::string fact = encode(more);
  EXPECT_TRUE(fact.starts_with(old_fact));
  EXPECT_EQ(decode_account_version(old_fact)->options, "");
  EXPECT_EQ(decode_account_version(fact)->options, "send_budget=5");
  EXPECT_FALSE(decode_account_version(old_fact + std::string(4, '\0')));
}

TEST_P(AccountsTest, CountsInTheOverview) {
  ASSERT_OK(accounts().add(named("anna"), "secret"));
  const auto counts = overview(archive());
  ASSERT_OK(counts);
  EXPECT_EQ(counts->engine, GetParam());
  EXPECT_EQ(counts->schema, "3");
  EXPECT_EQ(counts->accounts, 1U);
  EXPECT_EQ(counts->messages, 0U);
  EXPECT_EQ(counts->raw_bytes, 0U);
  EXPECT_EQ(counts->log_entries, 1U);
  EXPECT_EQ(counts->secret_key_id.size(), 16U);
}

}  // namespace
}  // namespace mailkeep::store
