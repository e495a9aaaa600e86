# SPDX-License-Identifier: GPL-3.0-or-later
"""One IMAP connection of the model server: RFC 3501 and the extensions that its switches offer.

An honest session keeps to the rules: what it shows of a folder (`view`) changes only between commands,
and is announced. Everything dishonest hangs on a switch.
"""

import base64
import bisect

from model.imap_fetch import fetch, ranges_of
from model.imap_syntax import Bad, listed, parse, ranges_text, string
from model.line import LITERAL, Gone

ANSWERED = "answered already"
MAX_LITERAL = 64 << 20
SYSTEM_FLAGS = b"\\Answered \\Flagged \\Deleted \\Seen \\Draft"


class ImapSession:
    def __init__(self, server, line, switches):
        self.server = server
        self.line = line
        self.switches = switches
        self.account = None
        self.folder = None
        self.is_readonly = True
        self.view = []             # UIDs as the client knows them, ascending
        self.saved = []
        self.enabled = set()
        self.commands = 0
        self.answer = None         # a tagged answer other than OK
        self._seen_version = self._seen_modseq = self._seen_uidvalidity = 0
        self._has_id = False
        self._is_over = False

    # Life.

    def run(self):
        if self.server.is_over_limit(self):
            self.line.send(b"* BYE Too many connections\r\n")
            return
        self.line.send(b"* OK [CAPABILITY " + self._capabilities() + b"] ",
                       self.switches.greeting.encode("latin-1"), b"\r\n")
        while not self._is_over:
            self.line.flush()
            self._one_command()

    def _one_command(self):
        received = self.line.received
        pieces, size = [], 0
        while True:
            text = self.line.read_line()
            size += len(text)
            literal = LITERAL.search(text)
            if not literal:
                pieces.append((text, None))
                break
            count = int(literal[1])
            if count > MAX_LITERAL:
                raise Gone
            if literal[2] == b"":
                self.line.send(b"+ go on\r\n")
            pieces.append((text[:literal.start()], self.line.read_exactly(count)))
        tag, _, rest = pieces[0][0].partition(b" ")
        verb, _, rest = rest.partition(b" ")
        verb = verb.upper()
        if verb == b"UID":
            second, _, rest = rest.partition(b" ")
            verb += b" " + second.upper()
        shown = rest.decode("latin-1") + "".join(
            " " + one[0].decode("latin-1") for one in pieces[1:])
        if verb in (b"LOGIN", b"AUTHENTICATE"):
            shown = shown.split(" ")[0]
        self._follow(tag, verb.decode("latin-1"), [(rest, pieces[0][1]), *pieces[1:]], shown, received, size)

    def _follow(self, tag, verb, pieces, shown, received, size):
        server, switches = self.server, self.switches
        server.journal.note(self.line.number, received, self.line.sent, self.line.is_tls,
                            tag.decode("latin-1"), verb, shown)
        self.commands += 1
        number = self.line.number
        if number < len(switches.bye_at) and switches.bye_at[number] == self.commands:
            self.bye("bad luck")
        if self._is_stalled(verb):
            while True:
                self.line.read_line()
        self.answer = None
        try:
            throttled = server.throttled(switches, verb)
            if throttled:
                self.answer = throttled
            elif switches.max_line is not None and size > switches.max_line:
                raise Bad("the line is too long")
            else:
                server.run_hooks("before", verb, self, shown)
                self._run(tag, verb, pieces)
                server.run_hooks("after", verb, self, shown)
                if verb not in ("FETCH", "STORE", "SEARCH", "LOGOUT", "LIST"):
                    self.announce()
        except Bad as error:
            self.answer = f"BAD {error}"
        if self.answer != ANSWERED:
            self.line.send(tag, b" ", (self.answer or f"OK {verb} done").encode("latin-1"), b"\r\n")
        if switches.session_bytes is not None and self.line.sent > switches.session_bytes:
            self.bye("[OVERQUOTA] Account exceeded command or bandwidth limits.")

    def _is_stalled(self, verb):
        left = self.switches.stall_at.get(verb, 0)
        if left:
            self.switches.stall_at[verb] = left - 1
        return left

    def _run(self, tag, verb, pieces):
        needs = _COMMANDS.get(verb)
        if needs is None:
            raise Bad("unknown command")
        name, state, extension = needs
        if extension and not self.switches.supports(extension):
            raise Bad("not offered, or broken")
        if state != "any" and self.account is None or state == "selected" and self.folder is None:
            raise Bad("not in this state")
        getattr(self, "_do_" + name)(parse(pieces), tag, verb)

    def bye(self, text):
        self.line.send(b"* BYE ", text.encode("latin-1"), b"\r\n")
        self.line.flush()
        raise Gone

    # Any state.

    def _capabilities(self):
        offers = set(self.switches.offers) - {"X-GM-EXT-1"} if self.account is None else set(
            self.switches.offers)
        if not self.line.is_tls and self.server.certificate and self.server.offers_starttls:
            offers.add("STARTTLS")
        if self.line.is_tls is False:
            offers.discard("COMPRESS=DEFLATE")
        return b" ".join([b"IMAP4rev1", *(one.encode() for one in sorted(offers))])

    def _do_capability(self, _arguments, _tag, _verb):
        self.line.send(b"* CAPABILITY ", self._capabilities(), b"\r\n")

    def _do_noop(self, _arguments, _tag, _verb):
        self.line.send(self.switches.vanished_text)

    def _do_logout(self, _arguments, _tag, _verb):
        self.line.send(b"* BYE so long\r\n")
        self._is_over = True

    def _do_id(self, _arguments, _tag, _verb):
        self._has_id = True
        self.line.send(b'* ID ("name" "Model" "version" "1")\r\n')

    def _do_starttls(self, _arguments, tag, _verb):
        if self.line.is_tls or not self.server.certificate or self.line.has_pending():
            raise Bad("no")
        self.line.send(tag, b" OK begin\r\n")
        self.line.start_tls(self.server.tls_context)
        self.answer = ANSWERED

    def _do_login(self, arguments, _tag, _verb):
        if len(arguments) != 2:
            raise Bad("LOGIN needs two")
        self._enter(arguments[0].decode("latin-1"), arguments[1].decode("latin-1"))

    def _do_authenticate(self, arguments, _tag, _verb):
        if not arguments or arguments[0].upper() != b"PLAIN" or "AUTH=PLAIN" not in self.switches.offers:
            self.answer = "NO no such mechanism"
            return
        if len(arguments) > 1 and self.switches.supports("SASL-IR"):
            coded = arguments[1]
        else:
            self.line.send(b"+ \r\n")
            coded = self.line.read_line()
        try:
            _, user, password = base64.b64decode(coded, validate=True).decode("latin-1").split("\0")
        except ValueError as error:
            raise Bad("no PLAIN message") from error
        self._enter(user, password)

    def _enter(self, user, password):
        account = self.server.mail.accounts.get(user)
        if self.switches.login_answer:
            self.answer = self.switches.login_answer
        elif account is None or account.password != password:
            self.answer = "NO [AUTHENTICATIONFAILED] wrong"
        else:
            self.account = account
            self.answer = "OK [CAPABILITY %s] welcome" % self._capabilities().decode()

    # Logged in.

    def _do_enable(self, arguments, _tag, _verb):
        for word in arguments:
            name = word.decode("latin-1").upper()
            if self.switches.supports(name):
                self.enabled |= {name} | ({"CONDSTORE"} if name == "QRESYNC" else set())
        self.line.send(b"* ENABLED ", b" ".join(word.upper() for word in arguments), b"\r\n")

    def _do_namespace(self, _arguments, _tag, _verb):
        self.line.send(b'* NAMESPACE (("" "', self.account.separator, b'")) NIL NIL\r\n')

    def _do_compress(self, arguments, tag, _verb):
        if not arguments or arguments[0].upper() != b"DEFLATE":
            raise Bad("no")
        self.line.send(tag, b" OK deflate\r\n")
        self.line.start_deflate()
        self.answer = ANSWERED

    def _do_list(self, arguments, _tag, _verb):
        options, returns = [], []
        if arguments and isinstance(arguments[0], list):
            options = arguments.pop(0)
        if len(arguments) >= 4 and arguments[2].upper() == b"RETURN":
            returns = arguments[3]
        if (options or returns) and not self.switches.supports("LIST-EXTENDED"):
            raise Bad("LIST takes two")
        if len(arguments) < 2:
            raise Bad("LIST takes two")
        patterns = arguments[1] if isinstance(arguments[1], list) else [arguments[1]]
        if patterns == [b""]:
            self.line.send(b'* LIST (\\Noselect) "', self.account.separator, b'" ""\r\n')
            return
        shapes = [listed(arguments[0] + one) for one in patterns]
        wants = [one.upper() if isinstance(one, bytes) else one for one in returns]
        with self.account.lock:
            folders = list(self.account.folders.values())
        for folder in folders:
            if not any(shape.match(folder.name.decode("latin-1")) for shape in shapes):
                continue
            separator = b'"%s"' % self.account.separator if self.account.separator else b"NIL"
            special = self.switches.supports("SPECIAL-USE")
            attributes = [one for one in folder.attributes
                          if special or one in (b"\\Noselect", b"\\NonExistent")]
            self.line.send(b"* LIST (", b" ".join(attributes), b") ", separator, b" ",
                           string(folder.name), b"\r\n")
            if b"STATUS" in wants and self.switches.supports("LIST-STATUS") and folder.is_selectable:
                self._send_status(folder, wants[wants.index(b"STATUS") + 1])

    def _do_lsub(self, _arguments, _tag, _verb):
        self.answer = "BAD not here"

    def _do_status(self, arguments, _tag, _verb):
        folder = self._folder(arguments[0])
        if folder is not None:
            self._send_status(folder, arguments[1])

    def _send_status(self, folder, items):
        numbers = {
            b"MESSAGES": self._exists(folder), b"RECENT": 0, b"UIDNEXT": self._uidnext(folder),
            b"UIDVALIDITY": folder.uidvalidity,
            b"UNSEEN": 0, b"DELETED": 0,
        }
        parts = []
        for item in (one.upper() for one in items):
            if item == b"HIGHESTMODSEQ" and self.switches.supports("CONDSTORE"):
                parts.append(b"HIGHESTMODSEQ %d" % self._modseq(folder))
            elif item == b"SIZE" and self.switches.supports("STATUS=SIZE"):
                parts.append(b"SIZE %d" % folder.size())
            elif item == b"MAILBOXID" and self.switches.supports("OBJECTID"):
                parts.append(b"MAILBOXID (%s)" % folder.mailbox_id.encode())
            elif item in numbers:
                parts.append(b"%s %d" % (item, numbers[item]))
            else:
                raise Bad("unknown status item")
        self.line.send(b"* STATUS ", string(folder.name), b" (", b" ".join(parts), b")\r\n")

    def _folder(self, name):
        with self.account.lock:
            folder = self.account.folders.get(b"INBOX" if name.upper() == b"INBOX" else name)
        if folder is None or not folder.is_selectable:
            self.answer = "NO [NONEXISTENT] no such folder"
            return None
        return folder

    def _do_select(self, arguments, _tag, verb):
        self.folder = None
        if self.switches.needs_id and not self._has_id:
            self.answer = f"NO {verb} Unsafe Login. Please contact support"
            return
        if not arguments:
            raise Bad("which")
        folder = self._folder(arguments[0])
        if folder is None:
            return
        parameters = arguments[1] if len(arguments) > 1 else []
        with self.account.lock:
            self.folder = folder
            self.is_readonly = verb == "EXAMINE"
            self.view = list(folder.uids())
            self._see()
            self._send_select_answer(folder)
            if parameters and parameters[0].upper() == b"CONDSTORE":
                self.enabled.add("CONDSTORE")
            if parameters and parameters[0].upper() == b"QRESYNC":
                self._resync(parameters[1])
        self.line.send(self.switches.vanished_text)
        self.answer = f"OK [{'READ-ONLY' if self.is_readonly else 'READ-WRITE'}] open"

    def _send_select_answer(self, folder):
        line = self.line
        line.send(b"* FLAGS (" + SYSTEM_FLAGS + b")\r\n* OK [PERMANENTFLAGS ()] fixed\r\n")
        line.send(b"* %d EXISTS\r\n* 0 RECENT\r\n" % self._exists(folder))
        if self.switches.has_uidvalidity:
            line.send(b"* OK [UIDVALIDITY %d] valid\r\n" % folder.uidvalidity)
        line.send(b"* OK [UIDNEXT %d] next\r\n" % self._uidnext(folder))
        if self.switches.supports("CONDSTORE"):
            line.send(b"* OK [HIGHESTMODSEQ %d] highest\r\n" % self._modseq(folder))
        else:
            line.send(b"* OK [NOMODSEQ] none\r\n")
        if self.switches.supports("OBJECTID"):
            line.send(b"* OK [MAILBOXID (%s)] id\r\n" % folder.mailbox_id.encode())

    def _resync(self, parameters):
        if "QRESYNC" not in self.enabled:
            raise Bad("QRESYNC is not enabled")
        uidvalidity, modseq = int(parameters[0]), int(parameters[1])
        if uidvalidity != self.folder.uidvalidity:
            return
        self.send_vanished_since(modseq, parameters[2] if len(parameters) > 2 and
                                 isinstance(parameters[2], bytes) else b"1:*")
        for uid in self.folder.uids():
            message = self.folder.messages[uid]
            if message.modseq > modseq:
                self._send_flags(message)

    def send_vanished_since(self, modseq, _known):
        gone = sorted({uid for when, uid in self.folder.vanished if when > modseq} -
                      set(self.folder.messages))
        if gone:
            self.line.send(b"* VANISHED (EARLIER) ", ranges_text(gone), b"\r\n")

    # Selected.

    def _do_unselect(self, _arguments, _tag, verb):
        if verb == "CLOSE" and not self.is_readonly:
            self._expunge(self.view)
        self.folder = None

    def _do_search(self, arguments, tag, verb):
        how = self.switches.search
        if how in ("NO", "BAD"):
            self.answer = f"{how} SEARCH is not for you"
            return
        is_uid = verb.startswith("UID")
        is_extended = bool(arguments) and arguments[0].upper() == b"RETURN"
        if is_extended and not self.switches.supports("ESEARCH"):
            raise Bad("no ESEARCH")
        criteria = arguments[2:] if is_extended else arguments
        uids = self._found(criteria)
        if self.switches.search_cap is not None:
            uids = uids[:self.switches.search_cap]
        if how == "nothing":
            return
        if how == "unordered":
            uids = sorted(uids, key=lambda uid: uid * 2654435761 % 4294967296)
        numbers = uids if is_uid else [bisect.bisect_left(self.view, uid) + 1 for uid in uids]
        if is_extended:
            text = ranges_text(numbers)
            returned = [one.upper() for one in arguments[1]] or [b"ALL"]
            parts = b""
            if b"ALL" in returned and numbers:
                parts += b" ALL " + text
            if b"COUNT" in returned:
                parts += b" COUNT %d" % len(numbers)
            if b"MIN" in returned and numbers:
                parts += b" MIN %d" % min(numbers)
            if b"MAX" in returned and numbers:
                parts += b" MAX %d" % max(numbers)
            self.line.send(b'* ESEARCH (TAG "', tag, b'")', b" UID" if is_uid else b"", parts, b"\r\n")
        else:
            self.line.send(b"* SEARCH", *(b" %d" % number for number in numbers), b"\r\n")

    def _found(self, criteria):
        """ALL, UID set, DELETED, UNDELETED, SEEN, UNSEEN, MODSEQ n and what is joined of them."""
        uids = list(self.view)
        at = 0
        while at < len(criteria):
            word = criteria[at].upper()
            at += 1
            if word == b"ALL":
                continue
            if word == b"UID" or word[:1].isdigit():
                if word == b"UID":
                    word = criteria[at]
                    at += 1
                    wanted = set(self.uids_of(word, True))
                else:
                    wanted = set(self.uids_of(word, False))
                uids = [uid for uid in uids if uid in wanted]
            elif word == b"MODSEQ":
                least = int(criteria[at])
                at += 1
                uids = [uid for uid in uids if self._of(uid) and self._of(uid).modseq >= least]
            elif word in (b"DELETED", b"UNDELETED", b"SEEN", b"UNSEEN", b"FLAGGED", b"UNFLAGGED"):
                is_without = word.startswith(b"UN")
                flag = "\\" + word[2 if is_without else 0:].decode().capitalize()
                uids = [uid for uid in uids
                        if self._of(uid) and (flag in self._of(uid).flags) != is_without]
            else:
                raise Bad("unknown search key")
        return uids

    def _of(self, uid):
        return self.folder.messages.get(uid)

    def _do_fetch(self, arguments, _tag, verb):
        fetch(self, arguments, verb.startswith("UID"))

    def _do_store(self, arguments, _tag, verb):
        if self.is_readonly:
            self.answer = "NO [READ-ONLY] read-only"
            return
        item = arguments[1].upper()
        flags = {one.decode("latin-1") for one in (
            arguments[2] if isinstance(arguments[2], list) else arguments[2:])}
        for uid in self.uids_of(arguments[0], verb.startswith("UID")):
            message = self._of(uid)
            if message is None:
                continue
            old = set(message.flags)
            new = old | flags if item[:1] == b"+" else old - flags if item[:1] == b"-" else flags
            self.folder.set_flags(uid, sorted(new))
            if b".SILENT" not in item:
                self._send_flags(message)

    def _do_expunge(self, arguments, _tag, verb):
        if self.is_readonly:
            self.answer = "NO [READ-ONLY] read-only"
            return
        self._expunge(self.uids_of(arguments[0], True) if verb == "UID EXPUNGE" else self.view)

    def _expunge(self, uids):
        self.folder.expunge([uid for uid in uids if self._of(uid) and "\\Deleted" in self._of(uid).flags])

    def _do_idle(self, _arguments, _tag, _verb):
        self.line.send(b"+ idling\r\n")
        self.line.flush()
        while not self.line.has_input(0.02):
            if self.folder is not None:
                self.announce()
                self.line.flush()
            self.server.run_hooks("during", "IDLE", self, "")
        self.line.read_line()

    def _do_append(self, arguments, _tag, _verb):
        folder = self._folder(arguments[0])
        if folder is None:
            return
        flags = next((one for one in arguments[1:-1] if isinstance(one, list)), [])
        date = next((one for one in arguments[1:-1] if isinstance(one, bytes)), None)
        uid = folder.append(arguments[-1], [one.decode("latin-1") for one in flags],
                            *([date] if date else []))
        self.answer = f"OK [APPENDUID {folder.uidvalidity} {uid}] appended"

    def _do_create(self, arguments, _tag, _verb):
        if arguments[0] in self.account.folders:
            self.answer = "NO [ALREADYEXISTS] it is there"
        else:
            self.account.create(arguments[0])

    # What the client is told beside its answer.

    def announce(self):
        """The changes of the open folder since the client was last told."""
        folder = self.folder
        if folder is None:
            return
        with folder.account.lock:
            if folder.version == self._seen_version and folder.uidvalidity == self._seen_uidvalidity:
                return
            self.announce_renewal()
            self._announce_expunged([uid for uid in self.view if uid not in folder.messages])
            count = len(self.view)
            self.view = list(folder.uids())
            if len(self.view) != count:
                self.line.send(b"* %d EXISTS\r\n" % self._exists(folder))
            since = self._seen_modseq
            for uid in self.view:
                message = folder.messages[uid]
                if message.modseq > since:
                    self._send_flags(message)
            self._see()

    def announce_renewal(self):
        """An honest server never goes on about other messages before it has said so."""
        if self.folder.uidvalidity == self._seen_uidvalidity:
            return
        if self.switches.renewal == "bye":
            self.bye("the folder was renewed")
        if self.switches.renewal == "announced":
            self.line.send(b"* OK [UIDVALIDITY %d] renewed\r\n" % self.folder.uidvalidity)
        self._seen_uidvalidity = self.folder.uidvalidity

    def _announce_expunged(self, gone):
        if not gone:
            return
        if "QRESYNC" in self.enabled:
            self.line.send(b"* VANISHED ", ranges_text(gone), b"\r\n")
        else:
            for uid in reversed(gone):
                self.line.send(b"* %d EXPUNGE\r\n" % (bisect.bisect_left(self.view, uid) + 1))
        lost = set(gone)
        self.view = [uid for uid in self.view if uid not in lost]

    def _send_flags(self, message):
        sequence = bisect.bisect_left(self.view, message.uid) + 1
        modseq = b" MODSEQ (%d)" % message.modseq if "CONDSTORE" in self.enabled else b""
        self.line.send(b"* %d FETCH (UID %d FLAGS (" % (sequence, message.uid),
                       " ".join(message.flags).encode("latin-1"), b")", modseq, b")\r\n")

    def _see(self):
        self._seen_version = self.folder.version
        self._seen_modseq = self.folder.modseq
        self._seen_uidvalidity = self.folder.uidvalidity

    def flush_refusal(self, text):
        self.answer = text

    # Numbers, true or not.

    def uids_of(self, text, is_uid):
        """The UIDs of the view that a set names; whatever it names beside them is nothing."""
        ranges = ranges_of(self, text, is_uid)
        found = []
        for low, high in ranges:
            if is_uid:
                found += self.view[bisect.bisect_left(self.view, low):bisect.bisect_right(self.view, high)]
            else:
                found += self.view[max(low, 1) - 1:high]
        return found if len(ranges) == 1 else sorted(set(found))

    def size_of(self, message):
        if self.switches.size is not None:
            return self.switches.size
        return int(message.content.size * self.switches.size_factor)

    def _exists(self, folder):
        if self.switches.exists is not None:
            return self.switches.exists
        count = len(folder.uids())
        return count if self.switches.exists_cap is None else min(count, self.switches.exists_cap)

    def _uidnext(self, folder):
        if self.switches.uidnext is not None:
            return self.switches.uidnext
        return folder.uidnext + self.switches.uidnext_ahead

    def _modseq(self, folder):
        return folder.modseq if self.switches.modseq is None else self.switches.modseq


