# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's story: two people of an invented company, their mail server, and Mailkeep at work on it."""

import argparse
import hashlib
import json
import os
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from dovecot import TemporaryDovecot  # noqa: E402
from exim import TemporaryExim        # noqa: E402
from mail_generator import generate   # noqa: E402

ANNA_MESSAGES, TOM_MESSAGES = 320, 80
PASSWORDS = {"anna": "correct horse", "tom": "battery staple"}
ADDRESS = "anna@halden.example"
START_SECONDS, STOP_SECONDS = 60, 15


class Tour:
    def __init__(self, options, cleanup):
        self.options = options
        self.program = ROOT / "build" / "release" / "mailkeep"
        self.directory = Path(tempfile.mkdtemp(prefix="mailkeep-demo-"))
        if not options.keep:
            cleanup.callback(shutil.rmtree, self.directory, ignore_errors=True)
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("MAILKEEP_")}
        self.environment["MAILKEEP_DATA"] = str(self.directory / "archive")
        if options.postgres:
            from with_postgres import TemporaryPostgres
            self.postgres = cleanup.enter_context(TemporaryPostgres())
            self.environment["MAILKEEP_STORE"] = self.postgres.new_database()
        self.server = cleanup.enter_context(TemporaryDovecot(PASSWORDS))
        self.smtp = cleanup.enter_context(TemporaryExim(PASSWORDS))

    def run(self):
        self.fill_mailboxes()
        self.add_accounts()
        self.fetch()
        self.search()
        self.prove()
        self.compare()
        self.tamper()
        self.reply()
        say("What you have seen")
        tell("Every byte that the servers hold is archived, found by its words, and provably "
             "unaltered, and so is what was answered. Your own mailbox is four commands away: see "
             "README.md.")
        if not self.options.no_serve:
            self.serve()
        if self.options.keep:
            tell(f"The archive stays at {self.directory / 'archive'}; delete the directory "
                 f"{self.directory} when you are done.")

    def fill_mailboxes(self):
        say("A company's mail server")
        tell("Halden Instruments is invented, its mail is made up, but the server is real: a private "
             "Dovecot on loopback with TLS and an authority of its own.")
        anna = list(generate(ANNA_MESSAGES, seed=2024))
        self.server.append_all("anna", (
            (one.folder, one.raw, one.flags, one.timestamp) for one in anna if one.can_append))
        for one in anna:
            if not one.can_append:
                self.server.drop("anna", one.folder, one.raw)
        tom = list(generate(TOM_MESSAGES, seed=77, large=False, with_strange=False))
        self.server.append_all("tom", (("INBOX", one.raw, (), one.timestamp) for one in tom))
        folders = sorted({one.folder for one in anna})
        kinds = {one.kind for one in anna if one.kind.startswith("strange:")}
        languages = {one.language for one in anna}
        tell(f"Anna has {len(anna)} messages in {len(folders)} folders ({', '.join(folders)}), in "
             f"{len(languages)} languages, {sum(len(one.raw) for one in anna) / 1e6:.0f} MB; "
             f"{len(kinds)} of them break the rules of mail in some way (no bytes at all, bare "
             f"carriage returns, hostile headers). Tom has {len(tom)}, and only POP3.")

    def add_accounts(self):
        say("Adding the accounts")
        authorities = self.directory / "authorities.pem"  # of both servers
        authorities.write_bytes(Path(self.server.ca_file).read_bytes() +
                                Path(self.smtp.ca_file).read_bytes())
        for name, scheme, more in (
                ("anna", "imaps", ("--smtp", self.smtp.url(), "--address", ADDRESS)),
                ("tom", "pop3s", ())):
            self.mailkeep("account", "add", name, "--url", self.server.url(name, scheme), "--ca",
                          authorities, "--password-file", self.server.password_file(name), *more)
        self.mailkeep("account", "list")
        self.mailkeep("account", "test", "anna")

    def fetch(self):
        say("Fetching everything, once")
        self.mailkeep("fetch")
        tell("A second pass asks again and finds nothing new to fetch:")
        self.mailkeep("fetch")

    def search(self):
        say("Making it searchable, and searching")
        tell("Each message is parsed in a sandboxed child process that can open no file and no "
             "connection.")
        self.mailkeep("index")
        tell("One thing in many languages and charsets: the spectrometer, wherever it is mentioned.")
        self.mailkeep("search", "спектрометра OR 分光器 OR 光谱仪 OR φασματόμετρου OR Spektrometer",
                      "--limit", "6")
        tell("A phrase, from one person:")
        self.mailkeep("search", 'from:anna "before the contract is signed"', "--limit", "4")
        tell("Attachments of one quarter:")
        self.mailkeep("search", "has:attachment date:2024-02-01..2024-03-31", "--limit", "4")

    def prove(self):
        say("Is it complete, and is it unaltered?")
        self.mailkeep("report")
        self.mailkeep("checkpoint")
        self.mailkeep("verify")
        self.mailkeep("status")

    def compare(self):
        say("Do not take its word for it")
        tell("An independent client reads both mailboxes now and hashes every message; each hash must "
             "be the id of an archived message, and `mailkeep raw` must give the same bytes.")
        seen = [*self.server.client_view("anna").values(), *self.server.pop3_view("tom").values()]
        archived = {json.loads(line)["id"] for line in self.output("list", "--json").splitlines()}
        missing = set(seen) - archived
        sample = sorted(set(seen))[::10]
        wrong = [one for one in sample
                 if hashlib.sha256(self.output("raw", one)).hexdigest() != one]
        print(f"  messages the client saw:       {len(seen)}\n"
              f"  distinct contents:             {len(set(seen))}\n"
              f"  in the archive:                {len(set(seen)) - len(missing)}\n"
              f"  lost or altered:               {len(missing)}\n"
              f"  `mailkeep raw` compared:       {len(sample)}, {len(wrong)} different", flush=True)
        if missing or wrong or archived != set(seen):
            raise SystemExit("the archive does not hold what the client saw")

    def tamper(self):
        say("What if somebody alters the database?")
        tell("On a copy, behind Mailkeep's back and with the database's own tools, the text of one "
             "message is replaced by the text of another.")
        environment = self.copy_and_tamper()
        code = self.mailkeep("verify", environment=environment, expect=1)
        tell(f"verify ends with exit code {code} and names the record.")

    def reply(self):
        say("Answering a message")
        tell("The reply is composed from the archived bytes, written into the log with its exact bytes "
             "before it leaves, and sent through the account's own SMTP server: a private Exim.")
        found = json.loads(self.output("search", 'from:anna "before the contract is signed"',
                                       "--limit", "1", "--json"))
        text = self.directory / "reply.txt"
        text.write_text("Thank you; the draft is on its way.\n")
        self.mailkeep("reply", found["hits"][0]["id"], "--account", "anna", "--from-file", text)
        (mail,) = self.smtp.messages()
        wire = hashlib.sha256(mail.raw).hexdigest()
        kept = self.output("raw", wire)
        print(f"  the server got it from:        {mail.envelope_from}\n"
              f"  for:                           {', '.join(mail.recipients)}\n"
              f"  archived byte for byte:        {'yes' if kept == mail.raw else 'NO'}", flush=True)
        if kept != mail.raw:
            raise SystemExit("the archive does not hold what the server got")
        self.mailkeep("verify")

    def serve(self):
        say("The service")
        self.mailkeep("user", "add", "rita", "--role", "reviewer", "--account", "anna",
                      "--account", "tom")
        token = json.loads(self.output("token", "add", "--user", "rita", "--name", "demo", "--json"))
        environment = {**self.environment, "MAILKEEP_LOG_LEVEL": "warning"}
        place = Path(self.environment["MAILKEEP_DATA"]) / "serve.address"
        print("\n$ mailkeep serve", flush=True)
        # A session of its own: Ctrl-C is for us, and we end it in order.
        service = subprocess.Popen([self.program, "serve", "--listen", "127.0.0.1:0"], env=environment,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not place.exists():
                if service.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the service did not start")
                time.sleep(0.05)
            print(f"\n  The page:   {place.read_text().strip()}/\n"
                  f"  The token:  {token['secret']}\n", flush=True)
            tell("Sign in with the token. It may read and search both mailboxes and answer from them. "
                 "Ctrl-C ends everything, and nothing stays behind.")
            service.wait()
            raise SystemExit(f"the service ended with {service.returncode}")
        finally:
            if service.poll() is None:
                service.terminate()
                try:
                    service.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    service.kill()
                    service.wait()

    def copy_and_tamper(self):
        copy = self.directory / "copy"
        shutil.copytree(self.environment["MAILKEEP_DATA"], copy)
        environment = {**self.environment, "MAILKEEP_DATA": str(copy)}
        statement = (
            "UPDATE chunks SET (codec, plain_size, data) = (SELECT codec, plain_size, data FROM chunks "
            "WHERE digest = (SELECT digest FROM contents WHERE chunk_count = 1 ORDER BY digest LIMIT 1)) "
            "WHERE digest = (SELECT digest FROM contents WHERE chunk_count = 1 "
            "ORDER BY digest DESC LIMIT 1)")
        if self.options.postgres:
            original = self.environment["MAILKEEP_STORE"]
            base, name = original.rsplit("/", 1)
            copied = name + "_copy"
            self.psql(f"{base}/postgres", f'CREATE DATABASE "{copied}" TEMPLATE "{name}"')
            environment["MAILKEEP_STORE"] = f"{base}/{copied}"
            self.psql(environment["MAILKEEP_STORE"], statement)
        else:
            with sqlite3.connect(copy / "mailkeep.sqlite") as database:
                database.execute(statement)
            database.close()
        return environment

    def psql(self, url, statement):
        program = shutil.which("psql") or "/usr/lib/postgresql/15/bin/psql"
        subprocess.run([program, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, url], check=True)

    def mailkeep(self, *arguments, environment=None, expect=0):
        words = list(map(str, arguments))
        shown = shlex.join(words).replace(str(self.server.directory), "…").replace(
            str(self.directory), "…")
        print(f"\n$ mailkeep {shown}", flush=True)
        done = subprocess.run([self.program, *words], env=environment or self.environment,
                              stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        if done.returncode != expect:
            raise SystemExit(f"mailkeep ended with {done.returncode} where {expect} was expected")
        return done.returncode

    def output(self, *arguments):
        return subprocess.run([self.program, *arguments], env=self.environment, check=True,
                              stdout=subprocess.PIPE).stdout


def say(title):
    print(f"\n━━ {title} " + "━" * max(4, 76 - len(title)), flush=True)


def tell(text):
    print("\n" + textwrap.fill(text, 96), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo")
    for option in ("--postgres", "--no-serve", "--keep"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args()
    if options.keep and options.postgres:
        parser.error("--keep works with the embedded store only: the private PostgreSQL goes away")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    with ExitStack() as cleanup:
        Tour(options, cleanup).run()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
