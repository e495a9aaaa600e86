# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail for tests that want a lot of it: the developers' corpus of real and malformed messages, where it
lies beside the checkout, and the generator's mail everywhere else. The corpus stays where it is."""

import subprocess
import tempfile
from pathlib import Path

from mail_generator import generate, strange

ARCHIVE = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "mail-corpus-dev.tar.zst"


def messages(limit, seed=11):
    """At most `limit` distinct messages, as bytes: every malformed one first."""
    seen = set()
    for raw in _from_archive() if ARCHIVE.exists() else _generated(limit, seed):
        if raw not in seen:
            seen.add(raw)
            yield raw
        if len(seen) == limit:
            return


def _from_archive():
    with tempfile.TemporaryDirectory(prefix="mk-corpus-") as directory:
        subprocess.run(["tar", "--zstd", "-xf", str(ARCHIVE), "-C", directory], check=True)
        root = next(Path(directory).iterdir())
        for part in ("edge", "bulk"):
            for path in sorted((root / part).rglob("*")):
                if path.is_file():
                    yield path.read_bytes()


def _generated(limit, seed):
    for message in strange(seed):
        yield message.raw
    for message in generate(limit, seed=seed, with_strange=False, large=False):
        yield message.raw
