# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail and folder names of every strange kind survive byte for byte, over both protocols."""

import random

from dovecot import TemporaryDovecot
from mail_client import sha256
from mail_generator import strange
from mailkeep import FAULTS, ArchiveTest, main, on_both_stores

STRANGE = list(strange(seed=3))
TWENTY_MEGABYTES = b"Subject: large\r\n\r\n" + random.Random(20).randbytes(10_000_000).hex(
    "\n", 35).replace("\n", "\r\n").encode() + b"\r\n"
HOSTILE_FOLDERS = [
    'quo"te', "back\\slash", "100% *sure*", "&", "a&b;c$(touch pwned)", " leading and trailing ",
    "x" * 200, "emoji 😀", "受信/送信/下書き", "'; DROP TABLE sightings; --", "<script>alert(1)</script>",
    "Ünï/çödé", "{5}", "(parenthesis", "NIL", "inbox2", "-rf",
]
# Made on the disk behind the server's back: it lists them and then refuses to open them.
UNOPENABLE_FOLDERS = [b"&ZZ-", b"&broken", b"utf\xc3\xa9"]


def setUpModule():
    global server
    server = TemporaryDovecot({"anna": "secret", "tom": "secret"}).__enter__()
    try:
        for user in ("anna", "tom"):
            for one in STRANGE:
                server.drop(user, "INBOX", one.raw)
            server.drop(user, "INBOX", TWENTY_MEGABYTES)
        for folder in HOSTILE_FOLDERS:
            server.create_folder("anna", folder)
            server.append("anna", folder, b"Subject: filed\r\n\r\n" + folder.encode() + b"\r\n")
    except BaseException:
        server.__exit__()
        raise


def tearDownModule():
    server.__exit__()


@on_both_stores
class StrangeMail(ArchiveTest):
    def test_every_byte_comes_back_over_imap(self):
        view = server.client_view("anna")
        self.assertEqual(len(view), len(STRANGE) + 1 + len(HOSTILE_FOLDERS))
        self.assertIn(sha256(b""), view.values())
        self.mailkeep.add_account("anna", server, "anna")

        self.mailkeep.run("fetch")

        self.assertEqual(self.mailkeep.sightings("anna"), view)
        self.check_all(view.values())
        self.assertTrue(self.mailkeep.report()["complete"])

    def test_every_byte_comes_back_over_pop3(self):
        view = server.pop3_view("tom")
        self.assertEqual(len(view), len(STRANGE) + 1)
        self.mailkeep.add_account("tom", server, "tom", "pop3s")

        self.mailkeep.run("fetch")

        self.assertEqual(self.mailkeep.sightings("tom"), view)
        self.check_all(view.values())
        self.assertTrue(self.mailkeep.report()["complete"])

    def test_strange_mail_can_be_indexed_shown_and_exported(self):
        view = server.client_view("anna")
        self.mailkeep.add_account("anna", server, "anna")
        self.mailkeep.run("fetch")

        self.mailkeep.run("index")

        self.assertEqual(self.mailkeep.ids("*"), set(view.values()))
        for message_id in set(view.values()):
            shown = self.mailkeep.run("show", message_id).out
            self.assertNotIn(b"\x1b", shown)
        self.mailkeep.run("export", "*", "--to", self.directory / "out", "--format", "eml")
        exported = {sha256(path.read_bytes()) for path in (self.directory / "out").glob("*.eml")}
        self.assertEqual(exported, set(view.values()))

    def check_all(self, ids):
        for message_id in set(ids):
            self.assertEqual(sha256(self.mailkeep.raw(message_id)), message_id)
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])


@on_both_stores
class UnopenableFolders(ArchiveTest):
    def test_are_named_in_the_report_while_the_other_folders_are_archived(self):
        with TemporaryDovecot({"eve": "secret", "bo": "secret"}) as server:
            for number, folder in enumerate(["INBOX", "Good"]):
                server.append_all("eve", [(folder, b"Subject: %d\r\n\r\n" % number, (), None)])
            for wire in UNOPENABLE_FOLDERS:
                server.plant_folder("eve", wire)
            server.append("bo", "INBOX", b"Subject: bo\r\n\r\n")
            closed = server.closed_folders("eve")
            self.assertEqual(len(closed), len(UNOPENABLE_FOLDERS))
            self.mailkeep.add_account("eve", server, "eve")
            self.mailkeep.add_account("bo", server, "bo")

            self.mailkeep.run("fetch", expect=FAULTS)

            self.assertEqual(self.mailkeep.sightings("eve"), server.client_view("eve"))
            self.assertEqual(self.mailkeep.sightings("bo"), server.client_view("bo"))
        report = self.mailkeep.report("eve", expect=FAULTS)
        self.assertFalse(report["complete"])
        troubled = [one for one in report["accounts"][0]["folders"] if one.get("trouble")]
        self.assertEqual(len(troubled), len(closed))
        self.assertTrue(self.mailkeep.report("bo")["complete"])


if __name__ == "__main__":
    main()
