#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private PostgreSQL cluster for as long as a command, or a with block, lasts.

    with_postgres.py COMMAND [ARGUMENT...]

The command finds the address in MAILKEEP_TEST_POSTGRES; the exit code is the command's. The cluster
lives in a directory of its own, listens on a free port of 127.0.0.1 and on a socket in that
directory, keeps fsync on, and is gone afterwards, whatever happened.

    from with_postgres import TemporaryPostgres
    with TemporaryPostgres() as postgres:
        url = postgres.new_database()
"""

import glob
import os
import pathlib
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

STARTUP_SECONDS = 60
STOP_SECONDS = 30


def find_binaries():
    """The directory of the newest server's programs."""
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if not found:
        raise RuntimeError("PostgreSQL is missing: run apt-get install postgresql")
    return max((pathlib.Path(path).parent for path in found),
               key=lambda path: float(path.parent.name))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class TemporaryPostgres:
    """One cluster. url is a database of the superuser mailkeep, reached over TCP with a password."""

    def __init__(self):
        self.binaries = find_binaries()
        self.directory = None
        self.port = None
        self.password = secrets.token_hex(12)
        self.server = None

    @property
    def url(self):
        return self.url_of("mailkeep")

    def url_of(self, database, user="mailkeep", password=None):
        return (f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}")

    def __enter__(self):
        try:
            self._create()
            self._start()
            self.psql("CREATE DATABASE mailkeep", database="postgres")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def psql(self, sql, database="mailkeep"):
        """Runs SQL as the superuser and returns what it printed, unaligned, without a header."""
        command = [str(self.binaries / "psql"), "--no-psqlrc", "--quiet", "--tuples-only",
                   "--no-align", "--set=ON_ERROR_STOP=1", self.url_of(database)]
        done = subprocess.run(command, input=sql, text=True, capture_output=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"psql failed: {done.stderr.strip()}")
        return done.stdout.strip()

    def new_database(self):
        """The address of a fresh, empty database."""
        name = "test_" + secrets.token_hex(6)
        self.psql(f"CREATE DATABASE {name}", database="postgres")
        return self.url_of(name)

    def close(self):
        if self.server is not None:
            self._stop()
            self.server = None
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None

    def _as_server(self):
        """PostgreSQL refuses to run as root: then it runs as the user postgres."""
        if os.geteuid() != 0:
            return []
        user = pwd.getpwnam("postgres")
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]

    def _create(self):
        # A short path: the name of a socket may have 107 bytes.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mkpg-", dir="/tmp"))
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        password_file = self.directory / "password"
        password_file.write_text(self.password + "\n")
        password_file.chmod(0o644)
        self._run([str(self.binaries / "initdb"), "--pgdata", str(self.directory / "data"),
                   "--username=mailkeep", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256",
                   f"--pwfile={password_file}"])
        password_file.unlink()

    def _start(self):
        # Another program may take the port between the probe and the server's bind.
        for attempt in range(5):
            self.port = free_port()
            # The server is a child of ours and dies with us, even when we are killed with -9.
            command = self._as_server() + (["--pdeathsig", "QUIT"] if os.geteuid() == 0 else []) + [
                str(self.binaries / "postgres"), "-D", str(self.directory / "data"),
                "-p", str(self.port), "-k", str(self.directory), "-c", "listen_addresses=127.0.0.1",
                "-c", "shared_buffers=64MB", "-c", "max_connections=100",
                "-c", "max_wal_size=1GB"]
            with open(self.directory / "log", "ab") as log:
                self.server = subprocess.Popen(command, stdout=log, stderr=log,
                                               stdin=subprocess.DEVNULL, start_new_session=True)
            if self._wait_until_ready():
                return
        raise RuntimeError("PostgreSQL does not start:\n" + self._log_tail())

    def _wait_until_ready(self):
        """True once it takes connections, false when it has ended."""
        command = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        for _ in range(STARTUP_SECONDS * 10):
            if self.server.poll() is not None:
                return False
            if subprocess.run(command, timeout=10).returncode == 0:
                return True
            try:
                self.server.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        raise RuntimeError("PostgreSQL does not answer:\n" + self._log_tail())

    def _stop(self):
        for stop in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, immediate, at once
            if self.server.poll() is not None:
                return
            self.server.send_signal(stop)
            try:
                self.server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue

    def _run(self, command):
        done = subprocess.run(self._as_server() + command, capture_output=True, text=True,
                              timeout=120, cwd="/")
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")

    def _log_tail(self):
        try:
            return (self.directory / "log").read_text(errors="replace")[-2000:]
        except OSError:
            return ""


def main(arguments):
    if not arguments:
        print(__doc__.split("\n\n")[1].strip(), file=sys.stderr)
        return 64

    def stop(number, _frame):
        raise SystemExit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)
    with TemporaryPostgres() as postgres:
        environment = dict(os.environ, MAILKEEP_TEST_POSTGRES=postgres.url)
        command = subprocess.Popen(arguments, env=environment)
        try:
            code = command.wait()
        finally:
            if command.poll() is None:
                command.terminate()
                try:
                    command.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    command.kill()
                    command.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
