# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found is what was written: planted words, languages, fields, dates, exact totals."""

import datetime
import email
import email.policy
import re

from dovecot import TemporaryDovecot
from mail_client import sha256
from mail_generator import generate
from mailkeep import USAGE, ArchiveTest, main, on_both_stores

COMPANY = list(generate(240, seed=21, large=False))
ORDINARY = [one for one in COMPANY if one.kind == "mail"]


def setUpModule():
    global server
    server = TemporaryDovecot({"anna": "secret"}).__enter__()
    try:
        server.append_all("anna", ((one.folder, one.raw, one.flags, one.timestamp)
                                   for one in COMPANY if one.can_append))
    except BaseException:
        server.__exit__()
        raise


def tearDownModule():
    server.__exit__()


def ids_of(messages):
    return {sha256(one.raw) for one in messages if one.can_append}


class SearchTest(ArchiveTest):
    def setUp(self):
        super().setUp()
        self.mailkeep.add_account("anna", server, "anna")
        self.mailkeep.run("fetch")

    def check(self, query, expected):
        found = self.mailkeep.search(query)
        self.assertEqual({hit["id"] for hit in found["hits"]}, expected, query)
        self.assertEqual((found["total"], found["total_is_exact"]), (len(expected), True), query)
        self.assertEqual(self.mailkeep.run("search", query, "--count").text.strip(),
                         str(len(expected)))


