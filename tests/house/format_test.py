# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree is formatted by its own .clang-format."""

import subprocess
import unittest

from source_tree import ROOT, source_files


class Format(unittest.TestCase):
    def test_clang_format_would_change_nothing(self):
        files = [str(path) for path in source_files(".h", ".cpp")]
        self.assertGreater(len(files), 50)
        done = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], cwd=ROOT,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[:4000])


if __name__ == "__main__":
    unittest.main(verbosity=1)
