# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST API over a real archive: what a client reads is what the mail server held, every answer fits the
contract, and wrong use gets a problem that says what to do."""

import base64
import email
import email.policy
import hashlib
import threading

from api_client import check
from dovecot import TemporaryDovecot
from mail_client import sha256
from mail_generator import generate
from mailkeep import ArchiveTest, main, on_both_stores
from service import Service, finished_job, wait_until

NOBODYS_ID = "00" * 32


class ServedArchive(ArchiveTest):
    """Two accounts, anna's large and tom's small, one message in both; a running service. Made once for the
    tests of a class, which only read, or for each of them where is_changed says that they do more."""

    is_changed = False

    def setUp(self):
        world = type(self).__dict__.get("world")
        if world and not self.is_changed:
            self.__dict__.update(world)
            return
        if not self.is_changed:
            self.addCleanup = type(self).addClassCleanup
        own = set(self.__dict__)
        self.make_world()
        type(self).world = {name: value for name, value in self.__dict__.items() if name not in own}

    def make_world(self):
        super().setUp()
        self.server = TemporaryDovecot({"anna": "secret", "tom": "secret"})
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)
        self.anna = list(generate(70, seed=11, large=False))
        for one in self.anna:
            self.server.drop("anna", one.folder, one.raw)
        self.tom = [one.raw for one in generate(8, seed=23, large=False, with_strange=False)]
        self.shared = self.tom[0]
        for raw in self.tom:
            self.server.drop("tom", "INBOX", raw)
        self.server.drop("anna", "INBOX", self.shared)
        for name in ("anna", "tom"):
            self.mailkeep.add_account(name, self.server, name)
        self.mailkeep.run("fetch")
        self.mailkeep.run("index")
        self.service = Service(self.mailkeep)
        self.addCleanup(self.service.__exit__)
        self.service.start()
        self.auditor = self.service.api("otto", "auditor")
        self.annas = {content for content in self.server.client_view("anna").values()}
        self.toms = {content for content in self.server.client_view("tom").values()}


@on_both_stores
class Reading(ServedArchive):
    def test_lists_every_message_once_and_counts_exactly(self):
        items, totals = self.auditor.all_items("/messages", limit=9)
        ids = [one["id"] for one in items]
        self.assertEqual(sorted(ids), sorted(self.annas | self.toms))
        self.assertEqual(totals, {len(ids)})
        dates = [one["date"] or "" for one in items]
        self.assertEqual(dates, sorted(dates, reverse=True))
        of_tom, _ = self.auditor.all_items("/messages", account="tom")
        self.assertEqual({one["id"] for one in of_tom}, self.toms)

    def test_search_agrees_with_the_command_line(self):
        for query in ("from:anna", "has:attachment", "subject:re OR folder:Sent", '"of the"',
                      "NOT from:anna"):
            items, totals = self.auditor.all_items("/search", q=query, limit=5)
            told = self.mailkeep.search(query)
            self.assertEqual([one["id"] for one in items], [one["id"] for one in told["hits"]], query)
            self.assertEqual(totals, {told["total"]}, query)

    def test_relevance_pages_to_the_end_as_well(self):
        items, totals = self.auditor.all_items("/search", q="the OR a OR to", sort="relevance", limit=4)
        self.assertEqual(len(items), len({one["id"] for one in items}))
        self.assertEqual(totals, {len(items)})

    def test_facets_count_every_hit(self):
        page = self.auditor.get("/search", q="*", facets="true", limit=1).json()
        facets = page["facets"]
        self.assertEqual({one["value"]: one["count"] for one in facets["account"]},
                         {"anna": len(self.annas), "tom": len(self.toms)})
        self.assertEqual(sum(one["count"] for one in facets["month"]), page["total"])
        self.assertEqual(sum(one["count"] for one in facets["sender"]) + facets["sender_others"],
                         page["total"])

    def test_bytes_are_the_servers_whole_and_in_ranges(self):
        for message in sorted(self.annas)[::7]:
            reply = self.auditor.get(f"/messages/{message}/raw")
            self.assertEqual(sha256(reply.body), message)
            digest = base64.b64encode(bytes.fromhex(message)).decode()
            self.assertEqual(reply.headers["repr-digest"], f"sha-256=:{digest}:")
            self.auditor.get(f"/messages/{message}/raw", expect=304,
                             headers={"If-None-Match": reply.headers["etag"]})
            if len(reply.body) < 20:
                continue
            part = self.auditor.get(f"/messages/{message}/raw", expect=206, headers={"Range": "bytes=5-16"})
            self.assertEqual(part.body, reply.body[5:17])
            end = self.auditor.get(f"/messages/{message}/raw", expect=206, headers={"Range": "bytes=-4"})
            self.assertEqual(end.body, reply.body[-4:])
            self.auditor.get(f"/messages/{message}/raw", expect=416,
                             headers={"Range": f"bytes={len(reply.body)}-"})

    def test_attachments_are_what_pythons_own_parser_reads(self):
        compared = 0
        for one in self.anna:
            if not one.filenames or one.kind != "mail":
                continue
            message = sha256_of(self.annas, one.raw)
            parsed = email.message_from_bytes(one.raw, policy=email.policy.default)
            wanted = sorted(sha256(part.get_payload(decode=True)) for part in parsed.iter_attachments()
                            if part.get_content_maintype() != "message")
            parts = self.auditor.get(f"/messages/{message}").json()["attachments"]
            got = []
            for part in parts:
                if part["content_type"] == "message/rfc822":
                    continue
                reply = self.auditor.get(f"/messages/{message}/parts/{part['number']}")
                self.assertEqual(len(reply.body), part["size"])
                self.assertTrue(reply.headers["content-disposition"].startswith("attachment"))
                self.assertEqual(reply.headers["x-content-type-options"], "nosniff")
                got.append(sha256(reply.body))
            self.assertEqual(sorted(got), wanted)
            compared += len(wanted)
        self.assertGreater(compared, 3)

    def test_every_message_can_be_shown_the_strange_ones_too(self):
        for message in sorted(self.annas | self.toms):
            shown = self.auditor.get(f"/messages/{message}", q="the").json()
            self.assertEqual(shown["size"], len(self.mailkeep.raw(message)))
            self.assertTrue(shown["occurrences"])
            for body in shown["html"]:
                page = self.auditor.get(f"/messages/{message}/html/{body['part']}")
                self.assertIn("sandbox", page.headers["content-security-policy"])
                self.assertIn("default-src 'none'", page.headers["content-security-policy"])
            self.auditor.get(f"/messages/{message}/parts")
            self.auditor.get(f"/threads/{message}")

    def test_fields_limit_what_is_given(self):
        message = sorted(self.toms)[0]
        shown = self.auditor.get(f"/messages/{message}", fields="subject,size").json()
        self.assertEqual(sorted(shown), ["id", "size", "subject"])
        self.auditor.problem("GET", f"/messages/{message}", 400, "bad-parameter",
                             query={"fields": "subject,secrets"})

    def test_occurrences_name_every_place(self):
        message = sha256_of(self.toms, self.shared)
        places = self.auditor.get(f"/messages/{message}/occurrences").json()["items"]
        self.assertEqual(sorted(place["account"]["name"] for place in places), ["anna", "tom"])

    def test_a_thread_is_what_its_headers_say(self):
        replies = [one for one in self.anna if b"\r\nIn-Reply-To:" in one.raw and one.kind == "mail"]
        self.assertTrue(replies)
        message = sha256_of(self.annas, replies[-1].raw)
        thread = self.auditor.get(f"/threads/{message}").json()
        ids = [one["id"] for one in thread["messages"]]
        self.assertIn(message, ids)
        self.assertEqual(thread["id"], ids[0])
        self.assertGreater(len(ids), 1)
        child = next(one for one in thread["messages"] if one["id"] == message)
        self.assertIn(child["parent"], ids)


@on_both_stores
class Growing(ServedArchive):
    is_changed = True

    def test_pages_hold_still_while_mail_comes_in(self):
        first = self.auditor.get("/search", q="*", limit=20).json()
        ids = [one["id"] for one in first["items"]]
        for one in generate(30, seed=99, large=False, with_strange=False):
            self.server.drop("tom", "INBOX", one.raw)
        self.mailkeep.run("fetch", "tom")
        wait_until(lambda: self.auditor.get("/search", q="*").json()["total"] > first["total"], "new mail")
        cursor = first["next_cursor"]
        while cursor:
            page = self.auditor.get("/search", q="*", limit=20, cursor=cursor).json()
            self.assertEqual((page["total"], page["snapshot"]), (first["total"], first["snapshot"]))
            ids += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
        self.assertEqual(sorted(ids), sorted(self.annas | self.toms))

    def test_run_now_fetches_what_has_come(self):
        raw = b"From: new@example.org\r\nSubject: zirconium\r\n\r\nHello.\r\n"
        self.server.drop("tom", "INBOX", raw)
        admin = self.service.api("root", "administrator")
        account = next(one for one in admin.get("/accounts").json()["items"] if one["name"] == "tom")
        job = admin.post(f"/accounts/{account['id']}/sync-runs", expect=202).json()
        self.assertEqual(finished_job(admin, job)["state"], "done")
        wait_until(lambda: self.auditor.get("/search", q="zirconium").json()["total"] == 1, "the new mail", 5)
        report = admin.get(f"/accounts/{account['id']}/completeness").json()
        self.assertTrue(report["complete"])
        steps = finished_job(admin, admin.post(f"/accounts/{account['id']}/test", expect=202).json())
        self.assertEqual(steps["state"], "done")


@on_both_stores
class Scope(ServedArchive):
    def test_a_reviewer_sees_own_accounts_and_nothing_else(self):
        tom = self.service.api("tina", "reviewer", accounts=["tom"])
        items, totals = tom.all_items("/search", q="*", limit=3)
        self.assertEqual({one["id"] for one in items}, self.toms)
        self.assertEqual(totals, {len(self.toms)})
        self.assertEqual({name for one in items for name in one["accounts"]}, {"tom"})
        for query in ("account:anna", "* OR account:anna", "NOT account:tom", ") OR ("):
            reply = tom.get("/search", q=query, expect=None)
            if reply.status == 200:
                self.assertLessEqual({one["id"] for one in reply.json()["items"]}, self.toms)
        foreign = sorted(self.annas - self.toms)[0]
        for path in ("", "/raw", "/parts", "/parts/1", "/html/1", "/occurrences", "/proof"):
            hidden = self.bare(tom, f"/messages/{foreign}{path}")
            absent = self.bare(tom, f"/messages/{NOBODYS_ID}{path}")
            self.assertEqual(hidden, absent, path)
            self.assertEqual(hidden[0], 404, path)
        self.assertEqual(self.bare(tom, f"/threads/{foreign}"), self.bare(tom, f"/threads/{NOBODYS_ID}"))
        shared = sha256_of(self.toms, self.shared)
        shown = tom.get(f"/messages/{shared}").json()
        self.assertEqual([place["account"]["name"] for place in shown["occurrences"]], ["tom"])
        self.assertEqual([one["name"] for one in tom.get("/session").json()["accounts"]], ["tom"])

    def bare(self, api, path):
        """Status and problem without what differs in every answer."""
        reply = api.get(path, expect=None)
        document = reply.json()
        document.pop("instance", None)
        return reply.status, document

    def test_cursors_do_not_pass_from_one_caller_or_question_to_another(self):
        cursor = self.auditor.get("/search", q="*", limit=5).json()["next_cursor"]
        tom = self.service.api("tina", "reviewer", accounts=["tom"])
        for api, query in ((tom, "*"), (self.auditor, "from:anna")):
            api.problem("GET", "/search", 400, "bad-cursor", query={"q": query, "cursor": cursor})
        for wrong in ("", "x", cursor[:-2], cursor + "AA", "A" * 3000):
            self.auditor.problem("GET", "/search", 400, "bad-cursor", query={"q": "*", "cursor": wrong})

    def test_whoever_is_nobody_gets_one_answer(self):
        stranger = self.service.stranger()
        told = set()
        for token in (None, "mk_", "mk_aaaaaaaa_" + "b" * 43, self.auditor.token[:-1],
                      self.auditor.token + "x"):
            stranger.token = token
            told.add(stranger.problem("GET", "/messages", 401, "unauthenticated")["detail"])
        self.assertEqual(len(told), 1)

    def test_a_revoked_token_is_dead_within_five_seconds(self):
        brief = self.service.api("otto", "auditor")
        prefix = brief.token.split("_")[1]
        self.mailkeep.run("token", "revoke", prefix)
        wait_until(lambda: brief.get("/session", expect=None).status == 401, "the end of the token", 5)


class WrongUse(ServedArchive):
    def test_a_query_is_faulted_at_the_word(self):
        for query, word in (("report date:someday", "date:someday"), ('from:anna "open', '"open'),
                            ("(a OR b", "("), ("larger:huge", "larger:huge")):
            problem = self.auditor.problem("GET", "/search", 400, "bad-query", query={"q": query})
            fault = problem["query_fault"]
            at = fault["position"] - 1
            self.assertEqual(query[at:at + fault["length"]], fault["word"], query)
            self.assertTrue(word.startswith(fault["word"]) or fault["word"].startswith(word), (query, fault))
            checked = self.auditor.get("/search/check", q=query).json()
            self.assertEqual(checked, {"ok": False, "query_fault": fault})

    def test_parameters_are_refused_by_name(self):
        for path, query in (("/search", {}), ("/search", {"q": "a", "limit": "0"}),
                            ("/search", {"q": "a", "limit": "501"}), ("/search", {"q": "a", "sort": "size"}),
                            ("/search", {"q": "a", "facets": "yes"}), ("/messages", {"limit": "x"})):
            self.auditor.problem("GET", path, 400, "bad-parameter", query=query)
        self.assertEqual(self.auditor.send("GET", "/api/v1/search?q=a&q=b").status, 400)

    def test_ids_that_are_none_are_not_found(self):
        for wrong in (NOBODYS_ID, "abcd", "x" * 64, "A" * 64, "%2e%2e", "..%2f..%2fetc%2fpasswd", "1" * 5000):
            reply = self.auditor.send("GET", f"/api/v1/messages/{wrong}")
            self.assertIn(reply.status, (400, 404), wrong)
        message = sorted(self.annas)[0]
        for part in ("99", "..", "1.1.1.1.1.1.1", "%00", "-1"):
            self.assertIn(self.auditor.send("GET", f"/api/v1/messages/{message}/parts/{part}").status,
                          (400, 404), part)

    def test_what_is_too_large_is_refused_before_it_is_read(self):
        body = b"x" * (100 << 20)
        reply = self.auditor.send("POST", "/api/v1/tokens", body, {"Content-Type": "application/json"})
        self.assertEqual(reply.status, 413)
        check("POST", "/api/v1/tokens", reply)

    def test_an_administrator_reads_no_mail(self):
        admin = self.service.api("root", "administrator")
        message = sorted(self.annas)[0]
        for path in ("/search?q=*", "/messages", f"/messages/{message}", f"/messages/{message}/raw",
                     f"/messages/{NOBODYS_ID}", f"/threads/{message}", f"/messages/{message}/proof"):
            reply = admin.send("GET", "/api/v1" + path)
            self.assertEqual(reply.status, 403, path)
            check("GET", "/api/v1" + path.split("?")[0], reply)


class Together(ServedArchive):
    is_changed = True

    def test_many_readers_get_right_answers_while_mail_comes_in(self):
        wrong = []
        messages = sorted(self.annas)

        def read(number):
            api = self.service.stranger()
            api.token = self.auditor.token
            try:
                for step in range(8):
                    message = messages[(number * 8 + step) % len(messages)]
                    if sha256(api.get(f"/messages/{message}/raw").body) != message:
                        wrong.append(message)
                    api.get("/search", q="from:anna", facets="true")
            except AssertionError as error:
                wrong.append(str(error))

        readers = [threading.Thread(target=read, args=(number,)) for number in range(50)]
        for reader in readers:
            reader.start()
        for one in generate(40, seed=5, large=False, with_strange=False):
            self.server.drop("tom", "INBOX", one.raw)
        self.mailkeep.run("fetch", "tom")
        for reader in readers:
            reader.join()
        self.assertEqual(wrong, [])


def sha256_of(contents, raw):
    """The id under which these bytes were archived; Dovecot hands out CRLF."""
    for form in (raw, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")):
        digest = hashlib.sha256(form).hexdigest()
        if digest in contents:
            return digest
    raise AssertionError("the message is not in the mailbox")


if __name__ == "__main__":
    main()
