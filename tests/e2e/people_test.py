# SPDX-License-Identifier: GPL-3.0-or-later
"""People on the command line: users, tokens, and accounts whose settings change."""

import re

from mailkeep import USAGE, ArchiveTest, main, on_both_stores

PASSWORD = b"correct horse battery\n"


@on_both_stores
class People(ArchiveTest):
    def setUp(self):
        super().setUp()
        for name in ("anna", "boris"):
            self.mailkeep.run("account", "add", name, "--url", f"imaps://{name}@mail.example",
                              "--password-stdin", stdin=b"x\n")

    def user(self, name):
        return self.mailkeep.run("user", "show", name, "--json").json()

    def test_users_are_added_changed_and_disabled(self):
        added = self.mailkeep.run("user", "add", "rita", "--role", "reviewer", "--account", "anna",
                                  "--password-stdin", "--json", stdin=PASSWORD).json()
        self.assertEqual((added["name"], added["role"], added["accounts"]), ("rita", "reviewer", ["anna"]))
        self.mailkeep.run("user", "change", "rita", "--account", "boris", "--account", "anna")
        self.assertEqual(self.user("rita")["accounts"], ["anna", "boris"])
        self.mailkeep.run("user", "change", "rita", "--no-accounts")
        self.assertEqual(self.user("rita")["accounts"], [])
        self.mailkeep.run("user", "disable", "rita")
        self.assertEqual(self.user("rita")["state"], "disabled")
        self.mailkeep.run("token", "add", "--user", "rita", expect=None)
        self.mailkeep.run("user", "enable", "rita")
        self.mailkeep.run("user", "change", "rita", "--role", "auditor")
        self.assertEqual(self.user("rita")["role"], "auditor")
        self.mailkeep.run("user", "password", "rita", "--password-stdin", stdin=b"another good one\n")
        self.mailkeep.run("user", "add", "otto", "--role", "auditor")
        names = [one["name"] for one in self.mailkeep.run("user", "list", "--json").lines()]
        self.assertEqual(names, ["otto", "rita"])
        self.assertIn("auditor", self.mailkeep.run("user", "list").text)
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def test_users_that_cannot_be_are_refused(self):
        self.mailkeep.run("user", "add", "rita", "--role", "reviewer")
        for command, stdin in (
                (("add", "x", "--role", "king"), b""), (("add", "x"), b""),
                (("add", "x", "--role", "reviewer", "--account", "nobody"), b""),
                (("add", "x", "--role", "auditor", "--account", "anna"), b""),
                (("add", "x", "--role", "auditor", "--password-stdin"), b"short\n"),
                (("add", "-x", "--role", "auditor"), b""), (("show", "nobody"), b""),
                (("password", "rita", "--password-stdin"), b"short\n")):
            with self.subTest(command=command):
                answer = self.mailkeep.run("user", *command, stdin=stdin, expect=USAGE)
                self.assertTrue(answer.err.strip())
        again = self.mailkeep.run("user", "add", "rita", "--role", "auditor", expect=None)
        self.assertNotEqual(again.code, 0)
        self.assertIn("already", again.err)
        self.assertEqual(len(self.mailkeep.run("user", "list", "--json").lines()), 1)

    def test_a_token_is_shown_once_and_kept_nowhere(self):
        self.mailkeep.run("user", "add", "rita", "--role", "reviewer", "--account", "anna")
        made = self.mailkeep.run("token", "add", "--user", "rita", "--name", "script", "--scope", "search",
                                 "--account", "anna", "--days", "7", "--json").json()
        self.assertRegex(made["secret"], r"^mk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$")
        self.assertEqual((made["scopes"], made["accounts"]), (["search"], ["anna"]))
        all_scopes = self.mailkeep.run("token", "add", "--user", "rita", "--json").json()
        self.assertIn("replies:send", all_scopes["scopes"])
        self.assertNotIn("users:write", all_scopes["scopes"])
        plain = self.mailkeep.run("token", "add", "--user", "rita").text
        secrets = [made["secret"], all_scopes["secret"], re.search(r"mk_\S+", plain).group()]
        listed = self.mailkeep.run("token", "list", "--json")
        self.assertEqual(len(listed.lines()), 3)
        for secret in secrets:
            self.assertNotIn(secret[12:].encode(), listed.out)
            for path in self.mailkeep.data.rglob("*"):
                if path.is_file():
                    self.assertNotIn(secret[12:].encode(), path.read_bytes(), str(path))

        self.mailkeep.run("token", "revoke", made["prefix"])
        self.mailkeep.run("token", "revoke", all_scopes["id"])
        revoked = {one["prefix"]: one["revoked"]
                   for one in self.mailkeep.run("token", "list", "--json").lines()}
        self.assertEqual(sum(time is not None for time in revoked.values()), 2)
        for wrong in (("--scope", "users:write"), ("--scope", "no:such"), ("--days", "0"), ("--days", "400"),
                      ("--account", "nobody")):
            self.mailkeep.run("token", "add", "--user", "rita", *wrong, expect=USAGE)
        self.mailkeep.run("token", "add", "--user", "nobody", expect=USAGE)
        self.mailkeep.run("token", "revoke", "zzzzzzzz", expect=USAGE)

    def test_each_change_of_a_right_stands_in_the_log(self):
        self.mailkeep.run("user", "add", "rita", "--role", "reviewer", "--account", "anna")
        self.mailkeep.run("user", "disable", "rita")
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])
        if self.engine == "sqlite":
            rows = self.sql(self.mailkeep,
                            "SELECT fact_text FROM events WHERE kind = 18 ORDER BY position")
            self.assertEqual(len(rows), 2)
            self.assertIn("user.changed", str(rows[1]))

    def test_account_settings_change_and_the_rest_stays(self):
        show = lambda: self.mailkeep.run("account", "show", "anna", "--json").json()
        self.mailkeep.run("account", "change", "anna", "--url", "imap://anna@new.example:1143",
                          "--interval", "600", "--send-budget", "50", "--smtp", "smtps://new.example",
                          "--smtp-user", "out",
                          "--include", "INBOX", "--include", "A*")
        changed = show()
        self.assertEqual((changed["host"], changed["port"], changed["tls"]),
                         ("new.example", 1143, "starttls"))
        self.assertEqual((changed["interval_seconds"], changed["send_budget"]), (600, 50))
        self.assertEqual((changed["smtp"], changed["smtp_user"]),
                         ("smtps://new.example", "out"))
        self.assertEqual(changed["include"], ["INBOX", "A*"])
        self.assertTrue(changed["has_password"])
        password_file = self.mailkeep.data / "smtp-password"
        password_file.write_bytes(b"for sending alone\n")
        self.mailkeep.run("account", "change", "anna", "--interval", "none", "--no-include",
                          "--smtp-password-file", str(password_file))
        password_file.unlink()
        after = show()
        self.assertEqual((after["interval_seconds"], after["include"], after["send_budget"]), (None, [], 50))
        self.assertTrue(after["has_smtp_password"])
        self.assertEqual(after["host"], "new.example")
        for wrong in (("--interval", "1"), ("--interval", "x"), ("--send-budget", "-1"),
                      ("--url", "pop3s://anna@new.example"), ("--tls", "maybe")):
            self.mailkeep.run("account", "change", "anna", *wrong, expect=USAGE)
        self.assertEqual(show(), after)
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def test_accounts_come_from_a_file_all_or_none(self):
        table = self.directory / "accounts.csv"
        names = lambda: [one["name"] for one in self.mailkeep.run("account", "list", "--json").lines()]
        table.write_text('name,url,password,custodian,interval\n'
                         'carl,imaps://carl@mail.example,"se""cret, x","Carl, the first",\n'
                         'dora,pop3s://dora@mail.example,secret,,900\n')
        self.mailkeep.run("account", "import", str(table), "--interval", "60", "--send-budget", "5")
        self.assertEqual(names(), ["anna", "boris", "carl", "dora"])
        carl, dora = (self.mailkeep.run("account", "show", name, "--json").json()
                      for name in ("carl", "dora"))
        self.assertEqual((carl["custodian"], carl["interval_seconds"]), ("Carl, the first", 60))
        self.assertEqual((dora["interval_seconds"], dora["send_budget"]), (900, 5))
        self.assertTrue(carl["has_password"])
        for text in ("", "name,url,password\n", "name,color\nx,red\n", "name,url\nx,imaps://x@y\n",
                     "name,url,password\ne,imaps://e@y,p\nf,http://f@y,p\n",
                     "name,url,password\ne,imaps://e@y\n"):
            table.write_text(text)
            self.assertTrue(self.mailkeep.run("account", "import", str(table), expect=USAGE).err)
        table.write_text("name,url,password\ne,imaps://e@y,p\nanna,imaps://f@y,p\n")
        self.assertIn("already", self.mailkeep.run("account", "import", str(table), expect=None).err)
        self.assertEqual(names(), ["anna", "boris", "carl", "dora"])


if __name__ == "__main__":
    main()
