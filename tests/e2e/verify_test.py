# SPDX-License-Identifier: GPL-3.0-or-later
"""verify says yes to what nobody touched, and names what somebody did."""

from mail_generator import generate, write_tree
from mailkeep import FAULTS, ArchiveTest, main, on_both_stores

MAIL = list(generate(20, seed=41, large=False, with_strange=False))


@on_both_stores
class Verify(ArchiveTest):
    def setUp(self):
        super().setUp()
        write_tree(MAIL, "eml", self.directory / "tree")
        self.mailkeep.run("import", self.directory / "tree")
        self.mailkeep.run("checkpoint")

    def verify(self, expect=FAULTS):
        return self.mailkeep.run("verify", "--json", expect=expect).json()

    def test_an_untouched_archive_is_in_order(self):
        report = self.verify(expect=0)
        self.assertEqual((report["ok"], report["messages"], report["faults"]), (True, len(MAIL), []))

    def test_an_altered_body_is_named_by_its_digest(self):
        victim = self.mailkeep.messages()[3]["id"]
        blob = f"'\\x{victim}'" if self.engine == "postgresql" else f"X'{victim}'"
        empty = "'\\x00'" if self.engine == "postgresql" else "X'00'"
        self.sql(self.mailkeep, f"UPDATE chunks SET data = {empty} WHERE digest = {blob}")

        report = self.verify()

        self.assertFalse(report["ok"])
        self.assertIn(victim, {fault["id"] for fault in report["faults"]})
        answer = self.mailkeep.run("raw", victim, expect=FAULTS)
        self.assertIn("verify", answer.err)

    def test_a_deleted_sighting_is_named(self):
        self.sql(self.mailkeep, "DELETE FROM sightings WHERE position = "
                                "(SELECT max(position) FROM sightings)")
        self.assertTrue(self.verify()["faults"])

    def test_a_sighting_that_was_slipped_in_is_named(self):
        self.sql(self.mailkeep, "INSERT INTO sightings SELECT position + 1000, account_id, epoch_id, 77, "
                 "uidl, 1, digest, size, internal_date, flags, announced_size, seen, kind "
                 "FROM sightings WHERE position = (SELECT max(position) FROM sightings)")
        self.assertTrue(self.verify()["faults"])

    def test_a_log_cut_short_contradicts_the_checkpoint(self):
        self.sql(self.mailkeep, "DELETE FROM log_entries WHERE position = "
                                "(SELECT max(position) FROM log_entries)")
        self.assertTrue(self.verify()["faults"])

    def test_for_people_the_fault_is_a_line_that_names_the_record(self):
        victim = self.mailkeep.messages()[0]["id"]
        blob = f"'\\x{victim}'" if self.engine == "postgresql" else f"X'{victim}'"
        self.sql(self.mailkeep, f"DELETE FROM chunks WHERE digest = {blob}")
        self.assertIn(victim, self.mailkeep.run("verify", expect=FAULTS).text)


if __name__ == "__main__":
    main()
