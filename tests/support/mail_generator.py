# SPDX-License-Identifier: GPL-3.0-or-later
"""A believable company's mail, made from a seed: the same seed gives the same bytes for ever.

    for message in generate(300, seed=7):
        message.raw, message.folder, message.flags, message.date, message.words ...

    mail_generator.py --count 300 --seed 7 --format maildir|mbox|eml DIRECTORY_OR_FILE

Threads with replies and quoting in eight languages and as many charsets, HTML, attachments of several
kinds that are valid in their format, newsletters, delivery reports, forwarded messages, one large
attachment, and mail that breaks the rules (`strange`).
"""

import argparse
import base64
import datetime
import email.header
import email.utils
import quopri
import random
import sys
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import mail_attachments as files
from mail_words import DOMAIN, ENCODINGS, LANGUAGES, PARTNERS, PEOPLE, SYLLABLES

START = datetime.datetime(2024, 1, 8, 7, 30, tzinfo=datetime.timezone.utc)
LARGE_ATTACHMENT_BYTES = 9 << 20  # 12 MiB in base64


@dataclass
class Message:
    raw: bytes
    folder: str = "INBOX"
    flags: tuple = ()
    date: datetime.datetime = START
    words: tuple = ()       # planted in the body, found nowhere else
    sender: str = ""        # address
    subject: str = ""
    language: str = "en"
    filenames: tuple = ()
    kind: str = "mail"
    can_append: bool = True  # False: put it straight into a Maildir

    @property
    def timestamp(self):
        return self.date.timestamp()


@dataclass
class _Draft:
    """What a message says, before it is written down in some charset and form."""
    sender: tuple
    to: list
    subject: str
    text: str
    language: str
    date: datetime.datetime
    message_id: str
    headers: list = field(default_factory=list)
    attachments: list = field(default_factory=list)  # (filename, type, bytes)
    form: str = "plain"                              # plain, alternative, html
    cc: list = field(default_factory=list)


def generate(count, seed=1, large=True, with_strange=True):
    """Yields exactly `count` messages in order of date."""
    company = _Company(seed)
    strange_ones = list(strange(seed)) if with_strange else []
    made = 0
    for message in company.conversations():
        if large and made == min(count - 1, 60):
            message = company.large_recording()
        elif strange_ones and made % 10 == 9:
            message = strange_ones.pop(0)
            message.date = company.now
        yield message
        made += 1
        if made == count:
            return


