# SPDX-License-Identifier: GPL-3.0-or-later
"""One POP3 connection of the model server (RFC 1939, 2449, 2595, 5034); its maildrop is the INBOX."""

import base64

from model.line import Gone

CHANGES_AT_QUIT = "at quit"
CHANGES_AT_ONCE = "at once"


class Pop3Session:
    def __init__(self, server, line, switches):
        self.server = server
        self.line = line
        self.switches = switches
        self.account = None
        self.drop = []            # (uid, message) by number - 1
        self.deleted = set()      # numbers
        self.retrieved = []       # UIDs
        self.commands = 0
        self._user = ""
        self._is_over = False

    def run(self):
        if self.server.is_over_limit(self):
            self._say("-ERR [IN-USE] too many connections")
            return
        self._say("+OK " + self.switches.greeting)
        while not self._is_over:
            self.line.flush()
            received = self.line.received
            text = self.line.read_line().decode("latin-1")
            verb, _, rest = text.partition(" ")
            self._follow(verb.upper(), rest, received)

    def _follow(self, verb, rest, received):
        server, switches = self.server, self.switches
        server.journal.note(self.line.number, received, self.line.sent, self.line.is_tls, "", verb,
                            "" if verb in ("PASS", "AUTH") else rest)
        self.commands += 1
        number = self.line.number
        if number < len(switches.bye_at) and switches.bye_at[number] == self.commands:
            self.line.flush()
            self.line.cut()
        if switches.stall_at.get(verb, 0):
            switches.stall_at[verb] -= 1
            while True:
                self.line.read_line()
        throttled = server.throttled(switches, verb)
        if throttled:
            self._say(throttled)
            return
        server.run_hooks("before", verb, self, rest)
        method = getattr(self, "_do_" + verb.lower(), None)
        if method is None:
            self._say("-ERR unknown command")
        else:
            method(rest)
        server.run_hooks("after", verb, self, rest)
        if switches.session_bytes is not None and self.line.sent > switches.session_bytes:
            raise Gone

    def _say(self, text):
        self.line.send(text.encode("latin-1"), b"\r\n")

    def _say_lines(self, lines):
        self.line.send(*(line.encode("latin-1") + b"\r\n" for line in lines), b".\r\n")

    # Before the login.

    def _do_capa(self, _rest):
        how = self.switches.capa
        if how == "closes":
            self.line.cut()
        if how == "hangs":
            while True:
                self.line.read_line()
        if how == "refused":
            self._say("-ERR what")
            return
        offers = set(self.switches.pop3_offers)
        if self.server.certificate and self.server.offers_starttls and not self.line.is_tls:
            offers.add("STLS")
        self._say("+OK")
        self._say_lines(sorted(offers))

    def _do_stls(self, _rest):
        if self.line.is_tls or not self.server.certificate:
            self._say("-ERR no")
            return
        self._say("+OK begin")
        self.line.start_tls(self.server.tls_context)

    def _do_user(self, rest):
        self._user = rest
        self._say("+OK")

    def _do_pass(self, rest):
        self._enter(self._user, rest)

    def _do_auth(self, rest):
        mechanism, _, coded = rest.partition(" ")
        if mechanism.upper() != "PLAIN":
            self._say("-ERR no such mechanism")
            return
        if not coded:
            self._say("+ ")
            coded = self.line.read_line().decode("latin-1")
        try:
            _, user, password = base64.b64decode(coded, validate=True).decode("latin-1").split("\0")
        except ValueError:
            self._say("-ERR no PLAIN message")
            return
        self._enter(user, password)

    def _enter(self, user, password):
        account = self.server.mail.accounts.get(user)
        if self.switches.login_answer:
            self._say(self.switches.login_answer)
        elif account is None or account.password != password:
            self._say("-ERR [AUTH] wrong")
        else:
            self.account = account
            self._fill_drop()
            self._say("+OK welcome")

    def _fill_drop(self):
        inbox = self.account.inbox
        with self.account.lock:
            uids = [uid for uid in inbox.uids() if uid not in self.account.popped]
            if self.switches.pop3_batch is not None:
                uids = uids[:self.switches.pop3_batch]
            self.drop = [(uid, inbox.messages[uid]) for uid in uids]

    # The maildrop.

    def _shown(self):
        return [(number, uid, message) for number, (uid, message) in enumerate(self.drop, 1)
                if number not in self.deleted]

    def _do_stat(self, _rest):
        shown = self._shown()
        self._say(f"+OK {len(shown)} {sum(self._size(one) for _, _, one in shown)}")

    def _size(self, message):
        if self.switches.size is not None:
            return self.switches.size
        return int(message.content.size * self.switches.size_factor)

    def _do_list(self, rest):
        self._say("+OK")
        self._say_lines([f"{number} {self._size(message)}" for number, _, message in self._shown()])

    def _do_uidl(self, rest):
        how = self.switches.uidl
        if how == "absent" or not self._is_in():
            self._say("-ERR unknown command")
            return
        self._say("+OK")
        prefix = "+OK " if how == "+OK" else ""
        self._say_lines([prefix + f"{number} {self.uidl(uid)}" for number, uid, _ in self._shown()])
        if self.switches.pop3_list_first:
            self._fill_drop()

    def uidl(self, uid):
        how = self.switches.uidl
        if how == "blank":
            return ""
        if how == "repeated":
            return f"u{uid // 2}"
        if how == "changing":
            return f"u{uid}-{self.line.number}"
        if how == "long":
            return f"{uid:070d}" + "x" * 130
        return f"u{self.account.inbox.uidvalidity}.{uid}"

    def _do_retr(self, rest):
        message = self._message(rest)
        if message is None:
            return
        uid, message = message
        if uid in self.switches.refuse:
            self._say(self.switches.refuse[uid])
            return
        self.retrieved.append(uid)
        if self.switches.pop3_hides == CHANGES_AT_ONCE:
            self.account.popped.add(uid)
        self._say(f"+OK {self._size(message)} octets")
        ends_with_line = False
        start = True
        for piece in message.content.pieces():
            stuffed = piece.replace(b"\n.", b"\n..")
            if start and stuffed.startswith(b"."):
                stuffed = b"." + stuffed
            self.line.send(stuffed)
            start = piece.endswith(b"\n")
            ends_with_line = piece.endswith(b"\r\n")
        self.line.send(b"" if ends_with_line else b"\r\n", b".\r\n")

    def _do_top(self, rest):
        message = self._message(rest.partition(" ")[0])
        if message is None:
            return
        head = b"".join(message[1].content.pieces()).partition(b"\r\n\r\n")[0]
        self._say("+OK")
        self.line.send(head.replace(b"\n.", b"\n.."), b"\r\n\r\n.\r\n")

    def _do_dele(self, rest):
        if self._message(rest) is None:
            return
        self.deleted.add(int(rest))
        self._say("+OK marked")

    def _do_rset(self, _rest):
        self.deleted.clear()
        self._say("+OK")

    def _do_noop(self, _rest):
        self._say("+OK")

    def _do_quit(self, _rest):
        if self.account is not None:
            self.account.inbox.expunge([self.drop[number - 1][0] for number in self.deleted])
            if self.switches.pop3_hides == CHANGES_AT_QUIT:
                self.account.popped |= set(self.retrieved)
        self._say("+OK bye")
        self._is_over = True

    def _is_in(self):
        return self.account is not None

    def _message(self, rest):
        number = int(rest) if rest.strip().isdigit() else 0
        if not 1 <= number <= len(self.drop) or number in self.deleted:
            self._say("-ERR no such message")
            return None
        return self.drop[number - 1]
