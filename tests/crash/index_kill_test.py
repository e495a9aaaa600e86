# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 in the middle of indexing, started again until it is done: the index holds exactly what an
undisturbed one does, and finds the same messages by the same words."""

import os
import random
import shutil

from killer import Killer, PhaseMark
from mail_generator import generate, write_tree
from mailkeep import ArchiveTest, main

LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))
KILLS = int(os.environ.get("MAILKEEP_TEST_INDEX_KILLS", "300" if LONG else "20"))
SEED = int(os.environ.get("MAILKEEP_TEST_SEED", "20260101"))
PHASES = ("index-read", "index-write", "index-commit")
MESSAGES = 1500
PLANTED = 40


class IndexKill(ArchiveTest):
    def test_killed_indexer_ends_with_the_same_index(self):
        messages = list(generate(MESSAGES, seed=SEED, large=False))
        write_tree(messages, "eml", self.directory / "mail")
        self.mailkeep.run("import", self.directory / "mail")
        words = [word for message in messages for word in message.words][:PLANTED]
        whole = self.answers(words)
        rng, mark = random.Random(SEED), PhaseMark(self.directory / "phase")
        killer = Killer(self.mailkeep, mark, rng, lingering=PHASES)

        rounds = 0
        while sum(killer.hits[phase] for phase in PHASES) < KILLS:
            rounds += 1
            self.assertLess(rounds, 10 * KILLS, f"the kills do not land: {killer.hits}")
            shutil.rmtree(self.mailkeep.data / "index")
            for _ in range(rng.randint(1, 4)):
                if not killer.kill("index", rng.choice(PHASES)):
                    break
            self.assertEqual(self.answers(words), whole)
        print(f"\n{sum(killer.hits.values())} kills ({dict(killer.hits)}), {rounds} indexes, seed {SEED}: "
              "each whole in the end", flush=True)

    def answers(self, words):
        found = {word: self.mailkeep.ids(word) for word in words}
        found["*"] = self.mailkeep.search("*", limit=1)["total"]
        for word in words:
            self.assertEqual(len(found[word]), 1, f"the planted word {word}")
        return found


if __name__ == "__main__":
    main()