class _Company:
    def __init__(self, seed):
        self.random = random.Random(f"halden-{seed}")
        self.now = START
        self.number = 0
        self.seed = seed

    def conversations(self):
        """Endless: threads, with a newsletter, a report or an invitation now and then."""
        rare = [self.newsletter, self.delivery_report, self.invitation, self.forward, self.encrypted]
        turn = 0
        while True:
            yield from self.thread()
            turn += 1
            if turn % 3 == 0:
                yield rare[turn // 3 % len(rare)]()

    def thread(self):
        chance = self.random
        people = [(name, f"{local}@{DOMAIN}", language) for name, local, _, language in PEOPLE]
        if chance.random() < 0.35:
            people = [chance.choice(PARTNERS), *people]
            first, others = people[0], people[1:]
        else:
            first = chance.choice(people)
            others = [one for one in people if one != first]
        language = first[2]
        partners = [first, *chance.sample(others, chance.randint(1, 3))]
        subject = chance.choice(LANGUAGES[language][3])
        previous, references = None, []
        for turn in range(chance.choice([1, 1, 2, 3, 4, 6])):
            sender = partners[turn % len(partners)]
            to = [one for one in partners if one != sender]
            draft, word = self.letter(sender, to, subject if turn == 0 else _reply_subject(
                subject, language), language)
            if previous:
                draft.text += "\n\n" + _quotation(previous, LANGUAGES[language][2])
                references = [*references, previous.message_id]
                draft.headers += [("In-Reply-To", previous.message_id),
                                  ("References", " ".join(references))]
            yield self.finish(draft, (word,), self.folder_of(sender, language))
            previous = draft

    def letter(self, sender, to, subject, language):
        chance = self.random
        self.tick()
        greeting, closing, _, _, sentences = LANGUAGES[language]
        word = self.new_word()
        said = chance.sample(sentences, min(len(sentences), chance.randint(2, 4)))
        text = "\n".join([greeting.format(name=to[0][0]), "", *said,
                          f"Ref: {word}", "", closing, sender[0]])
        draft = _Draft(sender, to[:2], subject, text, language, self.now, self.new_id(), cc=to[2:])
        draft.form = chance.choices(["plain", "alternative", "html"], [5, 4, 2])[0]
        if chance.random() < 0.3:
            draft.attachments = [self.attachment(language, said)]
        return draft, word

    def attachment(self, language, said):
        chance = self.random
        number = self.number
        names = {"de": f"Prüfbericht {number}", "fr": f"Référence n° {number}",
                 "ru": f"Отчёт {number}", "ja": f"見積書{number}", "zh": f"报告{number}"}
        name = names.get(language, f"report-{number}")
        rows = [("item", "pieces", "price")] + [
            (f"lens-{chance.randint(10, 99)}", chance.randint(1, 40), chance.randint(5, 900))
            for _ in range(chance.randint(5, 60))]
        shade = chance.randint(0, 255)
        return chance.choice([
            lambda: (f"{name}.pdf", "application/pdf", files.pdf([f"Report {number}", *said])),
            lambda: (f"{name}.png", "image/png",
                     files.png(48, 32, lambda x, y: (x * 5, y * 8, shade))),
            lambda: (f"{name}.csv", "text/csv", files.csv(rows)),
            lambda: (f"{name}.zip", "application/zip",
                     files.zip_of({"prices.csv": files.csv(rows), "notes.txt": "\n".join(said)})),
            lambda: (f"{name}.docx", "application/vnd.openxmlformats-officedocument."
                     "wordprocessingml.document", files.docx(said)),
            lambda: (f"{name}.xlsx", "application/vnd.openxmlformats-officedocument."
                     "spreadsheetml.sheet", files.xlsx(rows)),
        ])()

    def newsletter(self):
        self.tick()
        word = self.new_word()
        sender = ("Optics Weekly", "news@optics-weekly.example", "en")
        text = (f"Optics Weekly, issue {self.number}\n\nNew coatings reach 99 percent.\n"
                f"Reader question of the week: {word}\n\nUnsubscribe at any time.")
        draft = _Draft(sender, [self.anna()], f"Optics Weekly {self.number}: coatings, lasers & more",
                       text, "en", self.now, self.new_id(), form="html")
        draft.headers = [("List-Id", "Optics Weekly <weekly.optics-weekly.example>"),
                         ("List-Unsubscribe", "<https://optics-weekly.example/leave>"),
                         ("Precedence", "bulk")]
        return self.finish(draft, (word,), "Newsletters", "newsletter")

    def delivery_report(self):
        self.tick()
        word = self.new_word()
        lost = f"{word}@gone.example"
        boundary = self.boundary()
        parts = [
            _part("text/plain; charset=us-ascii", f"Your message to <{lost}> could not be delivered.\n"
                  f"The host answered: 550 no such user {word}\n"),
            _part("message/delivery-status", f"Reporting-MTA: dns; mx.{DOMAIN}\n\n"
                  f"Final-Recipient: rfc822; {lost}\nAction: failed\nStatus: 5.1.1\n"),
            _part("text/rfc822-headers", f"From: anna@{DOMAIN}\nTo: {lost}\nSubject: Price list\n"),
        ]
        sender = ("Mail Delivery System", f"mailer-daemon@mx.{DOMAIN}", "en")
        head = self.head(_Draft(sender, [self.anna()], "Undelivered Mail Returned to Sender", "", "en",
                                self.now, self.new_id(), [("Auto-Submitted", "auto-replied")]), "utf-8")
        raw = head + _multipart("multipart/report; report-type=delivery-status", boundary, parts)
        return Message(raw, "INBOX", (), self.now, (word,), sender[1],
                       "Undelivered Mail Returned to Sender", kind="delivery-report")

    def invitation(self):
        host = self.random.choice(PEOPLE)
        sender = (host[0], f"{host[1]}@{DOMAIN}", host[3])
        draft, word = self.letter(sender, [self.anna()], "Invitation: quarterly review", "en")
        draft.form = "plain"
        draft.attachments = [("invite.ics", "text/calendar; method=REQUEST", files.ics(
            f"{word}@{DOMAIN}", self.now + datetime.timedelta(days=7), "Quarterly review",
            sender[1], [f"anna@{DOMAIN}", f"tom@{DOMAIN}"]))]
        return self.finish(draft, (word,), "INBOX", "invitation")

    def forward(self):
        inner = next(self.thread())
        sender = ("Tom O'Reilly", f"tom@{DOMAIN}", "en")
        draft, word = self.letter(sender, [self.anna()], f"Fwd: {inner.subject}", "en")
        draft.form = "plain"
        draft.attachments = [("forwarded.eml", "message/rfc822", inner.raw)]
        message = self.finish(draft, (word, *inner.words), "INBOX", "forward")
        return message

    def encrypted(self):
        self.tick()
        boundary = self.boundary()
        sender = ("ليلى حداد", f"leila.haddad@{DOMAIN}", "ar")
        secret = base64.encodebytes(self.random.randbytes(900)).decode()
        parts = [
            _part("application/pgp-encrypted", "Version: 1\n"),
            _part("application/octet-stream; name=encrypted.asc",
                  f"-----BEGIN PGP MESSAGE-----\n\n{secret}-----END PGP MESSAGE-----\n"),
        ]
        draft = _Draft(sender, [self.anna()], "Confidential", "", "en", self.now, self.new_id())
        raw = self.head(draft, "utf-8") + _multipart(
            'multipart/encrypted; protocol="application/pgp-encrypted"', boundary, parts)
        return Message(raw, "INBOX", ("\\Flagged",), self.now, (), sender[1], "Confidential",
                       filenames=("encrypted.asc",), kind="encrypted")

    def large_recording(self):
        sender = ("Zoë \"Zed\" Nakamura, Dr.", f"zoe@{DOMAIN}", "en")
        draft, word = self.letter(sender, [self.anna()], "Raw recording of the night run", "en")
        draft.form = "plain"
        draft.attachments = [("recording.bin", "application/octet-stream",
                              self.random.randbytes(LARGE_ATTACHMENT_BYTES))]
        return self.finish(draft, (word,), "INBOX", "large")

    def finish(self, draft, words, folder, kind="mail"):
        charset, transfer = self.random.choice(ENCODINGS[draft.language])
        try:
            _everything(draft).encode(charset)
        except UnicodeEncodeError:
            charset, transfer = "utf-8", "base64"
        body = self.body(draft, charset, transfer)
        flags = tuple(flag for flag, likely in (
            ("\\Seen", 0.8), ("\\Answered", 0.3), ("\\Flagged", 0.1)) if self.random.random() < likely)
        return Message(self.head(draft, charset) + body, folder, flags, draft.date, tuple(words),
                       draft.sender[1], draft.subject, draft.language,
                       tuple(name for name, _, _ in draft.attachments), kind)

    def head(self, draft, charset):
        header_charset = "utf-8" if charset == "us-ascii" else charset
        def addresses(people):
            return ",\r\n ".join(_address(person, header_charset) for person in people)
        lines = [
            f"Return-Path: <{draft.sender[1]}>",
            f"Received: from mx.{DOMAIN} (mx.{DOMAIN} [192.0.2.25])\r\n\tby mail.{DOMAIN} with ESMTPS"
            f" id {self.random.getrandbits(40):010X};\r\n\t{email.utils.format_datetime(draft.date)}",
            f"From: {addresses([draft.sender])}",
            f"To: {addresses(draft.to)}",
            *([f"Cc: {addresses(draft.cc)}"] if draft.cc else []),
            "Subject: " + _header_text(draft.subject, header_charset),
            f"Date: {email.utils.format_datetime(draft.date)}",
            f"Message-ID: {draft.message_id}",
            *(f"{name}: {value}" for name, value in draft.headers),
            "MIME-Version: 1.0",
        ]
        return "\r\n".join(lines).encode() + b"\r\n"

    def body(self, draft, charset, transfer):
        plain = _text_part("plain", draft.text, charset, transfer)
        html = _text_part("html", _html(draft, charset), charset, transfer)
        if draft.form == "html":
            content = html
        elif draft.form == "alternative":
            content = _multipart("multipart/alternative", self.boundary(), [plain, html])
        else:
            content = plain
        if not draft.attachments:
            return content
        attached = [_attachment_part(*one, draft.language) for one in draft.attachments]
        return _multipart("multipart/mixed", self.boundary(), [content, *attached])

    def tick(self):
        self.number += 1
        self.now += datetime.timedelta(minutes=self.random.randint(20, 2400))

    def new_word(self):
        """Unique: the number is in it."""
        syllables = "".join(self.random.choice(SYLLABLES) for _ in range(3))
        return f"{syllables}{self.number:05d}x{self.seed}"

    def new_id(self):
        return f"<{self.random.getrandbits(64):016x}.{self.number}.{self.seed}@{DOMAIN}>"

    def boundary(self):
        return f"=_{self.random.getrandbits(80):020x}"

    def folder_of(self, sender, language):
        if sender[1] == f"anna@{DOMAIN}":
            return "Sent"
        return self.random.choices(
            ["INBOX", f"Archive/{self.now.year}", "Projekte/Prüfstand", "受信/見積"],
            [6, 3, 2, 2 if language in ("ja", "zh") else 0])[0]

    @staticmethod
    def anna():
        return ("Anna Lindqvist", f"anna@{DOMAIN}", "en")


def strange(seed=1):
    """Mail that breaks the rules, each kind once. Every one of them must survive byte for byte."""
    chance = random.Random(f"strange-{seed}")
    def simple(number, subject=b"strange", body=b"body\r\n", sender=b"odd@odd.example"):
        return (b"From: %s\r\nTo: anna@halden.example\r\nSubject: %s\r\nDate: Mon, 4 Mar 2024 10:%02d:00 "
                b"+0000\r\nMessage-ID: <strange-%d-%d@odd.example>\r\n\r\n%s"
                % (sender, subject, number, number, seed, body))
    def of(kind, raw, can_append=True):
        return Message(raw, kind=f"strange:{kind}", can_append=can_append, sender="odd@odd.example")

    yield of("zero-bytes", b"", can_append=False)
    yield of("nul-bytes", simple(1, body=b"a\0b\0\0c\r\n\0\r\n"), can_append=False)
    yield of("bare-carriage-returns", simple(2, body=b"one\rtwo\r\rthree\r\n\r"))
    yield of("lone-line-feeds", simple(3, body=b"one\ntwo\n\nthree").replace(b"\r\n", b"\n"),
             can_append=False)
    yield of("no-header", b"\r\nOnly a body, and no header at all.\r\n")
    yield of("no-body", simple(5, body=b"")[:-2])
    yield of("header-without-end", b"Subject: the header never ends\r\nX-Half: li", can_append=False)
    yield of("not-mail-at-all", chance.randbytes(3000).replace(b"\0", b"\1"), can_append=False)
    yield of("eight-bit-header", simple(
        6, "Grüße aus Köln".encode("iso-8859-1"), sender="Jürgen <j@odd.example>".encode("utf-8")))
    yield of("very-long-line", simple(7, body=b"x" * 300_000 + b"\r\n"))
    yield of("very-long-header", simple(8, subject=b"word " * 20_000))
    yield of("many-headers", b"".join(b"X-Trace-%d: hop\r\n" % n for n in range(4000)) + simple(9))
    yield of("dots", simple(10, body=b".\r\n..\r\n...\r\n.hidden\r\n.\r\n"))
    yield of("no-final-newline", simple(11, body=b"the end without a newline"), can_append=False)
    yield of("mbox-like", simple(12, body=b"From here on\r\n>From there\r\n>>From afar\r\n"))
    yield of("unknown-charset", simple(13).replace(
        b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=x-klingon\r\n\r\n\xff\xfe", 1))
    yield of("broken-base64", simple(14, body=b"VGhpcyBpcyBiYXN$$$ not base64!\r\n").replace(
        b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1))
    yield of("boundary-never-closed", simple(15, body=b"--edge\r\n\r\nopen end\r\n").replace(
        b"\r\n\r\n", b"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=edge\r\n\r\n", 1))
    yield of("deeply-nested", _nested(80))
    yield of("no-date", b"From: odd@odd.example\r\nSubject: undated\r\n\r\nWhen was it?\r\n")
    yield of("impossible-date", simple(17).replace(b"Mon, 4 Mar 2024 10:17:00", b"Foo, 99 Bar 0000 77:77"))
    yield of("hostile-subject", simple(18, subject=b"\x1b[2J\x1b]0;owned\x07 ../../etc/passwd; DROP TABLE"))
    yield of("same-id-one", simple(19, body=b"first\r\n"))
    yield of("same-id-two", simple(19, body=b"other content under the same Message-ID\r\n"))
    for folder in ("INBOX", "Archive/2024"):
        message = of("same-message-twice", simple(20, body=b"filed in two folders\r\n"))
        message.folder = folder
        yield message


def _nested(depth):
    raw = b"Subject: nested\r\nFrom: odd@odd.example\r\nMIME-Version: 1.0\r\n"
    for level in range(depth):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
    return raw + b"\r\nthe innermost text\r\n"


def _reply_subject(subject, language):
    return {"de": "AW: ", "fr": "RE : "}.get(language, "Re: ") + subject


def _quotation(previous, wrote):
    quoted = "\n".join("> " + line for line in _without_word(previous.text).splitlines())
    return f"{previous.sender[0]} {wrote}:\n{quoted}"


def _without_word(text):
    """Planted words stay unique: a reply does not quote them."""
    return "\n".join(line for line in text.splitlines() if "Ref: " not in line)


def _everything(draft):
    names = "".join(person[0] for person in [draft.sender, *draft.to, *draft.cc])
    return draft.text + draft.subject + names


def _header_text(text, charset):
    if text.isascii():
        return text
    return _encoded_words(text, charset, "Subject")


def _address(person, charset):
    name, address = person[0], person[1]
    if name.isascii():
        return email.utils.formataddr((name, address))
    return f"{_encoded_words(name, charset)} <{address}>"


def _encoded_words(text, charset, header=None):
    """RFC 2047. The library replaces Japanese charsets by ISO-2022-JP, which holds less."""
    try:
        words = email.header.Header(text, charset, header_name=header)
    except UnicodeEncodeError:
        words = email.header.Header(text, "utf-8", header_name=header)
    return words.encode(linesep="\r\n")


def _text_part(kind, text, charset, transfer):
    coded = text.replace("\n", "\r\n").encode(charset) + b"\r\n"
    if transfer == "quoted-printable":
        coded = quopri.encodestring(coded.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif transfer == "base64":
        coded = _base64(coded)
    elif transfer == "7bit" and not coded.isascii():
        transfer = "8bit"
    return (f"Content-Type: text/{kind}; charset={charset}\r\n"
            f"Content-Transfer-Encoding: {transfer}\r\n\r\n").encode() + coded


def _html(draft, charset):
    safe = draft.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    paragraphs = "".join(f"<p>{block.replace(chr(10), '<br>')}</p>\n" for block in safe.split("\n\n"))
    return (f'<!DOCTYPE html><html><head><meta charset="{charset}"><style>p {{ color: #333 }}</style>'
            f"<title>{draft.subject.replace('&', '&amp;')}</title></head>\n<body>{paragraphs}"
            '<table><tr><td>Halden&nbsp;Instruments</td><td>&copy; 2024</td></tr></table>'
            "<script>var tracking = 'never indexed';</script></body></html>")


def _attachment_part(filename, content_type, content, language):
    if filename.isascii():
        named = f'filename="{filename}"'
    elif language == "fr":  # RFC 2047 in a parameter: forbidden, and what many programs send
        named = 'filename="' + email.header.Header(filename, "utf-8").encode() + '"'
    else:                   # RFC 2231
        named = "filename*=utf-8''" + urllib.parse.quote(filename)
    if content_type == "message/rfc822":
        return (f"Content-Type: message/rfc822\r\nContent-Disposition: attachment; {named}\r\n\r\n"
                ).encode() + content
    return (f"Content-Type: {content_type}\r\nContent-Disposition: attachment;\r\n {named}\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n").encode() + _base64(content)


def _part(content_type, text):
    return f"Content-Type: {content_type}\r\n\r\n".encode() + text.replace("\n", "\r\n").encode()


def _multipart(content_type, boundary, parts):
    edge = b"\r\n--" + boundary.encode()
    return (f'Content-Type: {content_type}; boundary="{boundary}"\r\n\r\n'
            "This is a message in several parts.\r\n").encode() + b"".join(
                edge + b"\r\n" + part for part in parts) + edge + b"--\r\n"


def _base64(content):
    coded = base64.b64encode(content)
    return b"\r\n".join(coded[start:start + 76] for start in range(0, len(coded), 76)) + b"\r\n"


def write_tree(messages, form, target):
    """Writes messages as a Maildir, an mbox file or a tree of .eml files."""
    if form == "mbox":
        with open(target, "wb") as out:
            for message in messages:
                out.write(f"From {message.sender or 'MAILER-DAEMON'} "
                          f"{message.date:%a %b %d %H:%M:%S %Y}\n".encode())
                body = message.raw.replace(b"\r\n", b"\n")
                for line in body.split(b"\n")[:-1] if body.endswith(b"\n") else body.split(b"\n"):
                    out.write((b">" if line.lstrip(b">").startswith(b"From ") else b"") + line + b"\n")
                out.write(b"\n")
        return
    root = Path(target)
    for number, message in enumerate(messages):
        directory = root if message.folder == "INBOX" else root / (
            "." + message.folder.replace("/", ".") if form == "maildir" else message.folder)
        if form == "maildir":
            for name in ("cur", "new", "tmp"):
                (directory / name).mkdir(parents=True, exist_ok=True)
            letters = "".join(sorted({"\\Seen": "S", "\\Answered": "R", "\\Flagged": "F"}[flag]
                                     for flag in message.flags))
            stamp = f"{int(message.timestamp)}.M{number}P1.halden:2,{letters}"
            (directory / "cur" / stamp).write_bytes(message.raw)
        else:
            directory.mkdir(parents=True, exist_ok=True)
            (directory / f"{number:05d}.eml").write_bytes(message.raw)


def main():
    parser = argparse.ArgumentParser(description="Writes a believable company's mail.")
    parser.add_argument("target")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=["maildir", "mbox", "eml"], default="maildir")
    parser.add_argument("--no-large", action="store_true")
    options = parser.parse_args()
    write_tree(generate(options.count, options.seed, large=not options.no_large), options.format,
               options.target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
