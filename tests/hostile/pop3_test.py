# SPDX-License-Identifier: GPL-3.0-or-later
"""POP3 servers whose UIDLs mean nothing, that show their mail in parts, hide what was retrieved, cut the
line at any byte or end messages in their own way: nothing is lost, nothing is stored twice, and nothing
is asked for that could delete. The model server's ledger and journal are the judge.

With --long the line is cut at every byte of a session, otherwise at a sample of them."""

import os
import random
import resource
import socket
import threading
from unittest import mock

from mailkeep import FAULTS, LATER, OK, UNAVAILABLE, ArchiveTest, main
from model.pop3 import CHANGES_AT_ONCE, CHANGES_AT_QUIT, Pop3Session
from model.server import ModelServer
from model.switches import Switches
from scripted_server import ScriptedServer

LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
MEMORY_LIMIT_KIB = 256 << 10
PASSWORD = b"secret\n"
SAMPLES = 2      # known messages that a pass may retrieve again


def mail(number, size=40):
    noise = random.Random(number).randbytes(size // 2).hex()
    return f"Subject: message {number}\r\n\r\n.{noise}\r\n..\r\nend.\r\n".encode()


class Pop3(ArchiveTest):
    def serve(self, **switches):
        server = ModelServer(Switches(**switches)).__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        anna = server.mail.add("anna")
        return server, anna

    def add(self, server, mailkeep=None, *more):
        (mailkeep or self.mailkeep).add_account("anna", server, "anna", "pop3", "--tls", "none", *more)

    def archived(self, mailkeep=None):
        return {message["id"] for message in (mailkeep or self.mailkeep).messages()}

    def places(self, mailkeep=None):
        """[(uidl, id)], and none of them twice."""
        places = [(seen["uidl"], message["id"]) for message in (mailkeep or self.mailkeep).messages()
                  for seen in message["sightings"]]
        self.assertEqual(len(places), len(set(places)))
        return places

    def assert_holds(self, server, mailkeep=None):
        mailkeep = mailkeep or self.mailkeep
        self.assertEqual(server.mail.ledger.digests_offered("anna") - self.archived(mailkeep), set())
        self.assertLessEqual(self.archived(mailkeep), server.mail.ledger.digests_ever())
        self.assertEqual(server.journal.deletions(), [])
        self.assertEqual(server.errors, [])

    # UIDLs.

    def test_no_form_of_uidl_loses_or_doubles_a_message(self):
        for number, form in enumerate(("good", "absent", "blank", "repeated", "changing", "long", "+OK")):
            with self.subTest(form):
                server, anna = self.serve(uidl=form)
                mailkeep = self.another_mailkeep(f"data{number}")
                self.add(server, mailkeep)
                for count in range(12):
                    anna.inbox.append(mail(count))
                mailkeep.run("fetch", expect=OK)
                self.assert_holds(server, mailkeep)
                for count in range(12, 15):
                    anna.inbox.append(mail(count))
                anna.inbox.expunge([2, 5])
                mailkeep.run("fetch", expect=OK)
                mailkeep.run("fetch", expect=OK)
                self.assert_holds(server, mailkeep)
                self.places(mailkeep)
                self.assertEqual(len(self.archived(mailkeep)), 15)
                self.assertTrue(mailkeep.report("anna")["complete"])
                # UIDLs that change each time are not kept for ever.
                self.assertLessEqual(len(self.places(mailkeep)), 3 * 15)
                self.assertTrue(mailkeep.run("verify", "--json").json()["ok"])

    def test_a_server_that_counts_its_uidls_anew_hides_no_message(self):
        def by_number(session, _rest):
            session._say("+OK")
            session._say_lines([f"{number} {number}" for number, _, _ in session._shown()])
        server, anna = self.serve()
        self.add(server)
        for count in range(10):
            anna.inbox.append(mail(count))
        with mock.patch.object(Pop3Session, "_do_uidl", by_number):
            self.mailkeep.run("fetch")
            anna.inbox.expunge([1, 2, 3])
            for count in range(10, 13):  # under UIDLs that are all known
                anna.inbox.append(mail(count))
            self.mailkeep.run("fetch")
            self.assert_holds(server)
            bodies = server.bodies
            mark = server.journal.mark()
            self.mailkeep.run("fetch")
            self.assertLessEqual(len(server.journal.since(mark, "RETR")), SAMPLES)
        self.places()
        self.assertGreaterEqual(bodies, 0)

    def test_every_known_uidl_is_looked_at_in_turn(self):
        server, anna = self.serve()
        self.add(server)
        for count in range(6):
            anna.inbox.append(mail(count))
        self.mailkeep.run("fetch")
        anna.inbox.replace(2, mail(100))
        for _ in range(6):
            self.mailkeep.run("fetch")
        self.assert_holds(server)
        self.assertEqual(len(self.places()), 7)

    def test_a_server_that_alters_each_copy_does_not_fill_the_archive(self):
        retrieve = Pop3Session._do_retr

        def altered(session, rest):
            uid, message = session.drop[int(rest) - 1]
            with mock.patch.object(message, "content", type(message.content)(
                    b"X-Copy: %s\r\n" % os.urandom(8).hex().encode() + message.content.raw)):
                retrieve(session, rest)
        server, anna = self.serve(pop3_offers=frozenset({"UIDL", "USER"}))
        self.add(server)
        for count in range(20):
            anna.inbox.append(mail(count))
        with mock.patch.object(Pop3Session, "_do_retr", altered):
            for _ in range(4):
                self.mailkeep.run("fetch", expect=OK)
        self.assertEqual(len(self.archived()), 20)

    def test_sizes_and_counts_are_data_only(self):
        for number, switches in enumerate(({"size": 0}, {"size_factor": 3.0}, {"size": 18446744073709551615},
                                           {"pop3_list_first": True})):
            with self.subTest(switches):
                server, anna = self.serve(**switches)
                mailkeep = self.another_mailkeep(f"data{number}")
                self.add(server, mailkeep)
                for count in range(30):
                    anna.inbox.append(mail(count, 3000))
                server.before("LIST", lambda _session, inbox=anna.inbox: inbox.append(mail(99)), times=1)
                mailkeep.run("fetch")
                mailkeep.run("fetch")
                self.assert_holds(server, mailkeep)

    # Mail in parts, mail that hides.

    def test_sessions_go_on_until_one_brings_nothing_new(self):
        for number, hides in enumerate((CHANGES_AT_QUIT, CHANGES_AT_ONCE)):
            with self.subTest(hides):
                server, anna = self.serve(pop3_batch=25, pop3_hides=hides)
                mailkeep = self.another_mailkeep(f"data{number}")
                self.add(server, mailkeep)
                for count in range(180):
                    anna.inbox.append(mail(count))
                mailkeep.run("fetch", expect=OK)
                self.assert_holds(server, mailkeep)
                self.assertLessEqual(server.connections, 10)
                report = mailkeep.report("anna", expect=FAULTS)["accounts"][0]["folders"][0]
                self.assertIn("offers-part", report["trouble"])

    def test_an_ordinary_server_is_not_asked_twice_when_nothing_speaks_for_it(self):
        server, anna = self.serve()
        self.add(server)
        for count in range(5):
            anna.inbox.append(mail(count))
        self.mailkeep.run("fetch")
        first = server.connections
        anna.inbox.append(mail(5))
        self.mailkeep.run("fetch")
        self.assertEqual((first, server.connections), (2, 3))
        self.assertTrue(self.mailkeep.report("anna")["complete"])

    def test_a_failing_disk_ends_without_quit_and_what_arrived_survives(self):
        for number, hides in enumerate((CHANGES_AT_QUIT, CHANGES_AT_ONCE)):
            with self.subTest(hides):
                server, anna = self.serve(pop3_hides=hides, pop3_offers=frozenset({"UIDL", "USER"}))
                mailkeep = self.another_mailkeep(f"data{number}")
                self.add(server, mailkeep)
                for count in range(8):
                    anna.inbox.append(mail(count, 6 << 20))
                mark = server.journal.mark()
                mailkeep.run("fetch", expect=LATER, file_limit=(7 << 20) + 4096)
                session = server.journal.since(mark)
                self.assertNotIn("QUIT", [one.verb for one in session])
                retrieved = server.bodies or len([one for one in session if one.verb == "RETR"])
                self.assertGreater(retrieved, 1)
                mailkeep.run("fetch", expect=OK)
                lost = server.mail.ledger.digests_ever() - self.archived(mailkeep)
                # The one under way when the disk failed was handed out and never arrived.
                self.assertLessEqual(len(lost), 1 if hides == CHANGES_AT_ONCE else 0)
                self.assertEqual(server.journal.deletions(), [])
                self.assertTrue(mailkeep.run("verify", "--json").json()["ok"])

    # The line.

    def test_a_cut_at_any_byte_leaves_nothing_half_and_nothing_missing(self):
        server, anna = self.serve()
        for count in range(3):
            anna.inbox.append(mail(count))
        self.add(server)
        whole = 700
        places = range(whole) if LONG else random.Random(5).sample(range(whole), 25)
        for number, place in enumerate(places):
            mailkeep = self.another_mailkeep(f"data{number}")
            self.add(server, mailkeep)
            server.switches = server.switches.changed(cut_after=[None] * server.connections + [place])
            mailkeep.run("fetch", expect=None)
            self.assertLessEqual(self.archived(mailkeep), server.mail.ledger.digests_ever())
            mailkeep.run("fetch", expect=OK)
            self.assert_holds(server, mailkeep)

    def test_a_session_reads_the_same_byte_by_byte(self):
        for number, size in enumerate((1, 7)):
            server, anna = self.serve(slice_bytes=size)
            mailkeep = self.another_mailkeep(f"data{number}")
            self.add(server, mailkeep)
            for count in range(4):
                anna.inbox.append(mail(count))
            mailkeep.run("fetch")
            self.assert_holds(server, mailkeep)

    def test_capa_that_hangs_or_closes_is_done_without(self):
        for number, how in enumerate(("hangs", "closes", "refused")):
            server, anna = self.serve(capa=how)
            mailkeep = self.another_mailkeep(f"data{number}")
            self.add(server, mailkeep)
            anna.inbox.append(mail(1))
            mailkeep.run("fetch")
            self.assert_holds(server, mailkeep)

    def test_a_locked_maildrop_is_for_later(self):
        server, anna = self.serve(login_answer="-ERR [IN-USE] locked by another session")
        self.add(server)
        anna.inbox.append(mail(1))
        self.mailkeep.run("fetch", expect=LATER)
        server.switches = server.switches.changed(login_answer="")
        self.mailkeep.run("fetch", expect=OK)
        self.assert_holds(server)

    # Ends of messages.

    def test_a_message_without_a_last_line_break_is_taken_as_it_is(self):
        login = "send +OK\nexpect CAPA\nsend -ERR\nexpect USER\nsend +OK\nexpect PASS\nsend +OK\n"
        listed = "expect UIDL\nraw +OK\\r\\n1 a\\r\\n2 b\\r\\n.\\r\\n\nexpect LIST\nsend -ERR\n"
        last = ("expect RETR 2\nraw +OK\\r\\nSubject: y\\r\\n\\r\\nend.\\r\\n.\\r\\n\n"
                "expect QUIT\nsend +OK\n")
        with ScriptedServer(
                login + listed + "expect RETR 1\nraw +OK\\r\\nSubject: x\\r\\n\\r\\ntext.\\r\\n\n"
                "expect NOOP\nsend +OK\nexpect NOOP\nsend +OK\n" + last,
                login + listed + "expect QUIT\nsend +OK\n") as server:
            self.mailkeep.run("account", "add", "anna", "--url", f"pop3://anna@127.0.0.1:{server.port}",
                              "--tls", "none", "--password-stdin", stdin=PASSWORD)
            self.mailkeep.run("fetch", expect=OK)
        self.assertEqual(server.mistakes, [])
        self.assertEqual({self.mailkeep.raw(m["id"]) for m in self.mailkeep.messages()},
                         {b"Subject: x\r\n\r\ntext", b"Subject: y\r\n\r\nend.\r\n"})

    def test_answers_that_run_into_one_are_never_archived_as_one_message(self):
        login = ("send +OK\nexpect CAPA\n"
                 "raw +OK\\r\\nPIPELINING\\r\\nUSER\\r\\n.\\r\\n\nexpect USER\nsend +OK\n"
                 "expect PASS\nsend +OK\n")
        listed = ("expect UIDL\nraw +OK\\r\\n1 a\\r\\n2 b\\r\\n.\\r\\n\nexpect LIST\nsend -ERR\n")
        glued = "raw +OK\\r\\ntext.\\r\\n+OK\\r\\nsecond\\r\\n.\\r\\n\n"
        with ScriptedServer(
                login + listed + "expect RETR 1\nexpect RETR 2\n" + glued + "stall\n",
                login + listed + "expect RETR 2\nraw +OK\\r\\nsecond\\r\\n.\\r\\n\n"
                "expect RETR 1\nraw +OK\\r\\ntext.\\r\\n\nexpect NOOP\nsend +OK\nexpect NOOP\nsend +OK\n"
                "expect QUIT\nsend +OK\n",
                login + listed + "expect QUIT\nsend +OK\n") as server:
            self.mailkeep.run("account", "add", "anna", "--url", f"pop3://anna@127.0.0.1:{server.port}",
                              "--tls", "none", "--password-stdin", stdin=PASSWORD)
            self.mailkeep.run("fetch", expect=None, timeout=120)
        self.assertEqual({self.mailkeep.raw(m["id"]) for m in self.mailkeep.messages()},
                         {b"text", b"second\r\n"})

    def test_a_flood_of_uidls_ends_the_account_in_bounded_memory(self):
        flood = b"".join(b"%d u%d\r\n" % (n, n) for n in range(1, 2001))
        stop = threading.Event()

        def talk(listener):
            while not stop.is_set():
                try:
                    pour(listener.accept()[0])
                except OSError:
                    continue  # the client had enough, or the test has

        def pour(connection):
            with connection, connection.makefile("rwb") as line:
                def say(text):
                    line.write(text + b"\r\n")
                    line.flush()
                try:
                    say(b"+OK")
                    for answer in (b"-ERR", b"+OK", b"+OK", b"+OK"):
                        line.readline()
                        say(answer)
                    number = 0
                    while number < 10_000_000 and not stop.is_set():
                        number += 2000
                        line.write(flood.replace(b"u", b"%d" % number) if number % 20_000 else b"".join(
                            b"%d z\r\n" % (number + n) for n in range(2000)))
                except OSError:
                    pass
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=talk, args=(listener,), daemon=True)
            thread.start()
            self.mailkeep.run("account", "add", "anna", "--url",
                              f"pop3://anna@127.0.0.1:{listener.getsockname()[1]}", "--tls", "none",
                              "--password-stdin", stdin=PASSWORD)
            self.mailkeep.run("fetch", expect=UNAVAILABLE, timeout=120)
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(30)
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, MEMORY_LIMIT_KIB)


if __name__ == "__main__":
    main()
