# SPDX-License-Identifier: GPL-3.0-or-later
"""A company's mail from two protocols into the archive and out again, equal to what a client sees."""

from dovecot import TemporaryDovecot
from mail_client import sha256
from mail_generator import generate
from mailkeep import ArchiveTest, main, on_both_stores, wire_name

ANNA = list(generate(150, seed=11))
TOM = list(generate(60, seed=12, large=False, with_strange=False))


def setUpModule():
    global server, anna_view, tom_view
    server = TemporaryDovecot({"anna": "with space", "tom": "pässwörd"}).__enter__()
    try:
        server.append_all("anna", ((one.folder, one.raw, one.flags, one.timestamp)
                                   for one in ANNA if one.can_append))
        for one in ANNA:
            if not one.can_append:
                server.drop("anna", one.folder, one.raw)
        server.append_all("tom", (("INBOX", one.raw, (), one.timestamp) for one in TOM))
        anna_view, tom_view = server.client_view("anna"), server.pop3_view("tom")
    except BaseException:
        server.__exit__()
        raise


def tearDownModule():
    server.__exit__()


@on_both_stores
class WholePath(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.mailkeep.add_account("anna", server, "anna")
        self.mailkeep.add_account("tom", server, "tom", "pop3s")

    def test_archives_exactly_what_a_client_sees(self):
        self.mailkeep.run("fetch")

        self.assertEqual(len(anna_view), len(ANNA))
        self.assertEqual(self.mailkeep.sightings("anna"), anna_view)
        self.assertEqual(self.mailkeep.sightings("tom"), tom_view)
        listed = self.mailkeep.messages()
        self.assertEqual({one["id"] for one in listed},
                         {*anna_view.values(), *tom_view.values()})
        for one in listed:
            raw = self.mailkeep.raw(one["id"])
            self.assertEqual((sha256(raw), len(raw)), (one["id"], one["size"]))

    def test_a_second_pass_fetches_nothing_twice(self):
        self.mailkeep.run("fetch")
        listed = self.mailkeep.messages()
        sent = server.bodies_sent()

        again = self.mailkeep.run("fetch", "--json").json()

        self.assertEqual([one["messages"] for one in again["accounts"]], [0, 0])
        # Over POP3 two known messages are looked at again, to see whether UIDLs mean what they meant.
        self.assertLessEqual(server.bodies_sent() - sent, 2)
        self.assertEqual(self.mailkeep.messages(), listed)

    def test_the_report_counts_what_the_server_holds(self):
        before = self.mailkeep.report(expect=1)
        self.assertFalse(before["complete"])

        self.mailkeep.run("fetch")
        report = self.mailkeep.report()

        self.assertTrue(report["complete"])
        held = {}
        for folder, _, _ in anna_view:
            held[folder] = held.get(folder, 0) + 1
        folders = {one["name"]: one["folders"] for one in report["accounts"]}
        counted = {wire_name(one): (one["server"], one["archived"]) for one in folders["anna"]}
        self.assertEqual(counted, {name: (count, count) for name, count in held.items()})
        inbox = folders["tom"][0]
        self.assertEqual((inbox["name"], inbox["server"], inbox["archived"]),
                         ("INBOX", len(TOM), len(TOM)))
        for one in folders["anna"] + folders["tom"]:
            self.assertEqual((one["failed"], one["vanished"], one["excluded"], one["gaps"]),
                             (0, 0, 0, []))

    def test_everything_is_searchable_and_verified(self):
        self.mailkeep.run("fetch")
        self.mailkeep.run("index")
        self.mailkeep.run("checkpoint")

        distinct = {*anna_view.values(), *tom_view.values()}
        self.assertEqual(self.mailkeep.run("search", "*", "--count").text.strip(), str(len(distinct)))
        verified = self.mailkeep.run("verify", "--json").json()
        self.assertEqual((verified["ok"], verified["messages"], verified["faults"]),
                         (True, len(distinct), []))
        self.assertGreaterEqual(verified["entries"], len(anna_view) + len(tom_view))
        status = self.mailkeep.run("status", "--json").json()
        self.assertEqual(status["messages"], len(distinct))

    def test_one_account_can_be_fetched_alone(self):
        self.mailkeep.run("fetch", "tom")

        self.assertEqual(self.mailkeep.sightings("tom"), tom_view)
        self.assertEqual(self.mailkeep.messages("anna"), [])
        self.assertTrue(self.mailkeep.report("tom")["complete"])
        self.assertFalse(self.mailkeep.report(expect=1)["complete"])

    def test_show_prints_headers_and_text(self):
        self.mailkeep.run("fetch", "anna")
        japanese = next(one for one in ANNA if one.language == "ja" and one.kind == "mail")

        shown = self.mailkeep.run("show", sha256(japanese.raw)).text

        self.assertIn(japanese.subject, shown)
        self.assertIn(japanese.words[0], shown)

    def test_an_id_may_be_shortened_while_it_is_unambiguous(self):
        self.mailkeep.run("fetch", "tom")
        whole = self.mailkeep.messages()[0]["id"]

        self.assertEqual(sha256(self.mailkeep.raw(whole[:16])), whole)
        self.mailkeep.run("raw", "0" * 64, expect=1)
        self.mailkeep.run("raw", "no-hex", expect=64)


if __name__ == "__main__":
    main()
