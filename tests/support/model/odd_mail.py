# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages without this and that, and folder names that mean harm."""

FORMS = [
    b"", b"\r\n", b"\r\n\r\n", b"\r\nbody only\r\n", b"body only, no header\r\n",
    b"Subject: no end of header", b"Subject:\r\n\r\n", b"Message-ID:\r\n\r\nx",
    b"From: a@b.example\r\n\r\nno subject\r\n", b".\r\n", b"..\r\n.\r\n", b"\r", b"\n", b"\0",
    b"A: b\n\nbare LF\n", b"A: b\r\rbare CR\r", b"Subject: \xff\xfe\r\n\r\n\x80\x81\r\n", b"X" * 100_000,
    b"Subject: " + b"y" * 50_000 + b"\r\n\r\n", b"\r\n" * 5_000, b")\r\nA1 OK done\r\n", b"{5}\r\n",
    b"Message-ID: <same@form.example>\r\n\r\n1", b"Message-ID: <same@form.example>\r\n\r\n2", b" \r\n",
    b"\t", b"From nobody Mon Jan  1 00:00:00 2024\r\nSubject: mbox\r\n\r\n",
    b"\xef\xbb\xbfSubject: BOM\r\n\r\n",
]


def hostile_names(chance, count):
    """Wire names that a server may list: all bytes but CR, LF and NUL, which no quoted string and no
    literal of ours can say back to every server."""
    names = [
        b"..", b"../..", b"../../etc/passwd", b"/etc/passwd", b"a/../b", b".", b"~", b"~root", b"a//b", b"/",
        b"a/", b"CON", b"nul.txt", b"a\\b", b'say "hello"', b"(a) {3}", b"%", b"*", b"a*b%c", b"&", b"&-",
        b"&AOQ-", b"&AOQ", b"&!!-", b"&2D0-", b"&AAA-", b"&AAoADQ-", b"&IGc-", b"&IGcg-", b"&AGE-",
        b"&ZeVnLIqe-", b"INBOX/INBOX",
        b"inbox/x", b" lead", b"trail ", b"tab\there", b"\x01\x02", b"\x7f", b"\xff\xfe",
        "größe".encode(), "größe".encode("latin-1"), "\u202egpj.exe".encode(), b"x" * 1000,
        b"<script>alert(1)</script>", b"'; DROP TABLE folders; --", b"$(id)", b"`id`", b"a|b", b"-rf",
        b"--help", b"%s%n", b"{19}", b"NIL"]
    alphabet = bytes(one for one in range(1, 256) if one not in b"\r\n")
    while len(names) < count:
        name = bytes(chance.choice(alphabet) for _ in range(chance.randint(1, 40)))
        if name not in names and name.upper() != b"INBOX":
            names.append(name)
    return names
