# SPDX-License-Identifier: GPL-3.0-or-later
"""Dovecot, Cyrus and Courier with the same mailbox: the same archive, over IMAP and POP3."""

import os

from courier import TemporaryCourier
from cyrus import TemporaryCyrus
from dovecot import TemporaryDovecot
from mail_client import quoted, sha256
from mail_generator import generate
from mailkeep import ArchiveTest, main

USERS = {"anna": "secret"}
SEED = int(os.environ.get("MAILKEEP_SEED", "41"))
# What a client can APPEND to all three: no NUL, line ends as in the RFC.
MAIL = [one for one in generate(120, seed=SEED, large=False) if one.can_append and one.raw and
        b"\0" not in one.raw and not any(byte in one.raw.replace(b"\r\n", b"") for byte in (b"\r", b"\n"))]
DIGESTS = {sha256(one.raw) for one in MAIL}
INBOX = {sha256(one.raw) for one in MAIL if one.folder == "INBOX"}


class _OnServer:
    """Run for each of the servers below."""

    def setUp(self):
        super().setUp()
        self.server = type(self).make(USERS).__enter__()
        self.addCleanup(self.server.__exit__)
        self.server.append_all("anna", [(one.folder, one.raw, one.flags, one.timestamp) for one in MAIL])

    def fetched(self, *codes):
        self.mailkeep.run("fetch")
        report = self.mailkeep.report()
        self.assertTrue(report["complete"])
        return self.mailkeep.sightings("anna")

    def test_the_archive_is_the_mailbox_over_imap(self):
        self.mailkeep.add_account("anna", self.server, "anna", "imaps")
        first = self.fetched()
        self.assertEqual(first, self.server.client_view("anna"))
        self.assertEqual(set(first.values()), DIGESTS)

        self.assertIn("0 new messages", self.mailkeep.run("fetch").text)
        self.assertEqual(self.mailkeep.sightings("anna"), first)

        self.server.append_all("anna", [("INBOX", b"Subject: late\r\n\r\nbody\r\n", ("\\Flagged",), None)])
        self.assertIn("1 new message", self.mailkeep.run("fetch").text)
        self.assertEqual(self.mailkeep.sightings("anna"), self.server.client_view("anna"))
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def test_the_archive_is_the_inbox_over_pop3(self):
        self.mailkeep.add_account("anna", self.server, "anna", "pop3s")
        first = self.fetched()
        self.assertEqual(first, self.server.pop3_view("anna"))
        self.assertEqual(set(first.values()), INBOX)
        self.assertIn("0 new messages", self.mailkeep.run("fetch").text)

    def test_flags_change_and_messages_go_and_nothing_is_lost(self):
        self.mailkeep.add_account("anna", self.server, "anna", "imaps")
        first = self.fetched()
        with self.server.imap("anna") as client:
            client._ok(client.imap.select(b'"INBOX"'))
            client._ok(client.imap.store("1:5", "+FLAGS", "(\\Flagged)"))
            client._ok(client.imap.store("6:9", "+FLAGS", "(\\Deleted)"))
            client._ok(client.imap.expunge())
        self.assertEqual(self.fetched(), first)
        self.assertEqual(len(self.server.client_view("anna")), len(first) - 4)

    def test_a_new_uidvalidity_is_a_new_epoch(self):
        self.mailkeep.add_account("anna", self.server, "anna", "imaps")
        first = self.fetched()
        folder = next(one.folder for one in MAIL if one.folder != "INBOX")
        again = [(folder, one.raw, (), None) for one in MAIL if one.folder == folder]
        self.renew(folder, again)
        second = self.fetched()
        view = self.server.client_view("anna")
        self.assertGreater(len(set(view) - set(first)), len(again) - 1)
        expected = {**first, **view}
        self.assertEqual(set(second) - set(expected), set())
        self.assertEqual(set(expected) - set(second), set())
        self.assertEqual(second, expected)


class OnDovecot(_OnServer, ArchiveTest):
    make = TemporaryDovecot

    def renew(self, folder, _again):
        self.server.set_uidvalidity("anna", folder, 424242)


class OnCyrus(_OnServer, ArchiveTest):
    make = TemporaryCyrus

    def renew(self, folder, again):
        self.server.renew("anna", folder)
        self.server.append_all("anna", again)


class OnCourier(_OnServer, ArchiveTest):
    make = TemporaryCourier

    def renew(self, folder, _again):
        before = self.uidvalidity(folder)
        while self.uidvalidity(folder) == before:  # Courier's UIDVALIDITY is the second of its making
            self.server.renew("anna", folder)

    def uidvalidity(self, folder):
        """Seen by a client that may write: under EXAMINE Courier makes up another one each time."""
        with self.server.imap("anna") as client:
            client._ok(client.imap.select(quoted(self.server.wire(folder))))
            return int(client.imap.response("UIDVALIDITY")[1][0])


if __name__ == "__main__":
    main()
