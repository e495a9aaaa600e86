# SPDX-License-Identifier: GPL-3.0-or-later
"""The project's own files, for tests that look at the source."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("common", "net", "message", "store", "search", "indexer", "fetcher", "reply", "api",
         "cli")
_NOT_OURS = {"build", ".git", "node_modules", "__pycache__", ".cache"}


def source_files(*suffixes, under="."):
    """Paths relative to the root, sorted; every file if no suffix is given."""
    found = []
    for directory, subdirectories, names in os.walk(ROOT / under):
        subdirectories[:] = [name for name in subdirectories if name not in _NOT_OURS]
        for name in names:
            if not suffixes or name.endswith(suffixes):
                found.append((Path(directory) / name).relative_to(ROOT))
    return sorted(found)


def room_of(path):
    """"search" for indexer/search/..., "reply" for api/reply/..., else the top folder if it is a
    room, else None."""
    parts = Path(path).parts
    if parts[:2] == ("indexer", "search"):
        return "search"
    if parts[:2] == ("api", "reply"):
        return "reply"
    return parts[0] if parts[0] in ROOMS else None


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def build_directory():
    """Where the program under test was built."""
    return Path(os.environ["MAILKEEP"]).resolve().parent
