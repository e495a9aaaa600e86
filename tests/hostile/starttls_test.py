# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, or attackers on the line, that try to get a password without TLS, or to have what they say
in clear taken for the truth. The verdict comes from the server's journal: no credential in clear."""

import shutil
import tempfile

from certificates import Authority
from mailkeep import OK, UNAVAILABLE, ArchiveTest, main
from scripted_server import ScriptedServer, fetched, folder, listing, message

PASSWORD = "correct-horse"
CAPABLE = "send * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\n"
CONSENT = CAPABLE + "expect STARTTLS\n"
AFTER_TLS = """
    tls
    expect CAPABILITY
    send * CAPABILITY IMAP4rev1
    send $TAG OK done
    expect LOGIN
    send $TAG OK [CAPABILITY IMAP4rev1] in
"""

IMAP_REFUSED = {
    "knows neither CAPABILITY nor STARTTLS": """
        send * OK ready
        expect CAPABILITY
        send $TAG BAD what
        stall""",
    "claims IMAP4 only in its greeting": "send * OK [CAPABILITY IMAP4] ready\nstall",
    "claims IMAP4 only on request": """
        send * OK ready
        expect CAPABILITY
        send * CAPABILITY IMAP4
        send $TAG OK done
        stall""",
    "hides STARTTLS": "send * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=LOGIN] ready\nstall",
    "answers NO": CONSENT + "send $TAG NO not now\nstall",
    "answers BAD": CONSENT + "send $TAG BAD what\nstall",
    "answers with a continuation": CONSENT + "send + go on\nstall",
    "greets PREAUTH": "send * PREAUTH [CAPABILITY IMAP4rev1] hello\nstall",
    "greets PREAUTH with STARTTLS": "send * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hello\nstall",
    "greets PREAUTH without capabilities": "send * PREAUTH hello\nstall",
    "greets PREAUTH with AUTH": "send * PREAUTH [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\nstall",
    "greets PREAUTH with LOGINDISABLED":
        "send * PREAUTH [CAPABILITY IMAP4rev1 LOGINDISABLED STARTTLS] hello\nstall",
    "greets BYE": "send * BYE go away\nstall",
    "puts the next answer behind the consent":
        CONSENT + "raw $TAG OK go\\r\\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\\r\\n\nstall",
    "puts an ALERT behind the consent": CONSENT + "raw $TAG OK go\\r\\n* OK [ALERT] call 555\\r\\n\nstall",
    "puts BYE behind the consent": CONSENT + "raw $TAG OK go\\r\\n* BYE bad luck\\r\\n\nstall",
    "puts a single byte behind the consent": CONSENT + "raw $TAG OK go\\r\\n*\nstall",
    "answers before it is asked": CAPABLE + "send a1 OK go\nsend A001 OK go\nsend 1 OK go\nstall",
}

UNTAGGED = ["LIST () \"/\" injected", "LSUB () \"/\" injected", "STATUS injected (MESSAGES 3)",
            "STATUS INBOX (MESSAGES 3)", "SEARCH 1 2 3", "FLAGS (\\Injected)", "231 EXISTS", "4 RECENT",
            "1 EXPUNGE", "OK [REFERRAL imap://other.example/] moved", "OK [ALERT] call 555-1234"]

POP3_REFUSED = {
    "does not offer STLS": "send +OK\nexpect CAPA\nraw +OK\\r\\nUSER\\r\\n.\\r\\n\nstall",
    "refuses STLS": "send +OK\nexpect CAPA\nraw +OK\\r\\nSTLS\\r\\n.\\r\\n\nexpect STLS\nsend -ERR\nstall",
    "knows no CAPA and refuses STLS": "send +OK\nexpect CAPA\nsend -ERR\nexpect STLS\nsend -ERR\nstall",
    "offers APOP in clear":
        "send +OK <1896.6@dbc.mtview.ca.us>\nexpect CAPA\nsend -ERR\nexpect STLS\nsend -ERR\nstall",
    "puts a list behind its consent":
        "send +OK\nexpect CAPA\nraw +OK\\r\\nSTLS\\r\\n.\\r\\n\nexpect STLS\n"
        "raw +OK go\\r\\n+OK\\r\\nPLAIN\\r\\n.\\r\\n\nstall",
    "puts rubbish behind its consent":
        "send +OK\nexpect CAPA\nraw +OK\\r\\nSTLS\\r\\n.\\r\\n\nexpect STLS\n"
        "raw +OK go\\r\\n\\xff\\xfe\\x00\nstall",
}


def setUpModule():
    global directory, authority, certificate
    directory = tempfile.mkdtemp(prefix="mk-tls-")
    authority = Authority(directory)
    certificate = authority.issue("server")


def tearDownModule():
    shutil.rmtree(directory, ignore_errors=True)


class Starttls(ArchiveTest):
    def fetch(self, name, scheme, server, expect):
        mailkeep = self.another_mailkeep(name)
        mailkeep.run("account", "add", "anna", "--url", f"{scheme}://anna@127.0.0.1:{server.port}",
                     "--ca", authority.ca_file, "--password-stdin", stdin=PASSWORD.encode() + b"\n")
        return mailkeep, mailkeep.run("fetch", expect=expect, timeout=60)

    def gives_nothing_away(self, scheme, scenarios):
        for number, (name, transcript) in enumerate(scenarios.items()):
            for slice_bytes in (None, 1):
                with self.subTest(name, slice=slice_bytes), ScriptedServer(
                        transcript, slice_bytes=slice_bytes, certificate=certificate) as server:
                    _, answer = self.fetch(f"data{number}-{slice_bytes}", scheme, server, UNAVAILABLE)
                    self.assertNotIn(PASSWORD, answer.err)
                    self.assertNotIn("555", answer.err)
                for line in server.lines(in_clear=True):
                    for word in ("LOGIN", "AUTH", "USER", "PASS", "APOP", "EXAMINE", PASSWORD):
                        self.assertNotIn(word, line, name)
                if "PREAUTH" in name:
                    self.assertEqual(server.lines(), [], name)

    def test_imap_passwords_stay_at_home(self):
        self.gives_nothing_away("imap", IMAP_REFUSED)

    def test_pop3_passwords_stay_at_home(self):
        self.gives_nothing_away("pop3", POP3_REFUSED)

    def test_nothing_said_before_tls_survives_it(self):
        greeting = "send * OK [CAPABILITY IMAP4rev1 STARTTLS] ready\n"
        end = AFTER_TLS + listing("INBOX") + folder([1]) + fetched(
            message(1, "Subject: true\\r\\n\\r\\n")) + "expect LOGOUT"
        for number, untagged in enumerate(UNTAGGED):
            for place, transcript in (
                    ("after the greeting", greeting + f"send * {untagged}\nexpect STARTTLS\n"),
                    ("before the consent", greeting + f"expect STARTTLS\nsend * {untagged}\n")):
                with self.subTest(untagged, place=place), ScriptedServer(
                        transcript + "send $TAG OK go\n" + end, certificate=certificate) as server:
                    mailkeep, answer = self.fetch(f"data{number}-{place[0]}", "imap", server, OK)
                    self.assertNotIn("555", answer.err)
                    self.assertEqual([m["sightings"][0]["folder"] for m in mailkeep.messages()],
                                     ["INBOX"])
                self.assertEqual(server.mistakes, [])
                self.assertEqual(server.connections, 1)


if __name__ == "__main__":
    main()
