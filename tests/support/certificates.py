# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority of our own, made with the openssl command in a temporary directory."""

import subprocess
from pathlib import Path


class Authority:
    """Makes server certificates that only a client who is given ca_file trusts."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.ca_file = self.directory / "ca.pem"
        self._ca_key = self.directory / "ca.key"
        _openssl("req", "-x509", *_NEW_KEY, "-days", "30", "-subj", "/CN=Mailkeep test authority",
                 "-keyout", self._ca_key, "-out", self.ca_file)

    def issue(self, name, hosts=("DNS:localhost", "IP:127.0.0.1"), days=30):
        """A certificate and its key, as paths. Negative days: expired already."""
        key, request = self.directory / f"{name}.key", self.directory / f"{name}.csr"
        certificate, extensions = self.directory / f"{name}.pem", self.directory / f"{name}.ext"
        extensions.write_text("subjectAltName=" + ",".join(hosts) + "\n")
        _openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.ca_file, "-CAkey", self._ca_key,
                 "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", certificate)
        return certificate, key


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