# Verb: (method, state, extension that must be there).
_COMMANDS = {
    "CAPABILITY": ("capability", "any", ""), "NOOP": ("noop", "any", ""), "CHECK": ("noop", "selected", ""),
    "LOGOUT": ("logout", "any", ""), "ID": ("id", "any", "ID"), "STARTTLS": ("starttls", "any", ""),
    "LOGIN": ("login", "any", ""), "AUTHENTICATE": ("authenticate", "any", ""),
    "ENABLE": ("enable", "in", "ENABLE"), "NAMESPACE": ("namespace", "in", "NAMESPACE"),
    "COMPRESS": ("compress", "in", "COMPRESS=DEFLATE"), "LIST": ("list", "in", ""),
    "LSUB": ("lsub", "in", ""), "STATUS": ("status", "in", ""), "SELECT": ("select", "in", ""),
    "EXAMINE": ("select", "in", ""), "APPEND": ("append", "in", ""), "CREATE": ("create", "in", ""),
    "UNSELECT": ("unselect", "selected", "UNSELECT"), "CLOSE": ("unselect", "selected", ""),
    "SEARCH": ("search", "selected", ""), "UID SEARCH": ("search", "selected", ""),
    "FETCH": ("fetch", "selected", ""), "UID FETCH": ("fetch", "selected", ""),
    "STORE": ("store", "selected", ""), "UID STORE": ("store", "selected", ""),
    "EXPUNGE": ("expunge", "selected", ""), "UID EXPUNGE": ("expunge", "selected", "UIDPLUS"),
    "IDLE": ("idle", "in", "IDLE"),
}
