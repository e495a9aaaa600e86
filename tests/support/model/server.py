# SPDX-License-Identifier: GPL-3.0-or-later
"""The model server: IMAP and POP3 on loopback over mail that a test makes, seeded, with ledger and journal.

    with ModelServer(seed=7) as server:
        anna = server.mail.add("anna")
        anna.inbox.append(b"Subject: hello\\r\\n\\r\\nworld\\r\\n")
        mailkeep.add_account("anna", server, "anna", "imap")
        server.after("EXAMINE", lambda session: anna.inbox.append(...), times=1)
        server.switches = server.switches.changed(omit_share=0.02)
        mailkeep.run("fetch")
        server.mail.ledger.places("anna"), server.journal.since()

Switches are taken by each connection when it begins; those of dicts and lists are shared by all.
What a test decides on comes from ledger, journal and the product's outputs (verdict.py).
"""

import atexit
import random
import shutil
import socket
import ssl
import tempfile
import threading
from pathlib import Path

from certificates import Authority
from model.imap import ImapSession
from model.journal import Journal
from model.line import Gone, Line
from model.mailbox import Mail
from model.pop3 import Pop3Session
from model.switches import Switches

SCHEMES = {"imap": ImapSession, "imaps": ImapSession, "pop3": Pop3Session, "pop3s": Pop3Session}


class ModelServer:
    def __init__(self, switches=None, seed=1, tls=False):
        """tls: implicit TLS on imaps and pop3s, STARTTLS on the others; else only imap and pop3, plain."""
        self.switches = switches or Switches()
        self.seed = seed
        self.random = random.Random(f"model-{seed}")
        self.mail = Mail(seed)
        self.journal = Journal()
        self.host = "localhost"
        self.connections = 0
        self.open_connections = 0
        self.most_open = 0
        self.bodies = 0           # messages sent whole
        self.errors = []          # of the model itself: a test must find none
        self.offers_starttls = tls
        self.certificate = _authority().issue_once() if tls else None
        self.tls_context = _context(self.certificate) if tls else None
        self.ca_file = _authority().ca_file
        self._hooks = []
        self._unlucky = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = []
        self._sockets = set()
        self._listeners = {}
        self._passwords = None

    # Life.

    def __enter__(self):
        for scheme in SCHEMES:
            if scheme.endswith("s") and not self.certificate:
                continue
            listener = socket.create_server(("127.0.0.1", 0), backlog=256)
            self._listeners[scheme] = listener
            self._start(self._accept, listener, scheme)
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for listener in self._listeners.values():
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        with self._lock:
            for one in list(self._sockets):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        for thread in self._threads:
            thread.join()

    @property
    def directory(self):
        return Path(_directory())

    def port(self, scheme):
        return self._listeners[scheme].getsockname()[1]

    def url(self, user, scheme="imap", host=None, port=None):
        return f"{scheme}://{user}@{host or self.host}:{port or self.port(scheme)}"

    def password_file(self, user):
        path = self.directory / f"password-{self.mail.accounts[user].password}"
        path.write_text(self.mail.accounts[user].password + "\n")
        path.chmod(0o600)
        return path

    def account_flags(self, scheme):
        """What `account add` needs beside the URL."""
        return () if self.certificate else ("--tls", "none")

    # Interleavings.

    def before(self, verb, action, times=None, skip=0):
        """action(session) runs when a client sends this command, before it is looked at. times: only so
        often; skip: not at the first ones."""
        self._hooks.append(_Hook("before", verb, action, times, skip))

    def after(self, verb, action, times=None, skip=0):
        """... when its untagged answer is complete, before what changed meanwhile is announced."""
        self._hooks.append(_Hook("after", verb, action, times, skip))

    def during_bodies(self, action, after=1, times=1):
        """action(session) runs between two bodies of one FETCH, after so many of them."""
        self._hooks.append(_Hook("body", "", action, times, after - 1))

    def clear_hooks(self):
        self._hooks = []

    def run_hooks(self, when, verb, session, _text):
        for hook in list(self._hooks):
            if hook.when == when and hook.verb == verb and hook.is_due():
                hook.action(session)

    def note_body(self, session, line, has_body):
        if not has_body:
            return
        self.bodies += 1
        if self._hooks and any(hook.when == "body" for hook in self._hooks):
            line.flush()
            self.run_hooks("body", "", session, "")

    # What sessions ask.

    def throttled(self, switches, verb):
        plan = switches.throttle.get(verb)
        with self._lock:
            if not plan or plan[0] == 0:
                return ""
            plan[0] -= 1
            return plan[1]

    def is_over_limit(self, session):
        limit = session.switches.max_connections
        return limit is not None and self.open_connections > limit

    def is_unlucky(self, folder, uid):
        """One of the share of UIDs that never come: the same for ever."""
        key = (folder.account.user, folder.name, folder.uidvalidity, uid)
        with self._lock:
            if key not in self._unlucky:
                self._unlucky[key] = random.Random(f"{self.seed}-{key}").random()
            return self._unlucky[key] < self.switches.no_data_share

    # Connections.

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        with self._lock:
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _accept(self, listener, scheme):
        while not self._stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                continue
            with self._lock:
                number = self.connections
                self.connections += 1
                self.open_connections += 1
                self.most_open = max(self.most_open, self.open_connections)
                self._sockets.add(connection)
            self._start(self._serve, connection, number, scheme)

    def _serve(self, connection, number, scheme):
        line = Line(connection, number, self.switches, self._stopping.is_set)
        try:
            if scheme.endswith("s"):
                line.start_tls(self.tls_context)
            SCHEMES[scheme](self, line, self.switches).run()
        except Gone:
            pass
        except Exception as error:  # noqa: BLE001 - reported by the test
            self.errors.append(f"connection {number}: {error!r}")
        finally:
            line.close()
            with self._lock:
                self.open_connections -= 1
                self._sockets.discard(connection)


class _Hook:
    def __init__(self, when, verb, action, times, skip):
        self.when, self.verb, self.action = when, verb, action
        self.times, self.skip = times, skip
        self._lock = threading.Lock()

    def is_due(self):
        with self._lock:
            if self.skip:
                self.skip -= 1
                return False
            if self.times is None:
                return True
            self.times -= 1
            return self.times >= 0


class _Certificates(Authority):
    def issue_once(self):
        if not hasattr(self, "_issued"):
            self._issued = self.issue("localhost")
        return self._issued


_shared = {}


def _directory():
    if "directory" not in _shared:
        _shared["directory"] = tempfile.mkdtemp(prefix="mk-model-", dir="/tmp")
        atexit.register(shutil.rmtree, _shared["directory"], ignore_errors=True)
    return _shared["directory"]


def _authority():
    """One for the whole test program: making keys takes longer than most scenarios."""
    if "authority" not in _shared:
        _shared["authority"] = _Certificates(_directory())
    return _shared["authority"]


def _context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context
