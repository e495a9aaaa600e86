// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Accounts: whose mail is fetched from where, and the sealed credentials.
//
// Each change of settings or state is an entry in the log, in the same transaction. Removing an
// account ends fetching and forgets its secrets; the evidence stays. Secrets are sealed with
// XChaCha20-Poly1305 (libsodium) under <data>/secret.key (0600) or the key file that systemd's
// $CREDENTIALS_DIRECTORY/mailkeep-secret-key names; the key's id stands with each secret.
// Durable on return. Any thread may call.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::store {

enum class Protocol {
  Imap,
  Pop3,
  Import
};  // Import: what `mailkeep import` brought, never fetched
enum class TlsMode { Implicit, Starttls, None };
enum class AccountState { Active, Paused, Removed };

struct AccountSettings {
  std::string name;  // unique among all accounts ever, as the user typed it
  Protocol protocol = Protocol::Imap;
  TlsMode tls = TlsMode::Implicit;
  std::string host;
  std::uint16_t port = 0;
  std::string user;
  std::string ca_file;               // PEM path; empty: the system's authorities
  std::string custodian;             // empty: the account's name
  std::string address;               // own address for replies; may be empty
  std::vector<std::string> include;  // folder globs, or "\Junk" (RFC 6154); none: all
  std::vector<std::string> exclude;
  std::optional<std::uint32_t> delete_after_days;
  std::string smtp_url;  // may be empty

  // Settings that came later; in the database they stand together in one column of options.
  std::optional<std::uint32_t> interval_seconds;  // between two passes of the service
  std::string smtp_user;                          // empty: the same as `user`
  std::optional<std::uint32_t> send_budget;       // recipients a day

  // How to log in. The mechanism, "scram-sha-256" for instance: that one or none. Empty: the
  // strongest that the server offers, never CRAM-MD5.
  std::string auth;
  std::string oauth_provider;  // "google", "microsoft" or the absolute path of a .conf; or empty
  std::string tls_pin;         // "sha256:" and the hex SHA-256 of the certificate's public key
  std::string client_certificate;  // absolute path of a PEM with certificate and key, or empty

  bool compress = false;  // COMPRESS=DEFLATE (RFC 4978) where it is offered
  bool watch = true;      // the service stays connected and waits for news (IDLE)
  std::optional<std::uint64_t> bytes_per_day;    // of fetched mail; none: the provider's limit
  std::optional<std::uint32_t> max_connections;  // to this server; none: the provider's limit

  // Which messages, by INTERNALDATE and size; the rest is excluded by rule.
  std::optional<std::uint32_t> max_age_days, min_age_days;
  std::optional<std::uint64_t> max_message_bytes;

  bool operator==(const AccountSettings&) const = default;
};

struct Account {
  AccountId id;
  AccountSettings settings;
  AccountState state = AccountState::Active;
  common::Micros created = 0;
  bool has_password = false;
  bool has_smtp_password = false;  // of its own; otherwise the password serves both
  LogPosition version{};           // of the newest entry about it: moves with every change
};

// What is not given stays as it is; an empty SMTP password forgets the one there is.
struct NewSecrets {
  std::optional<std::string> password, smtp_password;
};

class Accounts {
 public:
  explicit Accounts(Archive& archive) : archive_(archive) {}

  // Conflict if the name is taken (also by a removed account).
  common::Result<Account> add(const AccountSettings& settings, std::string_view password);
  common::Result<std::vector<Account>> list();          // by name
  common::Result<Account> find(std::string_view name);  // NotFound
  common::Result<Account> find_by_id(AccountId id);     // NotFound
  // The names of those that there are, in one look.
  common::Result<std::map<AccountId, std::string>> names(std::span<const AccountId> ids);
  // The import account of this name, made when it is not there yet.
  common::Result<Account> get_import_account(std::string_view name);
  // Other settings from now on, and other secrets with them: at no moment can the old secret go to
  // the new server. Usage if name or protocol differ; Conflict if the account was removed, or if
  // `expected` is given and is not its version any more.
  common::Result<Account> change(AccountId id, const AccountSettings& settings,
                                 std::optional<LogPosition> expected = {},
                                 const NewSecrets& secrets = {});
  common::Status set_state(AccountId id, AccountState state);
  common::Status set_password(AccountId id, std::string_view password);
  // Config if the key that sealed it is gone: the text says to set the password again.
  common::Result<std::string> password(AccountId id);
  // The SMTP user's own password, sealed apart; an empty one forgets it. Config if there is none.
  common::Status set_smtp_password(AccountId id, std::string_view password);
  common::Result<std::string> smtp_password(AccountId id);

 private:
  Archive& archive_;
};

std::string_view name_of(Protocol protocol);   // "imap" "pop3" "import"
std::string_view name_of(TlsMode mode);        // "implicit" "starttls" "none"
std::string_view name_of(AccountState state);  // "active" "paused" "removed"

}  // namespace mailkeep::store
