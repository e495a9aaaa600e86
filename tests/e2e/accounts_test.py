# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts: every way to connect that the addresses name, pausing and removing, sealed passwords."""

from dovecot import TemporaryDovecot
from mailkeep import USAGE, ArchiveTest, main, on_both_stores


def setUpModule():
    global server, plain
    server = TemporaryDovecot({"anna": "secret word", "tom@halden.example": "x"}).__enter__()
    plain = TemporaryDovecot({"anna": "secret word"}, tls="no")
    try:
        plain.__enter__()
        server.append_all("anna", [(folder, b"Subject: %d\r\n\r\n.\r\n..x\r\n" % number, (), None)
                                   for number, folder in enumerate(["INBOX", "INBOX", "Other"])])
        server.append("tom@halden.example", "INBOX", b"Subject: tom\r\n\r\n")
        for number in range(3):
            plain.drop("anna", "INBOX", b"Subject: %d\r\n\r\nplain\r\n" % number)
    except BaseException:
        tearDownModule()
        raise


def tearDownModule():
    plain.__exit__()
    server.__exit__()


@on_both_stores
class Accounts(ArchiveTest):
    def test_each_form_of_tls_archives_the_same(self):
        view = server.client_view("anna")
        inbox = set(server.pop3_view("anna").values())
        for scheme in ("imaps", "imap", "pop3s", "pop3"):
            with self.subTest(scheme=scheme):
                self.mailkeep.add_account(scheme, server, "anna", scheme)
                self.mailkeep.run("fetch", scheme)
                sightings = self.mailkeep.sightings(scheme)
                if scheme.startswith("imap"):
                    self.assertEqual(sightings, view)
                else:
                    self.assertEqual(set(sightings.values()), inbox)
                self.assertTrue(self.mailkeep.report(scheme)["complete"])

    def test_starttls_is_really_used(self):
        self.mailkeep.add_account("imap", server, "anna", "imap")
        self.mailkeep.add_account("pop3", server, "anna", "pop3")
        before = len(server.log())
        self.mailkeep.run("fetch")
        server.bodies_sent()
        logins = [line for line in server.log()[before:].splitlines() if "Info: Login:" in line]
        self.assertEqual(len(logins), sum(", TLS" in line for line in logins))
        self.assertGreaterEqual(len(logins), 2)

    def test_a_plain_connection_needs_the_words(self):
        for scheme in ("imap", "pop3"):
            self.mailkeep.add_account(scheme, plain, "anna", scheme, "--tls", "none")
        self.mailkeep.run("fetch")
        self.assertEqual(len(self.mailkeep.sightings("imap")), 3)
        self.assertEqual(len(self.mailkeep.sightings("pop3")), 3)

    def test_user_names_are_percent_decoded(self):
        self.mailkeep.run("account", "add", "tom", "--url",
                          f"imaps://tom%40halden.example@localhost:{server.imaps_port}", "--ca",
                          server.ca_file, "--password-stdin", stdin=b"x\n")
        self.mailkeep.run("fetch")
        self.assertEqual(len(self.mailkeep.messages()), 1)
        shown = self.mailkeep.run("account", "show", "tom", "--json").json()
        self.assertEqual(shown["user"], "tom@halden.example")

    def test_a_paused_account_rests_until_it_is_resumed(self):
        self.mailkeep.add_account("anna", server, "anna")
        self.mailkeep.run("account", "pause", "anna")
        self.mailkeep.run("fetch")
        self.assertEqual(self.mailkeep.messages(), [])
        self.mailkeep.run("account", "resume", "anna")
        self.mailkeep.run("fetch")
        self.assertEqual(self.mailkeep.sightings("anna"), server.client_view("anna"))

    def test_removing_an_account_keeps_its_mail(self):
        self.mailkeep.add_account("anna", server, "anna")
        self.mailkeep.run("fetch")
        listed = self.mailkeep.messages()
        self.mailkeep.run("account", "remove", "anna")

        self.mailkeep.run("fetch")

        self.assertEqual(self.mailkeep.messages(), listed)
        self.mailkeep.run("account", "resume", "anna", expect=USAGE)
        states = {one["name"]: one["state"] for one in
                  self.mailkeep.run("account", "list", "--json").lines()}
        self.assertEqual(states, {"anna": "removed"})
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def test_no_password_is_stored_or_printed_in_the_clear(self):
        self.mailkeep.add_account("anna", server, "anna")
        self.mailkeep.run("fetch")
        printed = b"".join(self.mailkeep.run(*command).out for command in (
            ("account", "show", "anna", "--json"), ("account", "list", "--json"), ("status",)))
        self.assertNotIn(b"secret word", printed)
        for path in self.mailkeep.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"secret word", path.read_bytes(), str(path))
        if self.engine == "postgresql":
            self.assertEqual(self.sql(self.mailkeep, "SELECT count(*) FROM accounts WHERE position("
                                      "'secret word'::bytea IN secret) > 0"), [("0",)])

    def test_files_under_the_data_directory_are_for_their_owner_alone(self):
        self.mailkeep.add_account("anna", server, "anna")
        self.mailkeep.run("checkpoint")
        for name in ("secret.key", "signer.key"):
            self.assertEqual((self.mailkeep.data / name).stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.mailkeep.data.stat().st_mode & 0o077, 0)


if __name__ == "__main__":
    main()
