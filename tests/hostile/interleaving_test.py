# SPDX-License-Identifier: GPL-3.0-or-later
"""Other clients at work between any two commands of ours (T040), and whether the report tells the truth of
any state that a server can be in (T059). Seeds are printed; MAILKEEP_TEST_LONG=1 makes the full number."""

import dataclasses
import os
import random
import sys

from mailkeep import ArchiveTest, main
from model.mailbox import Content
from model.scenarios import Run, Scenario
from model.server import ModelServer
from model.switches import DOVECOT, EVERYTHING, PLAIN, Switches
from model.verdict import Verdict

SEED = int(os.environ.get("MAILKEEP_SEED", "1"))
IS_LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
POINTS = ("ID", "LIST", "EXAMINE", "UID SEARCH", "UID FETCH", "NOOP", "STATUS", "SELECT", "ENABLE", "LOGOUT")
CHANGES = ("append INBOX 3", "append Work 1", "expunge INBOX 2", "flag INBOX 4", "move INBOX Work 2",
           "move Work INBOX 1", "renew-shuffled Work", "append INBOX 1", "rename Work Job", "create New")


class Interleavings(ArchiveTest):
    """One archive over many passes, each with changes between commands that the seed chooses."""

    def setUp(self):
        super().setUp()
        print(f"[seed {SEED}]", end=" ", file=sys.stderr)

    def interleave(self, offers, passes, kills):
        chance = random.Random(f"interleave-{SEED}-{sorted(offers)}-{kills}")
        scenario = Scenario("T040", "interleavings", [], folders={"INBOX": 25, "Work": 8})
        # That a renewal is announced in the open session is a scenario of its own (T034).
        with ModelServer(Switches(offers, renewal="bye"), SEED) as server:
            run = Run(scenario, self.mailkeep, server, SEED)
            verdict = Verdict(self.mailkeep, server, SEED)
            run.mailkeep.run("fetch")
            for number in range(passes):
                plan = self.plan(chance, run, server)
                if kills and chance.random() < 0.3:
                    self.kill(server, chance)
                else:
                    self.mailkeep.run("fetch", expect=None)
                server.clear_hooks()
                # A clean pass, after which all that the server has is there.
                answer = self.mailkeep.run("fetch", expect=None)
                try:
                    self.assertEqual(answer.code, 0, answer.err[-800:])
                    verdict.check("anna", "I1", "I2", "I3", "I5")
                    if number % 10 == 0:
                        verdict.check("anna", "I4", "I8")
                except AssertionError as error:
                    self.fail(f"seed {SEED}, pass {number}, {plan}: {error}")
            verdict.check("anna", "I4", "I8")

    def plan(self, chance, run, server):
        """One to three changes, each at a command, before or after it, or between two bodies."""
        plan = []
        for _ in range(chance.randint(1, 3)):
            step = chance.choice(CHANGES)
            where = chance.choice(("before", "after", "bodies"))
            verb, skip = chance.choice(POINTS), chance.choice((0, 0, 1, 2))
            plan.append((where, verb, skip, step))
            def act(_session, step=step):
                try:
                    run.follow(step)
                except KeyError:
                    pass  # the folder was renamed by an earlier change
            if where == "bodies":
                server.during_bodies(act, after=1 + skip)
            else:
                getattr(server, where)(verb, act, times=1, skip=skip)
        return plan

    def kill(self, server, chance):
        """The pass dies at a command, or between two bodies, if it comes so far."""
        process = self.mailkeep.start("fetch", stdout=-3, stderr=-3)
        def kill(_session):
            process.kill()
        server.during_bodies(kill, after=chance.randint(1, 3))
        server.before(chance.choice(POINTS), kill, times=1)
        process.wait(60)

    def test_T040_plain_imap(self):
        self.interleave(PLAIN, 400 if IS_LONG else 30, kills=False)

    def test_T040_with_condstore_and_qresync(self):
        self.interleave(DOVECOT, 1000 if IS_LONG else 60, kills=False)

    def test_T040_with_everything_and_kills(self):
        self.interleave(EVERYTHING, 1000 if IS_LONG else 60, kills=True)


