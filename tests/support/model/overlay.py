# SPDX-License-Identifier: GPL-3.0-or-later
"""The model server with a server's own words laid over it: what it says instead, or how it says it.

    server.overlay = Overlay(answers, rewrites)      # both lists of tables, as in tests/hostile/quirks/

An answer takes the place of what the model would do with a command; a rewrite changes the bytes of what
the model says. Both name commands by a regular expression, matched from the start of "UID FETCH 1:3 (FLAGS)";
the greeting is the command GREETING. Keys of both:

    on               which commands
    times, skip      only so many of them, after so many
    connections      only on these connections, counted from 0

An answer says, one line each (CRLF follows; $TAG is the command's tag):

    * 1 EXISTS                 this
    TIMES 1000 * BYE           this so many times
    MODEL                      what the model says, at this place; with it the command is also done
    RAW a\\x00b                 exactly these bytes, with Python's escapes
    CUT                        the connection ends here
    STALL                      nothing more is said until the client goes away

A rewrite has `find`, a regular expression, and `put`, its replacement, with Python's escapes.
"""

import codecs
import re
import threading

from model.imap import ImapSession
from model.pop3 import Pop3Session
from model.server import ModelServer

LIVE = ("STARTTLS", "STLS", "COMPRESS", "IDLE")   # what they say cannot wait for their end


class Overlay:
    def __init__(self, answers=(), rewrites=()):
        self.answers = [_Rule(table) for table in answers]
        self.rewrites = [_Rewrite(table) for table in rewrites]

    def answer(self, command, connection):
        return next((rule for rule in self.answers if rule.is_due(command, connection)), None)

    def rewritten(self, command, connection, data):
        for rule in self.rewrites:
            if rule.is_due(command, connection):
                data = rule.find.sub(rule.put, data)
        return data


class _Rule:
    def __init__(self, table):
        table = dict(table)
        self.on = re.compile(table.pop("on"))
        self.left = table.pop("times", None)
        self.skip = table.pop("skip", 0)
        self.connections = table.pop("connections", None)
        self._lock = threading.Lock()
        self.take(table)
        if table:
            raise ValueError(f"unknown keys: {table}")

    def take(self, table):
        self.say = table.pop("say").strip("\n").split("\n")

    def is_due(self, command, connection):
        if not self.on.match(command) or self.connections is not None and connection not in self.connections:
            return False
        with self._lock:
            if self.skip:
                self.skip -= 1
                return False
            if self.left is not None:
                self.left -= 1
            return self.left is None or self.left >= 0


class _Rewrite(_Rule):
    def take(self, table):
        self.find = re.compile(table.pop("find").encode("latin-1"), re.MULTILINE)
        self.put = table.pop("put").encode("latin-1")


class _Words:
    """What both protocols' sessions do with an overlay."""

    def run(self):
        self._speak("GREETING", super().run, is_greeting=True)

    def _over(self, command, tag, act):
        rule = self.server.overlay.answer(command.replace("\0", " "), self.line.number)
        if rule is None:
            return self._speak(command, act)
        note = self.server.journal.note
        is_model = False
        for words in rule.say:
            if words == "MODEL":
                is_model = True
                self._speak(command, act)
                continue
            self._say_words(words.replace("$TAG", tag))
        if not is_model:
            verb, _, text = command.partition("\0")
            note(self.line.number, self.line.received, self.line.sent, self.line.is_tls, tag, verb, text)
        return None

    def _say_words(self, words):
        if words == "CUT":
            self.line.flush()
            self.line.cut()
        elif words == "STALL":
            while True:
                self.line.read_line()
        elif words.startswith("TIMES "):
            _, count, words = words.split(" ", 2)
            self.line.send((words.encode("latin-1") + b"\r\n") * int(count))
        elif words.startswith("RAW "):
            self.line.send(codecs.decode(words[4:], "unicode_escape").encode("latin-1"))
        else:
            self.line.send(words.encode("latin-1") + b"\r\n")

    def _speak(self, command, act, is_greeting=False):
        """Lets the model speak, and has the last word on how."""
        overlay, number = self.server.overlay, self.line.number
        if not is_greeting and command.split("\0")[0].split(" ")[0] in LIVE or not overlay.rewrites:
            return act()
        send, flush, said = self.line.send, self.line.flush, []

        def release():
            data = b"".join(said)
            said.clear()
            send(overlay.rewritten(command.replace("\0", " "), number, data))

        def flush_what_was_said():
            if is_greeting:
                self.line.send, self.line.flush = send, flush
            if said:
                release()
                flush()
        self.line.send = lambda *pieces: said.extend(pieces)
        self.line.flush = flush_what_was_said
        try:
            return act()
        finally:
            if said:
                release()
            self.line.send, self.line.flush = send, flush


class OverlaidImap(_Words, ImapSession):
    def _follow(self, tag, verb, pieces, shown, received, size):
        act = super()._follow
        self._over(f"{verb}\0{shown}", tag.decode("latin-1"),
                   lambda: act(tag, verb, pieces, shown, received, size))


class OverlaidPop3(_Words, Pop3Session):
    def _follow(self, verb, rest, received):
        act = super()._follow
        self._over(f"{verb}\0{rest}", "", lambda: act(verb, rest, received))


class OverlaidServer(ModelServer):
    def __init__(self, overlay=None, **more):
        super().__init__(**more)
        self.overlay = overlay or Overlay()
        self.sessions = {"imap": OverlaidImap, "imaps": OverlaidImap, "pop3": OverlaidPop3,
                         "pop3s": OverlaidPop3}
