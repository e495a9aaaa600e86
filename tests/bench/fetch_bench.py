# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching a whole mailbox over TLS into the durable store, beside mbsync, on the same Dovecot.

    MAILKEEP=build/release/mailkeep PYTHONPATH=tests/support python3 tests/bench/fetch_bench.py
    options: --messages 20000 --runs 5 --corpus DIR --probe PROGRAM --protocol imap|pop3 --quick

Everything on Mailkeep's side is committed, flushed, hashed, compressed and in the log. mbsync runs with
its default fsync and, for comparison, without. --probe names a raw reader that throws everything away:
PROGRAM imap|pop3 HOST PORT tls USER PASSWORD FIRST LAST.
"""

import os
import pwd
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from dovecot import TemporaryDovecot  # noqa: E402
from bench_mail import fill_maildir, messages, own_as  # noqa: E402
from mailkeep import Mailkeep, postgres  # noqa: E402
from measure import Away, Contender, parsed, parser_of, race, table  # noqa: E402

USER = "bench"


def main():
    options = parse()
    directory = Path(tempfile.mkdtemp(prefix="mk-bench-"))
    directory.chmod(0o755)
    try:
        with TemporaryDovecot({USER: "secret"}) as server:
            count, size = fill(server, options)
            print(f"{count:,} messages, {size / 1e6:,.1f} MB, {options.protocol} over TLS", flush=True)
            contenders = [maker(server, directory, options, count) for maker in makers(options)]
            race(contenders, options.runs)
            print(table(contenders, count, contenders[-1].name))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def parse():
    parser = parser_of(__doc__)
    parser.add_argument("--probe")
    parser.add_argument("--protocol", choices=("imap", "pop3"), default="imap")
    return parsed(parser)


def makers(options):
    chosen = [mailkeep_on("sqlite"), mailkeep_on("postgresql")]
    if options.probe:
        chosen.append(probe)
    return chosen + ([mbsync("FSync no\n", "mbsync, no fsync"), mbsync("", "mbsync")]
                     if options.protocol == "imap" else [mpop])


def fill(server, options):
    maildir = server.maildir(USER)
    owner = pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    filled = fill_maildir(maildir, messages(options.corpus, options.messages),
                          own_as(owner.pw_uid, owner.pw_gid))
    server.doveadm("index", "-u", USER, "INBOX")
    return filled


def mailkeep_on(engine):
    def make(server, directory, options, count):
        (directory / engine).mkdir()
        away = Away(directory / engine)
        data = directory / engine / "data"
        program = Mailkeep(data)
        contender = Contender(f"mailkeep, {engine}", [program.program, "fetch"])

        def prepare():
            away(data)
            program.store = None if engine == "sqlite" else postgres().new_database()
            contender.environment = program.environment()
            program.add_account(USER, server, USER, f"{options.protocol}s")

        def check():
            got = int(program.run("status", "--json").json()["sightings"])
            if got != count:
                raise RuntimeError(f"{got} of {count} messages archived")

        contender.prepare, contender.check = prepare, check
        return contender
    return make


def mbsync(extra, name):
    def make(server, directory, _options, count):
        home = directory / name.replace(", ", "-").replace(" ", "-")
        home.mkdir()
        away = Away(home)
        target, state = home / "mail", home / "state"
        (home / "rc").write_text(
            f"{extra}IMAPStore far\nHost localhost\nPort {server.imaps_port}\nUser {USER}\nPass secret\n"
            f"SSLType IMAPS\nCertificateFile {server.ca_file}\n\nMaildirStore near\nPath {target}/\n"
            f"Inbox {target}/INBOX\nSubFolders Verbatim\n\nChannel c\nFar :far:\nNear :near:\n"
            f"Patterns INBOX\nCreate Near\nSync Pull\nSyncState {state}/\n")

        def prepare():
            away(target, state)
            target.mkdir()
            state.mkdir()

        def check():
            got = sum(1 for part in ("cur", "new") for _ in (target / "INBOX" / part).iterdir())
            if got != count:
                raise RuntimeError(f"mbsync: {got} of {count}")
        return Contender(name, ["mbsync", "-q", "-c", home / "rc", "c"], prepare=prepare, check=check)
    return make


def mpop(server, directory, _options, count):
    home = directory / "mpop"
    home.mkdir()
    away = Away(home)
    target, state = home / "mail", home / "uidls"
    rc = home / "rc"
    rc.write_text(
        f"account default\nhost localhost\nport {server.pop3s_port}\nuser {USER}\npassword secret\n"
        f"auth user\nkeep on\nuidls_file {state}\ndelivery maildir {target}\nreceived_header off\ntls on\n"
        f"tls_starttls off\ntls_trust_file {server.ca_file}\n")
    rc.chmod(0o600)

    def prepare():
        away(target, state)
        for name in ("cur", "new", "tmp"):
            (target / name).mkdir(parents=True)

    def check():
        got = sum(1 for _ in (target / "new").iterdir())
        if got != count:
            raise RuntimeError(f"mpop: {got} of {count}")
    return Contender("mpop", ["mpop", "-q", "-C", rc], prepare=prepare, check=check)


def probe(server, _directory, options, count):
    port = server.imaps_port if options.protocol == "imap" else server.pop3s_port
    return Contender("raw probe", [options.probe, options.protocol, "127.0.0.1", port, "tls", USER, "secret",
                                   1, count])


if __name__ == "__main__":
    main()
