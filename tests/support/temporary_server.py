# SPDX-License-Identifier: GPL-3.0-or-later
"""What the real servers of the tests have in common: a directory that goes with them, ports that were free,
processes that end with the test, and what an independent client sees of the mailboxes."""

import ctypes
import shutil
import signal
import socket
import tempfile
from pathlib import Path

from mail_client import ImapClient, Pop3Client, sha256


class TemporaryServer:
    """users: name to password. A subclass has a name, prepare(), start() and stop()."""

    name = "server"

    def __init__(self, users):
        self.users = dict(users)
        self.host = "localhost"
        self.directory = None

    def __enter__(self):
        # Unix socket paths are limited to 107 bytes, so not below a long TMPDIR.
        self.directory = Path(tempfile.mkdtemp(prefix=f"mk-{self.name}-", dir="/tmp"))
        self.directory.chmod(0o755)
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def password_file(self, user):
        path = self.directory / f"password-{user}"
        path.write_text(self.users[user] + "\n")
        path.chmod(0o600)
        return path


class MailboxServer(TemporaryServer):
    """With mailboxes on imaps_port and pop3s_port, under the certificate of ca_file."""

    # What an independent client sees.

    def imap(self, user):
        return ImapClient(self.host, self.imaps_port, user, self.users[user], self.ca_file)

    def pop3(self, user):
        return Pop3Client(self.host, self.pop3s_port, user, self.users[user], self.ca_file)

    def client_view(self, user):
        """{(folder's wire name as latin-1, uidvalidity, uid): SHA-256} of every folder that opens."""
        view = {}
        with self.imap(user) as client:
            for folder in filter(client.can_open, client.folders()):
                uidvalidity = client.examine(folder)
                for uid, raw in client.messages(folder):
                    view[(folder.decode("latin-1"), uidvalidity, uid)] = sha256(raw)
        return view

    def pop3_view(self, user):
        """{uidl: SHA-256} over POP3."""
        with self.pop3(user) as client:
            return {uidl: sha256(raw) for uidl, raw in client.messages()}


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
