# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios as data: what a server holds, how it behaves, what happens, and which invariants must hold.

A file of tests/hostile/scenarios/ is a table of them:

    [[scenario]]
    test = "T038"
    name = "A FETCH leaves out two UIDs in a hundred"
    figure = 20                          # runs of the long form; the short one makes `quick` (default 1)
    folders = { INBOX = 300, Work = 20 }
    checks = ["I1", "I3", "I4", "I5", "I8"]
    switches = { omit_share = 0.02 }
    steps = ["fetch", "append INBOX 50", "fetch", "complete"]

Steps, one a line; F and G are folders, n is a number; what is random comes from the run's seed:

    append F n | expunge F n | move F G n | flag F n | label F n | replace F n     n messages of F
    renumber F | shuffle F          new UIDs, same UIDVALIDITY: the lowest go away, or the order changes
    renew F | renew-empty F | renew-shuffled F      a new UIDVALIDITY
    create F | delete F | rename F G
    set NAME VALUE                  a switch, VALUE in JSON; "heal" sets all misbehaviours off
    after VERB: STEP                the step happens when a client has sent VERB, once; also "before", and
    between bodies: STEP            between two messages of one FETCH
    fetch | kill-fetch              a pass; the second is killed with -9 in the middle of a FETCH
    twins F n | draft F NAME        pairs under one Message-ID; one more version of a draft
    forms F | same F,G,... n        mail without this and that; n contents, each in all of these folders
    hostile-names | many-folders | no-separator    folder names that mean harm
    nothing-outside                 ... and have done none
    contents n                      the archive holds so many contents
    complete | incomplete           what the report must say now
    gaps n                          it names exactly so many
    epochs F n                      the report knows so many epochs of F
    commands n | commands VERB n    since the last pass began, at most so many
    bodies n                        ... so many messages were sent by the server, at most
    quiet | loud WORD               whether the last pass had warnings; WORD in them

