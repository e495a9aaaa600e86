// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Pieces of IMAP transcripts, and an archive in a directory of its own, for the tests of the
// fetcher.

#include <filesystem>
#include <memory>
#include <string>

#include "common/clock.h"
#include "fetcher/server.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "tests/support/scripted_server.h"

namespace mailkeep::test {

inline Step done(const std::string& text = "OK done") { return send("$TAG " + text); }

inline Script logged_in(const std::string& capabilities = "IMAP4rev1") {
  return {send("* OK [CAPABILITY IMAP4rev1] ready"), expect("LOGIN \"anna\" \"secret\""),
          send("$TAG OK [CAPABILITY " + capabilities + "] welcome")};
}

inline Script one_folder(const std::string& name = "INBOX") {
  return {expect("LIST \"\" \"*\""), send("* LIST () \"/\" \"" + name + "\""), done()};
}

inline Script examined(unsigned exists, unsigned uidvalidity = 7) {
  return {expect("EXAMINE"), send("* " + std::to_string(exists) + " EXISTS"),
          send("* OK [UIDVALIDITY " + std::to_string(uidvalidity) + "] valid"), done()};
}

inline Script searched(const std::string& uids) {
  return {expect("UID SEARCH ALL"), send("* SEARCH" + (uids.empty() ? "" : " " + uids)), done()};
}

inline std::string message_text(unsigned uid) {
  return "Subject: message " + std::to_string(uid) + "\r\n\r\nbody\r\n";
}

inline Step message(unsigned uid, const std::string& text) {
  return raw("* " + std::to_string(uid) + " FETCH (UID " + std::to_string(uid) +
             " FLAGS (\\Seen) INTERNALDATE \"01-Jan-2020 00:00:00 +0000\" RFC822.SIZE " +
             std::to_string(text.size()) + " BODY[] {" + std::to_string(text.size()) + "}\r\n" +
             text + ")\r\n");
}
inline Step message(unsigned uid) { return message(uid, message_text(uid)); }

inline fetcher::Server server_at(std::uint16_t port, store::TlsMode tls = store::TlsMode::None) {
  return {{"127.0.0.1", port}, tls, {}, {"anna", net::Secret(std::string("secret"))}, {}};
}

class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "mailkeep-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct TempArchive {
  TempDirectory directory;
  common::SystemClock clock;
  std::unique_ptr<store::Archive> archive;

  TempArchive() {
    store::ArchiveOptions options;
    options.data_dir = directory.path();
    archive = std::move(*store::Archive::open(options, clock));
  }
};

}  // namespace mailkeep::test
