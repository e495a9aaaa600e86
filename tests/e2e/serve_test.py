# SPDX-License-Identifier: GPL-3.0-or-later
"""`mailkeep serve`: what comes in is found, at once; it stops in order and survives a kill."""

import signal
import socket
import statistics
import time

from certificates import Authority
from dovecot import TemporaryDovecot
from mailkeep import CONFIG, LATER, OK, USAGE, ArchiveTest, main, on_both_stores
from scripted_server import LOGIN, ScriptedServer, folder, listing
from service import Service, finished_job, wait_until

INTERVAL = 1


def message(number, word="zebra"):
    return (f"Subject: message {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\n"
            f"{word}{number}\r\n").encode()


class ServeTest(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.server = self.enterContext(TemporaryDovecot({"anna": "secret", "tom": "hidden"}))
        self.config = self.directory / "mailkeep.conf"
        self.config.write_text(f"fetch-interval = {INTERVAL}\n")

    def enterContext(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def serve(self, *flags, **options):
        return self.enterContext(Service(self.mailkeep, "--config", self.config, *flags, **options))

    def add(self, *names):
        for name in names:
            self.mailkeep.add_account(name, self.server, name)

    def account_id(self, api, name):
        return next(one["id"] for one in api.get("/accounts").json()["items"] if one["name"] == name)

    def ended(self, process, seconds):
        begin = time.monotonic()
        code = process.wait(seconds + 20)
        self.assertLess(time.monotonic() - begin, seconds)
        return code

    def total(self, api, query):
        return api.get("/search", q=query).json()["total"]


@on_both_stores
class Serve(ServeTest):
    def test_new_mail_is_found_within_the_interval_and_two_seconds(self):
        self.add("anna")
        service = self.serve()
        api = service.api("rita", "reviewer", accounts=["anna"])
        self.server.append("anna", "INBOX", message(0))
        wait_until(lambda: self.total(api, "zebra0") == 1, "the first message")
        after_arrival, after_commit = [], []
        for number in range(1, 6):
            arrived = time.time()
            self.server.append("anna", "INBOX", message(number))
            wait_until(lambda: self.total(api, f"zebra{number}") == 1, f"message {number}")
            found = time.time()
            after_arrival.append(found - arrived)
            committed = self.sql(self.mailkeep, "SELECT max(seen) FROM sightings")[0][0]
            after_commit.append(found - int(committed) / 1e6)
        print(f"\n{self.engine}: found after arrival {max(after_arrival):.2f} s at most, "
              f"after commit {statistics.median(after_commit):.2f} s in the middle")
        self.assertLess(statistics.median(after_arrival), INTERVAL + 2)
        self.assertLess(statistics.median(after_commit), 1)

    def test_one_for_each_data_directory(self):
        self.serve()
        second = self.mailkeep.run("serve", "--listen", "127.0.0.1:0", expect=LATER)
        self.assertIn("another mailkeep serve is at work", second.err)

    def test_stops_in_order_under_load(self):
        self.add("anna")
        self.server.append_all("anna", (("INBOX", message(n) + b"x" * 20000, (), None)
                                        for n in range(300)))
        stalled = self.enterContext(ScriptedServer(
            LOGIN + listing("INBOX") + folder([1]) + "expect UID FETCH\nstall"))
        self.mailkeep.run("account", "add", "stalled", "--url", f"imap://anna@127.0.0.1:{stalled.port}",
                          "--tls", "none", "--password-stdin", stdin=b"secret\n")
        service = self.serve()
        host, port = service.address.removeprefix("http://").split(":")
        slow = self.enterContext(socket.create_connection((host, int(port))))
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        wait_until(lambda: any("UID FETCH" in line for line in stalled.lines()), "the stalled fetch")
        service.process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        self.assertEqual(self.ended(service.process, 10), OK)
        print(f"\n{self.engine}: stopped after {time.monotonic() - begin:.2f} s")
        self.assertFalse((self.mailkeep.data / "serve.address").exists())
        self.mailkeep.run("verify")
        kinds = [int(row[0]) for row in self.sql(
            self.mailkeep, "SELECT kind FROM events WHERE kind IN (12, 13) ORDER BY position")]
        self.assertEqual(kinds, [12, 13])

    def test_a_kill_loses_nothing(self):
        self.add("anna")
        self.server.append_all("anna", ((f"Folder{n % 7}", message(n), (), None) for n in range(700)))
        service = self.serve()
        for _ in range(3):
            known = self.count()
            wait_until(lambda: self.count() > known or self.count() == 700, "some progress")
            service.kill()
            service.start()
        api = service.api("rita", "reviewer", accounts=["anna"])
        wait_until(lambda: self.total(api, "*") == 700, "every message", 60)
        self.assertEqual(service.stop(), OK)
        self.assertEqual(self.mailkeep.sightings("anna"), self.server.client_view("anna"))
        self.mailkeep.run("verify")
        self.assertTrue(self.mailkeep.report()["complete"])

    def count(self):
        return int(self.sql(self.mailkeep, "SELECT count(*) FROM sightings")[0][0])

    def test_jobs_are_done_at_once_and_tell_how_it_went(self):
        self.config.write_text("fetch-interval = 3600\n")
        self.add("anna")
        service = self.serve()
        admin = service.api("root", "administrator")
        account = self.account_id(admin, "anna")
        wait_until(lambda: self.mailkeep.run("report", "--json", expect=None).json()["complete"], "a pass")
        self.server.append("anna", "INBOX", message(1))
        job = admin.post(f"/accounts/{account}/sync-runs", expect=202).json()
        done = finished_job(admin, job)
        self.assertEqual((done["state"], done["result"]["messages"]), ("done", 1))
        tested = finished_job(admin, admin.post(f"/accounts/{account}/test", expect=202).json())
        self.assertEqual(tested["state"], "done")
        self.assertEqual([(one["step"], one["ok"]) for one in tested["result"]["steps"]],
                         [("connect", True), ("tls", True), ("login", True), ("list", True)])

    def test_a_running_job_is_cancelled_between_messages(self):
        stalled = self.enterContext(ScriptedServer(
            LOGIN + listing("INBOX") + folder([1]) + "expect UID FETCH\nstall"))
        self.mailkeep.run("account", "add", "stalled", "--url", f"imap://anna@127.0.0.1:{stalled.port}",
                          "--tls", "none", "--password-stdin", stdin=b"secret\n")
        self.mailkeep.run("account", "pause", "stalled")
        service = self.serve()
        admin = service.api("root", "administrator")
        account = self.account_id(admin, "stalled")
        job = admin.post(f"/accounts/{account}/sync-runs", expect=202).json()
        wait_until(lambda: admin.get(f"/jobs/{job['id']}").json()["progress"].get("expected") == 1,
                   "its progress")
        admin.delete(f"/jobs/{job['id']}", expect=202)
        self.assertEqual(finished_job(admin, job)["state"], "cancelled")

    def test_paused_accounts_are_not_fetched_and_resumed_ones_are(self):
        self.add("anna", "tom")
        self.mailkeep.run("account", "pause", "tom")
        for user in ("anna", "tom"):
            self.server.append(user, "INBOX", message(1, user))
        service = self.serve()
        api = service.api("olga", "auditor")
        wait_until(lambda: self.total(api, "anna1") == 1, "anna's message")
        passes = "SELECT count(*) FROM passes p JOIN accounts a ON a.id = p.account_id WHERE a.name = "
        annas = int(self.sql(self.mailkeep, passes + "'anna'")[0][0])
        wait_until(lambda: int(self.sql(self.mailkeep, passes + "'anna'")[0][0]) > annas + 1, "more passes")
        self.assertEqual(int(self.sql(self.mailkeep, passes + "'tom'")[0][0]), 0)
        self.mailkeep.run("account", "resume", "tom")
        wait_until(lambda: self.total(api, "tom1") == 1, "tom's message", 10)

    def test_a_restart_does_not_fetch_before_the_time(self):
        self.config.write_text("fetch-interval = 3600\n")
        self.add("anna")
        service = self.serve()
        passes = "SELECT count(*) FROM passes WHERE finished IS NOT NULL"
        wait_until(lambda: int(self.sql(self.mailkeep, passes)[0][0]) == 1, "the first pass")
        service.stop()
        service.start()
        admin = service.api("root", "administrator")
        lag = wait_until(lambda: [one for one in admin.get("/stats/lag").json()["accounts"]
                                  if one["next_due"]], "a plan")
        self.assertEqual(lag[0]["state"], "idle")
        self.assertEqual(int(self.sql(self.mailkeep, passes)[0][0]), 1)


class ServeAlone(ServeTest):
    """What does not depend on the store."""

    def test_a_second_signal_ends_it_at_once(self):
        self.add("anna")
        service = self.serve()
        service.process.send_signal(signal.SIGSTOP)
        for _ in range(2):
            service.process.send_signal(signal.SIGTERM)
        service.process.send_signal(signal.SIGCONT)
        self.ended(service.process, 10)

    def test_a_port_that_is_taken_ends_it_with_a_sentence(self):
        taken = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        port = taken.getsockname()[1]
        refused = self.mailkeep.run("serve", "--listen", f"127.0.0.1:{port}", expect=CONFIG, timeout=30)
        self.assertIn(str(port), refused.err)
        self.assertFalse((self.mailkeep.data / "serve.address").exists())

    def test_listens_beyond_the_machine_only_with_tls_or_the_word(self):
        refused = self.mailkeep.run("serve", "--listen", "0.0.0.0:0", expect=CONFIG, timeout=30)
        self.assertIn("insecure-listen", refused.err)
        self.mailkeep.run("serve", "--listen", "nonsense", expect=USAGE)
        self.config.write_text("listen = 127.0.0.1:99999\n")
        self.mailkeep.run("--config", self.config, "serve", expect=CONFIG)

    def test_answers_under_tls(self):
        authority = Authority(self.directory)
        certificate, key = authority.issue("service")
        service = self.serve("--tls-cert", certificate, "--tls-key", key)
        self.assertTrue(service.address.startswith("https://"))
        admin = service.api("root", "administrator", ca_file=authority.ca_file)
        self.assertEqual(admin.get("/accounts").json()["items"], [])

    def test_systemd_is_told_and_the_watchdog_is_fed(self):
        told = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        place = self.directory / "notify"
        told.bind(str(place))
        told.settimeout(20)
        service = self.serve(environment={"NOTIFY_SOCKET": str(place)})
        heard = []
        while heard.count(b"WATCHDOG=1") < 3 or b"READY=1" not in heard:
            heard.append(told.recv(4096))
        service.stop()
        while b"STOPPING=1" not in heard:
            heard.append(told.recv(4096))

    def test_the_api_alone_answers_and_fetches_nothing(self):
        self.add("anna")
        self.server.append("anna", "INBOX", message(1))
        service = self.serve(command="api")
        admin = service.api("root", "administrator")
        account = self.account_id(admin, "anna")
        job = admin.post(f"/accounts/{account}/sync-runs", expect=202).json()
        parts = [one["name"] for one in admin.get("/readyz").json()["parts"]]
        self.assertEqual(parts, ["store", "api"])
        self.assertEqual(admin.get(f"/jobs/{job['id']}").json()["state"], "queued")
        self.assertEqual(self.mailkeep.messages(), [])
        self.assertEqual(self.ended_after_term(service), OK)

    def ended_after_term(self, service):
        service.process.send_signal(signal.SIGTERM)
        return self.ended(service.process, 10)


if __name__ == "__main__":
    main()
