# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Exim 4 on loopback that takes mail for submission: own authority, own users, ephemeral ports.

    with TemporaryExim({"anna": "secret"}) as server:
        print(server.url("anna"), server.ca_file)
        ...
        for mail in server.messages():
            print(mail.envelope_from, mail.recipients, mail.raw)

Everything that is accepted lands in one Maildir. Local parts play a part: "refused" is answered with
550, "later" with 450, senders of refused.example may not send. Works as root (Exim then runs as the user
"mail") and as an ordinary user.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from certificates import Authority
from temporary_server import TemporaryServer, die_with_parent, free_ports

DEADLINE_SECONDS = 30


@dataclass
class Accepted:
    envelope_from: str
    recipients: list
    raw: bytes  # as sent, with CRLF; what the server added in front is cut off


class TemporaryExim(TemporaryServer):
    """users: name to password. delivers: False leaves messages in the spool and in the log alone.
    offers_login_in_clear: AUTH without TLS. size: the largest message in bytes."""

    name = "exim"

    def __init__(self, users, delivers=True, offers_login_in_clear=False, mechanisms="PLAIN LOGIN",
                 size=20_000_000):
        super().__init__(users)
        self.delivers = delivers
        self.offers_login_in_clear = offers_login_in_clear
        self.mechanisms = mechanisms.split()
        self.size = size
        self._process = None

    def start(self):
        with open(self.directory / "stderr", "ab") as errors:
            self._process = subprocess.Popen(
                [_program(), "-C", str(self.config_file), "-bdf"], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors, preexec_fn=die_with_parent)
        deadline = time.monotonic() + DEADLINE_SECONDS
        self._wait_for(self.smtp_port, deadline)

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

    # What the program under test is told.

    def url(self, user=None, scheme="smtps"):
        port = {"smtp": self.smtp_port, "smtps": self.smtps_port}[scheme]
        return f"{scheme}://{user + '@' if user else ''}{self.host}:{port}"

    # What the server says that it took.

    def accepted_ids(self):
        """The Message-ID of every message that was accepted, in order, twice if it came twice."""
        return re.findall(r" <= .* id=(\S+)", self.log())

    def messages(self, count=None):
        """Every message that arrived; count: waits until there are so many."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            paths = sorted((self.directory / "mail" / "new").glob("*"))
            is_all = len(paths) >= len(self.accepted_ids()) and len(paths) >= (count or 0)
            if is_all:
                return [_read(path) for path in paths]
            if time.monotonic() > deadline:
                raise RuntimeError(f"{len(paths)} messages arrived:\n" + self.log()[-3000:])
            time.sleep(0.02)

    def log(self):
        path = self.directory / "log" / "mainlog"
        return path.read_text(errors="replace") if path.exists() else ""

    # Inside.

    def prepare(self):
        is_root = os.geteuid() == 0
        owner = pwd.getpwnam("mail") if is_root else pwd.getpwuid(os.geteuid())
        for name in ("spool", "log", "mail", "certificates"):
            (self.directory / name).mkdir()
            if is_root:
                os.chown(self.directory / name, owner.pw_uid, owner.pw_gid)
        authority = Authority(self.directory / "certificates")
        self.ca_file = authority.ca_file
        certificate, key = authority.issue("localhost")
        if is_root:
            os.chown(key, owner.pw_uid, owner.pw_gid)
        (self.directory / "passwd").write_text(
            "".join(f"{user}: {password}\n" for user, password in self.users.items()))
        self.smtp_port, self.smtps_port = free_ports(2)
        self.config_file = self.directory / "exim.conf"
        authenticators = "".join(_AUTHENTICATORS[name].format(directory=self.directory)
                                 for name in self.mechanisms)
        self.config_file.write_text(_CONFIG.format(
            directory=self.directory, uid=owner.pw_uid, gid=owner.pw_gid, smtp=self.smtp_port,
            smtps=self.smtps_port, certificate=certificate, key=key, size=self.size,
            queue_only="false" if self.delivers else "true", authenticators=authenticators,
            login="*" if self.offers_login_in_clear else "${if eq{$tls_in_cipher}{}{}{*}}"))

    def _wait_for(self, port, deadline):
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                    if line.recv(1):
                        line.sendall(b"QUIT\r\n")
                        return
            except OSError:
                pass
            if self._process.poll() is not None or time.monotonic() > deadline:
                errors = (self.directory / "stderr").read_text(errors="replace")
                panic = self.directory / "log" / "paniclog"
                raise RuntimeError("Exim did not start:\n" + errors + self.log() + (
                    panic.read_text(errors="replace") if panic.exists() else ""))
            time.sleep(0.02)


_FIELD = re.compile(rb"(Return-path|Envelope-to|Received): (.*\n(?:[ \t].*\n)*)")


def _read(path):
    raw, added = path.read_bytes(), {}
    while (field := _FIELD.match(raw)) and field[1] not in added:  # only what the server put in front
        added[field[1]] = b"".join(field[2].split())
        raw = raw[field.end():]
    recipients = added[b"Envelope-to"].decode().split(",")
    return Accepted(added[b"Return-path"].decode().strip("<>"), sorted(recipients),
                    raw.replace(b"\n", b"\r\n"))


def _program():
    return shutil.which("exim4", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin") or "exim4"


_AUTHENTICATORS = {
    "PLAIN": """
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{${{lookup{{$auth2}}lsearch{{{directory}/passwd}}{{$value}}fail}}}}}}
  server_set_id = $auth2
""",
    "LOGIN": """
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{$auth2}}{{${{lookup{{$auth1}}lsearch{{{directory}/passwd}}{{$value}}fail}}}}}}
  server_set_id = $auth1
""",
}

_CONFIG = """
primary_hostname = mail.example.org
exim_user = {uid}
exim_group = {gid}
spool_directory = {directory}/spool
log_file_path = {directory}/log/%slog
pid_file_path = {directory}/exim.pid
local_interfaces = 127.0.0.1
disable_ipv6 = true
daemon_smtp_ports = {smtp} : {smtps}
tls_on_connect_ports = {smtps}
tls_certificate = {certificate}
tls_privatekey = {key}
tls_advertise_hosts = *
auth_advertise_hosts = {login}
smtputf8_advertise_hosts = *
message_size_limit = {size}
queue_only = {queue_only}
acl_smtp_mail = acl_mail
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = acl_data
never_users =
host_lookup =
keep_environment =
check_spool_space = 0
check_log_space = 0
smtp_accept_max = 200
log_selector = +smtp_protocol_error
begin acl
acl_mail:
  deny sender_domains = refused.example
  accept
acl_rcpt:
  deny message = 5.7.0 log in first
       !authenticated = *
  deny message = 5.1.1 there is nobody of this name
       local_parts = refused
  defer message = 4.2.1 come back later
       local_parts = later
  accept
acl_data:
  accept
begin routers
all:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = {directory}/mail
  create_directory
  batch_max = 1000
  envelope_to_add
  return_path_add
  message_prefix =
  user = {uid}
  group = {gid}
begin retry
begin authenticators
{authenticators}
"""
