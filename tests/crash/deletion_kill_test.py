# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 while archived mail is deleted on its server, started again until the pass is done: what is gone
from the server is in the archive, at each moment, and in the end everything is deleted and the log says so.
Both protocols, both stores. A program that deletes before it commits must fail the same check.

MAILKEEP_TEST_KILLS: kills for each combination (8; with --long 500). MAILKEEP_TEST_SEED: the run."""

import os
import random
import shutil
import sys

from killer import Killer, PhaseMark
from mailkeep import ArchiveTest, main, on_both_stores
from model.server import ModelServer

LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
KILLS = int(os.environ.get("MAILKEEP_TEST_KILLS", "500" if LONG else "8"))
SEED = int(os.environ.get("MAILKEEP_TEST_SEED", "20260101"))
MESSAGES = 700   # more than are deleted together
PHASE = "delete"

# The server answers in this very process, beside a killer that spins: its threads must not wait long for
# their turn.
sys.setswitchinterval(0.0001)


@on_both_stores
class KillDuringDeletion(ArchiveTest):
    def setting(self, number, scheme):
        server = ModelServer(seed=SEED).__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        anna = server.mail.add("anna")
        for index in range(MESSAGES):
            anna.inbox.append(f"Subject: {index}\r\n\r\nmessage {index}\r\n".encode())
        mailkeep = self.another_mailkeep(f"{scheme}-{number}")
        mailkeep.add_account("anna", server, "anna", scheme, "--tls", "none", "--delete-after-archive", "0")
        return server, anna, mailkeep

    def lost(self, server, mailkeep):
        gone = server.mail.ledger.digests_ever() - server.mail.ledger.digests_offered()
        return gone - {message["id"] for message in mailkeep.messages()}

    def storm(self, scheme):
        rng = random.Random(f"{SEED} {scheme} {self.engine}")
        mark = PhaseMark(self.directory / "phase")
        kills = archives = 0
        while kills < KILLS:
            archives += 1
            self.assertLess(archives, 20 * KILLS, "the kills do not land")
            server, anna, mailkeep = self.setting(archives, scheme)
            run = Killer(mailkeep, mark, rng, (PHASE,))
            for _ in range(4):
                if not run.kill("fetch", PHASE, skips=(0, 1)):
                    break
                self.assertEqual(self.lost(server, mailkeep), set())
            kills += run.hits[PHASE]
            mailkeep.run("fetch")
            mailkeep.run("fetch")
            self.assertEqual(self.lost(server, mailkeep), set())
            self.assertEqual(len(mailkeep.messages()), MESSAGES)
            self.assertEqual(anna.inbox.uids(), [])
            self.assertEqual(mailkeep.report("anna")["accounts"][0]["folders"][0]["deleted"], MESSAGES)
            self.assertTrue(mailkeep.run("verify", "--json").json()["ok"])
            self.assertEqual(server.errors, [])
            shutil.rmtree(mailkeep.data)
        print(f"\n{scheme} on {self.engine}: {kills} kills, {archives} archives: 0 lost", flush=True)

    def test_imap_deletes_nothing_that_is_not_archived(self):
        self.storm("imap")

    def test_pop3_deletes_nothing_that_is_not_archived(self):
        self.storm("pop3")

    def test_program_that_deletes_before_it_commits_is_found_out(self):
        rng = random.Random(f"{SEED} sabotage {self.engine}")
        mark = PhaseMark(self.directory / "phase")
        for attempt in range(1, 21):
            server, _, mailkeep = self.setting(attempt, "pop3")
            run = Killer(mailkeep, mark, rng, (), "delete-before-commit")
            run.kill("fetch", PHASE, skips=(0,))
            if self.lost(server, mailkeep):
                return
        self.fail("the sabotaged program passed: this test cannot see the mistake it is there for")


if __name__ == "__main__":
    main()
