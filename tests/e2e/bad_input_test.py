# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of trouble: one clear sentence, the right exit code, nothing lost, other accounts go on."""

import socket
import subprocess
import threading

from dovecot import TemporaryDovecot
from mail_client import sha256
from mailkeep import (CONFIG, FAULTS, LATER, OK, REFUSED, UNAVAILABLE, USAGE, ArchiveTest, main,
                      on_both_stores)

LARGE = b"Subject: large\r\n\r\n" + b"0123456789abcdef" * 4 * 65536 + b"\r\n"


def setUpModule():
    global server
    server = TemporaryDovecot({"anna": "secret", "tom": "secret"}).__enter__()
    try:
        for user in ("anna", "tom"):
            server.append_all(user, [("INBOX", b"Subject: %d\r\n\r\nbody of %s\r\n" % (
                number, user.encode()), (), None) for number in range(20)])
    except BaseException:
        server.__exit__()
        raise


def tearDownModule():
    server.__exit__()


class BadInputTest(ArchiveTest):
    def add(self, name, url, *more, password="secret", ca=None):
        self.mailkeep.run("account", "add", name, "--url", url, "--ca", ca or server.ca_file,
                          "--password-stdin", *more, stdin=password.encode() + b"\n")

    def fails(self, code, *words, command=("fetch",)):
        """One sentence for each account on standard error, with these words and no secret."""
        answer = self.mailkeep.run(*command, expect=code)
        self.assertGreaterEqual(answer.err.count("\n"), 1, "no word of explanation")
        for word in words:
            self.assertIn(word.lower(), answer.err.lower())
        self.assertNotIn("secret", answer.err + answer.text)
        self.assertNotIn("terminate called", answer.err)
        return answer

    def others_go_on(self):
        """Beside a good account the same trouble gives 1, and the good account is archived whole."""
        self.add("good", server.url("tom"))
        self.fails(FAULTS)
        self.assertEqual(self.mailkeep.sightings("good"), server.client_view("tom"))
        self.assertTrue(self.mailkeep.report("good")["complete"])
        self.assertFalse(self.mailkeep.report(expect=FAULTS)["complete"])


