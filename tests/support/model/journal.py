# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients said to the model server: each command with its time and its place in the stream."""

import threading
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    connection: int
    at: float             # seconds since the server started
    received: int         # bytes that the client had sent before it, on this connection
    sent: int             # bytes that we had sent before it
    is_tls: bool
    tag: str
    verb: str             # "UID FETCH", "EXAMINE", "RETR"; upper case
    text: str             # the rest of the line, as latin-1; passwords are blotted out


class Journal:
    def __init__(self):
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self.commands = []

    def note(self, connection, received, sent, is_tls, tag, verb, text):
        with self._lock:
            self.commands.append(Command(connection, time.monotonic() - self._began, received, sent,
                                         is_tls, tag, verb, text))
            return len(self.commands) - 1

    def mark(self):
        """A point in time: since(mark) gives what came after it."""
        with self._lock:
            return len(self.commands)

    def since(self, mark=0, verb=None):
        with self._lock:
            commands = self.commands[mark:]
        return [one for one in commands if verb is None or one.verb == verb]

    def verbs(self, mark=0):
        return [one.verb for one in self.since(mark)]

    def deletions(self):
        """Whatever may remove a message from a server."""
        removing = {"DELE", "EXPUNGE", "UID EXPUNGE", "CLOSE", "DELETE", "MOVE", "UID MOVE", "RENAME"}
        return [one for one in self.since() if one.verb in removing or
                (one.verb.endswith("STORE") and "\\deleted" in one.text.lower())]
