# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what servers are known to do wrong: one file for each row, tests/hostile/quirks/Qnn.toml.

    quirk = "what the server does"
    do = "what is wanted of us"
    where = "file: function"           where it is done

    [[scenario]]                       at least one; its steps are those of model/scenarios.py and of QuirkRun
    steps = ["fetch 0", "complete"]
    [[scenario.answer]]                what the server says instead, model/overlay.py says how
    [[scenario.rewrite]]

    [[mutation]]                       takes the handling away: then one of the scenarios must fail
    file = "fetcher/..."               .cpp: compiled and linked anew; other files are read by scenarios
    old = "..."                        stands there once
    new = "..."

A scenario with `transcript` is one of SMTP: a reply is sent to a server that follows it (scripted_server.py),
and `state`, `exit` and `detail` say what must have become of it.
"""

import codecs
import os
import re
import time
import tomllib
import urllib.parse
from dataclasses import dataclass, field, fields
from pathlib import Path

from model.mailbox import Content
from model.overlay import Overlay, OverlaidServer
from model.scenarios import Run
from model.switches import switches_of
from scripted_server import ScriptedServer
from service import Service, wait_until

ROOT = Path(__file__).parents[2]
ROWS = ROOT / "tests" / "hostile" / "quirks"
ORIGINAL = (b"From: bob@other.example\r\nTo: anna@example.org\r\nSubject: hi\r\n"
            b"Message-ID: <1@other.example>\r\n\r\nhello\r\n")


@dataclass
class QuirkScenario:
    steps: list = field(default_factory=list)
    name: str = ""
    folders: dict = field(default_factory=lambda: {"INBOX": 6})
    checks: list = field(default_factory=lambda: ["I1", "I2", "I3", "I4", "I5", "I8"])
    switches: dict = field(default_factory=dict)
    answer: list = field(default_factory=list)
    rewrite: list = field(default_factory=list)
    scheme: str = "imap"
    user: str = "anna"
    account: list = field(default_factory=list)      # further words of `account add`
    special: dict = field(default_factory=dict)      # folder -> attributes
    transcript: str = ""
    state: str = ""
    exit: int = 0
    detail: str = ""
    test: str = ""
    source: str = ""


class Row:
    def __init__(self, path):
        table = tomllib.loads(path.read_text())
        self.path = path
        self.number = path.stem
        self.quirk, self.do, self.where = table["quirk"], table["do"], table["where"]
        self.scenarios = [_scenario(self.number, one) for one in table["scenario"]]
        self.mutations = table.get("mutation", [])
        self.waits_for = table.get("waits_for", "")  # what the product has not got: the row fails

    def play(self, make_mailkeep):
        """Plays all scenarios; AssertionError names the step that failed."""
        for number, scenario in enumerate(self.scenarios):
            play(scenario, make_mailkeep(f"{self.number}-{number}"))


def rows():
    return [Row(path) for path in sorted(ROWS.glob("Q*.toml"))]


def row(number):
    return Row(ROWS / f"{number}.toml")


def _scenario(number, table):
    unknown = set(table) - {one.name for one in fields(QuirkScenario)}
    if unknown:
        raise ValueError(f"{number}: unknown keys {unknown}")
    return QuirkScenario(**{"test": number, "source": number, **table})


def play(scenario, mailkeep):
    if scenario.transcript:
        return play_smtp(scenario, mailkeep)
    with OverlaidServer(Overlay(scenario.answer, scenario.rewrite),
                        switches=switches_of(scenario.switches), seed=1) as server:
        run = QuirkRun(scenario, mailkeep, server)
        try:
            for number, step in enumerate(scenario.steps, 1):
                try:
                    run.follow(step)
                except Exception as error:
                    raise AssertionError(f"{scenario.test} {scenario.name} step {number} {step!r}: {error}"
                                         f"\n    the last pass said: {run.said()[-600:]}") from error
        finally:
            run.close()
    return run


def play_smtp(scenario, mailkeep):
    mailkeep.data.mkdir(parents=True, exist_ok=True)
    paths = {name: mailkeep.data.parent / f"{mailkeep.data.name}-{name}" for name in ("eml", "text", "pass")}
    paths["eml"].write_bytes(ORIGINAL)
    paths["text"].write_text(".\nHello\n.\n")
    paths["pass"].write_text("secret\n")
    with ScriptedServer(scenario.transcript) as server:
        mailkeep.run("account", "add", "anna", "--url", "imap://anna%40example.org@localhost:1",
                     "--tls", "none",
                     "--smtp", f"smtp://localhost:{server.port}", "--password-file", paths["pass"])
        mailkeep.run("import", paths["eml"])
        item = mailkeep.run("reply", mailkeep.messages()[0]["id"], "--account", "anna", "--from-file",
                            paths["text"], "--json", expect=scenario.exit).json()
    if item["state"] != scenario.state or not re.search(scenario.detail, item["detail"]):
        raise AssertionError(f"{scenario.test}: the outbox says {item['state']}: {item['detail']}")
    if server.mistakes or server.torn:
        raise AssertionError(f"{scenario.test}: {server.mistakes} {server.torn}")


class QuirkRun(Run):
    """Steps beside those of model/scenarios.py; R is a regular expression over a command,
    "UID FETCH 1:3 (…)":

        put F TEXT                a message of exactly these bytes, with Python's escapes
        accounts n m              n more accounts on the same server with m messages each
        never R | sent R          since the beginning no client has sent it, or one has
        ascending                 each set of UIDs that was sent ascends
        first R: S                whenever S was sent on a connection, R came before it
        short n                   no command line was longer
        open n                    at most so many connections at a time
        connected n               ... in all
        held n | holds R          the archive has so many messages; one with this in it
        copies n                  sightings
        reason R                  each gap of the report has such a reason, and there is one
        trouble R                 a folder of the report has such trouble
        told R                    `report` for people says so
        listed R                  a line of `list --json` says so
        shows R                   `show` says so of the first message
        says R                    the last pass said so, to the journal or to people
        silent R                  ... did not
        within s | atleast s      so long the last pass took, at most or at least
        whole | part              what the report says of the account, where places cannot be compared
        documented FILE R         the documentation says so
        fill F n                  n times the same message
        watch                     the service runs from here on; "unwatch"
        arrives n s               the archive has n messages before s seconds are over
        waits R s                 a client sends it before s seconds are over
    """

    def __init__(self, scenario, mailkeep, server):
        server.scenario = scenario
        self.service = None
        self.took = 0.0
        super().__init__(_Named(scenario), mailkeep, _Addressed(server, scenario), 1, "anna")
        self.server = server
        for folder, attributes in scenario.special.items():
            self.account[folder].attributes = [one.encode() for one in attributes.split()]

    def close(self):
        if self.service:
            self.service.__exit__()

    def said(self):
        return (self.answer.err + self.answer.text) if self.answer else ""

    def sent(self):
        return [f"{one.verb} {one.text}".strip() for one in self.server.journal.since()]

    def follow(self, step):
        word, _, rest = step.partition(" ")
        own = getattr(self, "own_" + word, None)
        return own(rest) if own else super().follow(step)

    def _heal(self):
        super()._heal()
        self.server.overlay = Overlay()

    def _fetch(self, *codes):
        began = time.monotonic()
        super()._fetch(*codes)
        self.took = time.monotonic() - began

    def _check(self, is_after_kill=False):
        """A pass that ended before it had a list cannot name what is missing, only that it is."""
        checks = [one for one in self.scenario.checks if one != "I1"]
        if self.answer is None or self.answer.code not in (0, 1):
            checks = ["I5_known" if one == "I5" else one for one in checks]
        self.verdict.check(self.name, *checks)
        if "I4" in checks:
            self.verdict.monotone(self.name)

    # What happens.

    def own_put(self, rest):
        folder, text = rest.split(" ", 1)
        self.account[folder].append(Content(codecs.decode(text, "unicode_escape").encode("latin-1")))

    def own_accounts(self, rest):
        count, messages = map(int, rest.split())
        for number in range(count):
            user = f"user{number}"
            box = self.server.mail.add(user).inbox
            for one in range(messages):
                box.append(b"Subject: %d of %d\r\n\r\n" % (one, number))
            self.mailkeep.run("account", "add", user, "--url", self.server.url(user), "--tls", "none",
                              "--password-file", self.server.password_file(user))

    def own_fill(self, rest):
        folder, count = rest.split()
        self.account[folder].fill(int(count), Content(b"Subject: the same\r\n\r\n"))

    def own_watch(self, _rest):
        self.service = Service(self.mailkeep)
        self.service.__enter__()

    def own_unwatch(self, _rest):
        self.service.stop()

    # What must be so.

    def demand(self, is_so, text):
        if not is_so:
            raise AssertionError(text)

    def own_never(self, rest):
        found = [one for one in self.sent() if re.match(rest, one)]
        self.demand(not found, f"was sent: {found[:3]}")

    def own_sent(self, rest):
        self.demand(any(re.match(rest, one) for one in self.sent()), f"was not sent: {self.sent()[-40:]}")

    def own_ascending(self, _rest):
        for one in self.sent():
            match = re.match(r"UID \w+ ([0-9:,*]+)", one)
            words = re.split("[:,]", match[1]) if match else []
            numbers = [int(word.replace("*", "4294967295")) for word in words]
            self.demand(numbers == sorted(numbers), f"does not ascend: {one}")

    def own_first(self, rest):
        first, second = rest.split(": ", 1)
        by_connection = {}
        for one in self.server.journal.since():
            by_connection.setdefault(one.connection, []).append(f"{one.verb} {one.text}".strip())
        for commands in by_connection.values():
            places = [next((at for at, one in enumerate(commands) if re.match(what, one)), None)
                      for what in (first, second)]
            self.demand(places[1] is None or places[0] is not None and places[0] < places[1],
                        f"{second} came before {first}: {commands}")

    def own_short(self, rest):
        longest = max(self.sent(), key=len)
        self.demand(len(longest) <= int(rest), f"{len(longest)} octets: {longest[:80]}")

    def own_open(self, rest):
        self.demand(self.server.most_open <= int(rest), f"{self.server.most_open} connections at a time")

    def own_connected(self, rest):
        self.demand(self.server.connections <= int(rest), f"{self.server.connections} connections")

    def own_held(self, rest):
        count = len(self.mailkeep.messages())
        self.demand(count == int(rest), f"{count} messages are archived")

    def own_copies(self, rest):
        count = sum(len(one["sightings"]) for one in self.mailkeep.messages())
        self.demand(count == int(rest), f"{count} sightings")

    def own_holds(self, rest):
        ids = [message["id"] for message in self.mailkeep.messages()]
        self.demand(any(re.search(rest.encode(), self.mailkeep.raw(one)) for one in ids), "no message has it")

    def own_reason(self, rest):
        reasons = [gap["reason"] for folder in self.verdict.folders(self.name) for gap in folder["gaps"]]
        self.demand(reasons and all(re.search(rest, one) for one in reasons), f"the reasons are {reasons}")

    def own_trouble(self, rest):
        troubles = [str(folder.get("trouble")) for folder in self.verdict.folders(self.name)]
        self.demand(any(re.search(rest, one) for one in troubles), f"the troubles are {troubles}")

    def own_told(self, rest):
        text = self.mailkeep.run("report", expect=None).text
        self.demand(re.search(rest, text), f"the report says {text}")

    def own_listed(self, rest):
        text = self.mailkeep.run("list", "--json").text
        self.demand(re.search(rest, text, re.MULTILINE), f"the list is {text[:1500]}")

    def own_shows(self, rest):
        text = self.mailkeep.run("show", self.mailkeep.messages()[0]["id"]).text
        self.demand(re.search(rest, text), f"shown is {text[:800]}")

    def own_says(self, rest):
        self.demand(re.search(rest, self.said()), "it did not")

    def own_silent(self, rest):
        self.demand(not re.search(rest, self.said()), "it did")

    def own_within(self, rest):
        self.demand(self.took <= float(rest), f"it took {self.took:.1f} s")

    def own_atleast(self, rest):
        self.demand(self.took >= float(rest), f"it took only {self.took:.1f} s")

    def own_whole(self, _rest):
        report = self.verdict.report(self.name)
        self.demand(report["complete"], f"the report is {report}")

    def own_part(self, _rest):
        report = self.verdict.report(self.name)
        self.demand(not report["complete"], f"the report is {report}")

    def own_documented(self, rest):
        file, pattern = rest.split(" ", 1)
        text = (Path(os.environ.get("MAILKEEP_MUTATED_ROOT", ROOT)) / file)
        text = text if text.exists() else ROOT / file
        self.demand(re.search(pattern, text.read_text()), f"{file} does not say so")

    def own_arrives(self, rest):
        count, seconds = map(int, rest.split())
        wait_until(lambda: len(self.mailkeep.messages()) >= count, f"{count} messages", seconds)

    def own_waits(self, rest):
        pattern, seconds = rest.rsplit(" ", 1)
        wait_until(lambda: any(re.match(pattern, one) for one in self.sent()), pattern, int(seconds))


class _Named:
    """A scenario as model/scenarios.py wants it."""

    def __init__(self, scenario):
        self.test, self.name, self.steps = scenario.test, scenario.name, scenario.steps
        self.folders, self.checks, self.scheme = scenario.folders, scenario.checks, scenario.scheme


class _Addressed:
    """The server with this scenario's user, and further words for `account add`."""

    def __init__(self, server, scenario):
        self._server, self._scenario = server, scenario

    def __getattr__(self, name):
        return getattr(self._server, name)

    def account_flags(self, scheme):
        return (*self._server.account_flags(scheme), *self._scenario.account)

    def url(self, user, scheme="imap"):
        if self._scenario.user != "anna":
            account = self._server.mail.accounts[user]
            self._server.mail.accounts[self._scenario.user] = account
        quoted = urllib.parse.quote(self._scenario.user, safe="")
        return f"{scheme}://{quoted}@{self._server.host}:{self._server.port(scheme)}"
