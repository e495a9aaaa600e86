# SPDX-License-Identifier: GPL-3.0-or-later
"""The oracle: what the ledger and the journal say against what the product says. Written once, for all tests.

I1 nothing lost, I2 nothing deleted early, I3 nothing twice, I4 nothing altered, I5 no silent gap, I8 the
proof holds. Each method raises AssertionError with the difference, or returns. Nothing is looked up in the
product's database: `list`, `raw`, `report` and `verify` with --json are what there is.
"""

import collections
import hashlib
import random

from mail_client import encode_folder
from mailkeep import wire_name

OK, FAULTS = 0, 1


class Verdict:
    def __init__(self, mailkeep, server, seed=1):
        self.mailkeep = mailkeep
        self.server = server
        self.random = random.Random(f"verdict-{seed}")
        self._held = {}      # account -> places that it was seen to hold: it may never hold less

    def check(self, account, *invariants, user=None):
        user = user or account
        for name in invariants:
            getattr(self, name.lower())(account, user)
        if self.server.errors:
            raise AssertionError(f"the model itself failed: {self.server.errors}")

    # I1: what is offered now is archived, and what was archived once still is.

    def i1(self, account, user):
        missing = self.difference(account, user)
        if missing:
            raise AssertionError(f"I1: {len(missing)} messages are not archived: {_some(missing)}")
        self.monotone(account)

    def monotone(self, account):
        held = {key: frozenset(digests) for key, digests in self.archived(account).items()}
        for key, digests in self._held.get(account, {}).items():
            if not digests <= held.get(key, frozenset()):
                raise AssertionError(f"I1: {key} was archived, and is no more")
        self._held[account] = held

    def difference(self, account, user):
        """{(folder, UIDVALIDITY, UID): digest} that the ledger offers and the archive does not hold there."""
        held = self.archived(account)
        return {key: digest for key, digest in self.offered(user).items()
                if digest not in held.get(key, ())}

    def offered(self, user):
        return {(shown(folder), uidvalidity, uid): digest for (folder, uidvalidity, uid), digest in
                self.server.mail.ledger.places(user).items()}

    def archived(self, account):
        """{(folder, UIDVALIDITY, UID): [digest, ...]}"""
        places = collections.defaultdict(list)
        for message in self.mailkeep.messages(account):
            for seen in message["sightings"]:
                if seen["account"] == account and "uid" in seen:
                    places[(wire_name(seen), seen["uidvalidity"], seen["uid"])].append(message["id"])
        return places

    # I2: the journal holds no command that removes.

    def i2(self, _account, _user):
        found = self.server.journal.deletions()
        if found:
            raise AssertionError(f"I2: the server was told {found[0]}")

    # I3: no place twice; a UIDVALIDITY that came back is another epoch and may repeat itself.

    def i3(self, account, _user):
        epochs = collections.Counter()
        for folder in self.folders(account):
            epochs[(wire_name(folder), folder["uidvalidity"])] += 1
        for key, digests in self.archived(account).items():
            most = collections.Counter(digests).most_common(1)[0]
            if most[1] > max(1, epochs[key[:2]]):
                raise AssertionError(f"I3: {key} is there {most[1]} times with the same bytes")
        ids = [message["id"] for message in self.mailkeep.messages(account)]
        if len(ids) != len(set(ids)):
            raise AssertionError("I3: a content is listed twice")

    # I4: bytes as they were offered, and only those.

    def i4(self, account, user, sample=5):
        ever = {(shown(place.folder.decode("latin-1")), place.uidvalidity, place.uid): versions
                for place, versions in self.server.mail.ledger.ever.items() if place.account == user}
        for key, digests in self.archived(account).items():
            strange = set(digests) - set(ever.get(key, ()))
            if strange:
                raise AssertionError(f"I4: {key} has bytes that were never offered there: {strange}")
        self.raw_bytes(account, sample)

    def raw_bytes(self, account, sample=5):
        ids = sorted(message["id"] for message in self.mailkeep.messages(account))
        for one in self.random.sample(ids, min(sample, len(ids))):
            if hashlib.sha256(self.mailkeep.raw(one)).hexdigest() != one:
                raise AssertionError(f"I4: the bytes of {one} have another hash")

    # I5: the report is the ledger's difference: nothing silent, and no false alarm.

    def i5(self, account, user):
        difference = self.difference(account, user)
        report = self.report(account)
        named = self.gaps(account)
        if report["complete"] != (not difference):
            raise AssertionError(
                f"I5: the report says complete={report['complete']}, and {len(difference)} messages "
                f"are missing: {_some(difference)}; {_told(report)}")
        unnamed, invented = set(difference) - set(named), set(named) - set(difference)
        if unnamed or invented:
            raise AssertionError(f"I5: the report leaves out {_some(unnamed)} and invents {_some(invented)}; "
                                 + _told(report))

    def i5_known(self, account, user):
        """For servers that hide messages from every listing: what is missing need not be named one by one,
        but the report must not say that it is complete, and must invent nothing."""
        difference = self.difference(account, user)
        report = self.report(account)
        if report["complete"] and difference:
            raise AssertionError(f"I5: the report says complete, and {len(difference)} messages are missing")
        invented = set(self.gaps(account)) - set(difference)
        if invented:
            raise AssertionError(f"I5: the report invents {_some(invented)}")

    def gaps(self, account):
        """{(folder, UIDVALIDITY, UID): reason} of epochs that still stand."""
        newest = {}
        for folder in self.folders(account):
            name = wire_name(folder)
            if name not in newest or folder["epoch"] > newest[name]["epoch"]:
                newest[name] = folder
        return {(name, folder["uidvalidity"], gap["uid"]): gap["reason"]
                for name, folder in newest.items() for gap in folder["gaps"] if "uid" in gap}

    def report(self, account):
        return self.mailkeep.report(account, expect=None)["accounts"][0]

    def folders(self, account):
        return self.report(account)["folders"]

    # I8

    def i8(self, _account, _user):
        answer = self.mailkeep.run("verify", "--json", expect=None)
        if answer.code != OK or not answer.json()["ok"]:
            raise AssertionError(f"I8: verify says {answer.out[:600]!r}")


