# SPDX-License-Identifier: GPL-3.0-or-later
"""SMTP servers that refuse, lie and cut. Whatever they do, the outbox says what is known: sent only after
the final answer, unknown when there is none, and nothing goes out twice or in clear."""

import tempfile
from pathlib import Path

from certificates import Authority
from mailkeep import FAULTS, LATER, OK, ArchiveTest, main
from scripted_server import ScriptedServer

PASSWORD = "hunter2-secret"
ORIGINAL = (b"From: bob@other.example\r\nTo: anna@example.org, carl@other.example\r\nSubject: hi\r\n"
            b"Message-ID: <1@other.example>\r\n\r\nhello\r\n")

GREETING = "send 220 mail.example.org ESMTP\n"
HELLO = GREETING + "expect EHLO\n" \
    "raw 250-mail.example.org\\r\\n250-AUTH PLAIN LOGIN\\r\\n250 SIZE 100000\\r\\n\n"
LOGIN = HELLO + "expect AUTH PLAIN\nsend 235 2.7.0 welcome\n"
MAIL = LOGIN + "expect MAIL FROM:<anna@example.org>\nsend 250 2.1.0 ok\n"
RCPT = MAIL + "expect RCPT TO:<bob@other.example>\nsend 250 2.1.5 ok\n" \
    "expect RCPT TO:<carl@other.example>\nsend 250 2.1.5 ok\n"
DATA = RCPT + "expect DATA\nsend 354 go\n"
BODY = DATA + "until .\n"
END = "expect QUIT\nsend 221 bye\n"

# name: transcript, state afterwards, exit code, was the message handed over
SCENARIOS = {
    "takes it": (BODY + "send 250 2.0.0 queued\n" + END, "sent", OK),
    "takes it in many lines": (BODY + "raw 250-2.0.0 a\\r\\n250-b\\r\\n250 c\\r\\n\n" + END, "sent", OK),
    "takes it and goes away": (BODY + "send 250 ok\ncut\n", "sent", OK),
    "cut before the greeting": ("cut\n", "queued", LATER),
    "421 at once": ("send 421 too many\n", "queued", LATER),
    "554 at once": ("send 554 no\n", "queued", LATER),
    "no SMTP": ("send HTTP/1.1 400 Bad Request\n", "queued", LATER),
    "greeting without end": ("raw 220-a\\r\\n\ntimes 200 raw 220-x\\r\\n\nstall\n", "queued", LATER),
    "line without end": ("times 100000 raw x\nstall\n", "queued", LATER),
    "no ESMTP": (GREETING + "expect EHLO\nsend 502 what\n", "queued", LATER),
    "no AUTH": (GREETING + "expect EHLO\nsend 250 SIZE\n", "failed", FAULTS),
    "login refused": (HELLO + f"expect AUTH\nsend 535 no {PASSWORD}\n", "failed", FAULTS),
    "login put off": (HELLO + "expect AUTH\nsend 454 later\n", "queued", LATER),
    "challenge instead of an answer": (HELLO + "expect AUTH\nsend 334 more\n", "failed", FAULTS),
    "size too small": (LOGIN.replace("100000", "10"), "failed", FAULTS),
    "sender refused": (LOGIN + "expect MAIL\nsend 550 5.1.8 no\n" + END, "failed", FAULTS),
    "sender put off": (LOGIN + "expect MAIL\nsend 451 4.3.0 later\n" + END, "queued", LATER),
    "421 at MAIL": (LOGIN + "expect MAIL\nsend 421 going\ncut\n", "queued", LATER),
    "cut at RCPT": (MAIL + "expect RCPT\ncut\n", "queued", LATER),
    "421 at RCPT": (MAIL + "expect RCPT\nsend 421 going\ncut\n", "queued", LATER),
    "half an answer at RCPT": (MAIL + "expect RCPT\nraw 250 o\ncut\n", "queued", LATER),
    "nobody accepted": (MAIL + "expect RCPT\nsend 550 no\nexpect RCPT\nsend 551 no\n" + END,
                        "failed", FAULTS),
    "one refused": (MAIL + "expect RCPT\nsend 250 ok\nexpect RCPT\nsend 553 no\nexpect DATA\nsend 354 go\n"
                    "until .\nsend 250 ok\n" + END, "sent", FAULTS),
    "one put off": (MAIL + "expect RCPT\nsend 250 ok\nexpect RCPT\nsend 452 later\n" + END, "queued", LATER),
    "DATA refused": (RCPT + "expect DATA\nsend 554 no\n" + END, "failed", FAULTS),
    "DATA put off": (RCPT + "expect DATA\nsend 451 later\n" + END, "queued", LATER),
    "421 at DATA": (RCPT + "expect DATA\nsend 421 going\ncut\n", "queued", LATER),
    "250 at DATA": (RCPT + "expect DATA\nsend 250 ok\n" + END, "queued", LATER),
    "cut at DATA": (RCPT + "expect DATA\ncut\n", "queued", LATER),
    "cut inside the message": (DATA + "expect Date:\ncut\n", "unknown", LATER),
    "cut after the dot": (BODY + "cut\n", "unknown", LATER),
    "half an answer after the dot": (BODY + "raw 25\ncut\n", "unknown", LATER),
    "half of many lines after the dot": (BODY + "raw 250-ok\\r\\n\ncut\n", "unknown", LATER),
    "rubbish after the dot": (BODY + "send yes, thank you\n", "unknown", LATER),
    "two codes after the dot": (BODY + "raw 250-ok\\r\\n550 no\\r\\n\n", "unknown", LATER),
    "421 after the dot": (BODY + "send 421 4.3.0 full\ncut\n", "queued", LATER),
    "451 after the dot": (BODY + "send 451 4.3.0 later\n" + END, "queued", LATER),
    "550 after the dot": (BODY + "send 550 5.7.1 spam\n" + END, "failed", FAULTS),
    "controls after the dot": (BODY + "raw 250 \\x1b[2J\\xe2\\x80\\xaeok\\x00\\r\\n\n" + END, "sent", OK),
}

