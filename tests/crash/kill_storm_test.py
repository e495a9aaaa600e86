# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 in the middle of a pass, started again until the pass is done: nothing lost, nothing twice,
nothing altered. Both protocols, both stores.

A kill counts only if it ended a running pass. The program (built with its marks) writes into a mapped
file whether it is fetching, sealing or committing; the file survives the kill and says where it landed.
Each of the three must have been hit. A program that moves the cursor before the bytes must fail the
very same check: that, too, is a test.

MAILKEEP_TEST_KILLS: kills for each combination (50; with --long 1,000). MAILKEEP_TEST_SEED: the run.
"""

import os
import random
import shutil
from collections import Counter

from dovecot import TemporaryDovecot
from killer import Killer, PhaseMark
from mail_generator import generate
from mailkeep import ArchiveTest, main, on_both_stores

LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
KILLS = int(os.environ.get("MAILKEEP_TEST_KILLS", "1000" if LONG else "50"))
SEED = int(os.environ.get("MAILKEEP_TEST_SEED", "20260101"))
PHASES = ("fetch", "seal", "commit")
LINGERING = ("fetch",)
MIN_HITS = 5          # of each phase, for each combination
FOLDERS = 6
MESSAGES = 900


class Storm(ArchiveTest):
    @classmethod
    def setUpClass(cls):
        cls.server = TemporaryDovecot({"storm": "secret"}).__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        messages = generate(MESSAGES, seed=SEED, large=False)
        cls.server.append_all("storm", (
            ("INBOX" if number % FOLDERS == 0 else f"Folder {number % FOLDERS}",
             message.raw, (), None)
            for number, message in enumerate(messages) if message.can_append))
        cls.server.append_all("storm", (
            ("INBOX", message.raw, (), None)
            for message in generate(MESSAGES, seed=SEED + 1, large=False) if message.can_append))
        cls.imap_view = cls.server.client_view("storm")
        cls.pop3_view = cls.server.pop3_view("storm")

    def fresh(self, number, scheme):
        mailkeep = self.another_mailkeep(f"archive-{number}")
        mailkeep.add_account("storm", self.server, "storm", scheme)
        return mailkeep

    def finish(self, mailkeep):
        mailkeep.run("fetch")
        return mailkeep.sightings("storm")

    def assert_whole(self, mailkeep, expected):
        self.assertEqual(self.finish(mailkeep), expected)  # none lost, none twice
        self.assertTrue(mailkeep.run("verify", "--json").json()["ok"])  # none altered
        self.assertTrue(mailkeep.report("storm")["complete"])

    def storm(self, scheme, expected):
        rng = random.Random(f"{SEED} {scheme} {self.engine}")
        mark = PhaseMark(self.directory / "phase")
        hits, archives, kills = Counter(), 0, 0
        while kills < KILLS or min(hits[phase] for phase in PHASES) < MIN_HITS:
            archives += 1
            self.assertLess(archives, 20 * KILLS, f"the kills do not land: {hits}")
            run = Killer(self.fresh(archives, scheme), mark, rng, LINGERING)
            for _ in range(rng.randint(3, 8)):
                wanted = rng.choice(PHASES)
                if not run.kill("fetch", wanted):
                    break
            kills += sum(run.hits[phase] for phase in PHASES)
            hits += run.hits
            self.assert_whole(run.mailkeep, expected)
            shutil.rmtree(run.mailkeep.data)
        print(f"\n{scheme} on {self.engine}: {kills} kills ({dict(hits)}), {archives} archives, seed {SEED}: "
              "0 lost, 0 twice, 0 altered", flush=True)


@on_both_stores
class Kill(Storm):
    def test_imap_pass_loses_nothing(self):
        self.storm("imaps", self.imap_view)

    def test_pop3_pass_loses_nothing(self):
        self.storm("pop3s", self.pop3_view)

    def test_program_that_moves_the_cursor_before_the_bytes_is_found_out(self):
        rng = random.Random(f"{SEED} sabotage {self.engine}")
        mark = PhaseMark(self.directory / "phase")
        for attempt in range(1, 21):
            run = Killer(self.fresh(attempt, "imaps"), mark, rng, LINGERING, "cursor-before-bytes")
            for _ in range(6):
                if not run.kill("fetch", "seal"):
                    break
            got = self.finish(run.mailkeep)
            if got != self.imap_view:
                lost = len(self.imap_view) - len(got)
                print(f"\nsabotaged on {self.engine}: {lost} lost after {attempt} archives", flush=True)
                self.assertGreater(lost, 0)
                return
        self.fail("the sabotaged program passed: this test cannot see the mistake it is there for")


if __name__ == "__main__":
    main()
