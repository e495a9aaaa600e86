# SPDX-License-Identifier: GPL-3.0-or-later
"""clang-tidy finds nothing in the rooms, with the short list in .clang-tidy.

A file that passed is not looked at again until it, one of our headers that it includes, the list or
clang-tidy changes, in another checkout neither: a mark named after the digest of all of these lies beside the
compiler's cache.
"""

import concurrent.futures
import hashlib
import os
import re
import subprocess
import unittest
from pathlib import Path

from source_tree import ROOT, build_directory, read, room_of, source_files

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


class Tidy(unittest.TestCase):
    def test_clang_tidy_finds_nothing(self):
        version = subprocess.run(["clang-tidy", "--version"], check=True, capture_output=True).stdout
        settings = read(".clang-tidy").encode() + version
        caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        marks = caches / "mailkeep" / "tidy-passed"
        marks.mkdir(parents=True, exist_ok=True)
        files = [path for path in source_files(".cpp") if room_of(path)]
        self.assertGreater(len(files), 30)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            complaints = list(pool.map(lambda path: check(path, settings, marks), files))

        self.assertEqual("\n".join(filter(None, complaints))[:8000], "")


def check(path, settings, marks):
    """What clang-tidy complains of; empty if nothing."""
    digest = hashlib.sha256(settings)
    for one in sorted({path, *own_headers(path)}):
        digest.update(str(one).encode() + b"\0" + read(one).encode())
    mark = marks / digest.hexdigest()
    if mark.exists():
        return ""
    # The build is g++'s, some of whose warnings clang does not know.
    done = subprocess.run(["clang-tidy", "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p",
                           str(build_directory()), str(ROOT / path)],
                          cwd=ROOT, capture_output=True, text=True)
    if done.returncode == 0:
        mark.touch()
        return ""
    return done.stdout or done.stderr


def own_headers(path, seen=None):
    seen = set() if seen is None else seen
    for header in map(Path, INCLUDE.findall(read(path))):
        if header not in seen and (ROOT / header).exists():
            seen.add(header)
            own_headers(header, seen)
    return seen


if __name__ == "__main__":
    unittest.main(verbosity=1)