Checks run after each fetch, I1 only at "complete": a server that still withholds is no loss yet.
"""

import json
import os
import random
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from model.mailbox import Content
from model.odd_mail import FORMS, hostile_names
from model.server import ModelServer
from model.switches import Switches, switches_of
from model.verdict import MaildropVerdict, Verdict

ROOT = Path(__file__).parents[2] / "hostile" / "scenarios"
IS_LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
EXITS = (0, 1, 69, 75, 77)


@dataclass
class Scenario:
    test: str
    name: str
    steps: list
    folders: dict = field(default_factory=lambda: {"INBOX": 10})
    checks: list = field(default_factory=lambda: ["I1", "I2", "I3", "I4", "I5", "I8"])
    switches: dict = field(default_factory=dict)
    scheme: str = "imap"
    quick: int = 1
    figure: int = 1
    waits_for: str = ""          # a part that the product has not got yet: the scenario is known to fail
    source: str = ""

    @property
    def runs(self):
        return self.figure if IS_LONG else self.quick


def load(name):
    """The scenarios of one file."""
    tables = tomllib.loads((ROOT / f"{name}.toml").read_text())["scenario"]
    return [Scenario(**table, source=name) for table in tables]


def play(scenario, mailkeep, seed, account="anna"):
    """Plays one run on a fresh Mailkeep; AssertionError names the step."""
    with ModelServer(switches_of(scenario.switches), seed) as server:
        run = Run(scenario, mailkeep, server, seed, account)
        for number, step in enumerate(scenario.steps, 1):
            try:
                run.follow(step)
            except Exception as error:
                where = f"{scenario.test} {scenario.name!r}, seed {seed}, step {number} {step!r}"
                raise AssertionError(f"{where}: {error}") from error
        return run


class Run:
    def __init__(self, scenario, mailkeep, server, seed, account="anna"):
        self.scenario, self.mailkeep, self.server = scenario, mailkeep, server
        self.name = account
        self.seed = seed
        self.random = random.Random(f"run-{seed}")
        self.account = server.mail.add(account)
        verdict = MaildropVerdict if scenario.scheme.startswith("pop3") else Verdict
        self.verdict = verdict(mailkeep, server, seed)
        self.mark = 0
        self.answer = None
        self._made = 0
        for folder, count in scenario.folders.items():
            if folder != "INBOX":
                self.account.create(folder)
            self._append(folder, count)
        mailkeep.run("account", "add", account, "--url", server.url(account, scenario.scheme), "--ca",
                     server.ca_file, "--password-file", server.password_file(account),
                     *server.account_flags(scenario.scheme))

    def follow(self, step):
        if ": " in step:
            return self._hook(*step.split(": ", 1))
        word, *rest = step.split()
        method = getattr(self, "_" + word.replace("-", "_"), None)
        if method is None:
            raise ValueError("no such step")
        return method(*rest)

    def _hook(self, when, step):
        def act(_session):
            self.follow(step)
        kind, what = when.split(" ", 1)
        if kind == "between":
            self.server.during_bodies(act, after=3)
        else:
            {"after": self.server.after, "before": self.server.before}[kind](what, act, times=1)

    # The mail.

    def _append(self, folder, count=1):
        for _ in range(int(count)):
            self._made += 1
            body = self.random.randbytes(self.random.randint(0, 300)).hex()
            self.account[folder].append(Content(
                b"Message-ID: <%d.%d@model.example>\r\nSubject: number %d\r\n\r\n%s\r\n"
                % (self.seed, self._made, self._made, body.encode())), self._flags(),
                b"%02d-Jan-%d 10:00:00 +0000" % (self.random.randint(1, 28), self.random.randint(1970, 2030)))

    def _flags(self):
        return [flag for flag in ("\\Seen", "\\Answered", "\\Flagged") if self.random.random() < 0.3]

    def _chosen(self, folder, count):
        uids = self.account[folder].uids()
        return sorted(self.random.sample(uids, min(int(count), len(uids))))

    def _expunge(self, folder, count=1):
        self.account[folder].expunge(self._chosen(folder, count))

    def _move(self, source, target, count=1):
        for uid in self._chosen(source, count):
            message = self.account[source].messages[uid]
            self.account[target].append(message.content, message.flags, message.date, labels=message.labels)
            self.account[source].expunge([uid])

    def _flag(self, folder, count=1):
        for uid in self._chosen(folder, count):
            self.account[folder].set_flags(uid, self._flags())

    def _label(self, folder, count=1):
        for uid in self._chosen(folder, count):
            self.account[folder].set_labels(uid, [f"label{self.random.randint(1, 9)}"])

    def _replace(self, folder, count=1):
        for uid in self._chosen(folder, count):
            self._made += 1
            self.account[folder].replace(uid, b"Subject: other %d of %d\r\n\r\n%s\r\n" % (
                self._made, self.seed, self.random.randbytes(40).hex().encode()))

    def _renumber(self, folder):
        box = self.account[folder]
        box.renumber(box.uids()[max(1, len(box.uids()) // 4):])

    def _shuffle(self, folder):
        box = self.account[folder]
        box.renumber(self.random.sample(box.uids(), len(box.uids())))

    def _renew(self, folder):
        self.account[folder].renew(self.server.mail.new_uidvalidity())

    def _renew_shuffled(self, folder):
        box = self.account[folder]
        box.renew(self.server.mail.new_uidvalidity(), self.random.sample(box.uids(), len(box.uids())))

    def _renew_empty(self, folder):
        self.account[folder].renew(self.server.mail.new_uidvalidity(), is_emptied=True)

    def _renew_to(self, folder, value):
        self.account[folder].renew(int(value))

    def _create(self, folder):
        self.account.create(folder)

    def _delete(self, folder):
        self.account.delete(folder)

    def _rename(self, old, new):
        self.account.rename(old, new)

    def _twins(self, folder, count):
        """Pairs with equal Message-ID, Date and Subject, and other bodies."""
        for number in range(int(count)):
            head = (b"Message-ID: <%d@twin.example>\r\nDate: Mon, 1 Jan 2024 10:00:00 +0000\r\n"
                    b"Subject: twin\r\n\r\n")
            for body in self.random.sample((b"one\r\n", b"two\r\n"), 2):
                self.account[folder].append(head % number + body)

    def _draft(self, folder, name):
        self._made += 1
        self.account[folder].append(b"Message-ID: <%s@draft.example>\r\nSubject: draft\r\n\r\nversion %d\r\n"
                                    % (name.encode(), self._made), ["\\Draft"])

    def _forms(self, folder):
        for raw in FORMS:
            self.account[folder].append(raw)

    def _same(self, folders, count):
        for number in range(int(count)):
            content = Content(b"Subject: same %d of %d\r\n\r\nbody\r\n" % (number, self.seed))
            for folder in folders.split(","):
                self.account[folder].append(content)

    def _hostile_names(self):
        for number, name in enumerate(
                hostile_names(self.random, 500 if IS_LONG else 120)):
            self.account.create(name).append(b"Subject: in hostile folder %d\r\n\r\n" % number)

    def _many_folders(self, count=10_000 if IS_LONG else 2_000):
        for number in range(int(count)):
            self.account.create(b"Folder/%d" % number)
        self._append("Folder/7", 2)

    def _no_separator(self):
        self.account.separator = b""

    def _nothing_outside(self):
        """No path was made of a name: the data directory holds what it always holds."""
        data = self.mailkeep.data
        known = {"index", "spool", "mailkeep.sqlite.locks"}
        strange = [path for path in data.rglob("*") if path.is_dir() and path.name not in known]
        strange += [path for path in data.parent.iterdir() if not path.name.startswith("data")]
        if strange:
            raise AssertionError(f"made of a folder's name: {strange}")

    # The server.

    def _set(self, name, *value):
        table = {name: json.loads(" ".join(value))}
        changed = getattr(switches_of(table), name)
        self.server.switches = self.server.switches.changed(**{name: changed})

    def _heal(self):
        healthy = Switches()
        self.server.switches = healthy.changed(offers=self.server.switches.offers)
        self.server.clear_hooks()

    # The product.

    def _fetch(self, *codes):
        self.mark = self.server.journal.mark()
        self.bodies_before = self.server.bodies
        self.answer = self.mailkeep.run("fetch", expect=None)
        allowed = tuple(map(int, codes)) or EXITS
        if self.answer.code not in allowed:
            raise AssertionError(f"fetch ended with {self.answer.code}: {self.answer.err[-800:]}")
        self._check()

    def _kill_fetch(self):
        """The pass dies in the middle of a FETCH, wherever that is."""
        bodies = self.random.randint(1, 20)
        killed = []
        def kill(_session):
            process.kill()
            killed.append(True)
        self.server.during_bodies(kill, after=bodies)
        process = self.mailkeep.start("fetch", stderr=-3, stdout=-3)
        process.wait(60)
        self._check(is_after_kill=True)

    def _check(self, is_after_kill=False):
        left_for_later = {"I1", "I5"} if is_after_kill else {"I1"}
        checks = [one for one in self.scenario.checks if one not in left_for_later]
        self.verdict.check(self.name, *checks)
        self.verdict.monotone(self.name)

    # What must be so.

    def _complete(self):
        self.verdict.check(self.name, "I1")
        if not self.verdict.report(self.name)["complete"]:
            raise AssertionError(f"the report says incomplete: {self.verdict.report(self.name)}")

    def _incomplete(self):
        if self.verdict.report(self.name)["complete"]:
            raise AssertionError("the report says complete")

    def _gaps(self, count):
        gaps = self.verdict.gaps(self.name)
        if len(gaps) != int(count):
            raise AssertionError(f"the report names {len(gaps)} gaps: {gaps}")

    def _epochs(self, folder, count):
        epochs = [one for one in self.verdict.folders(self.name) if one.get("name") == folder]
        if len(epochs) != int(count):
            raise AssertionError(f"the report knows {len(epochs)} epochs of {folder}: {epochs}")

    def _contents(self, count):
        held = len(self.mailkeep.messages(self.name))
        if held != int(count):
            raise AssertionError(f"the archive holds {held} contents")

    def _commands(self, *rest):
        verb = " ".join(rest[:-1]) or None
        found = self.server.journal.since(self.mark, verb)
        if len(found) > int(rest[-1]):
            told = [(one.verb, one.text[:60]) for one in found]
            raise AssertionError(f"{len(found)} commands: {told[:40]}")

    def _bodies(self, count):
        sent = self.server.bodies - self.bodies_before
        if sent > int(count):
            raise AssertionError(f"the server sent {sent} messages")

    def _quiet(self):
        if self.answer.err.strip():
            raise AssertionError(f"the pass warned: {self.answer.err[:400]}")

    def _loud(self, word):
        if word not in self.answer.err + self.answer.text:
            raise AssertionError(f"nothing was said of {word}: {self.answer.err[:400]}")
