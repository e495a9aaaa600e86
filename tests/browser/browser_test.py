# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in real Chromium over a real archive: signing in, searching, reading, answering, by mouse and by
keyboard, with hostile mail in it. The steps are in *_test.mjs; here is the archive that they work in.

MAILKEEP_SCREENSHOTS names a directory for pictures of what was seen.
"""

import base64
import hashlib
import json
import os
import unittest
import urllib.request
from pathlib import Path

import hostile_html
from canary import Canary
from dovecot import TemporaryDovecot
from exim import TemporaryExim
from mail_client import sha256
from mail_generator import generate
from mailkeep import ArchiveTest, main
from node_tools import install, node
from service import Service

HERE = Path(__file__).resolve().parent
USER = "anna@halden.example"
PASSWORD = "correct horse battery staple"
MESSAGES = 2_100
PDF = hashlib.shake_256(b"offer").digest(300_000)
FILENAME = "Angebot \u201eendg\u00fcltig\u201c 2024.pdf"


def mail(number, subject, body, sender="Carla Ruiz <carla@partner.example>", headers="", date=None):
    date = date or f"Mon, 4 Mar 2024 09:{number:02d}:00 +0000"
    return (f"From: {sender}\r\nTo: Anna <{USER}>, Tom <tom@halden.example>\r\nSubject: {subject}\r\n"
            f"Date: {date}\r\nMessage-ID: <planted-{number}@partner.example>\r\n{headers}"
            f"MIME-Version: 1.0\r\n{body}").encode()


def text(words):
    return f"Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"


def with_attachment():
    encoded = base64.encodebytes(PDF).decode().replace("\n", "\r\n")
    name = "utf-8''" + urllib.request.quote(FILENAME)
    return mail(1, "The offer is attached", (
        'Content-Type: multipart/mixed; boundary="edge"\r\n\r\n--edge\r\n' + text("See the attachment.") +
        "--edge\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*={name}\r\n\r\n{encoded}--edge--\r\n"))


def with_html(canary):
    return mail(2, "The letter in colours", (
        "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body><h1 style='color:#225'>Coatings</h1>"
        f"<p>New coatings reach <b>99 percent</b>.</p><img src='{canary}/pixel'></body></html>\r\n"))


def conversation():
    first = mail(3, "When do we meet?", text("Tuesday?"))
    second = mail(4, "Re: When do we meet?", text("Wednesday."), headers=(
        "In-Reply-To: <planted-3@partner.example>\r\nReferences: <planted-3@partner.example>\r\n"))
    third = mail(5, "Re: When do we meet?", text("So be it."), headers=(
        "In-Reply-To: <planted-4@partner.example>\r\n"
        "References: <planted-3@partner.example> <planted-4@partner.example>\r\n"))
    return [first, second, third]


def very_last():
    """Undated mail comes last, the greatest id first: this one has the least."""
    number = 0
    while True:
        raw = mail(9, "The very last one", text(f"Attempt {number}"), date="Foo, 99 Bar 0000 77:77")
        if sha256(raw).startswith("000"):
            return raw
        number += 1


class Page(ArchiveTest):
    def setUp(self):
        super().setUp()
        install(HERE)
        self.canary = self.enter(Canary())
        self.dovecot = self.enter(TemporaryDovecot({USER: PASSWORD, "hold": PASSWORD}))
        self.exim = self.enter(TemporaryExim({USER: PASSWORD}))
        self.planted = {"attachment": with_attachment(), "html": with_html(self.canary.address),
                        "last": very_last(), "reply": mail(6, "Where are the numbers?", text("We wait."))}
        self.thread = conversation()
        self.hostile = list(hostile_html.mails(self.canary.address))
        self.fill()
        self.service = self.enter(Service(self.mailkeep))

    def enter(self, one):
        entered = one.__enter__()
        self.addCleanup(one.__exit__, None, None, None)
        return entered

    def fill(self):
        self.generated = [one for one in generate(MESSAGES, seed=31, large=False) if one.can_append]
        own = [*self.planted.values(), *self.thread, *(raw for _, raw in self.hostile)]
        self.dovecot.append_all(USER, [
            *((one.folder, one.raw, one.flags, one.timestamp) for one in self.generated),
            *(("INBOX", raw, (), None) for raw in own)])
        self.dovecot.append_all("hold", (("INBOX", one.raw, (), None) for one in self.generated[:40]))
        # One bundle: an account's authority stands for both of its servers.
        bundle = self.directory / "authorities.pem"
        bundle.write_bytes(Path(self.dovecot.ca_file).read_bytes() + Path(self.exim.ca_file).read_bytes())
        for name, user, more in (("anna", USER, ["--smtp", self.exim.url(), "--address", USER]),
                                 ("legal-hold", "hold", [])):
            self.mailkeep.run("account", "add", name, "--url",
                              self.dovecot.url(urllib.request.quote(user, safe="")), "--ca", bundle,
                              "--password-file", self.dovecot.password_file(user), *more)
        self.mailkeep.run("fetch")
        self.mailkeep.run("index")
        self.mailkeep.run("checkpoint")

    def people(self):
        roles = {"rita": "reviewer", "olga": "auditor", "adam": "administrator"}
        for name, role in roles.items():
            accounts = ("--account", "anna", "--account", "legal-hold") if role == "reviewer" else ()
            self.mailkeep.run("user", "add", name, "--role", role, *accounts, "--password-stdin",
                              stdin=PASSWORD.encode() + b"\n")
        token = self.mailkeep.run("token", "add", "--user", "rita", "--name", "page", "--json").json()
        return {role: {"user": name, "password": PASSWORD} for name, role in roles.items()} | {
            "token": token["secret"]}

    def world(self):
        hits = self.mailkeep.search("*", limit=10_000)
        self.assertGreaterEqual(hits["total"], 2_000)
        last = sha256(self.planted["last"])
        self.assertEqual(hits["hits"][-1]["id"], last)
        one = next(one for one in self.generated if one.kind == "mail" and one.words)
        subjects = {hit["id"]: hit["subject"] for hit in hits["hits"]}
        own = [*self.planted.values(), *self.thread, *(raw for _, raw in self.hostile)]
        self.assertEqual([raw[:200] for raw in own if sha256(raw) not in subjects], [])
        attachment = sha256(self.planted["attachment"])
        return {
            "url": self.service.address, **self.people(),
            "total": hits["total"], "last": {"id": last, "subject": "The very last one"},
            "account": "legal-hold",
            "planted": {"query": one.words[0], "id": sha256(one.raw), "subject": subjects[sha256(one.raw)]},
            "fault": {"query": "from:anna foo:bar", "word": "foo:bar"},
            "attachment": {"id": attachment, "filename": FILENAME, "sha256": sha256(PDF)},
            "raw": {"id": attachment, "sha256": attachment, "line": "Subject: The offer is attached"},
            "thread": {"id": sha256(self.thread[1]), "size": len(self.thread)},
            "html": {"id": sha256(self.planted["html"]), "text": "New coatings reach"},
            "hostile": [{"id": sha256(raw), "kind": kind} for kind, raw in self.hostile],
            "reply": {"id": sha256(self.planted["reply"]), "to": "carla@partner.example"},
        }

    def test_people_can_work_with_it(self):
        path = self.directory / "world.json"
        path.write_text(json.dumps(self.world()))
        screenshots = os.environ.get("MAILKEEP_SCREENSHOTS")
        if screenshots:
            Path(screenshots).mkdir(parents=True, exist_ok=True)

        done = node(HERE, "--test", "--test-concurrency=1", "--test-reporter=spec", "page_test.mjs",
                    "reply_test.mjs", environment={"MAILKEEP_WORLD": str(path)})

        self.assertEqual(done.returncode, 0, done.stdout[-12_000:] + done.stderr[-2_000:])
        self.assertEqual(self.canary.asked, [], "something in a mail reached its sender's server")
        urllib.request.urlopen(self.canary.address + "/control", timeout=10).close()
        self.assertEqual(self.canary.asked, ["/control"], "the canary sings when it is asked")
        answered = self.exim.messages(2)
        self.assertEqual(len(answered), 2, "each reply went once")
        self.assertIn(b"Thank you, we have seen it.", answered[0].raw + answered[1].raw)


class Modules(unittest.TestCase):
    def test_text_is_handled_without_a_browser(self):
        done = node(HERE, "--test", "modules_test.mjs", timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout[-8_000:] + done.stderr[-2_000:])


if __name__ == "__main__":
    main()