IN_CLEAR = GREETING + "expect EHLO\nraw 250-mail.example.org\\r\\n250-STARTTLS\\r\\n250 AUTH PLAIN\\r\\n\n"
NO_TLS = {
    "not offered": HELLO,
    "refused": IN_CLEAR + "expect STARTTLS\nsend 454 not now\nstall\n",
    "refused for good": IN_CLEAR + "expect STARTTLS\nsend 502 no\nstall\n",
    "answer injected": IN_CLEAR + "expect STARTTLS\nraw 220 go\\r\\n250-x\\r\\n250 AUTH PLAIN\\r\\n\nstall\n",
    "one byte injected": IN_CLEAR + "expect STARTTLS\nraw 220 go\\r\\n2\nstall\n",
    "no handshake": IN_CLEAR + "expect STARTTLS\nsend 220 go\nsend 250 hello\nstall\n",
    "cut instead of a handshake": IN_CLEAR + "expect STARTTLS\nsend 220 go\ncut\n",
}


class Smtp(ArchiveTest):
    def setUp(self):
        super().setUp()
        (self.directory / "original.eml").write_bytes(ORIGINAL)
        (self.directory / "password").write_text(PASSWORD + "\n")
        (self.directory / "text").write_text(".\n..\nHello\n.\n")

    def reply(self, name, server, tls, expect, ca=None):
        mailkeep = self.another_mailkeep(name)
        mailkeep.run("account", "add", "anna", "--url", "imap://anna%40example.org@localhost:1", "--tls", tls,
                     "--smtp", f"smtp://localhost:{server.port}", "--password-file",
                     self.directory / "password", *(("--ca", ca) if ca else ()))
        mailkeep.run("import", self.directory / "original.eml")
        answer = mailkeep.run("reply", mailkeep.messages()[0]["id"], "--account", "anna", "--all",
                              "--from-file", self.directory / "text", "--json", expect=expect)
        self.assertNotIn(PASSWORD, answer.text + answer.err)
        self.assertTrue(mailkeep.run("verify", "--json").json()["ok"])
        return mailkeep, answer.json()

    def test_says_only_what_it_knows(self):
        for number, (name, (transcript, state, code)) in enumerate(SCENARIOS.items()):
            with self.subTest(name), ScriptedServer(transcript) as server:
                mailkeep, item = self.reply(f"data{number}", server, "none", code)
                self.assertEqual(item["state"], state)
                self.assertNotIn("\x1b", item["detail"])
                self.assertNotIn("\u202e", item["detail"])
                if state == "unknown":  # asked again, it is shown again and not sent
                    mailkeep.run("outbox", "send")
                    self.assertEqual(mailkeep.run("outbox", "show", 1, "--json").json(), item)
                connections = server.connections
            self.assertEqual(server.mistakes, [], name)
            self.assertEqual(connections, 1, name)

    def test_byte_by_byte_is_the_same(self):
        for number, name in enumerate(("takes it in many lines", "cut after the dot", "one refused")):
            transcript, state, code = SCENARIOS[name]
            with self.subTest(name), ScriptedServer(transcript, slice_bytes=1) as server:
                self.assertEqual(self.reply(f"data{number}", server, "none", code)[1]["state"], state)

    def test_passwords_stay_at_home(self):
        with tempfile.TemporaryDirectory() as directory:
            authority = Authority(Path(directory))
            certificate = authority.issue("localhost")
            for number, (name, transcript) in enumerate(NO_TLS.items()):
                with self.subTest(name), ScriptedServer(transcript, certificate=certificate) as server:
                    item = self.reply(f"data{number}", server, "starttls", LATER, authority.ca_file)[1]
                    self.assertEqual(item["state"], "queued")
                for line in server.lines(in_clear=True):
                    for word in ("AUTH", "MAIL", "RCPT", PASSWORD):
                        self.assertNotIn(word, line, name)

    def test_what_was_said_in_clear_is_forgotten(self):
        with tempfile.TemporaryDirectory() as directory:
            authority = Authority(Path(directory))
            after = ("expect STARTTLS\nsend 220 go\ntls\nexpect EHLO\n"
                     "raw 250-mail\\r\\n250 AUTH LOGIN\\r\\n\n"
                     "expect AUTH LOGIN\nsend 334 x\nexpect \nsend 334 y\nexpect \nsend 235 in\n"
                     + BODY[len(LOGIN):] + "send 250 ok\n" + END)
            with ScriptedServer(IN_CLEAR + after, certificate=authority.issue("localhost")) as server:
                item = self.reply("data", server, "starttls", OK, authority.ca_file)[1]
                self.assertEqual(item["state"], "sent")
            self.assertEqual(server.mistakes, [])
            for line in server.lines(in_clear=True):
                self.assertNotIn("AUTH", line)

    def test_only_whole_lines_go_out(self):
        with ScriptedServer(BODY + "send 250 ok\n" + END) as server:
            mailkeep, item = self.reply("data", server, "none", OK)
        sent = server.lines()
        body = sent[sent.index("DATA") + 1:sent.index(".")]
        self.assertTrue(all("\r" not in line and "\n" not in line for line in body))
        unstuffed = "".join(line[line.startswith("."):] + "\r\n" for line in body)
        self.assertEqual(unstuffed.encode("latin-1"), mailkeep.raw(item["id"]))
        self.assertEqual([line for line in body if line.startswith(".")][:3], ["..", "...", ".."])


if __name__ == "__main__":
    main()
