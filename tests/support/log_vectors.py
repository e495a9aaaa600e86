# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the vectors of docs/formats.md, written from that page and sharing no code with the program.

    /usr/bin/python3 tests/support/log_vectors.py > tests/corpus/log_vectors.txt
"""

import hashlib
import hmac
import struct

TIME = 1_700_000_000_000_000


def u8(value):
    return struct.pack(">B", value)


def u32(value):
    return struct.pack(">I", value)


def u64(value):
    return struct.pack(">Q", value)


def field(value):
    return u32(len(value)) + value


def sha256(value):
    return hashlib.sha256(value).digest()


def commit(salt, value):
    return hmac.new(salt, value, hashlib.sha256).digest()


def sighting(kind, uid, uidl, version, content, internal_date, flags, announced):
    fact = u8(kind) + u64(1) + u64(1)
    fact += u8(uid is not None) + u32(uid or 0) + field(uidl) + u32(version)
    fact += sha256(content) + u64(len(content)) + field(internal_date) + field(flags)
    return fact + u8(announced is not None) + u64(announced or 0) + u64(TIME)


def account_version():
    fact = u8(10) + u64(1)
    for text in (b"active", b"anna", b"imap", b"implicit", b"mail.example.org"):
        fact += field(text)
    fact += u32(993)
    for text in (b"anna@example.org", b"", b"Anna Berg", b"anna@example.org"):
        fact += field(text)
    fact += field(b"INBOX\nArchive/*") + field(b"")
    return fact + u8(1) + u32(30) + field(b"smtps://mail.example.org") + u64(TIME)


def epoch():
    return u8(14) + u64(1) + u64(1) + field(b"INBOX") + u32(1) + u32(4711) + u64(TIME)


def outcome():
    fact = u8(4) + u64(1) + field(b"failed") + field(b"refused-by-server")
    return fact + field(b"5,7:9") + field(b"") + u64(TIME)


def claim():
    server_set = b"1:5,7:9"
    return u8(15) + u64(1) + u64(8) + u32(10) + u64(77) + sha256(server_set) + u64(TIME)


def event():
    return u8(12) + field(b"fetch anna") + u64(TIME)


def claim_with_mailbox_id():
    return claim() + field(b"F2212ea87-6097-4256-9d51-71338625")


def state():
    changes = field(b"flags") + field(b"$Work \\Seen") + field(b"1:3,9")
    changes += field(b"presence") + field(b"gone") + field(b"7")
    return u8(19) + u64(1) + field(changes) + u64(TIME)


def renamed():
    return u8(20) + u64(1) + field(b"Archive/2023") + u64(TIME)


def deletion():
    fact = u8(21) + u64(1) + field(b"intended") + field(b"5,7:9") + field(b"")
    return fact + field(b"archived 30 days ago") + u64(TIME)


CONTENT = b"Subject: one\r\n\r\nbody\r\n"
OTHER = b"Subject: other\r\n\r\n"

ENTRIES = [
    (10, None, account_version()),
    (14, None, epoch()),
    (1, CONTENT, sighting(1, 1, b"", 1, CONTENT, b"17-Jul-1996 02:44:25 -0700", b"\\Seen", 22)),
    (2, CONTENT, sighting(2, None, b"uidl-1", 1, CONTENT, b"", b"", None)),
    (3, OTHER, sighting(3, 1, b"", 2, OTHER, b"", b"\\Seen", 99)),
    (4, None, outcome()),
    (15, None, claim()),
    (12, None, event()),
    (15, None, claim_with_mailbox_id()),
    (19, None, state()),
    (20, None, renamed()),
    (21, None, deletion()),
]


def root(leaves):
    """RFC 6962 section 2.1, by its own recursion."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:]))


def main():
    leaves = []
    for number, (kind, content, fact) in enumerate(ENTRIES):
        salt = bytes([number]) * 32
        entry = u8(1) + u8(kind) + u64(TIME + number)
        entry += field(commit(salt, sha256(content)) if content is not None else b"")
        entry += field(commit(salt, fact))
        leaves.append(sha256(b"\x00" + entry))
        print("entry", number, "kind", kind, "time", TIME + number)
        print("salt", salt.hex())
        print("content", sha256(content).hex() if content is not None else "-")
        print("fact", fact.hex())
        print("bytes", entry.hex())
        print("leaf", leaves[-1].hex())
    for size in range(len(leaves) + 1):
        print("root", size, root(leaves[:size]).hex())


if __name__ == "__main__":
    main()
