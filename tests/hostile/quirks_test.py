# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of the table of quirks (tests/hostile/quirks/), played; tests/support/quirks.py says how.

    MAILKEEP_QUIRKS="Q38 Q41" plays only these.

A row that waits for something that the product has not got is played only when it is asked for by number or
with --long, and must fail then: once it passes, its line waits_for goes.
"""

import concurrent.futures
import os
import time

from mailkeep import ArchiveTest, main
from quirks import rows

AT_A_TIME = 3
COUNT = 72
IS_LONG = bool(os.environ.get("MAILKEEP_TEST_LONG"))


class Quirks(ArchiveTest):
    def play(self, one):
        began = time.monotonic()
        one.play(self.another_mailkeep)
        return time.monotonic() - began

    def test_each_row_is_handled(self):
        table = rows()
        self.assertEqual([one.number for one in table], [f"Q{n:02}" for n in range(1, COUNT + 1)])
        chosen = os.environ.get("MAILKEEP_QUIRKS", "").split()
        with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
            played = {one: pool.submit(self.play, one) for one in table
                      if (one.number in chosen if chosen else IS_LONG or not one.waits_for)}
        for one, future in played.items():
            with self.subTest(one.number):
                if not one.waits_for:
                    future.result()
                else:
                    self.assertIsInstance(future.exception(), AssertionError, "waits_for can go")


if __name__ == "__main__":
    main()
