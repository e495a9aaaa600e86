# SPDX-License-Identifier: GPL-3.0-or-later
"""IMAP servers that lie about lengths, hold messages back, cut the line or talk without end: nothing
false is archived, nothing is lost, memory stays bounded, and other accounts go on."""

import resource
import time

from mailkeep import FAULTS, OK, UNAVAILABLE, ArchiveTest, main
from scripted_server import LOGIN, ScriptedServer, fetched, folder, listing, message

MEMORY_LIMIT_KIB = 256 << 10  # the line limit alone allows 32 MiB while a line is being read
PASSWORD = b"secret\n"
GOOD = LOGIN + listing("INBOX") + folder([1, 2]) + fetched(
    message(1, "Subject: one\\r\\n\\r\\n"), message(2, "Subject: two\\r\\n\\r\\n")) + "expect LOGOUT"

BOMBS = {
    "a literal of 4 GiB": LOGIN + listing("INBOX") + folder([1]) +
        "expect UID FETCH\nraw * 1 FETCH (UID 1 BODY[] {4294967295}\\r\\n\nstall",
    "a literal of 2^64": LOGIN + listing("INBOX") + folder([1]) +
        "expect UID FETCH\nraw * 1 FETCH (UID 1 BODY[] {18446744073709551616}\\r\\n\nstall",
    "a negative literal": LOGIN + listing("INBOX") + folder([1]) +
        "expect UID FETCH\nraw * 1 FETCH (UID 1 BODY[] {-1}\\r\\n\nstall",
    "a folder name of 4 GiB": LOGIN + "expect LIST\nraw * LIST () \"/\" {4294967295}\\r\\n\nstall",
    "a million brackets": LOGIN + "expect LIST\nraw * LIST\\x20\ntimes 1000000 raw (\nraw \\r\\n\nstall",
    "a line without end": LOGIN + "expect LIST\ntimes 20000 raw " + "x" * 1000 + "\nstall",
    "a flood of responses": LOGIN + "expect LIST\ntimes 300000 raw * 1 EXISTS\\r\\n\nstall",
    "a folder of four billion": LOGIN.replace("IMAP4rev1] welcome", "IMAP4rev1 ESEARCH] welcome") +
        listing("INBOX") + "expect EXAMINE\nsend * 1 EXISTS\nsend $TAG OK done\n"
        "expect UID SEARCH\nsend * ESEARCH UID ALL 1:4294967295\nstall",
    "an unknown tag": LOGIN + "expect LIST\nsend zzz OK done\nstall",
    "rubbish": LOGIN + "expect LIST\nraw \\x00\\xff\\xfe\\r\\n\\r\\n\nstall",
}


