# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mail server holds, and the ledger of everything that it ever offered.

The truth of a test is here: folders change only through these methods, and each change is written down.
Whoever lies does so on the line (switches.py), never here.
"""

import bisect
import hashlib
import random
import threading
from dataclasses import dataclass

DATE = b"01-Jan-2024 08:00:00 +0000"


class Content:
    """Bytes, or the recipe of so many that nobody holds them at once."""

    __slots__ = ("digest", "raw", "size")

    def __init__(self, raw):
        self.raw = raw
        self.size = len(raw)
        self.digest = hashlib.sha256(raw).hexdigest()

    def pieces(self):
        yield self.raw


class LargeContent:
    """A message of any size, made anew from its number whenever it is sent."""

    def __init__(self, size, seed=1):
        self.size = size
        self.seed = seed
        self._head = b"Subject: large %d\r\n\r\n" % seed
        noise = random.Random(seed).randbytes(3 << 18).hex().encode()
        self._block = b"".join(noise[i:i + 76] + b"\r\n" for i in range(0, len(noise), 76))
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        self.digest = digest.hexdigest()

    def pieces(self):
        left = self.size
        for number in range(1 << 30):
            piece = self._head if number == 0 else b"%012d\r\n" % number + self._block
            piece = piece[:left]
            left -= len(piece)
            if piece:
                yield piece
            if not left:
                return


class Message:
    __slots__ = ("content", "date", "email_id", "flags", "labels", "modseq", "uid")

    def __init__(self, uid, content, flags=(), date=DATE, modseq=1, labels=()):
        self.uid = uid
        self.content = content
        self.flags = flags
        self.date = date
        self.modseq = modseq
        self.labels = labels
        self.email_id = None


@dataclass(frozen=True)
class Place:
    """Where a message was offered: (account, folder's wire name, UIDVALIDITY, UID); POP3: (account, UIDL)."""
    account: str
    folder: bytes
    uidvalidity: int
    uid: int


class Ledger:
    """Every message ever offered, by place; a place can have had several contents."""

    def __init__(self):
        self.ever = {}      # Place -> [digest, ...] in the order of appearance
        self.offered = {}   # Place -> digest, now
        self._last_group = None

    def offer(self, place, digest):
        versions = self.ever.setdefault(place, [])
        if not versions or versions[-1] != digest:
            versions.append(digest)
        self.offered[place] = digest

    def withdraw(self, place):
        self.offered.pop(place, None)

    def digests_offered(self, account=None):
        return {digest for place, digest in self.offered.items()
                if account is None or place.account == account}

    def digests_ever(self):
        return {digest for versions in self.ever.values() for digest in versions}

    def places(self, account):
        """{(folder, UIDVALIDITY, UID): digest}, now: the form of mailkeep.py's sightings."""
        return {(place.folder.decode("latin-1"), place.uidvalidity, place.uid): digest
                for place, digest in self.offered.items() if place.account == account}


class Folder:
    """One mailbox. Its methods take the mail's lock, so that a hook and a session never collide."""

    def __init__(self, account, name, uidvalidity, mailbox_id, attributes=()):
        self.account = account
        self.name = name
        self.uidvalidity = uidvalidity
        self.mailbox_id = mailbox_id
        self.attributes = tuple(attributes)
        self.is_selectable = b"\\Noselect" not in self.attributes
        self.uidnext = 1
        self.modseq = 1
        self.version = 0
        self.messages = {}
        self.vanished = []       # (modseq, uid)
        self.cache = {}          # of answers, while nothing changes
        self._uids = []          # ascending
        self._lock = account.lock
        self._ledger = account.ledger

    # Looking.

    def uids(self):
        return self._uids

    def uids_in(self, ranges):
        """The UIDs of a sequence set, ascending; ranges: (low, high) pairs."""
        found = []
        for low, high in ranges:
            begin = bisect.bisect_left(self._uids, low)
            end = bisect.bisect_right(self._uids, high)
            found += self._uids[begin:end]
        return sorted(set(found)) if len(ranges) > 1 else found

    def size(self):
        with self._lock:
            return sum(one.content.size for one in self.messages.values())

    # Changing.

    def append(self, raw, flags=(), date=DATE, uid=None, labels=()):
        content = raw if hasattr(raw, "pieces") else Content(raw)
        with self._lock:
            uid = uid or self.uidnext
            self.uidnext = max(self.uidnext, uid + 1)
            message = Message(uid, content, tuple(flags), date, self._touch(), tuple(labels))
            message.email_id = self.account.email_id(content.digest)
            self.messages[uid] = message
            if not self._uids or uid > self._uids[-1]:
                self._uids.append(uid)
            else:
                bisect.insort(self._uids, uid)
            self._ledger.offer(self._place(uid), content.digest)
        return uid

    def fill(self, count, content, first=1, step=1):
        """A great many messages, all alike, quickly."""
        content = content if hasattr(content, "pieces") else Content(content)
        with self._lock:
            modseq = self._touch()
            for uid in range(first, first + count * step, step):
                self.messages[uid] = Message(uid, content, (), DATE, modseq)
                self._ledger.ever[self._place(uid)] = [content.digest]
                self._ledger.offered[self._place(uid)] = content.digest
            self._uids = sorted(self.messages)
            self.uidnext = max(self.uidnext, first + count * step)

    def expunge(self, uids):
        with self._lock:
            for uid in list(uids):
                if uid not in self.messages:
                    continue
                del self.messages[uid]
                self.vanished.append((self._touch(), uid))
                self._ledger.withdraw(self._place(uid))
            self._uids = sorted(self.messages)

    def set_flags(self, uid, flags):
        with self._lock:
            self.messages[uid].flags = tuple(flags)
            self.messages[uid].modseq = self._touch()

    def set_labels(self, uid, labels):
        with self._lock:
            self.messages[uid].labels = tuple(labels)
            self.messages[uid].modseq = self._touch()

    def replace(self, uid, raw):
        """Other bytes under the same UID, which no server may do."""
        with self._lock:
            self.messages[uid].content = Content(raw)
            self.messages[uid].modseq = self._touch()
            self._ledger.offer(self._place(uid), self.messages[uid].content.digest)

    def renumber(self, order=None):
        """New UIDs from 1 on under the same UIDVALIDITY, which no server may do. order: the old UIDs
        in their new order."""
        with self._lock:
            self._assign(order or list(self._uids), 1)

    def renew(self, uidvalidity, order=None, is_emptied=False):
        """A new UIDVALIDITY, as after a restore; with new UIDs from 1 on."""
        with self._lock:
            order = [] if is_emptied else order or list(self._uids)
            for uid in self._uids:
                self._ledger.withdraw(self._place(uid))
            self.uidvalidity = uidvalidity
            self.vanished = []
            self._assign(order, 1)

    def _assign(self, order, first):
        kept = [self.messages[uid] for uid in order]
        for uid in self._uids:
            self._ledger.withdraw(self._place(uid))
        self.messages = {}
        modseq = self._touch()
        for uid, message in enumerate(kept, first):
            message.uid, message.modseq = uid, modseq
            self.messages[uid] = message
            self._ledger.offer(self._place(uid), message.content.digest)
        self._uids = sorted(self.messages)
        self.uidnext = first + len(kept)

    def _touch(self):
        self.modseq += 1
        self.version += 1
        self.cache = {}
        return self.modseq

    def _place(self, uid):
        return Place(self.account.user, self.name, self.uidvalidity, uid)


class Account:
    """A user's folders. Folder names are wire names, bytes."""

    def __init__(self, mail, user, password):
        self.user = user
        self.password = password
        self.lock = mail.lock
        self.ledger = mail.ledger
        self.separator = b"/"
        self.folders = {}
        self.popped = set()       # UIDs that a POP3 server of the greedy kind no longer shows
        self._mail = mail
        self.create(b"INBOX")

    def __getitem__(self, name):
        return self.folders[_wire(name)]

    @property
    def inbox(self):
        return self.folders[b"INBOX"]

    def create(self, name, attributes=(), uidvalidity=None):
        with self.lock:
            name = _wire(name)
            folder = Folder(self, name, uidvalidity or self._mail.new_uidvalidity(),
                            "F%d" % self._mail.new_number(), attributes)
            self.folders[name] = folder
            return folder

    def rename(self, old, new):
        """The folder keeps its UIDs and its MAILBOXID; what the ledger offered is now elsewhere."""
        with self.lock:
            folder = self.folders.pop(_wire(old))
            for uid in folder.uids():
                self.ledger.withdraw(folder._place(uid))
            folder.name = _wire(new)
            self.folders[folder.name] = folder
            for uid, message in folder.messages.items():
                self.ledger.offer(folder._place(uid), message.content.digest)
            folder.cache = {}
            return folder

    def delete(self, name):
        with self.lock:
            folder = self.folders.pop(_wire(name))
            for uid in folder.uids():
                self.ledger.withdraw(folder._place(uid))
            folder.is_selectable = False

    def email_id(self, digest):
        return "M" + digest[:20]


class Mail:
    """All accounts of a server."""

    def __init__(self, seed=1):
        self.lock = threading.RLock()
        self.ledger = Ledger()
        self.accounts = {}
        self._number = 0
        self._uidvalidity = 1_700_000_000 + seed % 1_000_000

    def add(self, user, password="secret"):
        self.accounts[user] = Account(self, user, password)
        return self.accounts[user]

    def new_uidvalidity(self):
        self._uidvalidity += 1
        return self._uidvalidity

    def new_number(self):
        self._number += 1
        return self._number


def _wire(name):
    return name if isinstance(name, bytes) else name.encode("latin-1")
