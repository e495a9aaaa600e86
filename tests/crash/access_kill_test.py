# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads is written down before the answer leaves: the service is killed with -9 right after an answer,
again and again, and every act that was answered stands in the log."""

import json
import os
import random
import threading

from dovecot import TemporaryDovecot
from mail_generator import generate
from mailkeep import ArchiveTest, main, on_both_stores
from service import Service, wait_until

SEED = int(os.environ.get("SEED", "20260101"))
KILLS = 100 if os.environ.get("MAILKEEP_TEST_LONG") else 12
ACTS_PER_KILL = 10
READERS = 4


@on_both_stores
class AccessRecords(ArchiveTest):
    def test_none_is_missing_after_a_kill(self):
        random.seed(SEED)
        with TemporaryDovecot({"anna": "secret"}) as server:
            for one in generate(12, seed=3, large=False, with_strange=False):
                server.append("anna", "INBOX", one.raw)
            self.mailkeep.add_account("anna", server, "anna")
            self.mailkeep.run("fetch")
            self.mailkeep.run("index")
        ids = [one["id"] for one in self.mailkeep.messages()]
        self.service = Service(self.mailkeep)
        self.addCleanup(self.service.__exit__)
        self.service.start()
        self.token = self.service.api("rita", "reviewer", accounts=["anna"]).token
        auditor = self.service.api("otto", "auditor").token
        acts = []
        for _ in range(KILLS):
            acts += self.act_until_killed(ids)
            self.service.start()
        recorded = self.recorded(auditor)
        missing = [act for act in acts if act[0] not in recorded]
        print(f"\n{self.engine}: {len(acts)} answered acts, {KILLS} kills, seed {SEED}, "
              f"{len(missing)} missing", flush=True)
        self.assertGreaterEqual(len(acts), KILLS)
        self.assertEqual(missing, [])
        for purpose, action, target in acts:
            self.assertEqual(recorded[purpose]["user"], "rita")
            self.assertEqual(recorded[purpose]["action"], action)
            self.assertIn(target, json.dumps(recorded[purpose]))
        self.service.stop()
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def act_until_killed(self, ids):
        """The acts that were answered before the kill; the kill comes at one of the answers."""
        answered, lock, dead = [], threading.Lock(), threading.Event()
        fatal = random.randrange(1, ACTS_PER_KILL * READERS)
        wishes = [[self.wish(ids) for _ in range(ACTS_PER_KILL)] for _ in range(READERS)]

        def read(mine):
            api = self.service.stranger()
            api.token = self.token
            for purpose, action, target, path in mine:
                if dead.is_set():
                    return
                try:
                    reply = api.send("GET", path, headers={"X-Purpose": purpose})
                except OSError:
                    return
                except Exception:  # cut in the middle of an answer: http.client's own errors
                    return
                if reply.status != 200:
                    raise AssertionError(reply.body)
                with lock:
                    answered.append((purpose, action, target))
                    if len(answered) == fatal:
                        dead.set()
                        self.service.process.kill()

        threads = [threading.Thread(target=read, args=(mine,)) for mine in wishes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.service.kill()
        return answered

    def wish(self, ids):
        purpose = f"case-{random.getrandbits(64):016x}"
        message = random.choice(ids)
        return random.choice([
            (purpose, "search", "from:anna", "/api/v1/search?q=from%3Aanna"),
            (purpose, "view", message, f"/api/v1/messages/{message}"),
            (purpose, "download-raw", message, f"/api/v1/messages/{message}/raw"),
        ])

    def recorded(self, auditor):
        """{purpose: the record}; a purpose that is recorded twice fails."""
        api = self.service.stranger()
        api.token = auditor
        found = {}
        items, _ = wait_until(lambda: api.all_items("/audit", limit=500, kind="access"), "the audit")
        for item in items:
            record = item["details"]
            if record and record.get("purpose", "").startswith("case-"):
                self.assertNotIn(record["purpose"], found)
                found[record["purpose"]] = record
        return found


if __name__ == "__main__":
    main()
