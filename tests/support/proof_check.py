# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a message's proof offline: raw bytes, commitment, leaf, root, signature. Written from
docs/formats.md and RFC 6962; knows neither the program nor its database. The signature is checked with
the openssl command."""

import base64
import hashlib
import hmac
import subprocess
import tempfile
from pathlib import Path


def sha256(value):
    return hashlib.sha256(value).digest()


def node(left, right):
    return sha256(b"\x01" + left + right)


def root_of_inclusion(leaf, position, size, path):
    """RFC 9162, 2.1.3.2, which is another algorithm than the recursion that makes the path."""
    at, last, root = position, size - 1, leaf
    for one in path:
        assert last > 0, "the path is too long"
        if at % 2 or at == last:
            root = node(one, root)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            root = node(root, one)
        at, last = at // 2, last // 2
    assert last == 0, "the path is too short"
    return root


def roots_of_consistency(first, second, first_root, path):
    """(older root, newer root) as the path gives them; RFC 9162, 2.1.4.2."""
    if first in (0, second):
        assert not path
        return first_root, first_root
    path = ([first_root] if first & (first - 1) == 0 else []) + path
    at, last = first - 1, second - 1
    while at % 2:
        at, last = at // 2, last // 2
    old = new = path[0]
    for one in path[1:]:
        assert last > 0, "the path is too long"
        if at % 2 or at == last:
            old, new = node(one, old), node(one, new)
            while at % 2 == 0 and at:
                at, last = at // 2, last // 2
        else:
            new = node(new, one)
        at, last = at // 2, last // 2
    assert last == 0, "the path is too short"
    return old, new


def commitments(entry):
    """(kind, content commitment, fact commitment) of an entry of version 1."""
    assert entry[0] == 1
    fields, rest = [], entry[10:]
    while rest:
        length = int.from_bytes(rest[:4], "big")
        fields.append(rest[4:4 + length])
        rest = rest[4 + length:]
    assert len(fields) == 2
    return entry[1], *fields


def open_note(note, public_key):
    """(size, root) of a checkpoint whose signature is right."""
    name, key_id, key = public_key.split("+", 2)
    key = base64.b64decode(key)
    assert key[0] == 1 and sha256(name.encode() + b"\n" + key)[:4].hex() == key_id
    text, signatures = note.split("\n\n", 1)
    text += "\n"
    dash, signer, signature = signatures.strip().split(" ")
    signature = base64.b64decode(signature)
    assert dash == "—" and signer == name and signature[:4].hex() == key_id
    check_signature(key[1:], text.encode(), signature[4:])
    origin, size, root = text.split("\n")[:3]
    assert origin == name
    return int(size), base64.b64decode(root)


def check_signature(key, text, signature):
    with tempfile.TemporaryDirectory() as directory:
        files = [Path(directory) / one for one in ("key", "text", "signature")]
        # SubjectPublicKeyInfo of an Ed25519 key, RFC 8410.
        for file, content in zip(files, (bytes.fromhex("302a300506032b6570032100") + key, text, signature)):
            file.write_bytes(content)
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", files[0],
                        "-rawin", "-in", files[1], "-sigfile", files[2]], check=True, capture_output=True)


def check_proof(raw, answer):
    """Raises unless every proof of the answer shows that these bytes were archived. Returns their
    number."""
    digest = sha256(raw)
    assert answer["id"] == digest.hex()
    size, root = open_note(answer["checkpoint"]["note"], answer["public_key"])
    for proof in answer["proofs"]:
        entry, salt, fact = (base64.b64decode(proof[one]) for one in ("entry", "salt", "fact"))
        kind, content, committed = commitments(entry)
        assert hmac.digest(salt, digest, "sha256") == content, "the entry is about other bytes"
        assert hmac.digest(salt, fact, "sha256") == committed, "the entry is about another fact"
        assert fact[0] == kind and digest in fact
        leaf = sha256(b"\x00" + entry)
        assert leaf.hex() == proof["leaf_hash"]
        assert proof["tree_size"] == size, "no checkpoint covers the entry yet"
        path = [bytes.fromhex(one) for one in proof["path"]]
        assert root_of_inclusion(leaf, proof["position"], size, path) == root, "the path leads elsewhere"
    return len(answer["proofs"])
