# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of messages, most of them malformed in a way that somebody's mail once was: over both
protocols, on both stores, every byte comes back, every message is in the index, and none of them
cost a parser its life."""

from corpus import messages
from dovecot import TemporaryDovecot
from mailkeep import ArchiveTest, main, on_both_stores

COUNT = 4000


@on_both_stores
class ManyMessages(ArchiveTest):
    @classmethod
    def setUpClass(cls):
        cls.server = TemporaryDovecot({"many": "secret"}).__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        for raw in messages(COUNT):
            cls.server.drop("many", "INBOX", raw)
        cls.imap_view = cls.server.client_view("many")
        cls.pop3_view = cls.server.pop3_view("many")

    def test_every_byte_comes_back_over_both_protocols(self):
        self.assertGreater(len(self.imap_view), 1000)
        self.mailkeep.add_account("imap", self.server, "many")
        self.mailkeep.add_account("pop3", self.server, "many", "pop3s")

        self.mailkeep.run("fetch")

        self.assertEqual(self.mailkeep.sightings("imap"), self.imap_view)
        self.assertEqual(self.mailkeep.sightings("pop3"), self.pop3_view)
        report = self.mailkeep.run("verify", "--json").json()
        self.assertTrue(report["ok"])
        self.assertEqual(report["messages"],
                         len({*self.imap_view.values(), *self.pop3_view.values()}))

    def test_every_message_is_indexed_and_no_parser_dies(self):
        self.mailkeep.add_account("imap", self.server, "many")
        self.mailkeep.run("fetch")

        self.assertEqual(self.mailkeep.search("*", limit=1)["total"], len(set(self.imap_view.values())))
        self.assertEqual(self.mailkeep.search("unsearchable:parser-died", limit=1)["total"], 0)


if __name__ == "__main__":
    main()
