# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that break the rules of HTTP, stall and flood: each is refused or closed in bounded time,
and the server answers others all the while."""

import contextlib
import json
import os
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

from certificates import Authority
from http_probe import Probe, Response, post_bytes, read_to_end

MIB = 1 << 20
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def get(target, *fields, version="HTTP/1.1", host="Host: localhost"):
    lines = [f"GET {target} {version}", *([host] if host else []), *fields]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"


def smuggled(*fields, body=b"0\r\n\r\nGET /huge HTTP/1.1\r\nHost: localhost\r\n\r\n"):
    return "\r\n".join(["POST /echo HTTP/1.1", "Host: localhost", *fields]).encode() + b"\r\n\r\n" + body


REFUSED = {
    "length and chunked": (smuggled("Content-Length: 4", "Transfer-Encoding: chunked"), {400}),
    "chunked and length": (smuggled("Transfer-Encoding: chunked", "Content-Length: 4"), {400}),
    "two lengths": (smuggled("Content-Length: 4", "Content-Length: 5"), {400}),
    "two equal lengths": (smuggled("Content-Length: 4", "Content-Length: 4"), {400}),
    "list of lengths": (smuggled("Content-Length: 4, 4"), {400}),
    "signed length": (smuggled("Content-Length: +4"), {400}),
    "hexadecimal length": (smuggled("Content-Length: 0x4"), {400}),
    "length beyond all": (smuggled("Content-Length: 18446744073709551617"), {400}),
    "two codings": (smuggled("Transfer-Encoding: gzip, chunked"), {501}),
    "coding twice": (smuggled("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), {400}),
    "hidden coding": (smuggled("Transfer-Encoding: xchunked"), {501}),
    "coding with a tab": (smuggled("Transfer-Encoding:\vchunked"), {400}),
    "coding with a blank": (smuggled("Transfer-Encoding : chunked", "Content-Length: 4"), {400}),
    "chunked in 1.0": (b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "chunk size with a sign": (smuggled("Transfer-Encoding: chunked", body=b"-1\r\n"), {400}),
    "chunk size without end": (smuggled("Transfer-Encoding: chunked", body=b"0" * 5000), {400}),
    "chunk size beyond all": (smuggled("Transfer-Encoding: chunked", body=b"ffffffff\r\n"), {413}),
    "chunk ended by LF": (smuggled("Transfer-Encoding: chunked", body=b"1\na\n0\n\n"), {400}),
    "chunk longer than said": (smuggled("Transfer-Encoding: chunked", body=b"1\r\nab\r\n"), {400}),
    "endless trailer": (smuggled("Transfer-Encoding: chunked",
                                 body=b"0\r\n" + b"X: y\r\n" * 10000), {431}),
    "body of a GET": (get("/echo", "Content-Length: 3") + b"abc", {400}),
    "folded line": (get("/echo", "X: a\r\n b"), {400}),
    "folded first line": (b"GET /echo HTTP/1.1\r\n Host: localhost\r\n\r\n", {400}),
    "bare LF": (b"GET /echo HTTP/1.1\nHost: localhost\n\n", {400}),
    "bare LF in a field": (get("/echo", "X: a\nY: b"), {400}),
    "bare CR": (get("/echo", "X: a\rY: b"), {400}),
    "NUL in a field": (get("/echo", "X: a\0b"), {400}),
    "NUL in the line": (get("/echo\0"), {400}),
    "NUL alone": (b"\0" * 100, {400}),
    "10^5 fields": (get("/echo", *["X: y"] * 100_000), {431}),
    "10^5 bytes of field": (get("/echo", "X: " + "y" * 100_000), {431}),
    "field without colon": (get("/echo", "X"), {400}),
    "field without name": (get("/echo", ": y"), {400}),
    "field not UTF-8": (get("/echo", "X: \udcff"), {400}),
    "URL of 1 MB": (get("/" + "a" * MIB), {414}),
    "query of 1 MB": (get("/echo?q=" + "a" * MIB), {414}),
    "method of 1 MB": (b"G" * MIB, {414}),
    "percent CR LF": (get("/echo/a%0d%0aSet-Cookie:%20b=c"), {400}),
    "percent CR LF in query": (get("/echo?q=%0d%0aSet-Cookie:%20b=c"), {400}),
    "percent NUL": (get("/echo/%00"), {400}),
    "percent slash": (get("/echo/..%2f..%2fetc"), {400}),
    "dots": (get("/echo/../healthz"), {400}),
    "percent dots": (get("/echo/%2e%2e/healthz"), {400}),
    "half an escape": (get("/echo/%4"), {400}),
    "overlong UTF-8": (get("/echo/%c0%af"), {400}),
    "key twice": (get("/echo?a=1&a=2"), {400}),
    "fragment": (get("/echo#a"), {400}),
    "absolute form of another host": (get("http://evil.example/echo"), {400, 421}),
    "absolute form with a user": (get("http://localhost@evil.example/echo"), {400, 421}),
    "absolute form of another scheme": (get("ftp://localhost/echo"), {400}),
    "authority form": (get("localhost:443"), {400}),
    "CONNECT": (b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n", {501}),
    "asterisk form": (get("*"), {400}),
    "TRACE": (b"TRACE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", {501}),
    "small letters": (b"get /echo HTTP/1.1\r\nHost: localhost\r\n\r\n", {501}),
    "no version": (b"GET /echo\r\n\r\n", {400}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505}),
    "HTTP/9.9": (get("/echo", version="HTTP/9.9"), {505}),
    "no host": (get("/echo", host=None), {400}),
    "empty host": (get("/echo", host="Host:"), {421}),
    "two hosts": (get("/echo", "Host: localhost"), {400}),
    "rebound host": (get("/echo", host="Host: evil.example"), {421}),
    "other port": (get("/echo", host="Host: localhost:1"), {421}),
    "strange expectation": (smuggled("Expect: 200-maybe", "Content-Length: 4"), {417}),
    "TLS on a plain port": (bytes.fromhex("16030100f4010000f00303") + b"a" * 200, {400}),
    "noise": (bytes(range(256)) * 100, {400}),
}


class Malformed(unittest.TestCase):
    def test_what_breaks_a_rule_is_refused_and_nothing_hides_behind_it(self):
        with Probe() as probe:
            for name, (request, statuses) in REFUSED.items():
                with self.subTest(name):
                    started = time.monotonic()
                    # What follows must never be answered: it would be a smuggled request.
                    answer = Response(probe.exchange(request + HEALTH))
                    self.assertIn(answer.status, statuses)
                    self.assertEqual(answer.headers["content-type"], "application/problem+json")
                    self.assertEqual(answer.json()["instance"], answer.headers["x-request-id"])
                    self.assertEqual(answer.headers["connection"], "close")
                    self.assertEqual(answer.rest, b"")
                    self.assertLess(time.monotonic() - started, 5)
                    self.assertTrue(probe.is_well())
            self.assertLess(probe.memory_peak(), 64 * MIB)

    def test_the_same_byte_by_byte(self):
        with Probe() as probe:
            for name in ("length and chunked", "folded line", "bare LF", "percent CR LF"):
                with self.subTest(name), probe.connect() as line:
                    with contextlib.suppress(ConnectionError):
                        for byte in REFUSED[name][0]:
                            line.sendall(bytes([byte]))
                    self.assertIn(Response(read_to_end(line)).status, REFUSED[name][1])

    def test_json_that_is_a_trap_is_refused(self):
        bodies = {
            "depth 10^5": b"[" * 100_000 + b"]" * 100_000,
            "depth 10^5 of objects": b'{"a":' * 100_000,
            "name twice": b'{"name": "a", "name": "b"}',
            "name twice, escaped": b'{"name": "a", "n\\u0061me": "b"}',
            "half a surrogate": b'{"name": "\\ud800"}',
            "NUL": b'{"name": "a"}\0',
            "not UTF-8": b'{"name": "\xff"}',
            "two texts": b'{"name": "a"} {}',
            "huge number": b'{"name": "a", "port": 1e999}',
            "empty": b"",
        }
        with Probe() as probe:
            for name, body in bodies.items():
                with self.subTest(name):
                    answer = probe.post("/fields", body)
                    self.assertEqual((answer.status, answer.json()["code"]), (400, "bad-json"))
            self.assertEqual(probe.post("/fields", b"{}", content_type="text/plain").status, 415)
            answer = probe.post("/fields", b'{"port": 0, "surplus": 1}')
            self.assertEqual(answer.status, 422)
            self.assertEqual([error["field"] for error in answer.json()["errors"]],
                             ["name", "port", "surplus"])
            self.assertEqual(probe.post("/fields", b'{"name": "a"}').json(),
                             {"name": "a", "port": None})

    def test_range_bombs_cost_nothing(self):
        with Probe() as probe:
            bombs = ["bytes=" + ",".join(["0-"] * 5000), "bytes=" + ",".join(f"{i}-{i}" for i in range(2500)),
                     "bytes=-1,-1,-1", "bytes=5-1", "bytes=a-", "bytes=" + "9" * 5000 + "-" * 2]
            for bomb in bombs:
                with self.subTest(bomb[:30]):
                    answer = probe.get("/pattern/100000", f"Range: {bomb}")
                    self.assertEqual((answer.status, len(answer.body)), (200, 100_000))
            answer = probe.get("/pattern/100000", "Range: bytes=26-27")
            self.assertEqual((answer.status, answer.body), (206, b"ab"))
            self.assertEqual(probe.get("/pattern/100000", "Range: bytes=100000-").status, 416)
            self.assertEqual(probe.get("/pattern/0", "Range: bytes=0-").status, 416)
            self.assertLess(probe.memory_peak(), 64 * MIB)

    def test_no_answer_carries_a_header_that_breaks_out(self):
        with Probe() as probe:
            answer = probe.get("/evil-header")
            self.assertEqual(answer.status, 500)
            self.assertNotIn("set-cookie", answer.headers)
            self.assertEqual(probe.get("/throw").status, 500)
            _, log = probe.stop()
            self.assertIn('detail="a library slipped"', log)


class LargeBodies(unittest.TestCase):
    def test_the_client_of_a_100_mb_body_gets_to_read_its_413(self):
        with Probe() as probe:
            answer = probe.post("/echo", b"x" * (100 * MIB))
            self.assertEqual(answer.status, 413)
            self.assertEqual(answer.json()["code"], "content-too-large")
            self.assertLess(probe.memory_peak(), 64 * MIB)

    def test_the_refusal_comes_before_the_body(self):
        with Probe() as probe, probe.connect() as line:
            line.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n"
                         b"Expect: 100-continue\r\n\r\n")
            self.assertEqual(Response(read_to_end(line)).status, 413)

    def test_a_route_may_take_more(self):
        with Probe() as probe:
            self.assertEqual(probe.post("/echo", b"x" * (MIB + 1)).status, 413)
            self.assertEqual(probe.post("/large", b"x" * (32 * MIB)).json()["body_size"], 32 * MIB)
            self.assertEqual(probe.post("/large", b"x" * (32 * MIB + 1)).status, 413)

    def test_a_body_is_invited_when_the_client_asks(self):
        with Probe() as probe, probe.connect() as line:
            line.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
                         b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
            self.assertEqual(line.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
            line.sendall(b"abc")
            self.assertEqual(Response(read_to_end(line)).json()["body"], "abc")

    def test_many_large_bodies_share_a_bounded_memory(self):
        with Probe(body_memory=8 * MIB, threads=4) as probe:
            lines = [probe.connect() for _ in range(10)]
            with contextlib.ExitStack() as stack:
                for line in lines:
                    stack.enter_context(line)
                    line.sendall(b"POST /large HTTP/1.1\r\nHost: localhost\r\n"
                                 b"Content-Length: 33554432\r\nConnection: close\r\n\r\n")
                    line.settimeout(5)
                    with contextlib.suppress(ConnectionError, TimeoutError):
                        line.sendall(b"x" * (4 * MIB))
                statuses = []
                for line in lines[2:]:
                    with contextlib.suppress(TimeoutError):
                        statuses.append(Response(read_to_end(line)).status)
                self.assertIn(503, statuses)
                self.assertTrue(probe.is_well())
            self.assertLess(probe.memory_peak(), 64 * MIB)


class Slow(unittest.TestCase):
    """With limits a tenth or less of the real ones."""

    def seconds_until_closed(self, line, drip=None):
        started = time.monotonic()
        line.settimeout(0.05)
        got = b""
        while time.monotonic() - started < 20:
            try:
                if drip is not None:
                    line.sendall(drip)
                piece = line.recv(65536)
                if not piece:
                    break
                got += piece
            except TimeoutError:
                continue
            except ConnectionError:
                break
        return time.monotonic() - started, Response(got).status

    def test_a_slow_header_block_is_cut_and_holds_no_thread(self):
        with Probe(threads=2, header_time=700) as probe, contextlib.ExitStack() as stack:
            lines = [stack.enter_context(probe.connect()) for _ in range(100)]
            for line in lines:
                line.sendall(b"GET /echo HTTP/1.1\r\nX: ")
            self.assertTrue(probe.is_well())
            seconds, status = self.seconds_until_closed(lines[0], drip=b"y")
            self.assertEqual(status, 408)
            self.assertLess(seconds, 4)
            for line in lines[1:]:
                line.settimeout(5)
                self.assertEqual(Response(read_to_end(line)).status, 408)
            self.assertTrue(probe.is_well())

    def test_who_says_nothing_is_closed_without_a_word(self):
        with Probe(header_time=500) as probe, probe.connect() as line:
            seconds, status = self.seconds_until_closed(line)
            self.assertIsNone(status)
            self.assertLess(seconds, 3)

    def test_an_idle_connection_is_closed_after_its_time(self):
        with Probe(idle_time=500) as probe, probe.connect() as line:
            line.sendall(HEALTH)
            seconds, status = self.seconds_until_closed(line)
            self.assertEqual(status, 200)
            self.assertGreater(seconds, 0.4)
            self.assertLess(seconds, 3)

    def test_a_slow_body_is_cut_and_holds_no_thread(self):
        with Probe(threads=2, window=700) as probe, contextlib.ExitStack() as stack:
            lines = [stack.enter_context(probe.connect()) for _ in range(20)]
            for line in lines:
                line.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n")
            self.assertTrue(probe.is_well())
            seconds, status = self.seconds_until_closed(lines[0], drip=b"y")
            self.assertEqual(status, 408)
            self.assertLess(seconds, 4)

    def test_a_body_at_a_fair_pace_has_an_end_too(self):
        with Probe(body_time=1000, window=300) as probe, probe.connect() as line:
            line.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n")
            seconds, status = self.seconds_until_closed(line, drip=b"y" * 200)
            self.assertEqual(status, 408)
            self.assertGreater(seconds, 0.8)

    def test_a_reader_that_stops_is_cut(self):
        for path in ("/huge", "/pattern/100000000"):
            with self.subTest(path), Probe(window=500) as probe:
                with probe.connect(receive_buffer=4096) as line:
                    line.sendall(get(path))
                    deadline = time.monotonic() + 10
                    line.recv(1000)
                    # The cut is seen from outside: nothing is connected any more.
                    while probe_connections(probe.port) > 0 and time.monotonic() < deadline:
                        self.assertTrue(probe.is_well())
                        time.sleep(0.05)
                    self.assertLess(time.monotonic(), deadline)

    def test_a_reader_that_is_slow_but_reads_gets_everything(self):
        with Probe(window=400) as probe, probe.connect(receive_buffer=4096) as line:
            line.sendall(get("/pattern/300000", "Connection: close"))
            got = bytearray()
            while piece := line.recv(2048):
                got += piece
                time.sleep(0.01)
            self.assertEqual(len(Response(bytes(got)).body), 300_000)

    def test_slow_downloads_leave_threads_for_others(self):
        with Probe(threads=4) as probe, contextlib.ExitStack() as stack:
            for _ in range(3):
                line = stack.enter_context(probe.connect(receive_buffer=4096))
                line.sendall(get("/pattern/100000000"))
                line.recv(100)
            answer = probe.get("/pattern/100000000")
            self.assertEqual(answer.status, 503)
            self.assertIn("retry-after", answer.headers)
            self.assertTrue(probe.is_well())

    def test_large_answers_that_nobody_reads_share_a_bounded_memory(self):
        with Probe(answer_memory=100 * MIB) as probe:
            with contextlib.ExitStack() as stack:
                line = stack.enter_context(probe.connect(receive_buffer=4096))
                line.sendall(get("/huge"))
                line.recv(100)
                for _ in range(3):
                    answer = probe.get("/huge")
                    self.assertEqual(answer.status, 503)
                    self.assertIn("retry-after", answer.headers)
                self.assertTrue(probe.is_well())
            wait_for(lambda: probe.get("/huge").status == 200, 10)


def probe_connections(port):
    """Connections that the server's side holds open: established, or closed by the other side."""
    count = 0
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            words = line.split()
            if words[1].endswith(f":{port:04X}") and words[3] in ("01", "08"):
                count += 1
    return count


