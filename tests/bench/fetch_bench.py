# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching a whole mailbox over TLS into the durable store, beside the peers, on the same Dovecot.

    MAILKEEP=build/release/mailkeep python3 tests/bench/fetch_bench.py
    options: --messages 20000 --runs 5 --corpus DIR --protocol imap|pop3 --delay MS --quick

Everything on Mailkeep's side is committed, flushed, hashed, compressed and in the log. mbsync runs with its
default fsync and, for comparison, without. The raw probe reads the same bytes and throws them away.
--delay holds every byte back for so long, each way.
"""

import contextlib
import os
import pwd
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from bench_mail import fill_maildir, messages, own_as  # noqa: E402
from contenders import PASSWORD, USER, DelayedLine, Line, MailkeepFetch, Mbsync, mpop, raw_probe  # noqa: E402
from dovecot import TemporaryDovecot  # noqa: E402
from measure import parsed, parser_of, race, table  # noqa: E402


def main():
    options = parse()
    directory = Path(tempfile.mkdtemp(prefix="mk-bench-"))
    directory.chmod(0o755)
    try:
        with TemporaryDovecot({USER: PASSWORD}) as server:
            count, size = fill(server, options)
            print(f"{count:,} messages, {size / 1e6:,.1f} MB, {options.protocol} over TLS, "
                  f"{2 * options.delay} ms there and back", flush=True)
            with line_to(server, options.delay) as line:
                contenders = all_of(line, directory, options, count)
                race(contenders, options.runs)
                print(table(contenders, count, contenders[-1].name))
                print_flushes(line, directory, options)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def parse():
    parser = parser_of(__doc__)
    parser.add_argument("--protocol", choices=("imap", "pop3"), default="imap")
    parser.add_argument("--delay", type=int, default=0, help="milliseconds each way")
    return parsed(parser)


def line_to(server, delay):
    return DelayedLine(server, delay) if delay else contextlib.nullcontext(Line.straight(server))


def all_of(line, directory, options, count):
    ours = [MailkeepFetch(line, directory, engine, options.protocol).from_nothing(count)
            for engine in ("sqlite", "postgresql")]
    if options.protocol == "pop3":
        return [*ours, raw_probe(line, "retr", count), mpop(line, directory, count)]
    peers = [Mbsync(line, directory, with_fsync).from_nothing(count) for with_fsync in (False, True)]
    return [*ours, raw_probe(line, "fetch", 1, count), *peers]


def print_flushes(line, directory, options):
    aside = directory / "flushes"
    aside.mkdir()
    flushes = MailkeepFetch(line, aside, "sqlite", options.protocol).flushes()
    print(f"mailkeep, sqlite: {flushes} flushes of the disk (fsync, fdatasync) in one run")


def fill(server, options, user=USER):
    maildir = server.maildir(user)
    owner = pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    filled = fill_maildir(maildir, messages(options.corpus, options.messages),
                          own_as(owner.pw_uid, owner.pw_gid))
    server.doveadm("index", "-u", user, "INBOX")
    return filled


if __name__ == "__main__":
    main()
