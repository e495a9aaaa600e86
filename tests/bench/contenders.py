# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that fetch mail side by side, each from a server's mailbox `bench` into a place of its own.

`line` is where the client connects: the server itself, or a relay before it with the same certificate.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mailkeep import Mailkeep, postgres
from measure import Away, Contender

USER = "bench"
PASSWORD = "secret"


@dataclass
class Line:
    """Ports and certificate of a server, as mailkeep.add_account takes them."""
    imaps_port: int
    pop3s_port: int
    ca_file: Path
    server: object

    @classmethod
    def straight(cls, server):
        return cls(server.imaps_port, server.pop3s_port, server.ca_file, server)

    def url(self, user, scheme="imaps"):
        port = self.imaps_port if scheme == "imaps" else self.pop3s_port
        return f"{scheme}://{user}@localhost:{port}"

    def password_file(self, user):
        return self.server.password_file(user)


class MailkeepFetch:
    """`mailkeep fetch`; keeps its archive between runs unless it is told to begin anew."""

    def __init__(self, line, directory, engine, protocol="imap", users=(USER,)):
        self.line, self.engine, self.protocol, self.users = line, engine, protocol, users
        self.home = directory / f"mailkeep-{engine}"
        self.home.mkdir()
        self.away = Away(self.home)
        self.data = self.home / "data"
        self.program = Mailkeep(self.data)

    def contender(self, name=None, **more):
        return Contender(name or f"mailkeep, {self.engine}", [self.program.program, "fetch"],
                         environment=self.program.environment(), **more)

    def begin_anew(self, contender=None):
        self.away(self.data)
        self.program.store = None if self.engine == "sqlite" else postgres().new_database()
        for user in self.users:
            self.program.add_account(user, self.line, user, f"{self.protocol}s")
        if contender:
            contender.environment = self.program.environment()

    def expect(self, count):
        got = int(self.program.run("status", "--json").json()["sightings"])
        if got != count:
            raise RuntimeError(f"{got} of {count} messages archived")

    def from_nothing(self, count):
        contender = self.contender()
        contender.prepare = lambda: self.begin_anew(contender)
        contender.check = lambda: self.expect(count)
        return contender

    def flushes(self):
        """How often a fetch from nothing asks the disk to have written."""
        self.begin_anew()
        counted = self.home / "strace.txt"
        subprocess.run(["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", counted,
                        self.program.program, "fetch"], env={**os.environ, **self.program.environment()},
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return sum(1 for line in counted.read_text().splitlines() if "sync(" in line)


class Mbsync:
    def __init__(self, line, directory, with_fsync, users=(USER,), patterns="INBOX", label=""):
        self.users = users
        self.home = directory / f"mbsync{label}-{'fsync' if with_fsync else 'quick'}"
        self.home.mkdir()
        self.away = Away(self.home)
        self.name = "mbsync (its default: fsync)" if with_fsync else "mbsync, no fsync"
        self.target, self.state = self.home / "mail", self.home / "state"
        for user in users:
            (self.home / f"rc-{user}").write_text(
                ("" if with_fsync else "FSync no\n") +
                f"IMAPStore far\nHost localhost\nPort {line.imaps_port}\nUser {user}\nPass {PASSWORD}\n"
                f"SSLType IMAPS\nCertificateFile {line.ca_file}\n\nMaildirStore near\n"
                f"Path {self.target}/{user}/\nInbox {self.target}/{user}/INBOX\nSubFolders Verbatim\n\n"
                f"Channel c\nFar :far:\nNear :near:\nPatterns {patterns}\nCreate Near\nSync Pull\n"
                f"SyncState {self.state}/{user}/\n")

    def begin_anew(self):
        self.away(self.target, self.state)
        for user in self.users:
            (self.target / user).mkdir(parents=True)
            (self.state / user).mkdir(parents=True)

    def expect(self, count):
        got = sum(len(files) for path, _, files in os.walk(self.target) if Path(path).name in ("cur", "new"))
        if got != count:
            raise RuntimeError(f"mbsync: {got} of {count}")

    def command(self, user=USER):
        return ["mbsync", "-q", "-c", self.home / f"rc-{user}", "c"]

    def from_nothing(self, count):
        return Contender(self.name, self.command(), prepare=self.begin_anew,
                         check=lambda: self.expect(count))


def mpop(line, directory, count):
    home = directory / "mpop"
    home.mkdir()
    away = Away(home)
    target, state = home / "mail", home / "uidls"
    rc = home / "rc"
    rc.write_text(
        f"account default\nhost localhost\nport {line.pop3s_port}\nuser {USER}\npassword {PASSWORD}\n"
        f"auth user\nkeep on\nuidls_file {state}\ndelivery maildir {target}\nreceived_header off\ntls on\n"
        f"tls_starttls off\ntls_trust_file {line.ca_file}\n")
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


def raw_probe(line, what, *numbers, name="raw probe"):
    port = line.pop3s_port if what == "retr" else line.imaps_port
    return Contender(name, [beside("raw_probe"), what, "localhost", port, USER, PASSWORD, *numbers])


def beside(program):
    """A helper program of the build that MAILKEEP names."""
    return Path(os.environ["MAILKEEP"]).resolve().parent / "tests" / program


class DelayedLine:
    """A line to the server that is `milliseconds` long each way."""

    def __init__(self, server, milliseconds):
        self.server, self.milliseconds = server, milliseconds

    def __enter__(self):
        self.process = subprocess.Popen(
            [beside("delay_relay"), str(self.server.imaps_port), str(self.milliseconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        port = int(self.process.stdout.readline())
        return Line(port, 0, self.server.ca_file, self.server)

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
