# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad lines: cut, split, joined, slow, reset, silent and with flipped bits; BYE at each command.

Each test gives many accounts the same mail and each connection its own fault, so that one pass tries hundreds
of positions. MAILKEEP_SEED=N starts at another seed; MAILKEEP_TEST_LONG=1 tries all positions.
"""

import os
import random
import sys
import time

from fault_proxy import Fault, FaultProxy
from mailkeep import ArchiveTest, main
from model.many import add_accounts, check_all, fill
from model.server import ModelServer
from model.switches import EVERYTHING, PLAIN, Switches

SEED = int(os.environ.get("MAILKEEP_SEED", "1"))
IS_LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
ALL = ("I1", "I2", "I3", "I4", "I5")
MAIL = [
    b"Subject: one\r\n\r\nA line, and (a) \"quoted\" {7}\r\n",
    b"Subject: dots\r\n\r\n.\r\n..\r\n.x\r\n\r\n",
    b"Subject: looks like an answer\r\n\r\n* 1 EXISTS\r\na001 OK done\r\n)\r\n",
]


def several(quick, full):
    return full if IS_LONG else quick


class Lines(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(f"lines-{SEED}")
        print(f"[seed {SEED}]", end=" ", file=sys.stderr)

    def try_all(self, count, plan, scheme="imap", messages=MAIL, switches=None, passes=1, invariants=ALL,
                codes=(0,), tls=False):
        """count accounts; plan(connection): its fault. What is left over comes in `passes` clean passes."""
        names = [f"user{number:04}" for number in range(count)]
        with ModelServer(switches, SEED, tls) as server, \
                FaultProxy(server.port(scheme), plan, SEED) as line:
            fill(server, names, messages)
            add_accounts(self.mailkeep, server, names, scheme, line.port)
            answer = self.mailkeep.run("fetch", expect=None)
            # Whatever was cut: nothing is there that was never offered.
            check_all(self.mailkeep, server, names, "I2", "I3", "I4", scheme=scheme)
            line.plan = lambda number: Fault()
            server.switches = Switches()
            for _ in range(passes):
                answer = self.mailkeep.run("fetch", expect=None)
            self.assertIn(answer.code, codes, answer.err[-600:])
            check_all(self.mailkeep, server, names, *invariants, scheme=scheme)
            self.check_server(server)
            return line

    def check_server(self, server):
        self.assertEqual(server.errors, [])
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def length(self, scheme="imap", switches=None):
        """Bytes that a server sends in one clean pass."""
        with ModelServer(switches, SEED) as server, FaultProxy(server.port(scheme)) as line:
            other = self.another_mailkeep(f"length-{scheme}")
            fill(server, ["user0000"], MAIL)
            add_accounts(other, server, ["user0000"], scheme, line.port)
            other.run("fetch")
            return line.down_bytes[0]

    # T054, T095: cuts.

    def test_T054_a_cut_at_any_byte_truncates_nothing_imap(self):
        self.cut("imap", is_reset=False)

    def test_T054_a_cut_at_any_byte_truncates_nothing_pop3(self):
        self.cut("pop3", is_reset=False)

    def test_T095_a_reset_at_any_byte_truncates_nothing(self):
        self.cut("imap", is_reset=True)

    def cut(self, scheme, is_reset):
        length = self.length(scheme)
        places = list(range(1, length))
        count = several(120, len(places))
        chosen = sorted(self.random.sample(places, min(count, len(places))))
        # Only the first connection of each account: workers take them in any order, the set is the same.
        self.try_all(len(chosen), lambda number: Fault(
            cut_down=chosen[number % len(chosen)], is_reset=is_reset), scheme)

    def test_T095_what_the_client_says_is_cut(self):
        self.try_all(several(60, 400), lambda number: Fault(cut_up=1 + number * 3 % 400))

    def test_T054_a_large_message_is_cut(self):
        large = [b"Subject: large\r\n\r\n" + self.random.randbytes(300_000).hex().encode()]
        places = [self.random.randint(1000, 600_000) for _ in range(several(20, 500))]
        self.try_all(len(places), lambda number: Fault(cut_down=places[number % len(places)]), messages=large)

    def test_T095_bye_inside_a_literal_is_part_of_the_message(self):
        self.try_all(1, lambda number: Fault(), messages=[b"Subject: x\r\n\r\n* BYE so long\r\n"])

    # T069: BYE at each command.

    def test_T069_bye_at_each_command(self):
        for scheme in ("imap", "pop3"):
            with self.subTest(scheme=scheme):
                self.mailkeep = self.another_mailkeep(f"bye-{scheme}")
                switches = Switches(bye_at=[1 + number % 12 for number in range(48)])
                self.try_all(48, lambda number: Fault(), scheme, switches=switches)

    # T099: segments.

    def test_T099_one_byte_segments_change_nothing(self):
        for scheme in ("imap", "pop3"):
            for switches in (Switches(), Switches(PLAIN), Switches(EVERYTHING)):
                with self.subTest(scheme=scheme):
                    self.mailkeep = self.another_mailkeep(f"bytes-{scheme}-{len(switches.offers)}")
                    self.clean(1, lambda number: Fault(segment=1), scheme, switches)

    def test_T099_every_split_gives_the_same(self):
        for scheme in ("imap", "pop3"):
            with self.subTest(scheme=scheme):
                self.mailkeep = self.another_mailkeep(f"splits-{scheme}")
                length = self.length(scheme)
                first = self.random.randrange(8)
                places = list(range(1 + several(first, 0), length, several(8, 1)))
                self.clean(len(places), lambda number, places=places: Fault(
                    splits=(places[number % len(places)],)), scheme)

    def test_T099_what_comes_joined_gives_the_same(self):
        for scheme in ("imap", "pop3"):
            with self.subTest(scheme=scheme):
                self.mailkeep = self.another_mailkeep(f"joined-{scheme}")
                self.clean(4, lambda number: Fault(join=0.02), scheme)

    def clean(self, count, plan, scheme, switches=None):
        """A fault that hides nothing: one pass is enough, without a connection more than without it."""
        names = [f"user{number:04}" for number in range(count)]
        with ModelServer(switches, SEED) as server, FaultProxy(server.port(scheme), plan, SEED) as line:
            fill(server, names, MAIL)
            add_accounts(self.mailkeep, server, names, scheme, line.port)
            answer = self.mailkeep.run("fetch")
            self.assertEqual(answer.err, "")
            # A maildrop that gave something new is asked once more for what it may have held back.
            self.assertEqual(line.connections, count * (2 if scheme == "pop3" else 1))
            check_all(self.mailkeep, server, names, *ALL, scheme=scheme)
            self.check_server(server)

    # T100: bit flips on a plain connection.

    def test_T100_flipped_bits_crash_nothing_and_are_healed_or_named(self):
        names = [f"user{number:04}" for number in range(several(150, 5000))]
        with ModelServer(Switches(), SEED) as server, FaultProxy(
                server.port("imap"), lambda number: Fault(flip=1e-4, idle=2.0), SEED) as line:
            fill(server, names, MAIL)
            add_accounts(self.mailkeep, server, names, "imap", line.port)
            answer = self.mailkeep.run("fetch", expect=None)
            self.assertIn(answer.code, (0, 1, 69, 75, 77), answer.err[-600:])
            self.assertGreater(line.flipped, 10)
            line.plan = lambda number: Fault()
            self.mailkeep.run("fetch", expect=None)
            # A flip inside a body cannot be told from mail; what it cannot do is make messages disappear.
            for name in names:
                with self.subTest(name=name):
                    self.assertGreaterEqual(len(self.places(name)), len(MAIL))
            self.check_server(server)

    def places(self, account):
        if not hasattr(self, "_by_account"):
            self._by_account = {}
            for message in self.mailkeep.messages():
                for seen in message["sightings"]:
                    self._by_account.setdefault(seen["account"], []).append(seen["uid"])
        return self._by_account.get(account, [])

    # T155 and silence.

    def test_T155_a_line_of_64_kbit_and_300_ms_is_no_fault(self):
        letters = [b"Subject: %d\r\n\r\n" % number + b"x" * 4000 + b"\r\n" for number in range(5)]
        with ModelServer(Switches(), SEED) as server, FaultProxy(
                server.port("imap"), lambda number: Fault(delay=0.15, rate=8000), SEED) as line:
            fill(server, ["user0000"], letters)
            add_accounts(self.mailkeep, server, ["user0000"], "imap", line.port)
            answer = self.mailkeep.run("fetch")
            self.assertEqual(answer.err, "")
            self.assertEqual(line.connections, 1)
            check_all(self.mailkeep, server, ["user0000"], *ALL)

    def test_T155_a_pause_of_three_seconds_is_no_fault(self):
        with ModelServer(Switches(), SEED) as server, FaultProxy(
                server.port("imap"), lambda number: Fault(stall=(900, 3.0)), SEED) as line:
            fill(server, ["user0000"], MAIL)
            add_accounts(self.mailkeep, server, ["user0000"], "imap", line.port)
            began = time.monotonic()
            self.assertEqual(self.mailkeep.run("fetch").err, "")
            self.assertGreater(time.monotonic() - began, 2.9)
            self.assertEqual(line.connections, 1)


if __name__ == "__main__":
    main()