@on_both_stores
class Search(SearchTest):
    def test_planted_words_find_their_message_and_no_other(self):
        planted = {}
        for one in COMPANY:
            for word in one.words:
                planted.setdefault(word, set()).add(sha256(one.raw))
        checked = 0
        for word, expected in list(planted.items())[::7]:
            self.assertEqual(self.mailkeep.ids(word), expected, word)
            checked += 1
        self.assertGreater(checked, 25)

    def test_finds_words_in_every_language_and_charset(self):
        for word, language in (("spectrometer", "en"), ("Maßnahmen", "de"), ("étalonnage", "fr"),
                               ("спектрометра", "ru"), ("φασματόμετρου", "el"), ("السجلات", "ar")):
            expected = {sha256(one.raw) for one in ORDINARY
                        if one.language == language and word in words_of(text_of(one))}
            with self.subTest(word=word):
                self.assertTrue(expected)
                self.assertLessEqual(expected, self.mailkeep.ids(word))

    def test_finds_words_inside_running_japanese_and_chinese(self):
        for word, language in (("見積書", "ja"), ("分光器", "ja"), ("光谱仪", "zh"), ("供应商", "zh")):
            expected = {sha256(one.raw) for one in ORDINARY if one.language == language
                        and word in text_of(one)}
            with self.subTest(word=word):
                self.assertTrue(expected)
                self.assertLessEqual(expected, self.mailkeep.ids(word))

    def test_a_sender_is_found_by_address_and_by_name(self):
        expected = ids_of(one for one in COMPANY if one.sender == "sato@halden.example")
        self.assertTrue(expected)
        self.check("from:sato@halden.example", expected)
        self.assertLessEqual(expected, self.mailkeep.ids("from:佐藤"))

    def test_a_phrase_is_not_its_words(self):
        phrase = self.mailkeep.ids('"drift is below one percent"')
        self.assertTrue(phrase)
        self.assertEqual(self.mailkeep.ids('"percent one below is drift"'), set())
        self.assertLessEqual(phrase, self.mailkeep.ids("drift AND below AND percent"))

    def test_booleans_combine(self):
        audit, lens = self.mailkeep.ids("audit"), self.mailkeep.ids("lenses")
        self.assertTrue(audit and lens)
        self.check("audit OR lenses", audit | lens)
        self.check("audit AND lenses", audit & lens)
        self.check("audit NOT lenses", audit - lens)
        self.check("(audit OR lenses) NOT (audit AND lenses)", audit ^ lens)

    def test_date_ranges_hold_exactly_the_days_they_name(self):
        first, last = datetime.date(2024, 2, 1), datetime.date(2024, 3, 15)
        known = ordinary_and_rare()
        expected = ids_of(one for one in known if first <= one.date.date() <= last)
        self.assertGreater(len(expected), 10)
        found = self.mailkeep.ids("date:2024-02-01..2024-03-15")
        self.assertEqual(found & ids_of(known), expected)

    def test_attachments_are_found_by_presence_and_name(self):
        attached = ids_of(one for one in ordinary_and_rare() if one.filenames)
        found = self.mailkeep.ids("has:attachment")
        self.assertLessEqual(attached, found)
        bare = ids_of(one for one in ORDINARY if not one.filenames)
        self.assertFalse(bare & found)
        for one in [one for one in ORDINARY if one.filenames][:12]:
            name = one.filenames[0]
            with self.subTest(name=name):
                self.assertIn(sha256(one.raw), self.mailkeep.ids(f'filename:"{name}"'))

    def test_the_subject_is_a_field_of_its_own(self):
        one = next(one for one in ORDINARY if one.language == "en")
        word = max(re.findall(r"[a-z]+", one.subject), key=len)
        expected = ids_of(other for other in ordinary_and_rare()
                          if word in words_of(other.subject.lower()))
        self.check(f"subject:{word.upper()}", expected)
        self.assertEqual(self.mailkeep.ids(f"subject:{one.words[0]}"), set())

    def test_folder_and_account_narrow_a_search(self):
        sent = ids_of(one for one in COMPANY if one.folder == "Sent")
        self.check('folder:Sent', sent)
        self.assertEqual(self.mailkeep.ids("account:nobody"), set())
        self.assertEqual(self.mailkeep.ids("account:anna"), self.mailkeep.ids("*"))

    def test_a_hit_says_what_people_need(self):
        one = next(one for one in ORDINARY if one.language == "de" and one.subject.startswith("Pr"))
        hit = self.mailkeep.search(one.words[0])["hits"][0]
        self.assertEqual((hit["id"], hit["subject"], hit["size"], hit["accounts"]),
                         (sha256(one.raw), one.subject, len(one.raw), ["anna"]))
        self.assertIn(one.sender, hit["from"])
        self.assertTrue(hit["date"].startswith(f"{one.date:%Y-%m-%dT%H:%M:%S}"))
        self.assertIn(one.words[0], hit["snippet"])
        self.assertIsInstance(hit["to"], str)

    def test_every_subject_is_read_as_it_was_written(self):
        subjects = {hit["id"]: hit["subject"] for hit in self.mailkeep.search("*")["hits"]}
        for one in ordinary_and_rare():
            self.assertEqual(subjects[sha256(one.raw)], one.subject)

    def test_limit_and_order(self):
        everything = self.mailkeep.search("*")
        ten = self.mailkeep.search("*", limit=10)
        self.assertEqual(ten["total"], everything["total"])
        self.assertEqual(ten["hits"], everything["hits"][:10])
        dates = [hit["date"] for hit in everything["hits"] if hit["date"]]
        self.assertEqual(dates, sorted(dates, reverse=True))

    def test_text_that_no_one_reads_is_not_found(self):
        self.assertEqual(self.mailkeep.ids('"never indexed"'), set())

    def test_a_rebuilt_index_gives_the_same_hits(self):
        queries = ["*", "spectrometer", "has:attachment", "from:anna", "Ref", "date:2024-02-01.."]
        before = [self.mailkeep.search(query) for query in queries]
        self.mailkeep.run("index", "--rebuild")
        self.assertEqual([self.mailkeep.search(query) for query in queries], before)

    def test_a_stale_search_answers_from_the_index_as_it_is(self):
        self.mailkeep.run("index")
        total = self.mailkeep.search("*")["total"]
        word = "freshlyarrivedword"
        server.append("anna", "INBOX", b"Subject: fresh\r\n\r\n" + word.encode() + b"\r\n")
        self.addCleanup(server.doveadm, "expunge", "-u", "anna", "mailbox", "INBOX", "body", word)
        self.mailkeep.run("fetch")
        stale = self.mailkeep.run("search", "*", "--stale", "--json").json()["total"]
        self.assertEqual(stale, total)
        self.assertEqual(self.mailkeep.search("*")["total"], total + 1)

    def test_a_bad_query_is_wrong_use(self):
        for query in ('"unclosed', "(audit", "audit AND", "nosuchfield:x", "date:yesterweek", "date:9..1",
                      "audit)", "OR", "from:"):
            with self.subTest(query=query):
                answer = self.mailkeep.run("search", query, expect=USAGE)
                self.assertEqual(answer.err.count("\n"), 1, answer.err)


def ordinary_and_rare():
    return [one for one in COMPANY if not one.kind.startswith("strange")]


def text_of(message):
    """Words of the plain text or HTML, by another parser than the one under test."""
    parsed = email.message_from_bytes(message.raw, policy=email.policy.default)
    return " ".join(part.get_content() for part in parsed.walk()
                    if part.get_content_maintype() == "text" and not part.get_filename())


def words_of(text):
    return set(re.findall(r"\w+", text))


if __name__ == "__main__":
    main()
