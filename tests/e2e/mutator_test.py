# SPDX-License-Identifier: GPL-3.0-or-later
"""Other clients append, move, expunge and flag while passes run (T041), on real servers: no body ever comes
under another message's UID. MAILKEEP_TEST_LONG=1: ten minutes for each of five seeds."""

import os
import random
import re
import sys
import threading
import time

from cyrus import TemporaryCyrus
from dovecot import TemporaryDovecot
from mail_client import quoted, sha256
from mailkeep import ArchiveTest, main

IS_LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
SEED = int(os.environ.get("MAILKEEP_SEED", "1"))
SECONDS = 600 if IS_LONG else 10
OPERATIONS_A_SECOND = 50
FOLDERS = ("INBOX", "Work", "Old")


class Mutator(threading.Thread):
    """A client at work, and the record of what lay where: {(folder, UIDVALIDITY, UID): digest}."""

    def __init__(self, server, seed):
        super().__init__()
        self.server = server
        self.random = random.Random(f"mutator-{seed}")
        self.seed = seed
        self.truth = {}
        self.here = {folder: {} for folder in FOLDERS}   # folder -> {uid: digest}
        self.uidvalidity = {}
        self.operations = 0
        self.trouble = None
        self.stopping = threading.Event()

    def run(self):
        try:
            with self.server.imap("anna") as client:
                for folder in FOLDERS[1:]:
                    client.create(folder)
                due = time.monotonic()
                while not self.stopping.is_set():
                    self.operate(client)
                    self.operations += 1
                    due += 1 / OPERATIONS_A_SECOND
                    self.stopping.wait(max(0.0, due - time.monotonic()))
        except Exception as error:  # noqa: BLE001 - the test reports it
            self.trouble = error

    def operate(self, client):
        folder = self.random.choice(FOLDERS)
        action = self.random.choices((self.append, self.move, self.expunge, self.flag), (5, 3, 1, 3))[0]
        if action is not self.append and not self.here[folder]:
            action = self.append
        action(client, folder)

    def append(self, client, folder):
        raw = b"Subject: %d of %d\r\n\r\n%s\r\n" % (
            self.operations, self.seed, self.random.randbytes(self.random.randint(1, 2000)).hex().encode())
        client.append(folder, raw)
        uidvalidity, uid = client.imap.response("APPENDUID")[1][-1].split()
        self.arrived(folder, int(uidvalidity), int(uid), sha256(raw))

    def arrived(self, folder, uidvalidity, uid, digest):
        self.uidvalidity[folder] = uidvalidity
        self.here[folder][uid] = digest
        self.truth[(folder, uidvalidity, uid)] = digest

    def move(self, client, folder):
        target = self.random.choice([one for one in FOLDERS if one != folder])
        uids = self.some(folder)
        client._ok(client.imap.select(quoted(folder)))
        client._ok(client.imap.uid("MOVE", ",".join(map(str, uids)), quoted(target).decode()))
        uidvalidity, old, new = client.imap.response("COPYUID")[1][-1].split()
        for before, after in zip(_numbers(old), _numbers(new), strict=True):
            self.arrived(target, int(uidvalidity), after, self.here[folder].pop(before))

    def expunge(self, client, folder):
        uids = self.some(folder)
        client._ok(client.imap.select(quoted(folder)))
        client._ok(client.imap.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", "(\\Deleted)"))
        client._ok(client.imap.expunge())
        for uid in uids:
            del self.here[folder][uid]

    def flag(self, client, folder):
        client._ok(client.imap.select(quoted(folder)))
        sign = self.random.choice("+-")
        client._ok(client.imap.uid("STORE", str(self.some(folder)[0]), sign + "FLAGS", "(\\Flagged)"))

    def some(self, folder):
        uids = sorted(self.here[folder])
        return sorted(self.random.sample(uids, min(len(uids), self.random.randint(1, 3))))


def _numbers(text):
    found = []
    for low, high in re.findall(r"(\d+)(?::(\d+))?", text.decode()):
        found += range(int(low), int(high or low) + 1)
    return found


class OtherClients(ArchiveTest):
    def work_beside(self, make, seed):
        print(f"[seed {seed}]", end=" ", file=sys.stderr)
        self.mailkeep = self.another_mailkeep(f"data-{make.__name__}-{seed}")
        with make({"anna": "secret"}) as server:
            self.mailkeep.add_account("anna", server, "anna", "imaps")
            mutator = Mutator(server, seed)
            mutator.start()
            ends, passes = time.monotonic() + SECONDS, 0
            try:
                while time.monotonic() < ends and mutator.is_alive():
                    answer = self.mailkeep.run("fetch", expect=None)
                    self.assertIn(answer.code, (0, 1), answer.err[-600:])
                    passes += 1
            finally:
                mutator.stopping.set()
                mutator.join()
            self.assertIsNone(mutator.trouble)
            self.mailkeep.run("fetch")
            print(f"[{mutator.operations} operations, {passes} passes]", end=" ", file=sys.stderr)
            held = self.mailkeep.sightings("anna")
            wrong = {place: digest for place, digest in held.items() if mutator.truth[place] != digest}
            self.assertEqual(wrong, {})
            view = server.client_view("anna")
            self.assertEqual({place: held.get(place) for place in view}, view)
            self.assertTrue(self.mailkeep.report()["complete"])
            self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])
            self.assertGreater(passes, 3)
            self.assertGreater(mutator.operations, SECONDS * 10)

    def test_T041_on_dovecot(self):
        for seed in range(SEED, SEED + (5 if IS_LONG else 1)):
            self.work_beside(TemporaryDovecot, seed)

    def test_T041_on_cyrus(self):
        for seed in range(SEED, SEED + (5 if IS_LONG else 1)):
            self.work_beside(TemporaryCyrus, seed)


if __name__ == "__main__":
    main()
