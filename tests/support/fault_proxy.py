# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad line: a TCP proxy on loopback that delays, slows, cuts, stalls, splits, joins and flips, from a seed.

    with FaultProxy(server.port("imap"), lambda n: Fault(cut_down=1000 if n == 0 else None), seed=7) as line:
        server.url("anna", port=line.port)

"down" is from the server to the client, "up" the other way. A plan gives each connection, numbered from 0,
its fault; the same seed gives the same flips. Works before any server, TLS or not.
"""

import collections
import random
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

CHUNK = 64 << 10


@dataclass(frozen=True)
class Fault:
    delay: float = 0.0                # seconds that each byte is on its way, in each direction
    rate: float | None = None         # bytes a second, in each direction
    cut_down: int | None = None       # both sides are closed after so many bytes
    cut_up: int | None = None
    is_reset: bool = False            # cuts are resets
    half_open: int | None = None      # after so many bytes down nothing moves any more, and nothing closes
    stall: tuple | None = None        # (bytes down, seconds): a pause there
    segment: int | None = None        # at most so many bytes in one write, both ways
    splits: tuple = ()                # byte positions down at which a segment ends for certain
    join: float = 0.0                 # seconds of bytes down that are held back and come as one
    flip: float = 0.0                 # probability of each bit down to be wrong
    idle: float | None = None         # both sides are closed after so many seconds without a byte


class FaultProxy:
    def __init__(self, target, plan=None, seed=1):
        self.target = target
        self.plan = plan or (lambda number: Fault())
        self.seed = seed
        self.connections = 0
        self.down_bytes = []          # by connection
        self.flipped = 0
        self._threads = []
        self._sockets = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        self._stopping.set()
        _shut(self._listener)
        for one in list(self._sockets):
            _shut(one)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _start(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        with self._lock:
            self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _accept(self):
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                number = self.connections
                self.connections += 1
                self.down_bytes.append(0)
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=10)
            except OSError:
                client.close()
                continue
            pair = _Pair(self, number, client, server, self.plan(number))
            self._sockets += [client, server]
            self._start(pair.run)


class _Pair:
    """One connection: two pumps in one thread, each with a queue of what is on its way."""

    def __init__(self, proxy, number, client, server, fault):
        self.proxy, self.number, self.fault = proxy, number, fault
        self.client, self.server = client, server
        self.random = random.Random(f"line-{proxy.seed}-{number}")
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.up = _Way(client, server, fault, fault.cut_up, (), 0.0)
        self.down = _Way(server, client, fault, fault.cut_down, fault.splits, fault.join)
        self.is_half_open = False
        self.has_stalled = False
        self.last_byte = time.monotonic()

    def run(self):
        try:
            while not self.proxy._stopping.is_set() and not (self.up.is_done() and self.down.is_done()):
                self._step()
        except (OSError, _Cut):
            pass
        finally:
            if self.fault.is_reset:
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            for one in (self.client, self.server):
                one.close()

    def _step(self):
        readable = [way.source for way in (self.up, self.down) if way.wants_more()]
        now = time.monotonic()
        due = [way.next_due() for way in (self.up, self.down) if way.queue]
        wait = max(0.0, min([0.2, *(one - now for one in due)]))
        ready, _, _ = select.select(readable, [], [], wait) if readable else (_pause(wait), [], [])
        if self.fault.idle and time.monotonic() - self.last_byte > self.fault.idle:
            raise _Cut
        for way in (self.up, self.down):
            if way.source in ready:
                self._take(way)
        if not self.is_half_open:
            for way in (self.up, self.down):
                way.deliver()

    def _take(self, way):
        data = way.source.recv(CHUNK)
        self.last_byte = time.monotonic()
        if self.is_half_open:
            way.has_ended = way.has_ended or not data
            return
        if way is self.down and data:
            data = self._fault_down(data)
        way.push(data)

    def _fault_down(self, data):
        fault, before = self.fault, self.proxy.down_bytes[self.number]
        if fault.flip:
            data = self._flipped(data)
        if fault.half_open is not None and before + len(data) > fault.half_open:
            data = data[:fault.half_open - before]
            self.down.push(data)
            self.down.deliver(is_all=True)
            self.is_half_open = True
            data = b""
        if fault.stall and not self.has_stalled and before + len(data) > fault.stall[0]:
            self.has_stalled = True
            self.down.hold(fault.stall[1], fault.stall[0] - before)
        self.proxy.down_bytes[self.number] = before + len(data)
        return data or None

    def _flipped(self, data):
        changed = bytearray(data)
        bits = len(data) * 8
        at = -1
        while True:
            at += 1 + int(self.random.expovariate(self.fault.flip))
            if at >= bits:
                return bytes(changed)
            changed[at // 8] ^= 1 << at % 8
            self.proxy.flipped += 1


class _Cut(Exception):
    pass


class _Way:
    def __init__(self, source, sink, fault, cut, splits, join):
        self.source, self.sink, self.fault = source, sink, fault
        self.cut, self.splits, self.join = cut, sorted(splits), join
        self.queue = collections.deque()     # (due, bytes)
        self.taken = 0                       # bytes that were pushed
        self.sent = 0
        self.has_ended = False
        self.free_at = 0.0
        self._hold = None                    # (seconds, after so many bytes of the next push)

    def wants_more(self):
        return not self.has_ended and len(self.queue) < 256

    def is_done(self):
        return self.has_ended and not self.queue

    def next_due(self):
        return self.queue[0][0]

    def hold(self, seconds, after):
        self._hold = (seconds, max(0, after))

    def push(self, data):
        if data is None:
            return
        if not data:
            self.has_ended = True
            self.queue.append((self._due(0), b""))
            return
        pieces = list(self._pieces(data))
        for piece in pieces:
            if self._hold and self._hold[1] < len(piece):
                seconds, after = self._hold
                self._hold = None
                if after:
                    self._add(piece[:after])
                self.free_at = max(self.free_at, time.monotonic()) + seconds
                piece = piece[after:]
            elif self._hold:
                self._hold = (self._hold[0], self._hold[1] - len(piece))
            self._add(piece)

    def _add(self, piece):
        if self.join and self.queue and self.queue[-1][1] and self.queue[-1][0] > time.monotonic():
            due, held = self.queue.pop()
            self.queue.append((due, held + piece))
        else:
            self.queue.append((self._due(len(piece)), piece))

    def _due(self, size):
        due = time.monotonic() + self.fault.delay + self.join
        if self.fault.rate:
            self.free_at = max(self.free_at, time.monotonic()) + size / self.fault.rate
        return max(due, self.free_at + self.fault.delay if self.free_at else due)

    def _pieces(self, data):
        borders = [at - self.taken for at in self.splits if 0 < at - self.taken < len(data)]
        self.taken += len(data)
        step = self.fault.segment or (2048 if self.fault.rate else CHUNK)
        start = 0
        for end in [*borders, len(data)]:
            for at in range(start, end, step):
                yield data[at:min(end, at + step)]
            start = end

    def deliver(self, is_all=False):
        while self.queue and (is_all or self.queue[0][0] <= time.monotonic()):
            _, data = self.queue.popleft()
            if not data:
                _half_close(self.sink)
                continue
            if self.cut is not None and self.sent + len(data) >= self.cut:
                self._send(data[:self.cut - self.sent])
                raise _Cut
            self._send(data)
            if self.splits and self.sent in self.splits:
                _wait_until_read(self.sink)

    def _send(self, data):
        self.sink.sendall(data)
        self.sent += len(data)


def _wait_until_read(sink):
    """Until the other side's kernel has all: what comes then is another segment, and another read if the
    reader is quick. SIOCOUTQ counts what is not acknowledged."""
    import fcntl
    ends = time.monotonic() + 0.05
    while time.monotonic() < ends:
        if struct.unpack("i", fcntl.ioctl(sink, 0x5411, b"\0\0\0\0"))[0] == 0:
            break
    time.sleep(0.001)


def _pause(seconds):
    time.sleep(seconds)
    return []


def _half_close(sink):
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def _shut(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