class MaildropVerdict(Verdict):
    """The same over POP3, where a message is its bytes: UIDLs may be anything."""

    def difference(self, account, user):
        held = {message["id"] for message in self.mailkeep.messages(account)}
        return {key: digest for key, digest in self.offered(user).items()
                if digest not in held and key[0] == "INBOX"}

    def archived(self, account):
        places = collections.defaultdict(list)
        for message in self.mailkeep.messages(account):
            for seen in message["sightings"]:
                if seen["account"] == account:
                    places[seen.get("uidl", seen.get("uidl_hex", ""))].append(message["id"])
        return places

    def i3(self, account, _user):
        for key, digests in self.archived(account).items():
            if len(digests) != len(set(digests)):
                raise AssertionError(f"I3: UIDL {key!r} is there twice with the same bytes")

    def i4(self, account, user, sample=5):
        ever = self.server.mail.ledger.digests_ever()
        strange = {message["id"] for message in self.mailkeep.messages(account)} - ever
        if strange:
            raise AssertionError(f"I4: bytes are archived that were never offered: {_some(strange)}")
        self.raw_bytes(account, sample)

    def i5(self, account, user):
        difference = self.difference(account, user)
        report = self.report(account)
        if report["complete"] != (not difference):
            raise AssertionError(
                f"I5: the report says complete={report['complete']}, and {len(difference)} messages "
                f"are missing; {_told(report)}")


def shown(wire):
    """A wire name as JSON leads back to it: what is printed as text is made modified
    UTF-7 by mailkeep.py, also where the server sent it in 8-bit UTF-8 or with control characters."""
    raw = wire.encode("latin-1")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return wire
    return wire if raw.isascii() and "&" in wire else encode_folder(text).decode("latin-1")


def _some(things):
    things = sorted(things, key=str)
    more = f" and {len(things) - 4} more" if len(things) > 4 else ""
    return ", ".join(map(str, things[:4])) + more or "none"


def _told(report):
    folders = [{key: value for key, value in one.items() if key != "gaps"} | {"gaps": len(one["gaps"])}
               for one in report["folders"]]
    return f"error {report.get('error')!r}, folders {str(folders)[:700]}"
