# SPDX-License-Identifier: GPL-3.0-or-later
"""What auditors, dashboards and machines ask the service: proofs, completeness, figures."""

import json

from dovecot import TemporaryDovecot
from mailkeep import ArchiveTest, main, on_both_stores
from proof_check import check_proof, open_note, roots_of_consistency
from service import Service, wait_until


@on_both_stores
class ServiceApi(ArchiveTest):
    @classmethod
    def setUpClass(cls):
        cls.server = TemporaryDovecot({"anna": "secret", "tom": "hidden"})
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        for user in ("anna", "tom"):
            for number in range(5):
                cls.server.append(user, "INBOX", f"Subject: {user} {number}\r\n\r\nword\r\n".encode())
        cls.server.create_folder("anna", "Projekte/Größe")
        cls.server.append("anna", "Projekte/Größe", b"Subject: twin\r\n\r\nsame\r\n")
        cls.server.append("tom", "INBOX", b"Subject: twin\r\n\r\nsame\r\n")

    def setUp(self):
        super().setUp()
        for name in ("anna", "tom"):
            self.mailkeep.add_account(name, self.server, name, "imaps" if name == "anna" else "pop3s")
        self.service = Service(self.mailkeep)
        self.service.__enter__()
        self.addCleanup(self.service.__exit__, None, None, None)
        self.admin = self.service.api("root", "administrator")
        self.auditor = self.service.api("olga", "auditor")
        self.rita = self.service.api("rita", "reviewer", accounts=["anna"])
        self.ids = {one["name"]: one["id"] for one in self.admin.get("/accounts").json()["items"]}
        wait_until(lambda: all(one["complete"] for one in self.lag()["accounts"]), "a pass of each")

    def lag(self):
        return self.admin.get("/stats/lag").json()

    def wait_for_checkpoint(self):
        def covers():
            lag = self.lag()
            return lag["checkpoint"] and lag["checkpoint"]["size"] >= lag["log_entries"]
        wait_until(covers, "a checkpoint over everything", 30)

    def test_a_proof_convinces_somebody_who_trusts_nobody(self):
        raw = b"Subject: twin\r\n\r\nsame\r\n"
        (found,) = [one for one in self.mailkeep.messages() if self.mailkeep.raw(one["id"]) == raw]
        wait_until(lambda: self.covered(found["id"]), "a checkpoint over it", 30)
        proof = self.auditor.get(f"/messages/{found['id']}/proof").json()
        self.assertEqual(check_proof(raw, proof), 2)
        # Rita may see Anna's place alone.
        self.assertEqual(check_proof(raw, self.rita.get(f"/messages/{found['id']}/proof").json()), 1)
        with self.assertRaises(AssertionError):
            check_proof(raw + b"x", proof)
        for name in ("entry", "salt", "fact"):
            forged = json.loads(json.dumps(proof))
            forged["proofs"][0][name] = proof["proofs"][1][name]
            with self.assertRaises(AssertionError):
                check_proof(raw, forged)
        forged = json.loads(json.dumps(proof))
        forged["proofs"][0]["path"][0] = "0" * 64
        with self.assertRaises(AssertionError):
            check_proof(raw, forged)

    def covered(self, message):
        proofs = self.auditor.get(f"/messages/{message}/proof").json()["proofs"]
        return all(one["tree_size"] > 0 for one in proofs)

    def test_heads_continue_each_other(self):
        self.mailkeep.run("checkpoint")
        self.auditor.get("/audit")  # which is an entry itself
        self.mailkeep.run("checkpoint")
        heads, totals = self.auditor.all_items("/checkpoints", limit=1)
        self.assertEqual({len(heads)}, totals)
        self.assertGreaterEqual(len(heads), 2)
        latest = self.auditor.get("/checkpoints/latest").text
        self.assertEqual(latest, heads[0]["note"])
        key = (self.mailkeep.data / "signer.pub").read_text().strip()
        (new, new_root), (old, old_root) = (open_note(one["note"], key) for one in heads[:2])
        path = self.auditor.get("/checkpoints/consistency", **{"from": old, "to": new}).json()
        self.assertEqual((path["from_root"], path["to_root"]), (old_root.hex(), new_root.hex()))
        hashes = [bytes.fromhex(one) for one in path["path"]]
        self.assertEqual(roots_of_consistency(old, new, old_root, hashes), (old_root, new_root))
        self.auditor.get("/checkpoints/consistency", expect=404, **{"from": 1, "to": 10**9})
        self.auditor.get("/checkpoints/consistency", expect=400, **{"from": 2, "to": 1})

    def test_completeness_has_the_numbers_of_the_report(self):
        report = {one["name"]: one for one in self.mailkeep.report()["accounts"]}
        for name, account in self.ids.items():
            answer = self.admin.get(f"/accounts/{account}/completeness").json()
            self.assertEqual(answer["complete"], report[name]["complete"])
            folders, _ = self.admin.all_items(f"/accounts/{account}/folders")
            self.assertEqual(folders, answer["folders"])
            for key in ("name", "uidvalidity", "server", "archived", "excluded", "failed", "vanished"):
                self.assertEqual([one[key] for one in folders],
                                 [one[key] for one in report[name]["folders"]])
        self.rita.get(f"/accounts/{self.ids['anna']}/completeness")
        for what in ("completeness", "folders", "gaps"):
            self.rita.problem("GET", f"/accounts/{self.ids['tom']}/{what}", 404, "not-found")

    def test_gaps_are_listed_page_by_page(self):
        chosen = "(SELECT id FROM epochs WHERE account_id = " + self.ids["anna"] + ")"
        self.sql(self.mailkeep, "DELETE FROM server_segments WHERE epoch_id IN " + chosen)
        one_to_forty = "x'010127'" if self.engine == "sqlite" else "'\\x010127'::bytea"
        self.sql(self.mailkeep, "INSERT INTO server_segments SELECT id, 0, " + one_to_forty +
                 " FROM epochs WHERE id IN " + chosen)
        account = self.ids["anna"]
        gaps, totals = self.admin.all_items(f"/accounts/{account}/gaps", limit=7)
        expected = sum(40 - one["archived"]
                       for one in self.admin.get(f"/accounts/{account}/folders").json()["items"])
        self.assertEqual(totals, {expected})
        self.assertEqual(len({(one["folder"], one["uid"]) for one in gaps}), expected)
        self.assertEqual(self.admin.get(f"/accounts/{account}/gaps", state="failed").json()["total"], 0)

    def test_the_dashboard_shows_each_what_is_theirs(self):
        growth = self.auditor.get("/stats/growth").json()
        self.assertEqual(growth["messages"], 12)
        self.assertEqual(sum(day["messages"] for day in growth["days"]), 12)
        self.assertGreater(growth["stored_bytes"], 0)
        ritas = self.rita.get("/stats/growth").json()
        self.assertEqual((ritas["messages"], ritas["stored_bytes"]), (6, None))
        self.assertEqual([one["account"]["name"] for one in self.rita.get("/stats/lag").json()["accounts"]],
                         ["anna"])
        lag = wait_until(lambda: (lambda now: now["index_lag_entries"] == 0 and now)(self.lag()),
                         "the index at the log's end")
        self.assertEqual([one["archived"] for one in lag["accounts"]], [6, 6])
        self.assertEqual([one["gaps"] for one in lag["accounts"]], [0, 0])
        self.assertTrue(all(one["next_due"] and one["last_pass"] for one in lag["accounts"]))

    def test_machines_are_told_in_their_own_words(self):
        self.service.stranger().problem("GET", "/metrics", 401, "unauthenticated")
        self.rita.problem("GET", "/metrics", 403, "missing-scope")
        text = wait_until(lambda: self.read_metrics(6), "every message counted", 30)
        for line in ('mailkeep_account_gaps{account="anna"} 0',
                     'mailkeep_account_last_pass_ok{account="tom"} 1',
                     'mailkeep_outbox_items{state="queued"} 0'):
            self.assertIn(line, text)
        self.assertRegex(text, r'mailkeep_http_requests_total\{[^}]*route="/api/v1/stats/lag"[^}]*\} \d')
        self.assertRegex(text, r"process_resident_memory_bytes [1-9]")
        self.assertRegex(text, r'mailkeep_http_request_seconds_bucket\{.*le="0.1"')
        ready = self.service.stranger().get("/readyz").json()
        self.assertEqual([one["name"] for one in ready["parts"]],
                         ["store", "fetch", "index", "sign", "outbox", "api"])

    def read_metrics(self, messages):
        text = self.admin.get("/metrics").text
        return text if f'mailkeep_messages_archived_total{{account="anna"}} {messages}' in text else None


if __name__ == "__main__":
    main()
