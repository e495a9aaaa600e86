# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting on a real server: Dovecot over IMAP and POP3, both stores."""

from dovecot import TemporaryDovecot
from mail_client import sha256
from mailkeep import OK, ArchiveTest, main, on_both_stores

FOLDERS = ("INBOX", "Projects/2024", "Entwürfe")


def mail(number):
    return f"From: a@example.org\r\nSubject: message {number}\r\n\r\n{number}\r\n".encode()


@on_both_stores
class Cleanup(ArchiveTest):
    @classmethod
    def setUpClass(cls):
        cls.server = TemporaryDovecot({"imaps": "secret", "pop3s": "secret", "kept": "secret"}).__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)

    def fill(self, user, folders=FOLDERS):
        self.server.append_all(user, (
            (folder, mail(f"{self.engine} {folder} {number}"), (), None)
            for folder in folders for number in range(30)))

    def test_what_is_archived_is_deleted_and_stays_in_the_archive(self):
        for scheme, folders in (("imaps", FOLDERS), ("pop3s", FOLDERS[:1])):
            with self.subTest(scheme):
                mailkeep = self.another_mailkeep(scheme)
                mailkeep.add_account("anna", self.server, scheme, scheme, "--delete-after-archive", "0")
                self.fill(scheme, folders)
                before = set(self.server.client_view(scheme).values())
                answer = mailkeep.run("fetch", expect=OK)
                self.assertIn(f"{30 * len(folders)} deleted on the server", answer.text)
                self.assertEqual(self.server.client_view(scheme), {})
                archived = mailkeep.messages("anna")
                self.assertEqual({message["id"] for message in archived}, before)
                for message in archived[:5]:
                    self.assertEqual(sha256(mailkeep.raw(message["id"])), message["id"])
                self.assertTrue(mailkeep.run("verify", "--json").json()["ok"])
                self.assertTrue(mailkeep.report("anna")["complete"])
                self.server.append(scheme, "INBOX", mail("one more"))
                self.assertEqual(mailkeep.run("fetch", "--json").json()["accounts"][0]["deleted"], 1)
                self.assertEqual(self.server.client_view(scheme), {})

    def test_mail_that_is_younger_stays(self):
        self.fill("kept")
        before = self.server.client_view("kept")
        self.mailkeep.add_account("anna", self.server, "kept", "imaps", "--delete-after-archive", "1")
        self.mailkeep.run("fetch")
        self.assertEqual(self.server.client_view("kept"), before)


if __name__ == "__main__":
    main()
