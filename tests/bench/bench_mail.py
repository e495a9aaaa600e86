# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail that is measured with: a folder of real messages (--corpus) or the project's own generator."""

import os
from pathlib import Path

from mail_generator import generate


def messages(corpus, count, seed=7):
    """Distinct messages with LF line ends, as they lie in a Maildir. A corpus smaller than count is gone
    through again with a header line of its own for each round."""
    if corpus is None:
        for message in generate(count, seed=seed, with_strange=False, large=False):
            yield message.raw.replace(b"\r\n", b"\n")
        return
    files = sorted(path for path in Path(corpus).rglob("*") if path.is_file())
    made, turn = 0, 0
    seen = set()
    while made < count:
        for path in files:
            raw = path.read_bytes().replace(b"\r\n", b"\n")
            if turn == 0 and raw in seen or not raw:
                continue
            if turn == 0:
                seen.add(raw)
            yield (b"X-Round: %d\n" % turn if turn else b"") + raw
            made += 1
            if made == count:
                return
        turn += 1


def fill_maildir(maildir, source, own, already=0):
    """Writes straight into cur/, with the size in the name as Dovecot likes it. The number and bytes.
    already: messages that lie there, so that names do not repeat."""
    for name in ("cur", "new", "tmp"):
        (maildir / name).mkdir(parents=True, exist_ok=True)
    count = total = 0
    for raw in source:
        count += 1
        total += len(raw)
        number = already + count
        path = maildir / "cur" / f"{1600000000 + number}.M{number:07d}P1.bench,S={len(raw)}:2,S"
        path.write_bytes(raw)
        own(path)
    for path in (maildir, *(maildir / name for name in ("cur", "new", "tmp"))):
        own(path)
    return count, total


def own_by_nobody(_path):
    """For Maildirs that no server reads."""


def own_as(user_id, group_id):
    return lambda path: os.chown(path, user_id, group_id)
