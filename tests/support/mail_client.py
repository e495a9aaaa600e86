# SPDX-License-Identifier: GPL-3.0-or-later
"""What an independent client sees in a mailbox: the oracle that the tests compare with.

IMAP through Python's imaplib, which hands out literals byte for byte. POP3 is read from the socket
here, because poplib splits a message into lines and forgets how they ended.
"""

import base64
import hashlib
import imaplib
import re
import socket
import ssl

imaplib._MAXLINE = 64 << 20


def encode_folder(name):
    """Text to modified UTF-7 (RFC 3501 §5.1.3)."""
    pieces, run = [], ""
    for character in [*name, None]:
        if character is not None and not 0x20 <= ord(character) <= 0x7E:
            run += character
            continue
        if run:
            pieces.append("&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=")
                          .replace("/", ",") + "-")
            run = ""
        if character is not None:
            pieces.append("&-" if character == "&" else character)
    return "".join(pieces).encode()


def decode_folder(wire):
    """Modified UTF-7 to text, for well-formed names."""
    def shifted(match):
        if not match[1]:
            return "&"
        coded = match[1].decode().replace(",", "/")
        return base64.b64decode(coded + "=" * (-len(coded) % 4)).decode("utf-16-be")
    pieces, last = [], 0
    for match in re.finditer(rb"&([^-]*)-", wire):
        pieces += [wire[last:match.start()].decode(), shifted(match)]
        last = match.end()
    return "".join(pieces) + wire[last:].decode()


def quoted(name):
    """A folder's wire name as an IMAP quoted string."""
    wire = name if isinstance(name, bytes) else encode_folder(name)
    return b'"' + wire.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


class ImapClient:
    """A login over implicit TLS; use it in a with statement."""

    def __init__(self, host, port, user, password, ca_file):
        context = ssl.create_default_context(cafile=str(ca_file))
        self.imap = imaplib.IMAP4_SSL(host, port, ssl_context=context)
        # imaplib ends a literal with a write of its own, which would wait for the server's delayed ACK.
        self.imap.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.imap.logout()

    def folders(self):
        """Wire names of every folder that can be selected."""
        names = []
        for item in self._ok(self.imap.list()):
            if item is None:
                continue
            if isinstance(item, tuple):  # the name came as a literal
                if b"\\noselect" not in item[0].lower():
                    names.append(item[1])
                continue
            if not item:
                continue
            match = re.fullmatch(rb'\(([^)]*)\) (?:"(?:\\.|[^"\\])*"|NIL) (.*)', item, re.DOTALL)
            if b"\\noselect" in match[1].lower():
                continue
            name = match[2]
            if name.startswith(b'"'):
                name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
            names.append(name)
        return names

    def examine(self, folder):
        """Opens a folder read-only; its UIDVALIDITY."""
        self._ok(self.imap.select(quoted(folder), readonly=True))
        return int(self.imap.response("UIDVALIDITY")[1][0])

    def can_open(self, folder):
        return self.imap.select(quoted(folder), readonly=True)[0] == "OK"

    def messages(self, folder):
        """(uid, bytes) of everything in the folder."""
        self.examine(folder)
        uids = self._ok(self.imap.uid("SEARCH", "ALL"))[0].split()
        for start in range(0, len(uids), 50):
            wanted = b",".join(uids[start:start + 50]).decode()
            for item in self._ok(self.imap.uid("FETCH", wanted, "(UID BODY.PEEK[])")):
                if isinstance(item, tuple):
                    yield int(re.search(rb"UID (\d+)", item[0])[1]), item[1]
                elif item and (match := re.search(rb'UID (\d+) BODY\[\] (?:""|NIL)', item)):
                    yield int(match[1]), b""

    def append(self, folder, raw, flags=(), date=None):
        date_time = imaplib.Time2Internaldate(date) if date else None
        self._ok(self.imap.append(quoted(folder), " ".join(flags) or None,
                                  date_time, raw))

    def create(self, folder):
        self._ok(self.imap.create(quoted(folder)))

    @staticmethod
    def _ok(answer):
        if answer[0] != "OK":
            raise RuntimeError(f"the IMAP server refused: {answer!r}")
        return answer[1]


class Pop3Client:
    """POP3 over implicit TLS, byte-exact: only the dots of RFC 1939 §3 are undone."""

    def __init__(self, host, port, user, password, ca_file):
        context = ssl.create_default_context(cafile=str(ca_file))
        raw = socket.create_connection((host, port), timeout=60)
        self.socket = context.wrap_socket(raw, server_hostname=host)
        self.buffer = b""
        self._line()
        self._command(f"USER {user}")
        self._command(f"PASS {password}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._command("QUIT")
        self.socket.close()

    def messages(self):
        """(uidl, bytes) in the server's order."""
        listing = self._many("UIDL").decode("latin-1").splitlines()
        for number, uidl in (line.split(" ", 1) for line in listing):
            yield uidl, self._many(f"RETR {number}")

    def _command(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        answer = self._line()
        if not answer.startswith(b"+OK"):
            raise RuntimeError(f"the POP3 server refused {text.split()[0]}: {answer!r}")

    def _line(self):
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def _many(self, text):
        self._command(text)
        searched = 0
        while not self.buffer.startswith(b".\r\n"):
            end = self.buffer.find(b"\r\n.\r\n", searched)
            if end >= 0:
                body, self.buffer = self.buffer[:end + 2], self.buffer[end + 5:]
                return re.sub(rb"(^|\r\n)\.", rb"\1", body)
            searched = max(0, len(self.buffer) - 4)
            self._more()
        self.buffer = self.buffer[3:]
        return b""

    def _more(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise RuntimeError("the POP3 server closed the connection")
        self.buffer += piece


def sha256(raw):
    return hashlib.sha256(raw).hexdigest()
