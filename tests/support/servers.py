# SPDX-License-Identifier: GPL-3.0-or-later
"""What Cyrus and Courier have in common here: programs unpacked beside the system, certificates, and clients.

Debian's packages of mail servers exclude each other, so scripts/test unpacks them (extract_packages in
scripts/lib/packages.sh) and nothing is installed."""

import os
import pwd
import shutil
import tempfile
from pathlib import Path

from certificates import Authority
from dovecot import _die_with_parent, _free_ports
from mail_client import ImapClient, Pop3Client, encode_folder, sha256

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


class UnpackedServer:
    """users: name to password. A subclass starts something on imap_port (imaps) and pop3_port (pop3s)."""

    def __init__(self, users):
        self.users = dict(users)
        self.host = "localhost"
        self.root = servers_root()
        self.directory = None

    def __enter__(self):
        self.directory = Path(tempfile.mkdtemp(prefix=f"mk-{type(self).__name__.lower()}-", dir="/tmp"))
        self.directory.chmod(0o755)
        try:
            (self.directory / "certificates").mkdir()
            authority = Authority(self.directory / "certificates")
            self.ca_file = authority.ca_file
            self.certificate = authority.issue("localhost")
            self.imaps_port, self.pop3s_port = _free_ports(2)
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

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

    def password_file(self, user):
        path = self.directory / f"password-{user}"
        path.write_text(self.users[user] + "\n")
        path.chmod(0o600)
        return path

    # What an independent client does and sees: dovecot.py has the same words.

    def imap(self, user):
        return ImapClient(self.host, self.imaps_port, user, self.users[user], self.ca_file)

    def pop3(self, user):
        return Pop3Client(self.host, self.pop3s_port, user, self.users[user], self.ca_file)

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

    def client_view(self, user):
        view = {}
        with self.imap(user) as client:
            for folder in filter(client.can_open, client.folders()):
                uidvalidity = client.examine(folder)
                for uid, raw in client.messages(folder):
                    view[(folder.decode("latin-1"), uidvalidity, uid)] = sha256(raw)
        return view

    def pop3_view(self, user):
        with self.pop3(user) as client:
            return {uidl: sha256(raw) for uidl, raw in client.messages()}


die_with_parent = _die_with_parent
