# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Dovecot 2.3 on loopback: own authority, own users, ephemeral ports, nothing left behind.

    with TemporaryDovecot({"anna": "secret"}) as server:
        server.append("anna", "INBOX", b"Subject: hello\\r\\n\\r\\nworld\\r\\n")
        print(server.url("anna"), server.ca_file)
        print(server.client_view("anna"))

Works as root (mail then belongs to the user "mail") and as an ordinary user.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from certificates import Authority
from mail_client import encode_folder
from temporary_server import MailboxServer, die_with_parent, free_ports

START_DEADLINE_SECONDS = 30
STARTTLS_OFF = "no"


class TemporaryDovecot(MailboxServer):
    """users: name to password. tls: "yes", or "no" for a server that offers no TLS at all.
    certificate: "good", "expired" or "wrong-host"."""

    name = "dovecot"

    def __init__(self, users, tls="yes", certificate="good", settings=""):
        super().__init__(users)
        self.tls = tls
        self.certificate = certificate
        self.settings = settings
        self._process = None
        self._drops = 0

    # Life.

    def start(self):
        self._process = subprocess.Popen(
            [_program("dovecot"), "-F", "-c", str(self.config_file)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent)
        deadline = time.monotonic() + START_DEADLINE_SECONDS
        for port in (self.imap_port, self.pop3_port):
            self._wait_for(port, deadline)

    def stop(self):
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def replace_certificate(self, kind):
        """Restarts the server with another certificate, on the same ports."""
        self.stop()
        self.certificate = kind
        self._write_config()
        self.start()

    # What the program under test is told.

    def url(self, user, scheme="imaps", host=None):
        port = {"imap": self.imap_port, "imaps": self.imaps_port,
                "pop3": self.pop3_port, "pop3s": self.pop3s_port}[scheme]
        return f"{scheme}://{user}@{host or self.host}:{port}"

    # Filling mailboxes.

    def append(self, user, folder, raw, flags=(), date=None):
        """Through IMAP, as a mail program would; line ends become CRLF on the way."""
        with self.imap(user) as client:
            client.append(folder, raw, flags, date)

    def append_all(self, user, messages):
        """Many at once: an iterable of (folder, bytes, flags, date); folders are made as needed."""
        with self.imap(user) as client:
            known = set(client.folders())
            for folder, raw, flags, date in messages:
                wire = folder if isinstance(folder, bytes) else encode_folder(folder)
                if wire not in known:
                    client.create(folder)
                    known.add(wire)
                client.append(folder, raw, flags, date)

    def create_folder(self, user, folder):
        with self.imap(user) as client:
            client.create(folder)

    def drop(self, user, folder, raw):
        """Straight into the Maildir: for bytes that IMAP APPEND would not carry."""
        self.plant_folder(user, folder)
        self._drops += 1
        path = self.maildir(user, folder) / "new" / f"{1600000000 + self._drops}.M{self._drops}P1.mailkeep"
        path.write_bytes(raw)
        self.own(path)

    def plant_folder(self, user, wire):
        """Makes a folder on the disk, behind the server's back, under a name that IMAP may refuse."""
        for name in ("cur", "new", "tmp"):
            self._make(self.maildir(user, wire) / name)

    def maildir(self, user, folder="INBOX"):
        root = self.directory / "mail" / user / "Maildir"
        if folder == "INBOX":
            return root
        wire = folder if isinstance(folder, bytes) else encode_folder(folder)
        return root / os.fsdecode(b"." + wire.replace(b"/", b"."))

    def set_uidvalidity(self, user, folder, value):
        self.doveadm("mailbox", "update", "-u", user, "--uid-validity", str(value), folder)

    def doveadm(self, *arguments):
        return subprocess.run(
            [_program("doveadm"), "-c", str(self.config_file), *map(str, arguments)], check=True,
            capture_output=True, text=True).stdout

    # What an independent client sees, beside MailboxServer.

    def closed_folders(self, user):
        """Folders that the server lists and then refuses to open."""
        with self.imap(user) as client:
            return [folder for folder in client.folders() if not client.can_open(folder)]

    def log(self):
        return (self.directory / "dovecot.log").read_text(errors="replace")

    def bodies_sent(self):
        """How many message bodies the server has handed out so far, by its own count. Call it when no
        client is at work: it waits until every session has written its closing line."""
        deadline = time.monotonic() + START_DEADLINE_SECONDS
        while True:
            log = self.log()
            if log.count("-login: Info: Login:") == len(
                    re.findall(r"(?:imap|pop3)\([^)]*\)<.*>: Info: Disconnected", log)):
                return sum(map(int, re.findall(r"body_count=(\d+)", log))) + sum(
                    map(int, re.findall(r" retr=(\d+)/", log)))
            if time.monotonic() > deadline:
                raise RuntimeError("a session never ended:\n" + log[-3000:])
            time.sleep(0.05)

    # Inside.

    def prepare(self):
        is_root = os.geteuid() == 0
        self._owner = pwd.getpwnam("mail") if is_root else pwd.getpwuid(os.geteuid())
        self.config_file = self.directory / "dovecot.conf"
        for name in ("run", "state", "certificates"):
            (self.directory / name).mkdir()
        self._make(self.directory / "mail")
        authority = Authority(self.directory / "certificates")
        self.ca_file = authority.ca_file
        self._certificates = {
            "good": authority.issue("localhost"),
            "expired": authority.issue("expired", days=-1),
            "wrong-host": authority.issue("elsewhere", hosts=("DNS:mail.elsewhere.example",)),
        }
        (self.directory / "passwd").write_text(
            "".join(f"{user}:{{PLAIN}}{password}::::::\n" for user, password in self.users.items()))
        for user in self.users:
            self._make(self.directory / "mail" / user)
        self.imap_port, self.imaps_port, self.pop3_port, self.pop3s_port = free_ports(4)
        self._write_config()

    def _write_config(self):
        certificate, key = self._certificates[self.certificate]
        owner = self._owner
        rootless = "" if os.geteuid() == 0 else _ROOTLESS.format(user=owner.pw_name)
        self.config_file.write_text(_CONFIG.format(
            directory=self.directory, tls=self.tls, certificate=certificate, key=key,
            uid=owner.pw_uid, gid=owner.pw_gid, imap=self.imap_port, pop3=self.pop3_port,
            imaps=self.imaps_port if self.tls != STARTTLS_OFF else 0,
            pop3s=self.pop3s_port if self.tls != STARTTLS_OFF else 0,
            rootless=rootless, settings=self.settings))

    def _wait_for(self, port, deadline):
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                    if line.recv(1):
                        return
            except OSError:
                pass
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Dovecot did not start:\n" + self._start_trouble())
            time.sleep(0.02)

    def _start_trouble(self):
        check = subprocess.run([_program("doveconf"), "-n", "-c", str(self.config_file)],
                               capture_output=True, text=True)
        log = self.directory / "dovecot.log"
        return check.stderr + (log.read_text(errors="replace") if log.exists() else "")

    def _make(self, directory):
        """Like mkdir -p; each new directory belongs to the owner of the mail."""
        if directory.exists():
            return
        self._make(directory.parent)
        directory.mkdir()
        self.own(directory)

    def own(self, path):
        if os.geteuid() == 0:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)


def _program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin") or name


_CONFIG = """
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
ssl = {tls}
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:{directory}/mail/%u/Maildir
mail_fsync = never
mail_max_userip_connections = 1000
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={directory}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  service_count = 0
  process_min_avail = 1
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
{rootless}
{settings}
"""

# What Dovecot needs to run under one ordinary user: no other users, no chroot.
_ROOTLESS = """
default_internal_user = {user}
default_internal_group =
default_login_user = {user}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
}}
service pop3-login {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
