# SPDX-License-Identifier: GPL-3.0-or-later
"""How a model server is made up, as data: what it offers, what of that is broken, and how it misbehaves.

An extension is absent, offered, or "broken": offered, and then answered with BAD. A misbehaviour is
off unless it is set. A scenario (scenarios.py) is a table of these.
"""

import dataclasses
from dataclasses import dataclass, field

EXTENSIONS = (
    "SASL-IR", "AUTH=PLAIN", "ID", "ENABLE", "NAMESPACE", "LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE",
    "STATUS=SIZE", "CONDSTORE", "QRESYNC", "ESEARCH", "IDLE", "UNSELECT", "UIDPLUS", "MOVE", "LITERAL+",
    "COMPRESS=DEFLATE", "UTF8=ACCEPT", "OBJECTID", "X-GM-EXT-1", "SAVEDATE")
PLAIN = frozenset({"SASL-IR", "AUTH=PLAIN"})
DOVECOT = frozenset(EXTENSIONS) - {"X-GM-EXT-1", "UTF8=ACCEPT", "OBJECTID", "COMPRESS=DEFLATE", "SAVEDATE"}
EVERYTHING = frozenset(EXTENSIONS) - {"X-GM-EXT-1"}
GMAIL = frozenset({"SASL-IR", "AUTH=PLAIN", "ID", "ENABLE", "NAMESPACE", "SPECIAL-USE", "CONDSTORE",
                   "ESEARCH", "IDLE", "UNSELECT", "UIDPLUS", "MOVE", "LITERAL+", "X-GM-EXT-1",
                   "COMPRESS=DEFLATE", "UTF8=ACCEPT", "LIST-EXTENDED", "LIST-STATUS"})


@dataclass
class Switches:
    offers: frozenset = DOVECOT
    broken: frozenset = frozenset()      # offered, answered with BAD
    silent: frozenset = frozenset()      # works, and is not offered

    # Numbers that are not so.
    exists: int | None = None            # EXAMINE claims so many messages
    exists_cap: int | None = None        # ... at most so many
    uidnext_ahead: int = 0
    uidnext: int | None = None           # as given: 0 is known
    modseq: int | None = None            # HIGHESTMODSEQ never moves from here
    has_uidvalidity: bool = True
    size_factor: float = 1.0             # RFC822.SIZE; POP3's LIST
    size: int | None = None              # ... always this

    # Listings.
    search_cap: int | None = None        # SEARCH gives the first so many, in a tagged OK
    list_cap: int | None = None          # UID FETCH of other things than bodies too
    search: str = ""                     # "NO", "BAD", "unordered", "nothing"

    # Messages.
    omit_share: float = 0.0              # of the UIDs of a FETCH of several, at random
    omit_listing_share: float = 0.0      # of a UID FETCH (FLAGS) of several
    no_data: dict = field(default_factory=dict)    # UID -> how many times OK without data; -1: for ever
    no_data_share: float = 0.0           # of all UIDs, for ever, whoever asks
    refuse: dict = field(default_factory=dict)     # UID -> the tagged answer, "NO no such thing"
    swap: dict = field(default_factory=dict)       # UID -> the UID whose body comes in its place
    is_body_twice: bool = False
    unasked: bytes = b""                 # comes before each FETCH's tagged answer
    vanished_text: bytes = b""           # comes after each EXAMINE and NOOP

    # The line.
    cut_after: list = field(default_factory=list)  # connection n ends after so many bytes sent (None: not)
    bye_at: list = field(default_factory=list)     # connection n says BYE instead of its command number k
    is_reset: bool = False               # cuts are resets
    session_bytes: int | None = None     # then BYE
    slice_bytes: int | None = None       # one write is at most so long
    throttle: dict = field(default_factory=dict)   # verb -> [times, "NO [LIMIT] slow down"]
    stall_at: dict = field(default_factory=dict)   # verb -> times: no answer, until the client goes
    max_connections: int | None = None
    over_limit: str = "NO [UNAVAILABLE] Maximum number of connections exceeded"
    needs_id: bool = False               # EXAMINE is refused unless ID came before
    max_line: int | None = None          # longer commands are BAD
    max_fetch: int | None = None         # a FETCH of more UIDs is answered with BYE
    login_answer: str = ""               # what LOGIN and AUTHENTICATE are answered with

    # Being a certain server.
    renewal: str = "announced"           # a new UIDVALIDITY in an open session: "announced", "bye", "silent"
    greeting: str = "model server ready"

    # POP3.
    pop3_offers: frozenset = frozenset({"UIDL", "USER", "SASL PLAIN", "PIPELINING", "TOP", "RESP-CODES"})
    uidl: str = "good"                   # good, absent, blank, repeated, changing, long, "+OK"
    capa: str = "good"                   # good, refused, hangs, closes
    pop3_batch: int | None = None        # a session offers at most so many messages
    pop3_hides: str = ""                 # "at once", "at quit": what was retrieved is not shown again
    pop3_list_first: bool = False        # new mail appears between UIDL and LIST

    def __post_init__(self):
        for name in ("offers", "broken", "silent", "pop3_offers"):
            setattr(self, name, frozenset(getattr(self, name)))

    def supports(self, extension):
        return (extension in self.offers or extension in self.silent) and extension not in self.broken

    def changed(self, **changes):
        return dataclasses.replace(self, **changes)


def switches_of(table):
    """Switches from a scenario's table; `offers` may be a set's name with additions and removals:
    "DOVECOT -IDLE +OBJECTID". UIDs of tables are text in TOML and JSON."""
    table = dict(table)
    offers = table.pop("offers", None)
    if isinstance(offers, str):
        table["offers"] = _set_of(offers)
    elif offers is not None:
        table["offers"] = frozenset(offers)
    for name in ("no_data", "refuse", "swap"):
        if name in table:
            table[name] = {int(uid): value for uid, value in table[name].items()}
    for name in ("unasked", "vanished_text"):
        if name in table:
            table[name] = table[name].encode("latin-1")
    return Switches(**table)


def _set_of(text):
    first, *more = text.split()
    offers = set({"PLAIN": PLAIN, "DOVECOT": DOVECOT, "EVERYTHING": EVERYTHING, "GMAIL": GMAIL}[first])
    for word in more:
        offers = offers | {word[1:]} if word[0] == "+" else offers - {word[1:]}
    return offers
