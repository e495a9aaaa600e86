# SPDX-License-Identifier: GPL-3.0-or-later
"""A client's connection as the server holds it: lines and literals in, bytes out, TLS and deflate below."""

import re
import socket
import ssl
import struct
import time
import zlib

BUFFER = 256 << 10
LITERAL = re.compile(rb"\{(\d+)([+-]?)\}$")


class Gone(Exception):
    """The connection ended, by the client, or because a switch says so."""


class Line:
    def __init__(self, connection, number, switches, is_stopping):
        self.socket = connection
        self.number = number
        self.switches = switches
        self.is_stopping = is_stopping
        self.is_tls = False
        self.received = 0
        self.sent = 0
        self._in = b""
        self._out = []
        self._out_bytes = 0
        self._inflate = self._deflate = None
        cuts = switches.cut_after
        self._cut_after = cuts[number] if number < len(cuts) else None
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(0.2)

    # In.

    def read_line(self):
        while b"\n" not in self._in:
            self._fill()
        line, self._in = self._in.split(b"\n", 1)
        return line.rstrip(b"\r")

    def read_exactly(self, count):
        while len(self._in) < count:
            self._fill()
        data, self._in = self._in[:count], self._in[count:]
        return data

    def has_input(self, seconds):
        """Waits so long for the client to say something."""
        if self._in:
            return True
        data = self._receive(time.monotonic() + seconds)
        self._in += data or b""
        return bool(data)

    def has_pending(self):
        return bool(self._in)

    def _fill(self):
        self.flush()
        self._in += self._receive(None)

    def _receive(self, until):
        while not self.is_stopping():
            try:
                if until is not None:
                    self.socket.settimeout(max(0.001, min(0.2, until - time.monotonic())))
                data = self.socket.recv(65536)
            except (TimeoutError, ssl.SSLWantReadError):
                if until is not None and time.monotonic() >= until:
                    return None
                continue
            except OSError as error:
                raise Gone from error
            finally:
                if until is not None:
                    self.socket.settimeout(0.2)
            if not data:
                raise Gone
            if self._inflate:
                data = self._inflate.decompress(data)
            self.received += len(data)
            return data
        raise Gone

    # Out.

    def send(self, *pieces):
        for piece in pieces:
            self._out.append(piece)
            self._out_bytes += len(piece)
        if self._out_bytes >= BUFFER:
            self.flush()

    def flush(self):
        if not self._out:
            return
        data = b"".join(self._out)
        self._out, self._out_bytes = [], 0
        is_last = self._cut_after is not None and self.sent + len(data) >= self._cut_after
        if is_last:
            data = data[:self._cut_after - self.sent]
        self.sent += len(data)
        if self._deflate:
            data = self._deflate.compress(data) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        step = self.switches.slice_bytes or len(data) or 1
        for start in range(0, len(data), step):
            self._send_all(data[start:start + step])
        if is_last:
            self.cut()

    def _send_all(self, data):
        view = memoryview(data)
        while view:
            if self.is_stopping():
                raise Gone
            try:
                view = view[self.socket.send(view):]
            except (TimeoutError, ssl.SSLWantWriteError):
                continue
            except OSError as error:
                raise Gone from error

    def cut(self):
        """The connection ends here, in the middle of whatever it was."""
        self._out, self._out_bytes = [], 0
        if self.switches.is_reset:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    # Below.

    def start_tls(self, context):
        self.flush()
        self.socket.settimeout(10)
        try:
            self.socket = context.wrap_socket(self.socket, server_side=True)
        except OSError as error:
            raise Gone from error
        self.socket.settimeout(0.2)
        self.is_tls = True

    def start_deflate(self):
        self.flush()
        self._deflate = zlib.compressobj(wbits=-15)
        self._inflate = zlib.decompressobj(wbits=-15)
        if self._in:
            self._in = self._inflate.decompress(self._in)

    def close(self):
        try:
            self.flush()
        except Gone:
            pass
        try:
            if not self.switches.is_reset:
                self.socket.shutdown(socket.SHUT_WR)
                self.socket.settimeout(0.2)
                ends = time.monotonic() + 1
                while self.socket.recv(65536) and time.monotonic() < ends and not self.is_stopping():
                    pass
        except OSError:
            pass
        self.socket.close()
