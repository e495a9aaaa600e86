# SPDX-License-Identifier: GPL-3.0-or-later
"""Replies through a real SMTP server: what arrives, what is kept, and what the exit code says."""

import email
import email.policy
from email.utils import getaddresses
from urllib.parse import quote

from exim import TemporaryExim
from mailkeep import CONFIG, FAULTS, LATER, OK, USAGE, ArchiveTest, main, on_both_stores

USER = "anna@example.org"
ORIGINAL = (b"From: =?utf-8?q?J=C3=B6rg?= <bob@other.example>\r\n"
            b"To: anna@example.org, Carl <carl@other.example>\r\n"
            b"Cc: dora@other.example, ANNA@example.org\r\nBcc: hidden@other.example\r\n"
            b"Disposition-Notification-To: spy@other.example\r\n"
            b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@other.example>\r\n"
            b"References: <0@other.example>\r\nDate: Thu, 1 Jan 2026 10:00:00 +0000\r\n\r\n"
            b"Where are they?\r\n.\r\n..two dots\r\n")


@on_both_stores
class Reply(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.server = TemporaryExim({USER: "secret", "other": "geheim"}).__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.add_account("anna", self.server.url())
        self.original = self.archive("original", ORIGINAL)
        self.text = self.write("text", "They come.\n.\n\nGrüße\n")

    def add_account(self, name, smtp, *more, user=USER, password=None):
        self.mailkeep.run("account", "add", name, "--url", f"imaps://{quote(user, safe='')}@localhost:1",
                          "--ca", self.server.ca_file, "--smtp", smtp, "--password-file",
                          password or self.server.password_file(user), *more)

    def write(self, name, text):
        path = self.directory / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def archive(self, name, raw):
        known = {message["id"] for message in self.mailkeep.messages()}
        self.mailkeep.run("import", self.write(f"{name}.eml", raw))
        (new,) = {message["id"] for message in self.mailkeep.messages()} - known
        return new

    def reply(self, *arguments, expect=OK, to=None, account="anna"):
        done = self.mailkeep.run("reply", to or self.original, "--account", account, "--from-file",
                                 self.text, "--json", *arguments, expect=expect)
        return done.json() if done.out else done

    def outbox(self):
        return {item["outbox"]: item for item in self.mailkeep.run("outbox", "list", "--json").lines()}

    def assert_sound(self):
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def test_arrives_as_it_is_kept(self):
        item = self.reply("--all")
        (mail,) = self.server.messages(1)
        self.assertEqual(mail.raw, self.mailkeep.raw(item["id"]))  # the exact bytes are the record
        self.assertEqual(mail.envelope_from, USER)
        self.assertEqual(mail.recipients,
                         ["bob@other.example", "carl@other.example", "dora@other.example"])
        self.assertEqual(item["recipients"], mail.recipients)
        self.assertEqual(item["state"], "sent")
        (delivery,) = item["deliveries"]
        self.assertIn("TLSv1.3", delivery["server"])
        self.assertIn("Exim", delivery["greeting"])
        self.assertTrue(all(one["accepted"] and one["code"] == 250 for one in delivery["recipients"]))
        self.assert_sound()

    def test_reads_well_to_an_independent_reader(self):
        self.reply("--all", "--cc", "eve@x.example")
        (mail,) = self.server.messages(1)
        read = email.message_from_bytes(mail.raw, policy=email.policy.default)
        self.assertEqual(read.defects, [])
        self.assertEqual(read["subject"], "Re: Grüße")
        self.assertEqual(read["in-reply-to"], "<1@other.example>")
        self.assertEqual(read["references"], "<0@other.example> <1@other.example>")
        self.assertEqual(getaddresses([str(read["to"])]), [("Jörg", "bob@other.example")])
        self.assertEqual([address for _, address in getaddresses([str(read["cc"])])],
                         ["carl@other.example", "dora@other.example", "eve@x.example"])
        for absent in ("bcc", "disposition-notification-to", "return-receipt-to", "reply-to"):
            self.assertIsNone(read[absent])
        text = read.get_content().replace("\r\n", "\n")
        self.assertTrue(text.startswith("They come.\n.\n\nGrüße\n\nOn 1 Jan 2026 at 10:00 UTC, Jörg"),
                        text)
        self.assertIn("\n> ..two dots", text)

    def test_starttls_and_login_reach_the_server_too(self):
        with TemporaryExim({USER: "secret"}, mechanisms="LOGIN") as server:
            self.mailkeep.run("account", "add", "starttls", "--url", "imaps://anna%40example.org@localhost:1",
                              "--ca", server.ca_file, "--password-file", server.password_file(USER),
                              "--smtp", server.url(scheme="smtp"))
            self.assertIn("TLS", self.reply(account="starttls")["deliveries"][0]["server"])
            self.assertEqual(len(server.messages(1)), 1)

    def test_plain_connection_only_by_the_accounts_word(self):
        with TemporaryExim({USER: "secret"}, offers_login_in_clear=True) as server:
            for name, more in (("word", ("--tls", "none")), ("no-word", ())):
                self.mailkeep.run("account", "add", name, "--url", "imap://anna%40example.org@localhost:1",
                                  "--password-file", server.password_file(USER), *more,
                                  "--smtp", server.url(scheme="smtp"))
            self.assertIn("no TLS", self.reply(account="word")["deliveries"][0]["server"])
            item = self.reply(account="no-word", expect=LATER)  # the certificate is not trusted
            self.assertEqual(item["state"], "queued")
            self.assertEqual(len(server.messages(1)), 1)

    def test_untrusted_server_gets_nothing_and_the_reply_waits(self):
        self.mailkeep.run("account", "add", "trusting", "--url", "imaps://anna%40example.org@localhost:1",
                          "--password-file", self.server.password_file(USER), "--smtp", self.server.url())
        item = self.reply(account="trusting", expect=LATER)
        self.assertEqual(item["state"], "queued")
        self.assertEqual(item["deliveries"][0]["state"], "deferred")
        self.assertEqual(self.server.accepted_ids(), [])

    def test_wrong_password_is_refused_and_shown(self):
        self.add_account("wrong", self.server.url(), password=self.write("wrong", "nonsense\n"))
        item = self.reply(account="wrong", expect=FAULTS)
        self.assertEqual(item["state"], "failed")
        self.assertIn("login", item["detail"])
        self.assertNotIn("nonsense", str(item))

    def test_says_for_each_recipient_what_became_of_it(self):
        mixed = self.archive("mixed", ORIGINAL.replace(b"carl@", b"refused@"))
        item = self.reply("--all", to=mixed, expect=FAULTS)
        self.assertEqual(item["state"], "sent")
        answers = {one["recipient"]: (one["accepted"], one["code"])
                   for one in item["deliveries"][0]["recipients"]}
        self.assertEqual(answers, {"bob@other.example": (True, 250), "dora@other.example": (True, 250),
                                   "refused@other.example": (False, 550)})
        (mail,) = self.server.messages(1)
        self.assertEqual(mail.recipients, ["bob@other.example", "dora@other.example"])
        nobody = self.archive("nobody", ORIGINAL.replace(b"bob@", b"refused@"))
        self.assertEqual(self.reply(to=nobody, expect=FAULTS)["state"], "failed")
        self.assertEqual(len(self.server.accepted_ids()), 1)
        self.assert_sound()

    def test_recipient_that_is_put_off_waits_with_all_of_them_at_first(self):
        later = self.archive("later", ORIGINAL.replace(b"carl@", b"later@"))
        item = self.reply("--all", "--key", "k", to=later, expect=LATER)
        self.assertEqual(item["state"], "queued")
        self.assertEqual(self.server.accepted_ids(), [])
        for attempt in (2, 3):
            item = self.reply("--all", "--key", "k", to=later, expect=LATER)
            self.assertEqual(item["attempts"], attempt)
        item = self.reply("--all", "--key", "k", to=later, expect=FAULTS)
        self.assertEqual(item["state"], "sent")
        (mail,) = self.server.messages(1)
        self.assertEqual(mail.recipients, ["bob@other.example", "dora@other.example"])

    def test_key_sends_once(self):
        first = self.reply("--key", "monday")
        self.assertEqual(self.reply("--key", "monday"), first)
        self.assertEqual(len(self.server.accepted_ids()), 1)
        self.text = self.write("other", "Something else\n")
        refused = self.mailkeep.run("reply", self.original, "--account", "anna", "--key", "monday",
                                    "--from-file", self.text, expect=USAGE)
        self.assertIn("key", refused.err)
        self.reply("--key", "tuesday")
        self.assertEqual(len(self.server.accepted_ids()), 2)

    def test_outbox_tells_cancels_and_sends_again(self):
        self.server.stop()
        queued = self.reply(expect=LATER)
        doomed = self.reply(expect=LATER)
        self.assertEqual({item["state"] for item in self.outbox().values()}, {"queued"})
        self.mailkeep.run("outbox", "cancel", doomed["outbox"])
        self.mailkeep.run("outbox", "cancel", doomed["outbox"], expect=USAGE)
        self.mailkeep.run("outbox", "resend", queued["outbox"], expect=USAGE)
        self.mailkeep.run("outbox", "show", 99, expect=FAULTS)
        self.server.start()
        # A process died while it was sending.
        self.sql(self.mailkeep, f"UPDATE outbox SET state = 'sending', attempts = attempts + 1 "
                                f"WHERE id = {queued['outbox']}")
        self.mailkeep.run("outbox", "send", expect=LATER)
        self.assertEqual(self.outbox()[queued["outbox"]]["state"], "unknown")
        self.text = self.write("third", "A third one\n")
        self.reply()
        self.assertEqual(len(self.server.accepted_ids()), 1)  # it was not sent by itself
        self.mailkeep.run("outbox", "resend", queued["outbox"])
        shown = self.mailkeep.run("outbox", "show", queued["outbox"], "--json").json()
        self.assertEqual([one["state"] for one in shown["deliveries"]],
                         ["deferred", "unknown", "resend", "sent"])
        self.assertEqual(len(self.server.accepted_ids()), 2)
        people = self.mailkeep.run("outbox", "show", queued["outbox"]).text
        self.assertIn("bob@other.example accepted: 250", people)
        self.assert_sound()

    def test_sending_all_logs_in_once_where_the_login_is_refused(self):
        self.server.stop()
        first, second = self.reply(expect=LATER), self.reply(expect=LATER)
        self.server.start()
        self.sql(self.mailkeep, "UPDATE outbox SET next_attempt = 0")
        self.mailkeep.run("account", "change", "anna", "--password-file", self.write("wrong", "wrong"))
        self.mailkeep.run("outbox", "send", expect=None)
        items = self.outbox()
        self.assertEqual(items[first["outbox"]]["state"], "failed")
        self.assertEqual(items[second["outbox"]]["state"], "queued")
        shown = self.mailkeep.run("outbox", "show", second["outbox"], "--json").json()
        self.assertIn("waits an hour", shown["detail"])
        self.assert_sound()

    def test_list_shows_what_was_sent(self):
        item = self.reply()
        plain = {message["id"] for message in self.mailkeep.messages()}
        self.assertEqual(plain, {self.original})
        listed = {message["id"]: message for message in self.mailkeep.run("list", "--sent", "--json").lines()}
        self.assertEqual(set(listed), {self.original, item["id"]})
        self.assertEqual(listed[self.original]["sent"], [])
        (sent,) = listed[item["id"]]["sent"]
        self.assertEqual((sent["outbox"], sent["state"], sent["account"]), (item["outbox"], "sent", "anna"))
        self.assertEqual(listed[item["id"]]["sightings"], [])
        self.assertIn("Re: Grüße", self.mailkeep.run("show", item["id"]).text)
        # The copy in the Sent folder is the same content, seen once more.
        self.mailkeep.run("import", self.write("sent.eml", self.mailkeep.raw(item["id"])))
        both = {message["id"]: message for message in self.mailkeep.run("list", "--sent", "--json").lines()}
        self.assertEqual(len(both[item["id"]]["sightings"]), 1)
        self.assertEqual(len(both[item["id"]]["sent"]), 1)
        self.assert_sound()

    def test_wrong_wishes_are_named(self):
        bare = self.archive("bare", b"Subject: from nobody\r\n\r\nhello\r\n")
        refused = self.mailkeep.run("reply", bare, "--account", "anna", "--from-file", self.text,
                                    expect=FAULTS)
        self.assertIn("no address", refused.err)
        self.mailkeep.run("reply", self.original, "--from-file", self.text, expect=CONFIG)  # import: no SMTP
        self.mailkeep.run("reply", self.original, "--account", "nobody", "--from-file", self.text,
                          expect=FAULTS)
        self.mailkeep.run("reply", "0" * 64, "--account", "anna", "--from-file", self.text, expect=FAULTS)
        for content in (b"", b" \n", b"nul \0 byte", b"caf\xe9"):
            self.mailkeep.run("reply", self.original, "--account", "anna", "--from-file",
                              self.write("bad", content), expect=USAGE)
        self.mailkeep.run("reply", self.original, "--account", "anna", "--from-file",
                          self.directory / "absent", expect=CONFIG)
        self.assertEqual(self.outbox(), {})
        self.assertEqual(self.server.accepted_ids(), [])


if __name__ == "__main__":
    main()
