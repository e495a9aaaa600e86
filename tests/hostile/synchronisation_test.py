# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of what servers do to their folders (scenarios/), played by the model server with many seeds.

    MAILKEEP_SEED=N starts at another seed; MAILKEEP_TEST_LONG=1 makes each scenario's full number of runs.
"""

import os
import sys

from mailkeep import ArchiveTest, main
from model.scenarios import load, play

FIRST_SEED = int(os.environ.get("MAILKEEP_SEED", "1"))


class _Scenarios(ArchiveTest):
    def play_all(self, scenario):
        if scenario.waits_for:
            with self.assertRaises(AssertionError, msg="it holds now: take waits_for out of the scenario"):
                play(scenario, self.another_mailkeep("waiting"), FIRST_SEED)
            return
        for seed in range(FIRST_SEED, FIRST_SEED + scenario.runs):
            play(scenario, self.another_mailkeep(f"data-{seed}"), seed)
        print(f"[seeds {FIRST_SEED}..{FIRST_SEED + scenario.runs - 1}]", end=" ", file=sys.stderr)


def add_tests(case, name):
    for number, scenario in enumerate(load(name), 1):
        def test(self, scenario=scenario):
            self.play_all(scenario)
        words = "".join(one if one.isalnum() else "_" for one in scenario.name)
        setattr(case, f"test_{scenario.test}_{number:02}_{words}", test)


class Synchronisation(_Scenarios):
    """Folders over IMAP."""


class Maildrops(_Scenarios):
    """POP3."""


class Contents(_Scenarios):
    """What messages and names look like."""


add_tests(Maildrops, "maildrop")
add_tests(Contents, "content")
add_tests(Synchronisation, "synchronisation")
if __name__ == "__main__":
    main()
