# SPDX-License-Identifier: GPL-3.0-or-later
"""Dependencies point down, in what is included and in what is linked (docs/architecture.md)."""

import re
import unittest

from source_tree import ROOMS, read, room_of, source_files

ALLOWED = {
    "common": set(),
    "net": {"common"},
    "message": {"common"},
    "store": {"common"},
    "search": {"common"},
    "fetcher": {"common", "net", "store"},
    "indexer": {"common", "message", "store", "search"},
    "reply": {"common", "net", "message", "store"},
    "api": {"common", "net", "message", "store", "search", "reply"},
    "cli": set(ROOMS) - {"cli"},
}

# Foreign headers by prefix, and the rooms that may know them. What is not listed is refused.
FOREIGN = {
    "fmt/": set(ROOMS),
    "tl/": set(ROOMS),
    "xapian.h": {"indexer", "search"},
    "pqxx/": {"store"},
    "Poco/Data/": {"store"},
    "Poco/Exception.h": {"store", "cli", "api"},
    "Poco/Types.h": {"store"},
    "Poco/JSON/": {"cli", "api", "store"},
    "Poco/Dynamic/": {"cli", "api"},
    "sqlite3.h": {"store"},
    "sodium.h": {"store"},
    "gmime/": {"message"},
    "glib": {"message"},
    "gumbo.h": {"message"},
    "seccomp.h": {"message"},
    "iconv.h": {"message"},
    "zstd.h": {"store", "search"},
    "openssl/ssl.h": {"net"},
    "openssl/": {"common", "net", "store"},
    "CLI/": {"cli"},
    "prometheus/": {"api"},
}
SOCKETS = ("netdb.h", "netinet/", "arpa/")  # connections to other hosts: net alone

LINKED = {
    "PkgConfig::XAPIAN": {"indexer", "search"},
    "PkgConfig::PQXX": {"store"},
    "PkgConfig::SQLITE": {"store"},
    "Poco::Data": {"store"},
    "Poco::DataSQLite": {"store"},
    "PkgConfig::SODIUM": {"store"},
    "PkgConfig::GMIME": {"message"},
    "PkgConfig::GUMBO": {"message"},
    "PkgConfig::SECCOMP": {"message"},
    "OpenSSL::SSL": {"net"},
    "CLI11::CLI11": {"cli"},
    "prometheus-cpp::core": {"api"},
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def room_files():
    return [path for path in source_files(".h", ".cpp") if room_of(path)]


def includes(path):
    """(own headers, foreign headers) of a file."""
    found = INCLUDE.findall(read(path))
    return [own for own, _ in found if own], [foreign for _, foreign in found if foreign]


class IncludeRules(unittest.TestCase):
    def test_there_is_something_to_look_at(self):
        self.assertGreater(len(room_files()), 50)

    def test_rooms_include_only_what_lies_below_them(self):
        for path in room_files():
            room = room_of(path)
            for header in includes(path)[0]:
                with self.subTest(path=str(path), header=header):
                    other = room_of(header)
                    self.assertIsNotNone(other, "name own headers from the root, as in \"room/x.h\"")
                    self.assertTrue(other == room or other in ALLOWED[room],
                                    f"{room} must not know {other}")

    def test_a_rooms_internal_headers_stay_in_the_room(self):
        for path in room_files():
            for header in includes(path)[0]:
                if header.endswith("_internal.h"):
                    self.assertEqual(room_of(header), room_of(path), f"{path} includes {header}")

    def test_foreign_headers_stay_in_their_one_room(self):
        for path in room_files():
            for header in includes(path)[1]:
                with self.subTest(path=str(path), header=header):
                    self.check_foreign(room_of(path), header)

    def check_foreign(self, room, header):
        if header.startswith(SOCKETS):
            self.assertEqual(room, "net", "only net talks to other hosts")
            return
        for prefix, rooms in FOREIGN.items():
            if header.startswith(prefix):
                self.assertIn(room, rooms, f"<{header}> does not belong in {room}")
                return
        is_standard = "/" not in header and not header.endswith((".h", ".hpp"))
        self.assertTrue(is_standard or self.is_libc(header),
                        f"<{header}> is not in the list of foreign headers")

    @staticmethod
    def is_libc(header):
        return header.startswith(("sys/", "linux/")) or header in {
            "dirent.h", "errno.h", "fcntl.h", "fnmatch.h", "glob.h", "poll.h", "pthread.h", "pwd.h",
            "sched.h", "signal.h", "spawn.h", "stdio.h", "strings.h", "termios.h", "time.h", "unistd.h"}

    def test_headers_that_other_rooms_see_hold_no_header_foreign_to_them(self):
        seen = {(header, room_of(path)) for path in room_files() for header in includes(path)[0]
                if room_of(header) != room_of(path)}
        self.assertGreater(len(seen), 10)
        for header, room in sorted(seen):
            for foreign in includes(header)[1]:
                with self.subTest(header=header, foreign=foreign, seen_from=room):
                    self.check_foreign(room, foreign)


class LinkEdges(unittest.TestCase):
    def test_rooms_link_only_what_lies_below_them(self):
        checked = 0
        for path in source_files("CMakeLists.txt"):
            room = room_of(path)
            if not room:
                continue
            checked += 1
            text = re.sub(r"#.*", "", read(path))
            for other in set(re.findall(r"\bmailkeep_(\w+)", text)) & set(ROOMS):
                with self.subTest(room=room, other=other):
                    self.assertTrue(other == room or other in ALLOWED[room])
            for target, rooms in LINKED.items():
                if re.search(re.escape(target) + r"(?!\w)", text):
                    self.assertIn(room, rooms, f"{room} links {target}")
        self.assertEqual(checked, len(ROOMS))


if __name__ == "__main__":
    unittest.main(verbosity=1)
