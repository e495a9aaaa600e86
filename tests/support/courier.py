# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Courier 5 on loopback, from unpacked packages, with TLS.

Courier's own logins need its authentication daemon, whose socket has a fixed place in the system. So the
greeting, TLS and the login are answered here, and what follows is Courier's imapd or courierpop3d, started as
its login program starts them: the user in AUTHENTICATED, the tag of the login in IMAPLOGINTAG."""

import base64
import os
import re
import select
import shlex
import socket
import ssl
import subprocess
import threading

from servers import UnpackedServer
from temporary_server import die_with_parent

CAPABILITY = ("IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE "
              "AUTH=PLAIN")  # as Debian's /etc/courier/imapd has it, under TLS


class TemporaryCourier(UnpackedServer):
    """Folders are children of INBOX, and the separator is a dot."""

    def __init__(self, users):
        super().__init__(users)
        self._listeners = []
        self._threads = []
        self._children = []
        self._stopping = threading.Event()

    def wire(self, folder):
        name = super().wire(folder).replace(b"/", b".")
        return name if name == b"INBOX" else b"INBOX." + name

    def prepare(self):
        super().prepare()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*self.certificate)
        for user in self.users:
            home = self.directory / "mail" / user
            home.mkdir(parents=True)
            subprocess.run([self.root / "usr/bin/maildirmake.courier", home / "Maildir"], check=True,
                           env=self.environment())

    def start(self):
        for port, serve in ((self.imaps_port, self._imap), (self.pop3s_port, self._pop3)):
            listener = socket.create_server(("127.0.0.1", port), backlog=64)
            self._listeners.append(listener)
            self._run(self._accept, listener, serve)

    def stop(self):
        self._stopping.set()
        for listener in self._listeners:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        for child in self._children:
            if child.poll() is None:
                child.terminate()
            child.wait()
        for thread in self._threads:
            thread.join()

    def renew(self, user, folder):
        """Courier keeps UIDVALIDITY in a file of the folder; without it, it makes a new one."""
        maildir = self.directory / "mail" / user / "Maildir"
        path = maildir if folder == "INBOX" else maildir / os.fsdecode(self.wire(folder)[len(b"INBOX"):])
        (path / "courierimapuiddb").unlink()

    def _run(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener, serve):
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._run(self._serve, connection, serve)

    def _serve(self, connection, serve):
        try:
            connection.settimeout(20)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._context.wrap_socket(connection, server_side=True) as line:
                serve(line)
        except (OSError, ValueError, IndexError):
            pass  # the client went away, or said what nobody says

    # The dialogue before Courier's programs take over.

    def _imap(self, line):
        line.sendall(f"* OK [CAPABILITY {CAPABILITY}] Courier-IMAP ready.\r\n".encode())
        while text := _line(line):
            tag, verb, *rest = shlex.split(text)
            verb = verb.upper()
            if verb == "LOGIN" and self.users.get(rest[0]) == rest[1]:
                return self._hand_over(line, "usr/bin/imapd", rest[0], tag)
            if verb == "AUTHENTICATE" and rest[0].upper() == "PLAIN":
                line.sendall(b"+ \r\n")
                user = self._user_of(_line(line))
                if user:
                    return self._hand_over(line, "usr/bin/imapd", user, tag)
                line.sendall(f"{tag} NO Login failed.\r\n".encode())
            elif verb == "CAPABILITY":
                line.sendall(f"* CAPABILITY {CAPABILITY}\r\n{tag} OK CAPABILITY completed\r\n".encode())
            elif verb == "LOGOUT":
                return line.sendall(f"* BYE Courier-IMAP\r\n{tag} OK LOGOUT completed\r\n".encode())
            else:
                line.sendall(f"{tag} NO Error in IMAP command received by server.\r\n".encode())

    def _pop3(self, line):
        line.sendall(b"+OK Hello there.\r\n")
        user = ""
        while text := _line(line):
            verb, _, rest = text.partition(" ")
            verb = verb.upper()
            if verb == "CAPA":
                line.sendall(b"+OK Here's what I can do:\r\nTOP\r\nUSER\r\nLOGIN-DELAY 10\r\nPIPELINING\r\n"
                             b"UIDL\r\nUTF8 USER\r\nIMPLEMENTATION Courier Mail Server\r\n.\r\n")
            elif verb == "USER":
                user = rest
                line.sendall(b"+OK Password required.\r\n")
            elif verb == "PASS" and self.users.get(user) == rest:
                return self._hand_over(line, "usr/lib/courier/courier/courierpop3d", user, "")
            elif verb == "QUIT":
                return line.sendall(b"+OK Better luck next time.\r\n")
            else:
                line.sendall(b"-ERR Invalid command.\r\n")

    def _user_of(self, coded):
        _, user, password = base64.b64decode(coded).decode().split("\0")
        return user if self.users.get(user) == password else ""

    def _hand_over(self, line, program, user, tag):
        home = self.directory / "mail" / user
        environment = self.environment(
            AUTHENTICATED=user, IMAPLOGINTAG=tag, TCPREMOTEIP="127.0.0.1", TCPREMOTEPORT="1",
            PROTOCOL="IMAP" if tag else "POP3", IMAP_CAPABILITY=CAPABILITY, IMAP_KEYWORDS="1",
            IMAP_ULIMITD="131072", IMAP_MAILBOX_SANITY_CHECK="0", IMAP_USELOCKS="0", IMAP_ENHANCEDIDLE="0",
            HOME=str(home), MAILDIRPATH="Maildir")
        ours, theirs = socket.socketpair()
        child = subprocess.Popen([self.root / program, "Maildir"], cwd=home, env=environment, stdin=theirs,
                                 stdout=theirs, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self._children.append(child)
        theirs.close()
        with ours:
            _pump(line, ours, self._stopping)
        child.wait()


def _line(line):
    """One line; read byte by byte, as what follows a login belongs to the program that takes over."""
    text = b""
    while not text.endswith(b"\n"):
        byte = line.recv(1)
        if not byte:
            return ""
        text += byte
    return re.sub(r"[\r\n]+$", "", text.decode())


def _pump(tls, plain, stopping):
    tls.settimeout(0.2)
    while not stopping.is_set():
        ready = [tls] if tls.pending() else select.select([tls, plain], [], [], 0.2)[0]
        for source, sink in ((tls, plain), (plain, tls)):
            if source not in ready:
                continue
            try:
                data = source.recv(65536)
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            if not data:
                return
            sink.settimeout(20)
            sink.sendall(data)
            tls.settimeout(0.2)
