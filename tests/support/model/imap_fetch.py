# SPDX-License-Identifier: GPL-3.0-or-later
"""UID FETCH of the model server: the items that are asked for, and the ways to get them wrong."""

import bisect
import re

from model.imap_syntax import Bad, sequence_set, string

BODY = re.compile(rb"(?:BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?|RFC822(\.HEADER|\.TEXT)?)$")


def fetch(session, arguments, is_uid):
    switches, folder = session.switches, session.folder
    if len(arguments) < 2:
        raise Bad("FETCH needs a set and items")
    items = arguments[1] if isinstance(arguments[1], list) else [arguments[1]]
    items = [item.upper() for item in items if isinstance(item, bytes)]
    modifiers = _modifiers(arguments[2:])
    uids = session.uids_of(arguments[0], is_uid)
    since = modifiers.get(b"CHANGEDSINCE")
    if since is not None:
        if b"VANISHED" in modifiers:
            session.send_vanished_since(int(since), arguments[0])
        with folder.account.lock:
            uids = [uid for uid in uids
                    if uid in folder.messages and folder.messages[uid].modseq > int(since)]
        if b"MODSEQ" not in items:
            items.append(b"MODSEQ")
    if is_uid and b"UID" not in items:
        items.insert(0, b"UID")
    has_body = any(BODY.match(item) for item in items)
    if has_body and switches.max_fetch is not None and len(uids) > switches.max_fetch:
        session.bye("too much at once")
    uids = _chosen(session, uids, has_body)
    writer = _Writer(session, items)
    for uid in uids:
        if uid in switches.refuse and has_body:
            session.flush_refusal(switches.refuse[uid])
            return
        writer.send(uid)
    if switches.unasked and has_body:
        session.line.send(switches.unasked)


def _chosen(session, uids, has_body):
    """What of the set is answered, after all misbehaviours."""
    switches = session.switches
    chance = session.server.random
    share = switches.omit_share if has_body else switches.omit_listing_share
    if share and len(uids) > 1:
        uids = [uid for uid in uids if chance.random() >= share]
    if not has_body:
        return uids if switches.list_cap is None else uids[:switches.list_cap]
    if switches.no_data:
        uids = [uid for uid in uids if not _is_withheld(switches.no_data, uid)]
    if switches.no_data_share:
        uids = [uid for uid in uids if not session.server.is_unlucky(session.folder, uid)]
    return uids


def _is_withheld(no_data, uid):
    left = no_data.get(uid, 0)
    if left > 0:
        no_data[uid] = left - 1
    return left != 0


def _modifiers(arguments):
    found = {}
    for group in arguments:
        if not isinstance(group, list):
            raise Bad("what is this")
        for at, word in enumerate(group):
            if word.upper() == b"CHANGEDSINCE" and at + 1 < len(group):
                found[b"CHANGEDSINCE"] = group[at + 1]
            if word.upper() == b"VANISHED":
                found[b"VANISHED"] = b""
    return found


class _Writer:
    """FETCH responses in the order of the items that were asked for."""

    def __init__(self, session, items):
        self.session = session
        self.line = session.line
        self.folder = session.folder
        self.switches = session.switches
        self.items = items
        self.has_body = any(BODY.match(item) for item in items)
        self.is_gmail = self.switches.supports("X-GM-EXT-1")

    def send(self, uid):
        with self.folder.account.lock:
            self.session.announce_renewal()
            message = self.folder.messages.get(uid)
        if message is None:
            return
        sequence = bisect.bisect_left(self.session.view, uid) + 1
        self.line.send(b"* %d FETCH (" % sequence)
        for number, item in enumerate(self.items):
            if number:
                self.line.send(b" ")
            self._item(item, message)
        self.line.send(b")\r\n")
        self.session.server.note_body(self.session, self.line, self.has_body)

    def _item(self, item, message):
        line = self.line
        if item == b"UID":
            line.send(b"UID %d" % message.uid)
        elif item == b"FLAGS":
            line.send(b"FLAGS (" + " ".join(message.flags).encode("latin-1") + b")")
        elif item == b"INTERNALDATE":
            line.send(b'INTERNALDATE "' + message.date + b'"')
        elif item == b"RFC822.SIZE":
            line.send(b"RFC822.SIZE %d" % self.session.size_of(message))
        elif item == b"MODSEQ":
            line.send(b"MODSEQ (%d)" % message.modseq)
        elif item == b"EMAILID" and self.switches.supports("OBJECTID"):
            line.send(b"EMAILID (%s)" % message.email_id.encode())
        elif item == b"THREADID" and self.switches.supports("OBJECTID"):
            line.send(b"THREADID NIL")
        elif item == b"X-GM-MSGID" and self.is_gmail:
            line.send(b"X-GM-MSGID %d" % int(message.content.digest[:15], 16))
        elif item == b"X-GM-THRID" and self.is_gmail:
            line.send(b"X-GM-THRID %d" % int(message.content.digest[:15], 16))
        elif item == b"X-GM-LABELS" and self.is_gmail:
            labels = b" ".join(string(one.encode("latin-1")) for one in message.labels)
            line.send(b"X-GM-LABELS (" + labels + b")")
        elif item == b"SAVEDATE" and self.switches.supports("SAVEDATE"):
            line.send(b'SAVEDATE "' + message.date + b'"')
        else:
            self._body(item, message)

    def _body(self, item, message):
        match = BODY.match(item)
        if not match:
            raise Bad("unknown item " + item.decode("latin-1"))
        if not item.startswith(b"BODY.PEEK") and not self.session.is_readonly:
            self.folder.set_flags(message.uid, {*message.flags, "\\Seen"})
        content = message.content
        other = self.folder.messages.get(self.switches.swap.get(message.uid))
        if other is not None:
            content = other.content
        section = (match[1] or b"").upper()
        name = item.replace(b".PEEK", b"")
        times = 2 if self.switches.is_body_twice else 1
        if section == b"" and match[2] is None and match[4] is None:
            for turn in range(times):
                self.line.send(b" " * turn, name + b" {%d}\r\n" % content.size)
                for piece in content.pieces():
                    self.line.send(piece)
            return
        data = b"".join(content.pieces())
        head, separator, body = data.partition(b"\r\n\r\n")
        if section.startswith(b"HEADER") or match[4] == b".HEADER":
            data = head + separator
        elif section == b"TEXT" or match[4] == b".TEXT":
            data = body
        if match[2] is not None:
            start, length = int(match[2]), int(match[3])
            data = data[start:start + length]
            name = name[:name.index(b"<")] + b"<%d>" % start
        self.line.send(name + b" {%d}\r\n" % len(data), data)


def ranges_of(session, text, is_uid):
    largest = (session.view[-1] if session.view else 0) if is_uid else len(session.view)
    if text == b"$":
        return [(uid, uid) for uid in session.saved]
    return sequence_set(text, largest)
