# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of the table of quirks (tests/hostile/quirks/), played; tests/support/quirks.py says how.

    MAILKEEP_QUIRKS="Q38 Q41" plays only these.
"""

import concurrent.futures
import os
import time

from mailkeep import ArchiveTest, main
from quirks import rows

AT_A_TIME = 3
COUNT = 72


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
            played = {one.number: pool.submit(self.play, one) for one in table
                      if not chosen or one.number in chosen}
        for number, future in played.items():
            with self.subTest(number):
                future.result()


if __name__ == "__main__":
    main()
