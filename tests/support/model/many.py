# SPDX-License-Identifier: GPL-3.0-or-later
"""Many accounts in one pass, each over a connection of its own: the quick way to try every byte position,
since the fault proxy gives each connection its own fault."""

from model.mailbox import Content
from model.verdict import MaildropVerdict, Verdict


def add_accounts(mailkeep, server, names, scheme="imap", port=None):
    """All of them with one import."""
    lines = ["name,url,tls,ca,password"]
    for name in names:
        tls = "" if server.certificate else "none"
        lines.append(f"{name},{server.url(name, scheme, port=port)},{tls},{server.ca_file},"
                     f"{server.mail.accounts[name].password}")
    path = server.directory / "accounts.csv"
    path.write_text("\n".join(lines) + "\n")
    mailkeep.run("account", "import", path)


def fill(server, names, messages):
    """The same mail, but for one line, for each account: bytes under a wrong name would be seen."""
    for name in names:
        account = server.mail.add(name)
        for raw in messages:
            account.inbox.append(Content(b"X-Owner: " + name.encode() + b"\r\n" + raw),
                                 ["\\Seen"], b"17-Jul-1996 02:44:25 -0700")


def check_all(mailkeep, server, names, *invariants, scheme="imap"):
    """The verdict over all accounts from one list and one report, since a program run for each would take
    longer than the test."""
    base = MaildropVerdict if scheme.startswith("pop3") else Verdict
    view = _Snapshot(mailkeep)
    for name in names:
        base(view, server).check(name, *invariants)


class _Snapshot:
    """Answers of list and report for all accounts, asked for once."""

    def __init__(self, mailkeep):
        self._mailkeep = mailkeep
        self._messages = {}
        for message in mailkeep.messages():
            for seen in message["sightings"]:
                self._messages.setdefault(seen["account"], {})[message["id"]] = message
        report = mailkeep.report(expect=None)
        self._reports = {one["name"]: one for one in report["accounts"]}

    def messages(self, account):
        return list(self._messages.get(account, {}).values())

    def report(self, account, expect=None):
        return {"accounts": [self._reports[account]]}

    def raw(self, one):
        return self._mailkeep.raw(one)

    def run(self, *arguments, **options):
        return self._mailkeep.run(*arguments, **options)
