# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers change their minds; the archive keeps what it has and takes what is new."""

from dovecot import TemporaryDovecot
from mailkeep import ArchiveTest, main, on_both_stores


def mail(number):
    return b"Subject: number %d\r\n\r\nbody %d\r\n" % (number, number)


@on_both_stores
class FolderChanges(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.server = TemporaryDovecot({"anna": "secret"}).__enter__()
        self.addCleanup(self.server.__exit__)
        self.server.append_all("anna", [("INBOX", mail(number), (), None) for number in range(1, 6)])
        self.mailkeep.add_account("anna", self.server, "anna")
        self.mailkeep.run("fetch")
        self.first = self.mailkeep.sightings("anna")
        self.assertEqual(self.first, self.server.client_view("anna"))

    def test_new_mail_is_added_to_the_old(self):
        self.server.append("anna", "INBOX", mail(6))
        self.server.append_all("anna", [("New folder", mail(7), (), None)])

        self.mailkeep.run("fetch")

        self.assertEqual(self.mailkeep.sightings("anna"), self.server.client_view("anna"))
        self.assertTrue(self.mailkeep.report()["complete"])

    def test_what_the_server_deletes_stays_in_the_archive(self):
        self.server.doveadm("expunge", "-u", "anna", "mailbox", "INBOX", "1:3")

        self.mailkeep.run("fetch")

        self.assertEqual(len(self.server.client_view("anna")), 2)
        self.assertEqual(self.mailkeep.sightings("anna"), self.first)
        inbox = self.mailkeep.report()["accounts"][0]["folders"][0]
        self.assertEqual((inbox["server"], inbox["archived"], inbox["vanished"]), (2, 5, 0))

    def test_a_deleted_folder_stays_in_the_archive(self):
        self.server.append_all("anna", [("Gone", mail(8), (), None)])
        self.mailkeep.run("fetch")
        before = self.mailkeep.sightings("anna")
        self.server.doveadm("mailbox", "delete", "-u", "anna", "Gone")

        self.mailkeep.run("fetch")

        self.assertEqual(self.mailkeep.sightings("anna"), before)

    def test_a_new_uidvalidity_opens_an_epoch_and_keeps_the_old_one(self):
        self.server.set_uidvalidity("anna", "INBOX", 424242)

        self.mailkeep.run("fetch")

        expected = {**self.first, **self.server.client_view("anna")}
        self.assertEqual(len(expected), 10)
        self.assertEqual(self.mailkeep.sightings("anna"), expected)
        self.assertEqual(len(self.mailkeep.messages()), 5)
        folders = self.mailkeep.report()["accounts"][0]["folders"]
        self.assertEqual(sorted(one["archived"] for one in folders), [5, 5])
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def test_a_uidvalidity_that_comes_back_is_a_third_epoch(self):
        first = next(iter(self.first))[1]
        for value in (first + 1, first):
            self.server.set_uidvalidity("anna", "INBOX", value)
            self.mailkeep.run("fetch")

        folders = self.mailkeep.report()["accounts"][0]["folders"]
        self.assertEqual(sorted((one["epoch"], one["uidvalidity"]) for one in folders),
                         [(1, first), (2, first + 1), (3, first)])
        self.assertEqual(len(self.mailkeep.messages()), 5)

    def test_excluded_folders_are_no_gaps(self):
        self.server.append_all("anna", [("Junk", mail(9), (), None), ("Work/A", mail(10), (), None)])
        other = self.another_mailkeep("other")
        other.add_account("anna", self.server, "anna", "imaps", "--exclude", "Junk", "--exclude",
                          "Work/*")

        other.run("fetch")

        self.assertEqual({folder for folder, _, _ in other.sightings("anna")}, {"INBOX"})
        self.assertTrue(other.report()["complete"])

    def test_include_names_the_only_folders_that_are_fetched(self):
        self.server.append_all("anna", [("Junk", mail(9), (), None), ("Work/A", mail(10), (), None)])
        other = self.another_mailkeep("other")
        other.add_account("anna", self.server, "anna", "imaps", "--include", "Work/*")

        other.run("fetch")

        self.assertEqual({folder for folder, _, _ in other.sightings("anna")}, {"Work/A"})
        self.assertTrue(other.report()["complete"])

    def test_the_same_message_in_two_folders_is_stored_once_and_sighted_twice(self):
        self.server.append_all("anna", [("Copy", mail(1), (), None)])

        self.mailkeep.run("fetch")

        twice = [one for one in self.mailkeep.messages() if len(one["sightings"]) == 2]
        self.assertEqual(len(twice), 1)
        self.assertEqual({seen["folder"] for seen in twice[0]["sightings"]}, {"INBOX", "Copy"})


if __name__ == "__main__":
    main()
