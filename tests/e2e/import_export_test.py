# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail that lies in files goes in and comes out with equal bytes."""

from mail_client import sha256
from mail_generator import generate, strange, write_tree
from mailkeep import ArchiveTest, main, on_both_stores

MAIL = list(generate(60, seed=31, large=False, with_strange=False))
# A file's bytes are the message; an .eml or Maildir file may hold anything.
STRANGE = [one for one in strange(seed=32) if one.raw]


@on_both_stores
class ImportAndExport(ArchiveTest):
    def test_a_maildir_comes_in_byte_for_byte(self):
        tree = self.directory / "Maildir"
        write_tree(MAIL, "maildir", tree)

        self.mailkeep.run("import", tree)

        self.check_archive({sha256(one.raw) for one in MAIL})

    def test_a_tree_of_eml_files_comes_in_byte_for_byte(self):
        tree = self.directory / "tree"
        write_tree(MAIL + STRANGE, "eml", tree)

        self.mailkeep.run("import", tree)

        self.check_archive({sha256(one.raw) for one in MAIL + STRANGE})

    def test_an_mbox_comes_in_with_its_quoting_undone(self):
        path = self.directory / "mail.mbox"
        write_tree(MAIL, "mbox", path)

        self.mailkeep.run("import", path)

        self.check_archive({sha256(one.raw.replace(b"\r\n", b"\n")) for one in MAIL})

    def test_importing_again_adds_nothing(self):
        tree = self.directory / "Maildir"
        write_tree(MAIL, "maildir", tree)
        self.mailkeep.run("import", tree)
        listed = self.mailkeep.messages()

        again = self.mailkeep.run("import", tree, "--json").json()

        self.assertEqual((again["messages"], again["already_there"]), (0, len(MAIL)))
        self.assertEqual(self.mailkeep.messages(), listed)

    def test_an_export_as_eml_gives_the_bytes_back(self):
        tree = self.directory / "tree"
        write_tree(MAIL + STRANGE, "eml", tree)
        self.mailkeep.run("import", tree)

        self.mailkeep.run("export", "*", "--to", self.directory / "out", "--format", "eml")

        exported = {path.stem: sha256(path.read_bytes())
                    for path in (self.directory / "out").glob("*.eml")}
        self.assertEqual(set(exported.values()), {sha256(one.raw) for one in MAIL + STRANGE})
        self.assertTrue(all(name == digest for name, digest in exported.items()))

    def test_an_export_as_mbox_can_be_imported_into_an_equal_archive(self):
        path = self.directory / "mail.mbox"
        write_tree(MAIL, "mbox", path)
        self.mailkeep.run("import", path)
        self.mailkeep.run("export", "*", "--to", self.directory / "out", "--format", "mbox")

        other = self.another_mailkeep("other")
        other.run("import", self.directory / "out" / "messages.mbox")

        self.assertEqual({one["id"] for one in other.messages()},
                         {one["id"] for one in self.mailkeep.messages()})

    def test_an_export_holds_only_what_the_query_finds(self):
        tree = self.directory / "tree"
        write_tree(MAIL, "eml", tree)
        self.mailkeep.run("import", tree)
        word = MAIL[5].words[0]

        self.mailkeep.run("export", word, "--to", self.directory / "out", "--format", "eml")

        self.assertEqual([path.stem for path in (self.directory / "out").iterdir()],
                         [sha256(MAIL[5].raw)])

    def test_a_path_that_is_not_there_is_said_to_be_missing(self):
        answer = self.mailkeep.run("import", self.directory / "nowhere", expect=None)
        self.assertNotEqual(answer.code, 0)
        self.assertIn("nowhere", answer.err + answer.text)

    def check_archive(self, expected):
        listed = self.mailkeep.messages()
        self.assertEqual({one["id"] for one in listed}, expected)
        for one in listed:
            self.assertEqual(sha256(self.mailkeep.raw(one["id"])), one["id"])
        self.assertTrue(self.mailkeep.run("verify", "--json").json()["ok"])


if __name__ == "__main__":
    main()
