# SPDX-License-Identifier: GPL-3.0-or-later
"""What Cyrus and Courier have in common here: programs unpacked beside the system, certificates, and clients.

Debian's packages of mail servers exclude each other, so scripts/test unpacks them (extract_packages in
scripts/lib/packages.sh) and nothing is installed."""

import os
import pwd
from pathlib import Path

from certificates import Authority
from mail_client import encode_folder
from temporary_server import MailboxServer, free_ports

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def servers_root():
    """Where the packages lie; a machine without them fails, as with any other package."""
    own = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    root = (Path("/var/cache") if os.geteuid() == 0 else own) / "mailkeep-servers-1"
    if not root.is_dir():
        raise RuntimeError(f"{root} is not there; this makes it: bash -c '. scripts/lib/packages.sh; "
                           "extract_packages \"$servers_directory\" $packages_servers'")
    return root


def multiarch(root):
    found = sorted(root.glob("usr/lib/*-linux-gnu"))
    return found[0] if found else root / LIBRARIES


class UnpackedServer(MailboxServer):
    """users: name to password. A subclass starts something on imap_port (imaps) and pop3_port (pop3s)."""

    def __init__(self, users):
        super().__init__(users)
        self.root = servers_root()

    @property
    def name(self):
        return type(self).__name__.lower()

    def prepare(self):
        (self.directory / "certificates").mkdir()
        authority = Authority(self.directory / "certificates")
        self.ca_file = authority.ca_file
        self.certificate = authority.issue("localhost")
        self.imaps_port, self.pop3s_port = free_ports(2)

    @property
    def owner(self):
        return pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())

    def environment(self, **more):
        libraries = multiarch(self.root)
        path = f"{libraries}:{libraries}/courier-authlib:{self.root}/usr/lib:{self.root}/lib/{libraries.name}"
        return {"LD_LIBRARY_PATH": path, "SASL_PATH": f"{libraries}/sasl2", "PATH": "/usr/bin:/bin:/usr/sbin",
                **more}

    def url(self, user, scheme="imaps"):
        port = {"imaps": self.imaps_port, "pop3s": self.pop3s_port}[scheme]
        return f"{scheme}://{user}@{self.host}:{port}"

    # What an independent client does.

    def wire(self, folder):
        """A folder's wire name on this server, from a name with slashes."""
        return encode_folder(folder)

    def append_all(self, user, messages):
        with self.imap(user) as client:
            known = set(client.folders())
            for folder, raw, flags, date in messages:
                wire = self.wire(folder)
                if wire not in known:
                    client.create(wire)
                    known.add(wire)
                client.append(wire, raw, flags, date)
