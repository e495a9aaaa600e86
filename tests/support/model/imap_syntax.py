# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of RFC 3501 §9 that commands are made of."""

import re

ATOM = re.compile(rb'[^\s()"{]*?\[[^\]]*\](?:<[\d.]+>)?|[^\s()"]+')


class Bad(Exception):
    """The command is answered with BAD."""


def parse(pieces):
    """Tokens of a command: bytes, and lists for parentheses. pieces: (line, literal) pairs; the last
    has no literal."""
    stack = [[]]
    for line, literal in pieces:
        at = 0
        while at < len(line):
            byte = line[at:at + 1]
            if byte == b" ":
                at += 1
            elif byte == b"(":
                stack.append([])
                at += 1
            elif byte == b")":
                if len(stack) < 2:
                    raise Bad("unbalanced")
                done = stack.pop()
                stack[-1].append(done)
                at += 1
            elif byte == b'"':
                match = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(line, at)
                if not match:
                    raise Bad("open quote")
                stack[-1].append(re.sub(rb"\\(.)", rb"\1", match[1]))
                at = match.end()
            else:
                match = ATOM.match(line, at)
                if not match:
                    raise Bad("no atom")
                stack[-1].append(match[0])
                at = match.end()
        if literal is not None:
            stack[-1].append(literal)
    if len(stack) != 1:
        raise Bad("unbalanced")
    return stack[0]


def sequence_set(text, largest):
    """(low, high) pairs; `*` is the largest."""
    ranges = []
    for part in text.split(b","):
        ends = [largest if end == b"*" else int(end) if end.isdigit() else 0 for end in part.split(b":")]
        if not ends[0] and part != b"*" or not ends[-1] and b"*" not in part or len(ends) > 2:
            raise Bad("no sequence set")
        ranges.append((min(ends), max(ends)))
    return ranges


def ranges_text(uids):
    """1:5,9 of ascending UIDs."""
    parts, start, last = [], None, None
    for uid in uids:
        if last is not None and uid == last + 1:
            last = uid
            continue
        if start is not None:
            parts.append(b"%d" % start if start == last else b"%d:%d" % (start, last))
        start = last = uid
    if start is not None:
        parts.append(b"%d" % start if start == last else b"%d:%d" % (start, last))
    return b",".join(parts)


def string(value):
    """As the server writes a name: quoted, or as a literal if a quoted string cannot hold it."""
    if any(byte in value for byte in b"\r\n\0") or any(byte > 127 for byte in value):
        return b"{%d}\r\n" % len(value) + value
    return b'"' + value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def listed(pattern):
    """A LIST pattern as a regular expression on wire names as latin-1."""
    text = pattern.decode("latin-1")
    translated = "".join(".*" if one == "*" else "[^/]*" if one == "%" else re.escape(one) for one in text)
    return re.compile(f"(?s:{translated})\\Z")
