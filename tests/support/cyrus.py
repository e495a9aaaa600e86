# SPDX-License-Identifier: GPL-3.0-or-later
"""A private Cyrus 3.6 on loopback, from unpacked packages: own spool, own SASL database, TLS only."""

import os
import signal
import socket
import subprocess
import time

from servers import UnpackedServer
from temporary_server import die_with_parent

START_DEADLINE_SECONDS = 30


class TemporaryCyrus(UnpackedServer):
    def __init__(self, users):
        super().__init__(users)
        self._process = None

    def prepare(self):
        super().prepare()
        for name in ("conf", "spool", "run"):
            (self.directory / name).mkdir()
        certificate, key = self.certificate
        self.config = self.directory / "imapd.conf"
        self.config.write_text(_IMAPD.format(
            directory=self.directory, certificate=certificate, key=key, user=self.owner.pw_name))
        (self.directory / "cyrus.conf").write_text(_MASTER.format(
            bin=self.root / "usr/lib/cyrus/bin", config=self.config, imaps=self.imaps_port,
            pop3s=self.pop3s_port))
        for user, password in self.users.items():
            subprocess.run([self.root / "usr/sbin/saslpasswd2", "-p", "-c", "-f",
                            self.directory / "sasldb2", "-u", "localhost", user], input=password.encode(),
                           check=True, capture_output=True, env=self.environment())
        if os.geteuid() == 0:
            for path in (self.directory, *self.directory.rglob("*")):
                os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def start(self):
        # In a session of its own, so that the services that the master starts end with it.
        self._process = subprocess.Popen(
            [self.root / "usr/sbin/cyrmaster", "-C", self.config, "-M", self.directory / "cyrus.conf", "-p",
             self.directory / "run" / "master.pid"], env=self.environment(CYRUS_USER=self.owner.pw_name),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, preexec_fn=die_with_parent)
        deadline = time.monotonic() + START_DEADLINE_SECONDS
        for port in (self.imaps_port, self.pop3s_port):
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=5).close()
                    break
                except OSError as error:
                    if self._process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError("Cyrus did not start; it writes to the syslog only") from error
                    time.sleep(0.02)

    def stop(self):
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT)  # the master waits for its children then
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def renew(self, user, folder):
        """The folder is made again: another UIDVALIDITY, no mail."""
        with self.imap(user) as client:
            wire = self.wire(folder)
            client.imap.select(b'"INBOX"', readonly=True)
            client._ok(client.imap.delete(b'"' + wire + b'"'))
            client.create(wire)


_IMAPD = """configdirectory: {directory}/conf
partition-default: {directory}/spool
defaultpartition: default
proc_path: {directory}/run/proc
mboxname_lockpath: {directory}/run/lock
temp_path: {directory}/run
servername: localhost
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {directory}/sasldb2
sasl_mech_list: PLAIN
cyrus_user: {user}
autocreate_quota: 0
unixhierarchysep: yes
altnamespace: yes
virtdomains: off
tls_server_cert: {certificate}
tls_server_key: {key}
munge8bit: no
"""

_MASTER = """START {{
  recover cmd="{bin}/ctl_cyrusdb -C {config} -r"
}}
SERVICES {{
  imaps cmd="{bin}/imapd -s -C {config} -U 100" listen="127.0.0.1:{imaps}" prefork=0
  pop3s cmd="{bin}/pop3d -s -C {config} -U 100" listen="127.0.0.1:{pop3s}" prefork=0
}}
EVENTS {{
}}
"""
