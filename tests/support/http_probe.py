# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs http_probe (tests/support/http_probe.cpp) and talks to it in raw bytes."""

import json
import os
import socket
import ssl
import subprocess
import time


class Probe:
    """The server, for a with statement. Options as the program takes them: threads=2."""

    def __init__(self, *words, **options):
        self._arguments = [os.environ["HTTP_PROBE"], *words,
                           *(f"{name}={value}" for name, value in options.items())]

    def __enter__(self):
        self._process = subprocess.Popen(self._arguments, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self.stop()

    def stop(self):
        """(what it said, what it logged)."""
        out, log = self._process.communicate("", timeout=60)
        assert self._process.returncode == 0, f"the probe ended with {self._process.returncode}: {log}"
        return out.strip(), log

    def begin_stop(self):
        self._process.stdin.close()
        self._process.stdin = None

    def memory_peak(self):
        """Bytes."""
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")

    def threads(self):
        return len(os.listdir(f"/proc/{self._process.pid}/task"))

    def connect(self, timeout=30, tls=None, receive_buffer=None):
        line = socket.socket()
        if receive_buffer:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        line.settimeout(timeout)
        line.connect(("127.0.0.1", self.port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return tls.wrap_socket(line, server_hostname="localhost") if tls else line

    def exchange(self, request, timeout=30, tls=None):
        """Sends the bytes as far as they are taken, and reads until the server closes."""
        with self.connect(timeout, tls) as line:
            try:
                line.sendall(request)
            except (ConnectionError, ssl.SSLError):
                pass
            return read_to_end(line)

    def get(self, path, *fields, method="GET", tls=None):
        head = "".join(f"{field}\r\n" for field in fields)
        return Response(self.exchange(
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{head}Connection: close\r\n\r\n".encode(),
            tls=tls))

    def post(self, path, body, *fields, content_type="application/json"):
        return Response(self.exchange(post_bytes(path, body, *fields, content_type=content_type)))

    def is_well(self):
        started = time.monotonic()
        answer = self.get("/healthz")
        return answer.status == 200 and answer.body == b"ok\n" and time.monotonic() - started < 2


def post_bytes(path, body, *fields, content_type="application/json"):
    head = "".join(f"{field}\r\n" for field in fields)
    return (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n{head}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode() + body


def read_to_end(line):
    got = bytearray()
    try:
        while piece := line.recv(65536):
            got += piece
    except (ConnectionError, ssl.SSLError):
        pass
    return bytes(got)


class Response:
    """The first response in the bytes; status None if there is none."""

    def __init__(self, received):
        self.status, self.headers, self.body, self.rest = None, {}, b"", b""
        head, separator, rest = received.partition(b"\r\n\r\n")
        if not separator:
            return
        lines = head.decode("utf-8").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value
        length = int(self.headers.get("content-length", "0"))
        self.body, self.rest = rest[:length], rest[length:]

    def json(self):
        return json.loads(self.body)