class Hostile(ArchiveTest):
    def add(self, name, server, mailkeep=None):
        (mailkeep or self.mailkeep).run(
            "account", "add", name, "--url", f"imap://anna@127.0.0.1:{server.port}", "--tls", "none",
            "--password-stdin", stdin=PASSWORD)

    def contents(self, account, mailkeep=None):
        mailkeep = mailkeep or self.mailkeep
        return {(s["folder"], s["uidvalidity"], s["uid"]): mailkeep.raw(m["id"])
                for m in mailkeep.messages(account) for s in m["sightings"]}

    def test_bombs_end_the_account_and_no_other(self):
        for number, (name, transcript) in enumerate(BOMBS.items()):
            with self.subTest(name), ScriptedServer(transcript) as bad, ScriptedServer(GOOD) as good:
                mailkeep = self.another_mailkeep(f"data{number}")
                self.add("bad", bad, mailkeep)
                self.add("good", good, mailkeep)
                began = time.monotonic()
                mailkeep.run("fetch", expect=FAULTS, timeout=120)
                peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
                self.assertLess(time.monotonic() - began, 50)
                self.assertLess(peak, MEMORY_LIMIT_KIB)
                self.assertEqual(len(self.contents("good", mailkeep)), 2)
                self.assertEqual(self.contents("bad", mailkeep), {})
                self.assertFalse(mailkeep.report("bad", expect=FAULTS)["complete"])
            self.assertEqual(good.mistakes, [])

    def test_a_cut_message_is_never_archived_and_the_next_pass_brings_it(self):
        whole = "Subject: x\\r\\n\\r\\n" + "line\\r\\n" * 20
        start = LOGIN + listing("INBOX") + folder([1, 2])
        again = LOGIN + folder([1, 2])
        for number, size in enumerate((1, 20, 130)):
            half = f"raw * 2 FETCH (UID 2 BODY[] {{134}}\\r\\n{'y' * size}\ncut"
            fetch = "expect UID FETCH\n" + message(1, whole)
            healed = start + "expect UID FETCH 2\n" + message(2, whole) + "send $TAG OK\nexpect LOGOUT"
            with self.subTest(size), ScriptedServer(
                    start + fetch + half, again + "expect UID FETCH 2 \n" + half,
                    LOGIN + folder([1, 2]) + "expect LOGOUT", healed) as server:
                mailkeep = self.another_mailkeep(f"data{number}")
                self.add("anna", server, mailkeep)
                mailkeep.run("fetch", expect=FAULTS)
                self.assertEqual(set(self.contents("anna", mailkeep)), {("INBOX", 7, 1)})
                gaps = mailkeep.report(expect=FAULTS)["accounts"][0]["folders"][0]["gaps"]
                self.assertEqual([gap["uid"] for gap in gaps], [2])
                mailkeep.run("fetch", expect=OK)
                self.assertEqual(len(self.contents("anna", mailkeep)), 2)
                self.assertTrue(mailkeep.report()["complete"])
            self.assertEqual(server.mistakes, [])

    def test_every_transcript_reads_the_same_byte_by_byte(self):
        odd = "\\x00\\r\\n.\\r\\n)\\r\\n* 9 FETCH (UID 9 BODY[] {3}\\r\\nabc\\xff"
        names = ["INBOX", "\"Entw&APw-rfe\"", "{8}\\r\\na\\r\\n..\\x1b/", "\"../../etc/passwd\""]
        transcript = LOGIN + listing(*names)
        for number, name in enumerate(names):
            opened = folder([number + 1], 100 + number)
            if name.startswith("{"):
                opened = opened.replace("expect EXAMINE\n",
                                        "expect EXAMINE {8}\nsend + go\nmore a\nmore ..\n")
            transcript += opened + fetched(message(number + 1, odd + str(number)))
        views = []
        for slice_bytes in (None, 1):
            with ScriptedServer(transcript + "expect LOGOUT",
                                slice_bytes=slice_bytes) as server:
                mailkeep = self.another_mailkeep(f"data{slice_bytes}")
                self.add("anna", server, mailkeep)
                mailkeep.run("fetch")
                views.append(self.contents("anna", mailkeep))
            self.assertEqual(server.mistakes, [])
        self.assertEqual(len(views[0]), 4)
        self.assertEqual(views[0], views[1])

    def test_a_silent_server_costs_at_most_100_seconds_and_holds_up_nobody(self):
        silent = LOGIN + listing("INBOX") + folder([1]) + "expect UID FETCH\nraw * 1 FETCH (UID 1 \nstall"
        with ScriptedServer(silent) as bad, ScriptedServer(GOOD) as good:
            self.add("bad", bad)
            began = time.monotonic()
            answer = self.mailkeep.run("fetch", expect=UNAVAILABLE, timeout=120)
            self.assertLess(time.monotonic() - began, 100)
            self.assertIn("bad", answer.err)
            self.add("good", good)
            process = self.mailkeep.start("fetch")
            try:
                deadline = time.monotonic() + 30
                while len(self.mailkeep.messages("good")) < 2 and time.monotonic() < deadline:
                    pass
                self.assertEqual(len(self.mailkeep.messages("good")), 2)
                self.assertIsNone(process.poll(), "the pass did not wait for the silent account")
            finally:
                process.terminate()
                process.wait(30)


if __name__ == "__main__":
    main()
