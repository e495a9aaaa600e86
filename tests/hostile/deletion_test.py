# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting on the server (--delete-after-archive): never before the message is safe, never anything else,
and never on a server's word. The model server's journal and ledger are the judge: whatever could remove a
message must come after the message is in the archive.

With --long the line is cut at every byte of a session with DELE and QUIT, otherwise at a sample of them."""

import os
import random
import shutil
import time
from unittest import mock

from mailkeep import OK, ArchiveTest, main, on_both_stores
from model.pop3 import Pop3Session
from model.server import ModelServer
from model.switches import DOVECOT, Switches

LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))


def mail(number):
    return f"Subject: message {number}\r\n\r\nbody {number}\r\n".encode()


class Deletion(ArchiveTest):
    def serve(self, scheme="imap", count=0, **switches):
        server = ModelServer(Switches(**switches)).__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        anna = server.mail.add("anna")
        for number in range(count):
            anna.inbox.append(mail(number))
        return server, anna

    def add(self, server, scheme, days=0, mailkeep=None):
        (mailkeep or self.mailkeep).add_account(
            "anna", server, "anna", scheme, "--tls", "none",
            *(() if days is None else ("--delete-after-archive", str(days))))

    def allow(self, mailkeep):
        mailkeep.run("account", "change", "anna", "--delete-after-archive", "0")

    def archived(self, mailkeep=None):
        return {message["id"] for message in (mailkeep or self.mailkeep).messages()}

    def assert_safe(self, server, mailkeep=None):
        """Nothing that was ever offered is missing, nothing was removed but by name."""
        mailkeep = mailkeep or self.mailkeep
        self.assertEqual(server.mail.ledger.digests_ever() - self.archived(mailkeep), set())
        self.assertTrue(mailkeep.run("verify", "--json").json()["ok"])
        self.assertEqual(server.errors, [])
        verbs = [one.verb for one in server.journal.deletions()]
        self.assertEqual({"EXPUNGE", "CLOSE", "DELETE", "MOVE", "UID MOVE", "RENAME"} & set(verbs), set())

    def fetched(self, expect=OK, mailkeep=None):
        return (mailkeep or self.mailkeep).run("fetch", "--json", expect=expect).json()["accounts"][0]


SCHEMES = ("imap", "pop3")


@on_both_stores
class Life(Deletion):
    def test_off_unless_asked_for(self):
        for scheme in SCHEMES:
            server, _ = self.serve(count=3)
            mailkeep = self.another_mailkeep(scheme)
            self.add(server, scheme, None, mailkeep)
            mailkeep.run("fetch")
            mailkeep.run("fetch")
            self.assertEqual(server.journal.deletions(), [])

    def test_zero_days_delete_at_the_end_of_the_same_pass_and_the_archive_keeps_all(self):
        for scheme in SCHEMES:
            with self.subTest(scheme):
                server, anna = self.serve(count=12)
                mailkeep = self.another_mailkeep(scheme)
                self.add(server, scheme, 0, mailkeep)
                self.assertEqual(self.fetched(mailkeep=mailkeep)["deleted"], 12)
                self.assertEqual(server.mail.ledger.digests_offered(), set())
                self.assert_safe(server, mailkeep)
                anna.inbox.append(mail(50))
                self.assertEqual(self.fetched(mailkeep=mailkeep)["deleted"], 1)
                self.assertEqual(self.fetched(mailkeep=mailkeep)["deleted"], 0)
                self.assertEqual(len(self.archived(mailkeep)), 13)
                self.assert_safe(server, mailkeep)
                report = mailkeep.report("anna")
                self.assertTrue(report["complete"])
                self.assertEqual(report["accounts"][0]["folders"][0]["deleted"], 13)
                for verb in ("UID STORE",) if scheme == "imap" else ():
                    for one in server.journal.since(0, verb):
                        self.assertIn("\\Seen", one.text)

    def test_days_are_counted_from_the_first_archiving(self):
        for scheme in SCHEMES:
            with self.subTest(scheme):
                server, _ = self.serve(count=3)
                mailkeep = self.another_mailkeep(scheme)
                self.add(server, scheme, 1, mailkeep)
                self.assertEqual(self.fetched(mailkeep=mailkeep)["deleted"], 0)
                self.assertEqual(server.journal.deletions(), [])
                self.assert_safe(server, mailkeep)


class Guards(Deletion):
    def refused(self, server, scheme, mailkeep, word):
        result = self.fetched(mailkeep=mailkeep)
        self.assertEqual((result["deleted"], server.journal.deletions()), (0, []))
        self.assertIn(word, result["notice"])
        self.assertIn(word, mailkeep.report("anna")["accounts"][0]["error"])

    def test_a_hold_stops_it(self):
        for scheme in SCHEMES:
            with self.subTest(scheme):
                server, _ = self.serve(count=3)
                mailkeep = self.another_mailkeep(scheme)
                self.add(server, scheme, 0, mailkeep)
                mailkeep.run("hold", "add", "case 7", "--account", "anna")
                self.refused(server, scheme, mailkeep, "hold")
                mailkeep.run("hold", "release", "case 7")
                self.assertEqual(self.fetched(mailkeep=mailkeep)["deleted"], 3)

    def test_without_the_key_that_signs_the_log_nothing_is_deleted(self):
        for scheme in SCHEMES:
            with self.subTest(scheme):
                server, _ = self.serve(count=3)
                mailkeep = self.another_mailkeep(scheme)
                self.add(server, scheme, 0, mailkeep)
                mailkeep.run("checkpoint")
                shutil.move(mailkeep.data / "signer.key", self.directory / "signer.key")
                self.refused(server, scheme, mailkeep, "signed with a key")
                # A checkpoint that came from where the key is does it as well.
                shutil.move(self.directory / "signer.key", mailkeep.data / "signer.key")
                mailkeep.run("checkpoint")
                shutil.move(mailkeep.data / "signer.key", self.directory / "signer.key")
                mark = server.journal.mark()
                mailkeep.run("fetch")
                self.assertEqual(len([one for one in server.journal.since(mark)
                                      if one.verb in ("DELE", "UID EXPUNGE")]) > 0, True)
                self.assert_safe(server, mailkeep)

    def test_a_message_that_the_store_cannot_give_back_stays(self):
        for scheme in SCHEMES:
            with self.subTest(scheme):
                server, anna = self.serve(count=2)
                mailkeep = self.another_mailkeep(scheme)
                self.add(server, scheme, None, mailkeep)
                mailkeep.run("fetch")
                self.sql(mailkeep, "UPDATE chunks SET data = x'00' WHERE digest = "
                         "(SELECT digest FROM sightings ORDER BY position LIMIT 1)")
                self.allow(mailkeep)
                self.assertEqual(self.fetched(mailkeep=mailkeep)["deleted"], 1)
                self.assertEqual(anna.inbox.uids(), [1])

    def test_a_server_without_uidplus_is_refused(self):
        server, _ = self.serve(count=3, offers=DOVECOT - {"UIDPLUS"})
        self.add(server, "imap", 0)
        self.refused(server, "imap", self.mailkeep, "UIDPLUS")

    def test_other_bytes_under_the_same_name_stay(self):
        server, anna = self.serve(count=4)
        self.add(server, "pop3", None)
        self.mailkeep.run("fetch")
        anna.inbox.replace(2, mail(77))
        self.allow(self.mailkeep)
        self.fetched()
        self.fetched()
        self.fetched()
        self.assert_safe(server)
        server, anna = self.serve(count=4)
        mailkeep = self.another_mailkeep("imap")
        self.add(server, "imap", None, mailkeep)
        mailkeep.run("fetch")
        anna.inbox.replace(2, mail(7777))  # another size
        self.allow(mailkeep)
        self.assertEqual(self.fetched(mailkeep=mailkeep)["deleted"], 3)
        self.assertEqual(anna.inbox.uids(), [2])

    def test_another_uidvalidity_is_another_folder(self):
        server, anna = self.serve(count=4)
        self.add(server, "imap", 0)
        server.before("SELECT", lambda _session: anna.inbox.renew(99, order=[4, 3, 2, 1]), times=1)
        self.mailkeep.run("fetch", expect=None)
        self.assertEqual(server.journal.deletions(), [])

    def test_a_shared_uidl_stays(self):
        for form in ("repeated", "blank", "absent"):
            with self.subTest(form):
                server, anna = self.serve(count=6, uidl=form)
                mailkeep = self.another_mailkeep(form)
                self.add(server, "pop3", 0, mailkeep)
                self.fetched(mailkeep=mailkeep)
                self.assert_safe(server, mailkeep)
                self.assertGreaterEqual(len(anna.inbox.uids()), 4)

    def test_what_other_programs_have_marked_is_not_expunged(self):
        server, anna = self.serve(count=3)
        self.add(server, "imap", None)
        self.mailkeep.run("fetch")
        marked = anna.inbox.append(mail(9), flags=("\\Deleted",))
        server.before("UID EXPUNGE", lambda _session: anna.inbox.append(mail(10), flags=("\\Deleted",)),
                      times=1)
        self.allow(self.mailkeep)
        self.fetched()
        self.assertNotIn(marked, anna.inbox.uids())  # it was archived, and is ours to delete
        self.assertEqual(len(anna.inbox.uids()), 1)  # it came too late to be archived

    def test_a_server_that_keeps_what_it_was_told_to_delete_is_reported(self):
        server, anna = self.serve(count=3)
        self.add(server, "pop3", 0)
        with mock.patch.object(Pop3Session, "_do_dele",
                               lambda session, _rest: session._say("-ERR read-only")):
            self.assertEqual(self.fetched()["deleted"], 0)
        self.assertEqual(len(anna.inbox.uids()), 3)
        self.assertEqual(self.fetched()["deleted"], 3)
        self.assert_safe(server)


class Durability(Deletion):
    engine = "postgresql"

    def set(self, mailkeep, setting):
        self.sql(mailkeep, f"ALTER SYSTEM {setting}")
        self.sql(mailkeep, "SELECT pg_reload_conf()")

    def test_a_database_that_may_forget_lets_nothing_be_deleted(self):
        for name in ("fsync", "full_page_writes"):
            with self.subTest(name):
                server, _ = self.serve(count=2)
                mailkeep = self.another_mailkeep(name)
                self.add(server, "pop3", 0, mailkeep)
                self.addCleanup(self.set, mailkeep, f"RESET {name}")
                self.set(mailkeep, f"SET {name} = off")
                self.wait_for(mailkeep, name, "off")
                result = self.fetched(mailkeep=mailkeep)
                self.assertEqual((result["messages"], result["deleted"]), (2, 0))
                self.assertIn(f"{name}=off", result["notice"])
                self.assertEqual(server.journal.deletions(), [])
                self.set(mailkeep, f"RESET {name}")
                self.wait_for(mailkeep, name, "on")
                self.assertEqual(self.fetched(mailkeep=mailkeep)["deleted"], 2)
                self.assert_safe(server, mailkeep)

    def test_synchronous_commit_is_set_by_the_session_itself(self):
        server, _ = self.serve(count=2)
        self.add(server, "pop3", 0)
        self.addCleanup(self.set, self.mailkeep, "RESET synchronous_commit")
        self.set(self.mailkeep, "SET synchronous_commit = off")
        self.wait_for(self.mailkeep, "synchronous_commit", "off")
        self.assertEqual(self.fetched()["deleted"], 2)
        self.assert_safe(server)

    def wait_for(self, mailkeep, name, value):
        """The postmaster tells its new children when it comes to it."""
        deadline = time.monotonic() + 30
        while self.sql(mailkeep, f"SHOW {name}")[0][0] != value:
            self.assertLess(time.monotonic(), deadline)


class Cuts(Deletion):
    def run_cut(self, scheme, number, place):
        server, anna = self.serve(count=3)
        mailkeep = self.another_mailkeep(f"{scheme}{number}")
        self.add(server, scheme, 0, mailkeep)
        server.switches = server.switches.changed(cut_after=[place])
        mailkeep.run("fetch", expect=None)
        # I2: what is gone is archived.
        gone = server.mail.ledger.digests_ever() - server.mail.ledger.digests_offered()
        self.assertLessEqual(gone, self.archived(mailkeep))
        server.switches = server.switches.changed(cut_after=[])
        for _ in range(2):
            mailkeep.run("fetch", expect=OK)
        self.assertEqual(anna.inbox.uids(), [], f"{scheme}, cut after {place}")
        self.assert_safe(server, mailkeep)
        rows = self.sql(mailkeep, "SELECT state FROM deletions ORDER BY position")
        self.assertEqual(rows[-1][0], "done")

    def test_a_cut_at_any_byte_deletes_nothing_that_is_not_safe(self):
        for scheme in SCHEMES:
            server, _ = self.serve(count=3)
            mailkeep = self.another_mailkeep(f"{scheme}-whole")
            self.add(server, scheme, 0, mailkeep)
            mailkeep.run("fetch")
            last = "QUIT" if scheme == "pop3" else "LOGOUT"
            first = "RETR" if scheme == "pop3" else "SELECT"
            session = [one for one in server.journal.since() if one.connection == 0]
            begin = max(one.sent for one in session if one.verb == first)
            whole = next(one.sent for one in session if one.verb == last) + 10
            places = range(whole) if LONG else sorted(
                random.Random(3).sample(range(begin), 5) +
                random.Random(4).sample(range(begin, whole), min(15, whole - begin)))
            for number, place in enumerate(places):
                with self.subTest(scheme=scheme, place=place):
                    self.run_cut(scheme, number, place)

    def test_a_cut_before_or_after_quit_leaves_the_truth_in_the_log(self):
        quits = Pop3Session._do_quit

        def before(session, _rest):
            session.line.flush()
            session.line.cut()

        def after(session, rest):
            with mock.patch.object(session, "_say", lambda _text: None):
                quits(session, rest)
            session.line.flush()
            session.line.cut()
        for name, way, left in (("before", before, 3), ("after", after, 0)):
            with self.subTest(name):
                server, anna = self.serve(count=3)
                mailkeep = self.another_mailkeep(name)
                self.add(server, "pop3", 0, mailkeep)
                with mock.patch.object(Pop3Session, "_do_quit", way):
                    result = self.fetched(expect=None, mailkeep=mailkeep)
                self.assertEqual(result["deleted"], 0)
                self.assertEqual(len(anna.inbox.uids()), left)
                mailkeep.run("fetch")
                self.assertEqual(anna.inbox.uids(), [])
                self.assert_safe(server, mailkeep)
                self.assertEqual(self.sql(mailkeep, "SELECT state FROM deletions ORDER BY position")[-1][0],
                                 "done")


if __name__ == "__main__":
    main()
