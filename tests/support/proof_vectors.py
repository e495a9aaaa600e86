# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints Merkle proofs written from RFC 6962 §2.1 alone, sharing no code with the program.

    /usr/bin/python3 tests/support/proof_vectors.py > tests/corpus/proof_vectors.txt

Leaf n is SHA-256(0x00, n as 8 bytes). A path is given by its length and the SHA-256 of its hashes.
"""

import hashlib
from functools import lru_cache

SIZES = [*range(1, 18), 31, 64, 100, 255, 256, 257, 511, 512, 513, 700]


def sha256(value):
    return hashlib.sha256(value).digest()


def leaf(n):
    return sha256(b"\x00" + n.to_bytes(8, "big"))


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@lru_cache(None)
def tree(first, n):
    """MTH(D[first:first+n])."""
    if n == 0:
        return sha256(b"")
    if n == 1:
        return leaf(first)
    k = split(n)
    return sha256(b"\x01" + tree(first, k) + tree(first + k, n - k))


def path(m, first, n):
    """PATH(m, D[first:first+n]), §2.1.1."""
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return path(m, first, k) + [tree(first + k, n - k)]
    return path(m - k, first + k, n - k) + [tree(first, k)]


def subproof(m, first, n, whole):
    """SUBPROOF(m, D[first:first+n], b), §2.1.2."""
    if m == n:
        return [] if whole else [tree(first, n)]
    k = split(n)
    if m <= k:
        return subproof(m, first, k, whole) + [tree(first + k, n - k)]
    return subproof(m - k, first + k, n - k, False) + [tree(first, k)]


def positions(size):
    return sorted({m for m in (*range(8), 63, 64, 99, 254, 255, 256, 257, 510, 511, 512, size - 2,
                               size - 1) if 0 <= m < size})


def summary(hashes):
    return f"{len(hashes)} {sha256(b''.join(hashes)).hex()}"


def main():
    for size in SIZES:
        print(f"root {size} {tree(0, size).hex()}")
        for m in positions(size):
            print(f"inclusion {m} {size} {summary(path(m, 0, size))}")
    for second in SIZES:
        for first in (one for one in SIZES if one <= second):
            print(f"consistency {first} {second} {summary(subproof(first, 0, second, True))}")


if __name__ == "__main__":
    main()
