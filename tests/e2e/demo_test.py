# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo, as a stranger runs it: on both stores, twice, with nothing left behind."""

import glob
import subprocess
import unittest

from mailkeep import main
from source_tree import ROOT


class Demo(unittest.TestCase):
    def test_runs_on_both_stores_and_a_second_time(self):
        for options in ((), ("--postgres",), ()):
            before = set(glob.glob("/tmp/mailkeep-demo-*"))
            done = subprocess.run([ROOT / "scripts" / "demo", "--no-serve", *options],
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
            for told in ("The archive holds everything", "lost or altered:               0",
                         "FAULT content-altered"):
                self.assertIn(told, done.stdout)
            self.assertEqual(set(glob.glob("/tmp/mailkeep-demo-*")) - before, set())

    def test_refuses_an_unknown_option(self):
        done = subprocess.run([ROOT / "scripts" / "demo", "--what"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 64)


if __name__ == "__main__":
    main()
