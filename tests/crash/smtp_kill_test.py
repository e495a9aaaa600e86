# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at every step of sending a reply through a real server, and the same command given again until
it answers: each message is at the server exactly once, or shown as unknown; never silently twice, never
lost; the same key never sends twice. Both stores.

The server's own log says what it took. A kill counts only if it ended the running program; where it
landed stands in the mapped file. A program that marks an item as sending only after it was sent must fail
the very same check.

MAILKEEP_TEST_SMTP_KILLS: kills for each store (default: as many as 25 seconds hold, at least 20; with
--long 500, so that both stores together make the 1,000).
"""

import os
import random
import time
from collections import Counter

from exim import TemporaryExim
from killer import Killer, PhaseMark
from mailkeep import LATER, OK, ArchiveTest, main, on_both_stores

LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
KILLS = int(os.environ.get("MAILKEEP_TEST_SMTP_KILLS", "500" if LONG else "0"))
QUICK_SECONDS, QUICK_KILLS = 25, 20
SEED = int(os.environ.get("MAILKEEP_TEST_SEED", "20260101"))
USER = "anna@example.org"
PHASES = ("outbox-submit", "outbox-commit", "outbox-queued", "smtp-rcpt", "smtp-sending", "smtp-data",
          "smtp-answer", "smtp-finish")
LINGERING = ("smtp-rcpt", "smtp-data", "smtp-answer")
ORIGINAL = (b"From: Bob <bob@other.example>\r\nTo: anna@example.org, carl@other.example\r\n"
            b"Subject: Where are the numbers?\r\nMessage-ID: <numbers@other.example>\r\n"
            b"Date: Thu, 1 Jan 2026 10:00:00 +0000\r\n\r\nWe wait.\r\n")


class SmtpKill(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.server = TemporaryExim({USER: "secret"}, delivers=False).__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.mailkeep.run("account", "add", "anna", "--url", "imaps://anna%40example.org@localhost:1",
                          "--ca", self.server.ca_file, "--password-file",
                          self.server.password_file(USER), "--smtp", self.server.url())
        mail = self.directory / "original.eml"
        mail.write_bytes(ORIGINAL)
        self.mailkeep.run("import", mail)
        self.original = self.mailkeep.messages()[0]["id"]
        self.texts = {}
        for size in (40, 300_000):  # the large one spends longer on its way
            self.texts[size] = self.directory / f"text-{size}"
            self.texts[size].write_text("They are coming.\n" * (size // 17 + 1))

    def command(self, key, size):
        return ("reply", self.original, "--account", "anna", "--all", "--key", key, "--from-file",
                self.texts[size])

    def answer(self, key, size):
        """The command once more, undisturbed: the item as the program shows it."""
        done = self.mailkeep.run(*self.command(key, size), "--json", expect=None)
        item = done.json()
        self.assertEqual(done.code, {"sent": OK, "unknown": LATER}[item["state"]], done.err)
        return item

    def message_id(self, item):
        raw = self.mailkeep.raw(item["id"])
        return raw.split(b"Message-ID: <", 1)[1].split(b">", 1)[0].decode()

    def check(self, items):
        """Against the server's log. items: key to item. How many were unknown and yet arrived."""
        arrived = Counter(self.server.accepted_ids())
        ids = {self.message_id(item): item for item in items.values()}
        self.assertEqual(len(ids), len(items))
        self.assertEqual(set(arrived) - set(ids), set(), "the server has what nobody knows of")
        arrived_unknown = 0
        for message_id, item in ids.items():
            if item["state"] == "sent":
                self.assertEqual(arrived[message_id], 1, item)
            else:
                self.assertLessEqual(arrived[message_id], 1, item)
                arrived_unknown += arrived[message_id]
        listed = {item["outbox"]: item["state"] for item in self.mailkeep.run(
            "outbox", "list", "--json").lines()}
        self.assertEqual(listed, {item["outbox"]: item["state"] for item in items.values()})
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])
        return arrived_unknown

    def is_done(self, kills, began):
        if KILLS:
            return kills >= KILLS
        return kills >= QUICK_KILLS and time.monotonic() - began >= QUICK_SECONDS


@on_both_stores
class Sending(SmtpKill):
    def test_each_message_arrives_once_or_is_unknown(self):
        rng = random.Random(f"{SEED} smtp {self.engine}")
        run = Killer(self.mailkeep, PhaseMark(self.directory / "phase"), rng, LINGERING)
        items, kills, began = {}, 0, time.monotonic()
        while not self.is_done(kills, began):
            key, size = f"key-{len(items)}", rng.choice(tuple(self.texts))
            for _ in range(rng.choice((1, 1, 2, 3))):
                kills += run.kill(self.command(key, size), rng.choice(PHASES), skips=(0,))
            items[key] = self.answer(key, size)
            if len(items) % 10 == 0:  # the key was answered before: nothing moves
                again = rng.choice(tuple(items))
                self.assertEqual(self.mailkeep.run("outbox", "show", items[again]["outbox"],
                                                   "--json").json(), items[again])
        arrived_unknown = self.check(items)
        states = Counter(item["state"] for item in items.values())
        print(f"\n{self.engine}: {kills} kills ({dict(run.hits)}), {len(items)} messages, "
              f"{dict(states)}, {arrived_unknown} of the unknown arrived, seed {SEED}: 0 twice, 0 lost",
              flush=True)
        self.assertGreater(states["sent"], 0)
        self.assertGreaterEqual(sum(run.hits.values()), QUICK_KILLS)

    def test_program_that_marks_after_sending_is_found_out(self):
        rng = random.Random(f"{SEED} smtp sabotage {self.engine}")
        run = Killer(self.mailkeep, PhaseMark(self.directory / "phase"), rng, LINGERING,
                     "send-before-mark")
        for number in range(40):
            run.kill(self.command(f"key-{number}", 40), "smtp-answer", skips=(0,))
            self.mailkeep.run(*self.command(f"key-{number}", 40), expect=None)
            twice = [one for one, count in Counter(self.server.accepted_ids()).items() if count > 1]
            if twice:
                print(f"\nsabotaged on {self.engine}: sent twice after {number + 1} kills", flush=True)
                return
        self.fail("the sabotaged program passed: this test cannot see the mistake it is there for")


if __name__ == "__main__":
    main()