@on_both_stores
class Servers(BadInputTest):
    def test_wrong_password(self):
        for name, scheme in (("imap", "imaps"), ("pop3", "pop3s")):
            self.add(name, server.url("anna", scheme), password="wrong")
        self.fails(REFUSED, "imap", "pop3", "password")
        self.others_go_on()

    def test_unknown_host(self):
        self.add("lost", "imaps://anna@no-such-host.invalid")
        self.fails(UNAVAILABLE, "no-such-host.invalid")
        self.others_go_on()

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.add("deaf", f"imaps://anna@127.0.0.1:{unused.getsockname()[1]}")
            self.fails(UNAVAILABLE, "127.0.0.1")
            self.others_go_on()

    def test_expired_certificate(self):
        with TemporaryDovecot({"anna": "secret"}, certificate="expired") as expired:
            self.add("old", expired.url("anna"), ca=expired.ca_file)
            self.add("old-pop3", expired.url("anna", "pop3s"), ca=expired.ca_file)
            self.add("old-starttls", expired.url("anna", "imap"), ca=expired.ca_file)
            self.fails(UNAVAILABLE, "certificate", "expired")
            self.others_go_on()
            self.assertNotIn("Login", expired.log())

    def test_certificate_of_another_host(self):
        with TemporaryDovecot({"anna": "secret"}, certificate="wrong-host") as wrong:
            self.add("other", wrong.url("anna"), ca=wrong.ca_file)
            self.fails(UNAVAILABLE, "certificate")
            self.assertNotIn("Login", wrong.log())

    def test_authority_that_is_not_trusted(self):
        with TemporaryDovecot({"anna": "secret"}) as stranger:
            self.add("stranger", stranger.url("anna"), ca=server.ca_file)
            self.fails(UNAVAILABLE, "certificate")
            self.assertNotIn("Login", stranger.log())

    def test_starttls_that_is_not_offered(self):
        with TemporaryDovecot({"anna": "secret"}, tls="no") as plain:
            self.add("imap", plain.url("anna", "imap"))
            self.add("pop3", plain.url("anna", "pop3"))
            self.fails(UNAVAILABLE, "starttls", "stls")
            self.others_go_on()
            self.assertNotIn("Login", plain.log())

    def test_line_cut_in_the_middle_of_a_message(self):
        with TemporaryDovecot({"anna": "secret"}) as far:
            far.append_all("anna", [("INBOX", LARGE + b"%d" % number, (), None) for number in range(4)])
            view = far.client_view("anna")
            with CuttingProxy(far.imaps_port, after_bytes=6_000_000) as proxy:
                self.add("cut", f"imaps://anna@localhost:{proxy.port}", ca=far.ca_file)
                self.fails(UNAVAILABLE)
                kept = self.mailkeep.sightings("cut")
                self.assertLess(len(kept), len(view))
                self.assertLessEqual(kept.items(), view.items())
                self.assertFalse(self.mailkeep.report("cut", expect=FAULTS)["complete"])
                proxy.after_bytes = None
                self.mailkeep.run("fetch")
            self.assertEqual(self.mailkeep.sightings("cut"), view)
            self.assertTrue(self.mailkeep.report("cut")["complete"])
            self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])

    def test_account_test_says_which_step_fails(self):
        self.add("wrong", server.url("anna"), password="wrong")
        self.add("good", server.url("anna"))
        report = self.mailkeep.run("account", "test", "good", "--json").json()
        self.assertTrue(report["ok"] and all(step["ok"] for step in report["steps"]))
        self.fails(REFUSED, command=("account", "test", "wrong"))
        report = self.mailkeep.run("account", "test", "wrong", "--json", expect=REFUSED).json()
        self.assertFalse(report["ok"])
        self.assertEqual([step["ok"] for step in report["steps"]].count(False), 1)


@on_both_stores
class Host(BadInputTest):
    def test_full_disk_loses_nothing(self):
        """A limit on the size of files stands for the full disk; the store meets it while sealing, or,
        on PostgreSQL, the spool file of a large message does."""
        with TemporaryDovecot({"anna": "secret"}) as far:
            far.append_all("anna", [("INBOX", LARGE * 3 + b"%d" % number, (), None)
                                    for number in range(3)])
            self.add("anna", far.url("anna"), ca=far.ca_file)
            answer = self.mailkeep.run("fetch", expect=LATER, file_limit=1 << 20)
            self.assertRegex(answer.err, "(?i)disk|space|file")
            self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])
            self.mailkeep.run("fetch")
            self.assertEqual(self.mailkeep.sightings("anna"), far.client_view("anna"))

    def test_second_pass_on_the_same_account_at_once(self):
        with TemporaryDovecot({"anna": "secret"}) as far:
            far.append_all("anna", [("INBOX", LARGE, (), None)])
            with CuttingProxy(far.imaps_port, hold_after=1_000_000) as proxy:
                self.add("anna", f"imaps://anna@localhost:{proxy.port}", ca=far.ca_file)
                first = self.mailkeep.start("fetch", stdout=subprocess.DEVNULL)
                try:
                    self.assertTrue(proxy.is_holding.wait(60))
                    self.fails(LATER, "anna")
                    proxy.release.set()
                    self.assertEqual(first.wait(120), OK)
                finally:
                    first.kill()
                    first.wait()
            self.assertEqual(self.mailkeep.sightings("anna"), far.client_view("anna"))

    def test_database_that_cannot_be_reached(self):
        self.mailkeep.store = "postgresql://nobody@127.0.0.1:1/nothing"
        self.fails(UNAVAILABLE)

    def test_store_that_makes_no_sense(self):
        self.mailkeep.store = "oracle://somewhere/x"
        self.fails(CONFIG, "sqlite", "postgresql")

    def test_key_that_was_lost_costs_the_password_and_no_mail(self):
        self.add("anna", server.url("anna"))
        self.mailkeep.run("fetch")
        listed = self.mailkeep.messages()
        (self.mailkeep.data / "secret.key").unlink()

        self.fails(CONFIG, "password")

        self.assertEqual(self.mailkeep.messages(), listed)
        for one in listed:
            self.assertEqual(sha256(self.mailkeep.raw(one["id"])), one["id"])

    def test_configuration(self):
        config = self.directory / "mailkeep.conf"
        for text in ("colour = blue\n", "workers\n", "workers = many\n", "log-level = loud\n"):
            config.write_text("# a comment\n\n" + text)
            self.fails(CONFIG, "line 3", command=("--config", config, "account", "list"))
        self.fails(CONFIG, "nowhere.conf",
                   command=("--config", self.directory / "nowhere.conf", "account", "list"))