class Crowds(unittest.TestCase):
    def test_more_requests_than_threads_get_a_quick_503(self):
        with Probe(threads=2, queue=2) as probe, contextlib.ExitStack() as stack:
            lines = []
            for _ in range(4):
                lines.append(stack.enter_context(probe.connect()))
                lines[-1].sendall(get("/wait/3000", "Connection: close"))
            refused = wait_for(lambda: self.refused(probe), 2)
            self.assertEqual(refused.json()["code"], "overloaded")
            self.assertEqual(refused.headers["retry-after"], "2")
            for line in lines:
                self.assertEqual(Response(read_to_end(line)).body, b"waited\n")
            self.assertTrue(probe.is_well())

    def refused(self, probe):
        started = time.monotonic()
        answer = probe.get("/healthz")
        self.assertLess(time.monotonic() - started, 2.9)
        return answer if answer.status == 503 else None

    def test_idle_connections_beyond_the_limit_make_room_for_new_ones(self):
        with Probe(threads=2, connections=50) as probe, contextlib.ExitStack() as stack:
            for _ in range(300):
                line = stack.enter_context(probe.connect())
                line.sendall(HEALTH)
                self.assertTrue(line.recv(4096).startswith(b"HTTP/1.1 200"))
            self.assertTrue(probe.is_well())
            self.assertLessEqual(probe_connections(probe.port), 51)
            self.assertLessEqual(probe.threads(), 5)

    def test_pipelined_requests_are_answered_in_order(self):
        with Probe(threads=2) as probe:
            requests = b"".join(get(f"/echo/{i}") for i in range(500))
            got = probe.exchange(requests + get("/healthz", "Connection: close"))
            for i in range(500):
                answer = Response(got)
                self.assertEqual(answer.json()["parameters"], [str(i)])
                got = answer.rest
            self.assertEqual(Response(got).body, b"ok\n")

    def test_who_pipelines_for_ever_does_not_shut_out_others(self):
        with Probe(threads=1) as probe, probe.connect() as flood:
            is_over = threading.Event()

            def send():
                with contextlib.suppress(OSError):
                    while not is_over.is_set():
                        flood.sendall(HEALTH * 100)

            def receive():
                with contextlib.suppress(OSError):
                    while not is_over.is_set() and flood.recv(65536):
                        pass

            workers = [threading.Thread(target=work) for work in (send, receive)]
            for worker in workers:
                worker.start()
            try:
                for _ in range(20):
                    self.assertTrue(probe.is_well())
            finally:
                is_over.set()
                flood.shutdown(2)
                for worker in workers:
                    worker.join()

    def test_100_clients_are_served_side_by_side(self):
        with Probe() as probe:
            failures = []

            def client(number):
                try:
                    with probe.connect() as line:
                        for turn in range(50):
                            line.sendall(get(f"/echo/{number}-{turn}"))
                            answer = read_one(line)
                            if answer.json()["parameters"] != [f"{number}-{turn}"]:
                                failures.append(answer.body)
                except (OSError, ValueError) as fault:
                    failures.append(fault)

            workers = [threading.Thread(target=client, args=(i,)) for i in range(100)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            self.assertEqual(failures, [])

    def test_clients_that_leave_in_the_middle_leave_nothing_behind(self):
        with Probe() as probe:
            for request in (b"", b"G", get("/echo")[:-2], get("/wait/50"), get("/pattern/50000000"),
                            post_bytes("/large", b"x" * MIB)[:-5]):
                for _ in range(50):
                    with probe.connect() as line:
                        line.sendall(request)
            wait_for(lambda: probe_connections(probe.port) == 0, 10)
            self.assertTrue(probe.is_well())


def read_one(line):
    got = b""
    while True:
        got += line.recv(65536)
        answer = Response(got)
        if answer.status and len(answer.body) == int(answer.headers["content-length"]):
            return answer


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > deadline:
            return found or unittest.TestCase().fail("it did not happen in time")
        time.sleep(0.01)


class Answers(unittest.TestCase):
    def test_a_stream_that_fails_is_cut_short_of_its_length(self):
        with Probe() as probe:
            answer = probe.get("/broken")
            self.assertEqual(answer.headers["content-length"], "1000000")
            self.assertLess(len(answer.body), 1_000_000)
            _, log = probe.stop()
            self.assertIn("the second half is damaged", log)

    def test_head_has_the_headers_of_get_and_no_body(self):
        with Probe() as probe:
            answer = probe.get("/pattern/5000", method="HEAD")
            self.assertEqual((answer.status, answer.headers["content-length"], answer.body),
                             (200, "5000", b""))

    def test_the_absolute_form_of_our_own_address_is_understood(self):
        with Probe() as probe:
            answer = Response(probe.exchange(get("http://localhost/echo/a", "Connection: close")))
            self.assertEqual(answer.json()["path"], "/echo/a")

    def test_http_1_0_is_answered_and_closed(self):
        with Probe() as probe:
            self.assertEqual(Response(probe.exchange(b"GET /healthz HTTP/1.0\r\n\r\n")).body, b"ok\n")

    def test_each_answer_has_the_standard_headers(self):
        with Probe() as probe:
            for path in ("/healthz", "/nothing", "/throw", "/pattern/10", "/api/v1/problems/not-found"):
                headers = probe.get(path).headers
                for name, value in (("x-content-type-options", "nosniff"),
                                    ("cross-origin-opener-policy", "same-origin"),
                                    ("cross-origin-resource-policy", "same-origin"),
                                    ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")):
                    self.assertEqual(headers[name], value, path)
                self.assertIn("default-src 'none'", headers["content-security-policy"])
                self.assertIn("cache-control", headers)
                self.assertNotIn("strict-transport-security", headers)
                self.assertFalse([name for name in headers if name.startswith("access-control")])


class Stopping(unittest.TestCase):
    def test_a_running_request_may_finish(self):
        with Probe(patience=10_000) as probe, probe.connect() as line, probe.connect() as idle:
            idle.sendall(HEALTH)
            read_one(idle)
            line.sendall(get("/wait/500"))
            wait_for(lambda: probe.threads() > 2, 5)
            probe.begin_stop()
            answer = Response(read_to_end(line))
            self.assertEqual((answer.body, answer.headers["connection"]), (b"waited\n", "close"))
            self.assertEqual(read_to_end(idle), b"")

    def test_after_the_deadline_everything_is_cut(self):
        with Probe(patience=300) as probe, probe.connect() as line, probe.connect() as download:
            line.sendall(get("/wait/60000"))
            download.sendall(get("/pattern/100000000"))
            wait_for(lambda: probe.threads() > 3, 5)
            started = time.monotonic()
            said, _ = probe.stop()
            self.assertEqual(said, "cut")
            self.assertLess(time.monotonic() - started, 5)


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        authority = Authority(cls.directory.name)
        cls.certificate, cls.key = authority.issue("server")
        cls.other_key = authority.issue("other")[1]
        cls.context = ssl.create_default_context(cafile=authority.ca_file)

    def test_the_same_service_under_tls(self):
        with Probe(certificate=self.certificate, key=self.key) as probe:
            answer = probe.get("/echo", tls=self.context)
            self.assertTrue(answer.json()["is_tls"])
            self.assertIn("strict-transport-security", answer.headers)
            self.assertEqual(len(probe.get("/pattern/5000000", tls=self.context).body), 5_000_000)
            body = Response(probe.exchange(post_bytes("/large", b"x" * (20 * MIB)), tls=self.context))
            self.assertEqual(body.json()["body_size"], 20 * MIB)
            refused = Response(probe.exchange(post_bytes("/echo", b"x" * (20 * MIB)), tls=self.context))
            self.assertEqual(refused.status, 413)

    def test_old_versions_and_other_protocols_get_no_connection(self):
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        other = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        other.check_hostname, other.verify_mode = False, ssl.CERT_NONE
        other.set_alpn_protocols(["smtp"])
        with Probe(certificate=self.certificate, key=self.key) as probe:
            for context in (old, other):
                with self.assertRaises((ssl.SSLError, ConnectionError)):
                    probe.connect(tls=context)
            self.assertEqual(probe.get("/healthz", tls=self.context).status, 200)

    def test_who_does_not_finish_the_handshake_is_closed_and_holds_no_thread(self):
        with Probe(certificate=self.certificate, key=self.key, threads=2, header_time=500) as probe:
            with contextlib.ExitStack() as stack:
                lines = [stack.enter_context(probe.connect()) for _ in range(20)]
                for line in lines:
                    line.sendall(bytes.fromhex("16030100f4010000f00303"))
                self.assertEqual(probe.get("/healthz", tls=self.context).status, 200)
                for line in lines:
                    line.settimeout(5)
                    read_to_end(line)
            self.assertEqual(probe.exchange(HEALTH)[:5], probe.exchange(b"\0" * 50)[:5])

    def test_files_that_do_not_fit_are_explained(self):
        for options, word in (
                ({"certificate": self.certificate, "key": self.other_key}, "the certificate's own key"),
                ({"certificate": self.certificate, "key": "/nonexistent"}, "cannot use the key"),
                ({"certificate": "/nonexistent", "key": self.key}, "cannot use the certificate"),
                ({"certificate": self.certificate}, "both files or neither"),
                ({"address": "0.0.0.0"}, "insecure-listen"),
                ({"address": "::"}, "insecure-listen"),
                ({"address": "localhost"}, "not an IP address"),
                ({"address": "192.0.2.1", "insecure-listen": "yes"}, "cannot listen on")):
            with self.subTest(word):
                done = subprocess.run([os.environ["HTTP_PROBE"],
                                       *(f"{name}={value}" for name, value in options.items())],
                                      capture_output=True, text=True, timeout=30,
                                      stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 78)
                self.assertIn(word, done.stderr)

    def test_the_explicit_word_opens_it(self):
        with Probe("insecure-listen", address="0.0.0.0") as probe:
            self.assertTrue(probe.is_well())


if __name__ == "__main__":
    unittest.main(verbosity=1)