class TruthOfTheReport(ArchiveTest):
    """Random states of a lying server: after each pass the report is the ledger's difference."""

    def test_T059_the_report_equals_the_difference(self):
        print(f"[seed {SEED}]", end=" ", file=sys.stderr)
        for number in range(100 if IS_LONG else 20):
            seed = SEED * 1000 + number
            with self.subTest(seed=seed):
                self.try_state(seed)

    def try_state(self, seed):
        chance = random.Random(f"state-{seed}")
        mailkeep = self.another_mailkeep(f"state-{seed}")
        folders = {"INBOX": chance.randint(0, 80)}
        for number in range(chance.randint(0, 3)):
            folders[f"Folder{number}"] = chance.randint(0, 40)
        switches = self.some_switches(chance, folders)
        scenario = Scenario("T059", "random state", [], folders=folders)
        with ModelServer(switches, seed) as server:
            run = Run(scenario, mailkeep, server, seed)
            for _ in range(chance.randint(1, 3)):
                mailkeep.run("fetch", expect=None)
                self.check(mailkeep, server, seed, switches)
                name = chance.choice(sorted(folders))
                for step in chance.sample((f"append {name} 5", f"expunge {name} 2", f"flag {name} 2",
                                           f"renew {name}", "append INBOX 1"), 2):
                    run.follow(step)
            # What was changed since is not known to the report: one more pass, and it is.
            mailkeep.run("fetch", expect=None)
            self.check(mailkeep, server, seed, switches)
            server.switches = Switches(switches.offers)
            mailkeep.run("fetch")
            Verdict(mailkeep, server, seed).check("anna", "I1", "I2", "I3", "I4", "I5", "I8")

    def check(self, mailkeep, server, seed, switches):
        try:
            Verdict(mailkeep, server, seed).check("anna", "I2", "I3", "I4", "I5")
        except AssertionError as error:
            told = {key: value for key, value in dataclasses.asdict(switches).items()
                    if value != dataclasses.asdict(Switches()).get(key)}
            self.fail(f"seed {seed}, {told}: {error}")

    @staticmethod
    def some_switches(chance, folders):
        """Several misbehaviours that hide messages, none that hides them from every listing."""
        most = max(folders.values()) + 1
        lies = {
            "no_data": {chance.randint(1, most): chance.choice((-1, -1, 2)) for _ in range(4)},
            "no_data_share": chance.choice((0.05, 0.5)),
            "refuse": {chance.randint(1, most): "NO [UNAVAILABLE] UID FETCH Server error"
                       for _ in range(3)},
            "omit_share": chance.choice((0.02, 0.3)),
            "search_cap": chance.randint(1, most),
            "size_factor": chance.choice((0.3, 3.0)),
            "uidnext_ahead": 1000,
            "search": chance.choice(("NO", "BAD", "unordered", "nothing")),
            "size": chance.choice((0, -1, 1 << 31)),
        }
        chosen = chance.sample(sorted(lies), chance.randint(1, 4))
        offers = chance.choice((PLAIN, DOVECOT, EVERYTHING))
        return Switches(offers, **{name: lies[name] for name in chosen})


class LyingLedger(ArchiveTest):
    """The oracle itself can fail: a ledger that knows of one message more, or of other bytes, is believed."""

    def setUp(self):
        super().setUp()
        self.server = ModelServer(Switches(), SEED).__enter__()
        self.addCleanup(self.server.__exit__)
        scenario = Scenario("T059", "lying ledger", [], folders={"INBOX": 5})
        self.run_ = Run(scenario, self.mailkeep, self.server, SEED)
        self.mailkeep.run("fetch")
        self.verdict = Verdict(self.mailkeep, self.server)
        self.verdict.check("anna", "I1", "I2", "I3", "I4", "I5", "I8")

    def refused(self, *invariants):
        for name in invariants:
            with self.assertRaises(AssertionError, msg=name):
                self.verdict.check("anna", name)

    def test_a_message_that_nobody_saw(self):
        self.server.mail.accounts["anna"].inbox.append(Content(b"Subject: unseen\r\n\r\n"))
        self.refused("I1", "I5")

    def test_other_bytes_than_were_offered(self):
        ledger = self.server.mail.ledger
        place = next(iter(ledger.ever))
        ledger.ever[place] = ["0" * 64]
        self.refused("I4")

    def test_a_deletion_in_the_journal(self):
        self.server.journal.note(0, 0, 0, False, "a1", "UID STORE", "1 +FLAGS (\\Deleted)")
        self.refused("I2")

    def test_an_altered_store(self):
        self.sql(self.mailkeep, "UPDATE sightings SET uid = 99 WHERE uid = 1")
        self.refused("I8", "I1")

    def test_a_report_that_names_less(self):
        self.server.switches = Switches(no_data={6: -1})
        self.run_.follow("append INBOX 1")
        self.mailkeep.run("fetch", expect=None)
        self.verdict.check("anna", "I5")
        self.verdict.gaps = lambda account: {}
        self.refused("I5")


if __name__ == "__main__":
    main()
