# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server on loopback that follows transcripts, and the journal of what it was sent.

A transcript is text, one step a line, readable by someone who knows only the RFC:

    send * OK ready              the line and CRLF; $TAG is the tag of the line that came last
    raw * 1 FETCH (BODY[] {9}\\r\\n   exactly these bytes, with Python's escapes
    expect LOGIN                 the next line must hold this word
    more text                    the same for the rest of a command that goes on after a literal
    until .                      lines are read, this one the last
    tls                          the handshake
    times 1000 raw * 1 EXISTS\\r\\n   a step many times over
    stall                        nothing more until the client goes away
    cut                          the connection ends here

Each connection follows the next transcript; the last one is used again for all further connections.
"""

import codecs
import socket
import ssl
import threading


class ScriptedServer:
    def __init__(self, *transcripts, slice_bytes=None, certificate=None):
        self.transcripts = [_steps(transcript) for transcript in transcripts]
        self.slice_bytes = slice_bytes
        self.certificate = certificate
        self.journal = []      # (connection, is under TLS, line)
        self.mistakes = []     # where the client left the transcript
        self.torn = []         # what came in one piece and was no whole line, outside of `until`
        self.connections = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def lines(self, in_clear=None):
        return [line for _, is_tls, line in self.journal if in_clear is None or is_tls != in_clear]

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                number = self.connections
                self.connections += 1
            self._start(self._serve, connection, number)

    def _serve(self, connection, number):
        line = _Line(self, connection, number)
        try:
            for word, rest in self.transcripts[min(number, len(self.transcripts) - 1)]:
                if not line.follow(word, rest):
                    break
        except OSError:
            pass  # the client went away: the journal says how far it came
        finally:
            line.close()


class _Line:
    def __init__(self, server, connection, number):
        self.server = server
        self.socket = connection
        self.socket.settimeout(0.05)
        self.number = number
        self.tag = "*"
        self.pending = b""
        self.is_tls = False
        self.is_in_data = False

    def follow(self, word, rest):
        if word == "send":
            self.send(rest.encode("latin-1") + b"\r\n")
        elif word == "raw":
            self.send(codecs.decode(rest, "unicode_escape").encode("latin-1"))
        elif word == "times":
            count, step = rest.split(" ", 1)
            block = [step.partition(" ")[::2]] * int(count)
            if block and block[0][0] == "raw":  # in one go: a million small sends take minutes
                self.send(codecs.decode(block[0][1], "unicode_escape").encode("latin-1") * int(count))
                return True
            return all(self.follow(*one) for one in block)
        elif word == "expect":
            return self.expect(rest)
        elif word == "more":
            tag = self.tag
            is_expected = self.expect(rest)
            self.tag = tag
            return is_expected
        elif word == "until":
            self.is_in_data = True
            while self.expect(""):
                if self.server.journal[-1][2] == rest:
                    self.is_in_data = False
                    return True
            return False
        elif word == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.server.certificate)
            self.socket.settimeout(5)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.socket.settimeout(0.05)
            self.is_tls = True
        elif word == "stall":
            while self.receive():
                pass
            return False
        elif word == "cut":
            return False
        return True

    def send(self, data):
        data = data.replace(b"$TAG", self.tag.encode("latin-1"))
        step = self.server.slice_bytes or len(data) or 1
        for start in range(0, len(data), step):
            piece = data[start:start + step]
            while piece and not self.server._stopping.is_set():
                try:
                    piece = piece[self.socket.send(piece):]
                except TimeoutError:
                    continue

    def expect(self, word):
        while b"\r\n" not in self.pending:
            if not self.receive():
                self.server.mistakes.append(f"went away before {word}")
                return False
        line, self.pending = self.pending.split(b"\r\n", 1)
        text = line.decode("latin-1")
        self.tag = text.split(" ", 1)[0]
        self.server.journal.append((self.number, self.is_tls, text))
        if word not in text:
            self.server.mistakes.append(f"sent {text!r} where {word} was due")
            return False
        return True

    def receive(self):
        while not self.server._stopping.is_set():
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                continue
            if data and not data.endswith(b"\r\n") and not self.is_in_data:
                self.server.torn.append(data[-40:])
            self.pending += data
            return bool(data)
        return False

    def close(self):
        # What the client still sent belongs to the journal, and reading it avoids a reset that
        # could overtake our last words.
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while self.receive():
                pass
        except OSError:
            pass
        for line in self.pending.split(b"\r\n")[:-1]:
            self.server.journal.append((self.number, self.is_tls, line.decode("latin-1")))
        self.socket.close()


def _steps(transcript):
    lines = (line.strip() for line in transcript.splitlines())
    return [line.partition(" ")[::2] for line in lines if line and not line.startswith("#")]


LOGIN = """
    send * OK [CAPABILITY IMAP4rev1] ready
    expect LOGIN
    send $TAG OK [CAPABILITY IMAP4rev1] welcome
"""


def listing(*names):
    return "expect LIST\n" + "".join(f"raw * LIST () \"/\" {name}\\r\\n\n" for name in names) + \
        "send $TAG OK done\n"


def folder(uids, uidvalidity=7):
    """A folder that is opened and searched."""
    return (f"expect EXAMINE\nsend * {len(uids)} EXISTS\nsend * OK [UIDVALIDITY {uidvalidity}] ok\n"
            "send $TAG OK done\nexpect UID SEARCH ALL\n"
            f"send * SEARCH {' '.join(map(str, uids))}\nsend $TAG OK done\n")


def message(uid, text):
    """A FETCH response; text with Python's escapes."""
    size = len(codecs.decode(text, "unicode_escape").encode("latin-1"))
    return (f"raw * {uid} FETCH (UID {uid} FLAGS (\\\\Seen) "
            f"INTERNALDATE \"01-Jan-2020 00:00:00 +0000\" RFC822.SIZE {size} "
            f"BODY[] {{{size}}}\\r\\n{text})\\r\\n\n")


def fetched(*messages):
    return "expect UID FETCH\n" + "".join(messages) + "send $TAG OK done\n"
