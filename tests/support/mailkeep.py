# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the program under test, as a user would: a data directory of its own, a store, its exit code.

The program is named by the environment variable MAILKEEP. A test that shall hold on both engines is
written once and decorated:

    @on_both_stores
    class Fetch(ArchiveTest):
        def test_archives_what_the_client_sees(self):
            self.mailkeep.run("fetch")
"""

import atexit
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

from mail_client import encode_folder

OK, FAULTS, USAGE, UNAVAILABLE, LATER, REFUSED, CONFIG = 0, 1, 64, 69, 75, 77, 78


@dataclass
class Answer:
    code: int
    out: bytes
    err: str

    @property
    def text(self):
        return self.out.decode()

    def json(self):
        return json.loads(self.out)

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


class Mailkeep:
    def __init__(self, data, store=None):
        self.data = Path(data)
        self.store = store
        self.program = os.environ.get("MAILKEEP") or sys.exit(
            "set MAILKEEP to the program under test, for example build/dev/mailkeep")

    def environment(self, extra=None):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILKEEP_")}
        own = {"MAILKEEP_DATA": str(self.data), "LC_ALL": "C.UTF-8"}
        if self.store:
            own["MAILKEEP_STORE"] = self.store
        return {**kept, **own, **(extra or {})}

    def start(self, *arguments, environment=None, **options):
        """The running process, for tests that look at it or end it."""
        return subprocess.Popen([self.program, *map(str, arguments)],
                                env=self.environment(environment), **options)

    def run(self, *arguments, expect=OK, stdin=b"", environment=None, file_limit=None, timeout=600):
        """expect: the exit code; None: any. file_limit: no file may grow beyond so many bytes."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
        done = subprocess.run([self.program, *map(str, arguments)], input=stdin, capture_output=True,
                              env=self.environment(environment), timeout=timeout,
                              preexec_fn=limit if file_limit else None)
        answer = Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))
        if expect is not None and answer.code != expect:
            raise AssertionError(
                f"mailkeep {' '.join(map(str, arguments))}\nended with {answer.code}, not {expect}\n"
                f"--- standard output\n{answer.out[:4000].decode('utf-8', 'replace')}\n"
                f"--- standard error\n{answer.err[:4000]}")
        return answer

    # Shorthands.

    def add_account(self, name, server, user, scheme="imaps", *more):
        self.run("account", "add", name, "--url", server.url(user, scheme), "--ca", server.ca_file,
                 "--password-file", server.password_file(user), *more)

    def messages(self, *names):
        return self.run("list", *names, "--json").lines()

    def sightings(self, account):
        """{(folder's wire name as latin-1, uidvalidity, uid): id}, for POP3 {uidl: id}: the form of the
        client's view. A place that is listed twice fails."""
        places = {}
        for message in self.messages(account):
            for seen in message["sightings"]:
                place = seen["uidl"] if "uidl" in seen else (
                    wire_name(seen), seen["uidvalidity"], seen["uid"])
                if place in places:
                    raise AssertionError(f"listed twice: {place}")
                places[place] = message["id"]
        return places

    def raw(self, message_id):
        return self.run("raw", message_id).out

    def report(self, *names, expect=OK):
        return self.run("report", *names, "--json", expect=expect).json()

    def search(self, query, limit=1000):
        return self.run("search", query, "--limit", str(limit), "--json").json()

    def ids(self, query):
        return {hit["id"] for hit in self.search(query)["hits"]}


class ArchiveTest(unittest.TestCase):
    """A temporary directory and a Mailkeep on a fresh store, for each test."""

    engine = "sqlite"
    maxDiff = 4000

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="mk-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.mailkeep = self.another_mailkeep("data")

    def another_mailkeep(self, name):
        store = None if self.engine == "sqlite" else postgres().new_database()
        return Mailkeep(self.directory / name, store)

    def sql(self, mailkeep, statement):
        """Raw SQL behind the program's back."""
        if self.engine == "sqlite":
            with sqlite3.connect(mailkeep.data / "mailkeep.sqlite") as database:
                rows = database.execute(statement).fetchall()
            database.close()
            return rows
        done = subprocess.run([psql_program(), "-X", "-q", "-A", "-t", "-F", "\t", "-v",
                               "ON_ERROR_STOP=1", "-c", statement, mailkeep.store],
                              check=True, capture_output=True, text=True)
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def wire_name(folder):
    """A folder's name as it came over IMAP, from the JSON that prints it decoded."""
    if "name_hex" in folder:
        return bytes.fromhex(folder["name_hex"]).decode("latin-1")
    return encode_folder(folder.get("folder") or folder["name"]).decode("latin-1")


def on_both_stores(case):
    """Makes a class for each engine in the test's module; the undecorated one does not run."""
    module = sys.modules[case.__module__]
    for engine, suffix in (("sqlite", "OnSqlite"), ("postgresql", "OnPostgresql")):
        name = case.__name__ + suffix
        setattr(module, name, type(name, (case,), {"engine": engine, "__module__": case.__module__}))
    return None


_running_postgres = None


def postgres():
    """One private cluster for the whole test program, started at first use."""
    global _running_postgres
    if _running_postgres is None:
        from with_postgres import TemporaryPostgres
        _running_postgres = TemporaryPostgres()
        _running_postgres.__enter__()
        atexit.register(_running_postgres.__exit__, None, None, None)
    return _running_postgres


def psql_program():
    return shutil.which("psql") or "/usr/lib/postgresql/15/bin/psql"


def main():
    """Runs the test module; a module without a test is a fault."""
    program = unittest.main(module="__main__", verbosity=2, exit=False)
    result = program.result
    sys.exit(0 if result.wasSuccessful() and result.testsRun and not result.skipped else 1)
