# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pass costs that finds little: nothing new in a large INBOX, 100 new messages in it, and nothing new
in many small folders of many accounts. Over TLS, beside mbsync, on the same Dovecot.

    MAILKEEP=build/release/mailkeep python3 tests/bench/again_bench.py
    options: --messages 20000 --runs 5 --corpus DIR --quick

The raw probe logs in, opens INBOX and, for new mail, reads the 100 new messages. Four mbsync at a time stand
beside one Mailkeep where there are many accounts.
"""

import os
import pwd
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from bench_mail import fill_maildir, messages, own_as  # noqa: E402
from contenders import PASSWORD, USER, Line, MailkeepFetch, Mbsync, raw_probe  # noqa: E402
from dovecot import TemporaryDovecot  # noqa: E402
from measure import Contender, parsed, parser_of, race, table  # noqa: E402

NEW = 100
ACCOUNTS = [f"user{number:02d}" for number in range(20)]
FOLDERS = ("INBOX", "Sent", "Projects", "Projects/Älter", "Archive")
ENGINES = ("sqlite", "postgresql")


def main():
    options = parsed(parser_of(__doc__))
    directory = Path(tempfile.mkdtemp(prefix="mk-bench-"))
    directory.chmod(0o755)
    try:
        with TemporaryDovecot({name: PASSWORD for name in (USER, *ACCOUNTS)}) as server:
            one_inbox(server, directory, options)
            many_accounts(server, directory, options)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


class Inbox:
    """One mailbox, the programs that have fetched all of it, and more mail for it."""

    def __init__(self, server, directory, options):
        self.server = server
        self.own = own_as(*owner())
        self.source = messages(options.corpus, options.messages + NEW * (options.runs + 2))
        self.count, self.bytes = fill_maildir(server.maildir(USER), islice(self.source, options.messages),
                                              self.own)
        server.doveadm("index", "-u", USER, "INBOX")
        line = Line.straight(server)
        self.line = line
        self.ours = [MailkeepFetch(line, directory, engine) for engine in ENGINES]
        self.peers = [Mbsync(line, directory, with_fsync) for with_fsync in (False, True)]
        for one in self.ours:
            one.begin_anew()
            one.program.run("fetch")
        for one in self.peers:
            one.begin_anew()
            Contender("first", one.command()).run()

    def add(self):
        """Delivers the next new messages, as a server does."""
        fill_maildir(self.server.maildir(USER), islice(self.source, NEW), self.own, self.count)
        self.count += NEW
        self.server.doveadm("index", "-u", USER, "INBOX")

    def expect(self, one):
        return lambda: one.expect(self.count)


def one_inbox(server, directory, options):
    inbox = Inbox(server, directory, options)
    print(f"\nNothing new: {inbox.count:,} messages in INBOX", flush=True)
    contenders = [one.contender(check=inbox.expect(one)) for one in inbox.ours]
    contenders += [raw_probe(inbox.line, "look")]
    contenders += [Contender(one.name, one.command(), check=inbox.expect(one)) for one in inbox.peers]
    race(contenders, options.runs)
    print(table(contenders, None, "raw probe"))

    print(f"\n{NEW} new messages in the same INBOX", flush=True)
    probe = raw_probe(inbox.line, "fetch")
    contenders = [probe]
    contenders += [one.contender(check=inbox.expect(one)) for one in inbox.ours]
    contenders += [Contender(one.name, one.command(), check=inbox.expect(one)) for one in inbox.peers]
    plain = list(probe.command)

    def new_mail():
        probe.command = [*plain, inbox.count + 1, inbox.count + NEW]
        inbox.add()
    probe.prepare = new_mail
    race(contenders, options.runs)
    print(table(contenders, NEW, "raw probe"))


def many_accounts(server, directory, options):
    each = max(1, options.messages // (len(ACCOUNTS) * len(FOLDERS)))
    source = messages(options.corpus, each * len(ACCOUNTS) * len(FOLDERS), seed=8)
    for user in ACCOUNTS:
        for folder in FOLDERS:
            if folder != "INBOX":
                server.create_folder(user, folder)
            fill_maildir(server.maildir(user, folder), islice(source, each), own_as(*owner()))
            server.doveadm("index", "-u", user, folder)
    count = each * len(ACCOUNTS) * len(FOLDERS)
    aside = directory / "many"
    aside.mkdir()
    line = Line.straight(server)
    ours = [MailkeepFetch(line, aside, engine, users=ACCOUNTS) for engine in ENGINES]
    peers = [Mbsync(line, aside, with_fsync, ACCOUNTS, '* "INBOX"', "-many") for with_fsync in (False, True)]

    print(f"\n{len(ACCOUNTS)} accounts with {len(FOLDERS)} folders each, {count:,} messages", flush=True)
    contenders = [one.from_nothing(count) for one in ours]
    contenders += [Contender(f"four at a time: {one.name}", four_at_a_time(one, aside),
                             prepare=one.begin_anew, check=lambda one=one: one.expect(count))
                   for one in peers]
    race(contenders, options.runs)
    print(table(contenders, count, contenders[-1].name))

    print("\nNothing new in them", flush=True)
    contenders = [one.contender(check=lambda one=one: one.expect(count)) for one in ours]
    contenders += [Contender(f"four at a time: {one.name}", four_at_a_time(one, aside)) for one in peers]
    race(contenders, options.runs)
    print(table(contenders, None, contenders[-1].name))


def four_at_a_time(peer, directory):
    script = directory / f"{peer.home.name}.sh"
    script.write_text(f"ls {peer.home}/rc-* | xargs -P 4 -I RC mbsync -q -c RC c\n")
    return ["sh", script]


def owner():
    user = pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return user.pw_uid, user.pw_gid


if __name__ == "__main__":
    main()
