# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexing a whole archive from nothing, beside notmuch (and mu, where it is installed), on the same mail.

    MAILKEEP=build/release/mailkeep PYTHONPATH=tests/support python3 tests/bench/index_bench.py
    options: --messages 20000 --runs 5 --corpus DIR --quick

Mailkeep reads from its store and parses in sandboxed children; the peers read a Maildir.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from bench_mail import fill_maildir, messages, own_by_nobody  # noqa: E402
from mailkeep import Mailkeep  # noqa: E402
from measure import Away, Contender, parsed, parser_of, race, table  # noqa: E402


def main():
    options = parsed(parser_of(__doc__))
    directory = Path(tempfile.mkdtemp(prefix="mk-bench-"))
    try:
        maildir = directory / "mail"
        count, size = fill_maildir(maildir, messages(options.corpus, options.messages), own_by_nobody)
        print(f"{count:,} messages, {size / 1e6:,.1f} MB", flush=True)
        contenders = [mailkeep(directory, maildir)]
        if shutil.which("mu"):
            contenders.append(mu(directory, maildir))
        contenders.append(notmuch(directory, maildir))
        race(contenders, options.runs)
        print(table(contenders, count, "notmuch"))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def mailkeep(directory, maildir):
    (directory / "mailkeep").mkdir()
    program = Mailkeep(directory / "mailkeep" / "data")
    program.run("import", maildir)
    away = Away(directory / "mailkeep")
    messages_stored = program.run("status", "--json").json()["messages"]

    def check():
        got = program.run("search", "*", "--count", "--stale", "--json").json()["total"]
        if got != messages_stored:
            raise RuntimeError(f"{got} of {messages_stored} messages indexed")
    return Contender("mailkeep", [program.program, "index"], program.environment(),
                     prepare=lambda: away(program.data / "index"), check=check)


def notmuch(directory, maildir):
    away = away_beside(directory, "notmuch")
    config = directory / "notmuch.conf"
    config.write_text(f"[database]\npath={maildir}\n[user]\nname=b\nprimary_email=b@bench.example\n"
                      "[new]\ntags=inbox\nignore=\n[maildir]\nsynchronize_flags=false\n")
    return Contender("notmuch", ["notmuch", "new"], {"NOTMUCH_CONFIG": str(config)},
                     prepare=lambda: away(maildir / ".notmuch"))


def mu(directory, maildir):
    away = away_beside(directory, "mu")
    home = directory / "mu-home"

    def prepare():
        away(home)
        subprocess.run(["mu", "init", f"--muhome={home}", f"--maildir={maildir}"], check=True,
                       capture_output=True)
    return Contender("mu", ["mu", "index", f"--muhome={home}"], prepare=prepare)


def away_beside(directory, name):
    (directory / name).mkdir()
    return Away(directory / name)


if __name__ == "__main__":
    main()