class WrongUse(BadInputTest):
    def test_command_line(self):
        self.add("anna", server.url("anna"))
        for command in (
                ("fetch", "--no-such-option"), ("nonsense",), (), ("fetch", "nobody"),
                ("list", "nobody"), ("report", "nobody"), ("account", "show", "nobody"),
                ("account", "add", "x"), ("raw",), ("raw", "xyz"), ("search",),
                ("search", "*", "--sort", "colour"), ("search", '"open'),
                ("account", "add", "x", "--url", "gopher://a@b"),
                ("account", "add", "x", "--url", "imaps://host-without-user"),
                ("account", "add", "x", "--url", "imaps://a@b", "--tls", "none"),
                ("account", "add", "x", "--url", "imap://a@b", "--tls", "implicit"),
                ("account", "add", "anna", "--url", "imaps://a@b", "--password-stdin"),
                ("export", "*", "--format", "eml"),
                ("serve", "--listen", "nonsense"), ("api", "--listen", "127.0.0.1:99999"),
                ("reply",), ("outbox",), ("user",), ("token",), ("hold",), ("retention",),
        ):
            with self.subTest(command=command):
                answer = self.mailkeep.run(*command, expect=USAGE, stdin=b"x\n")
                self.assertTrue(answer.err.strip())
                self.assertEqual(answer.out, b"")

    def test_what_is_not_built_yet_says_so(self):
        for command in ("retention", "account add x --url imaps://a@b --oauth2 google",
                        "export * --to . --format dat"):
            self.assertIn("not built yet", self.mailkeep.run(*command.split(), expect=USAGE).err)

    def test_the_service_shows_itself_to_nobody_by_accident(self):
        for command in ("serve", "api"):
            answer = self.mailkeep.run(command, "--listen", "0.0.0.0:0", expect=CONFIG)
            self.assertIn("insecure-listen", answer.err)

    def test_help_and_version(self):
        self.assertIn("fetch", self.mailkeep.run("--help").text)
        self.assertRegex(self.mailkeep.run("--version").text, r"^mailkeep \d")

    def test_missing_ca_file(self):
        self.mailkeep.run("account", "add", "x", "--url", "imaps://a@b", "--ca", "/nowhere/ca.pem",
                          "--password-stdin", stdin=b"x\n", expect=CONFIG)


class CuttingProxy:
    """Between client and server: cuts the line, or holds it, after so many bytes to the client."""

    def __init__(self, target_port, after_bytes=None, hold_after=None):
        self.target_port = target_port
        self.after_bytes = after_bytes
        self.hold_after = hold_after
        self.is_holding = threading.Event()
        self.release = threading.Event()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.release.set()
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        with client, socket.create_connection(("127.0.0.1", self.target_port)) as server_side:
            upward = threading.Thread(target=self._pump, args=(client, server_side, False))
            upward.start()
            self._pump(server_side, client, True)
            upward.join()

    def _pump(self, source, sink, is_counted):
        passed = 0
        try:
            while piece := source.recv(16384):
                passed += len(piece)
                if is_counted and self.after_bytes and passed > self.after_bytes:
                    break
                if is_counted and self.hold_after and passed > self.hold_after:
                    self.is_holding.set()
                    self.release.wait()
                sink.sendall(piece)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


if __name__ == "__main__":
    main()
