# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role, every operation of the contract, own and foreign ids: the table of docs/api.md, cell by cell.

What is allowed gets past the door (it may still be refused for what it says: an empty body, a missing
If-Match); what is not allowed is 403 with the scope's name; what is another's does not exist."""

import os
import random

from api_client import DOCUMENT, operation_ids
from dovecot import TemporaryDovecot
from mail_generator import generate
from mailkeep import ArchiveTest, main, on_both_stores
from service import Service

# With a token. Whoever is signed in at the page may also make tokens and set their own password.
EVERYBODY = {"getSession", "signOut", "listTokens", "revokeToken", "getOpenApi", "getProblem",
             "listProblems", "getHealth", "getReadiness", "signIn", "getJob"}
MAIL = {"search", "checkQuery", "getQueryHelp", "listMessages", "getMessage", "getRaw", "listParts",
        "getPart", "getHtml", "listOccurrences", "getThread", "getProof"}
LOOK = {"listAccounts", "getAccount", "listFolders", "listSyncRuns", "getCompleteness", "listGaps",
        "getGrowth", "getLag", "listCheckpoints", "getCheckpoint", "getConsistency"}
RUN = {"addAccount", "changeAccount", "removeAccount", "pauseAccount", "resumeAccount", "testAccount"}
MAY = {
    "administrator": EVERYBODY | LOOK | RUN | {"runSync", "cancelJob", "listUsers", "addUser", "getUser",
                                               "changeUser", "addToken", "setPassword", "listAudit",
                                               "listJobs", "listOutbox", "getOutboxItem", "getMetrics"},
    "auditor": EVERYBODY | MAIL | LOOK | {"listAudit", "listJobs", "listOutbox", "getOutboxItem",
                                           "getMetrics"},
    "reviewer": EVERYBODY | MAIL | LOOK | {"runSync", "cancelJob", "reply", "previewReply", "listOutbox",
                                           "getOutboxItem", "cancelOutboxItem", "resendOutboxItem"},
}
ABSENT = {"account": "999999", "message": "00" * 32, "item": "999999", "job": "999999", "user": "999999",
          "token": "999999"}


@on_both_stores
class Roles(ArchiveTest):
    def setUp(self):
        super().setUp()
        with TemporaryDovecot({"anna": "secret", "tom": "secret"}) as server:
            for user, seed in (("anna", 1), ("tom", 2)):
                for one in generate(4, seed=seed, large=False, with_strange=False):
                    server.drop(user, "INBOX", one.raw)
                self.mailkeep.add_account(user, server, user)
            self.mailkeep.run("fetch")
        self.mailkeep.run("index")
        self.mailkeep.run("checkpoint")
        for name in ("anna", "tom"):
            self.mailkeep.run("account", "pause", name)
        self.service = Service(self.mailkeep)
        self.addCleanup(self.service.__exit__)
        self.service.start()
        self.callers = {"administrator": self.service.api("root", "administrator"),
                        "auditor": self.service.api("otto", "auditor"),
                        "reviewer": self.service.api("rita", "reviewer", accounts=["anna"])}
        accounts = {one["name"]: one["id"]
                    for one in self.callers["administrator"].get("/accounts").json()["items"]}
        self.own = {**ABSENT, "account": accounts["anna"], "message": self.mailkeep.messages("anna")[0]["id"]}
        self.foreign = {**ABSENT, "account": accounts["tom"],
                        "message": self.mailkeep.messages("tom")[0]["id"]}

    def test_the_table_names_every_operation(self):
        self.assertEqual(set().union(*MAY.values()), operation_ids())

    def test_each_cell_is_what_the_manual_says(self):
        cells = 0
        for path, operations in DOCUMENT["paths"].items():
            for method, operation in operations.items():
                if operation["operationId"] in ("signIn", "signOut"):
                    continue
                for role, caller in self.callers.items():
                    for ids, what in ((self.own, "own"), (self.foreign, "foreign"), (ABSENT, "absent")):
                        self.try_cell(caller, role, method.upper(), path, operation, ids, what)
                        cells += 1
                self.try_stranger(method.upper(), path, operation)
        print(f"\n{self.engine}: {cells} cells", flush=True)
        self.assertGreater(cells, 400)

    def try_cell(self, caller, role, method, template, operation, ids, what):
        if what != "own" and "{" not in template:
            return
        name = operation["operationId"]
        reply = caller.send(method, self.fill(template, ids, operation), self.body(operation),
                            {"Idempotency-Key": "one"})
        told = f"{role} {name} {what}: {reply.status} {reply.body[:200]!r}"
        if name not in MAY[role]:
            self.assertIn(reply.status, (403, 404), told)
            if "/accounts/{account}" not in template or what == "own":
                self.assertEqual((reply.status, reply.json()["code"]), (403, "missing-scope"), told)
            return
        self.assertNotIn(reply.status, (401, 403), told)
        self.assertLess(reply.status, 500, told)
        hidden = what == "absent" or what == "foreign" and role == "reviewer"
        if hidden and ("{account}" in template or "{message}" in template):
            self.assertEqual(reply.status, 404, told)
        elif "{account}" in template or "{message}" in template and "{part}" not in template:
            self.assertNotEqual(reply.status, 404, told)

    def try_stranger(self, method, template, operation):
        reply = self.service.stranger().send(method, self.fill(template, self.own, operation),
                                             self.body(operation))
        open_to_all = operation.get("security") == []
        told = f"stranger {operation['operationId']}: {reply.status}"
        self.assertEqual(reply.status != 401, open_to_all, told)

    def fill(self, template, ids, operation):
        path = template
        for name, value in {**ids, "part": "1", "code": "not-found"}.items():
            path = path.replace("{" + name + "}", value)
        query = {"search": "?q=*", "checkQuery": "?q=a", "getConsistency": "?from=1&to=2"}
        return path + query.get(operation["operationId"], "")

    def body(self, operation):
        # Empty: past the door it is refused for what it lacks, and changes nothing.
        return {} if "requestBody" in operation else None

    def test_made_up_ids_are_nobodys(self):
        rng = random.Random(7)
        reviewer = self.callers["reviewer"]
        count = 10_000 if os.environ.get("MAILKEEP_TEST_LONG") else 200
        for _ in range(count):
            path = f"/messages/{rng.getrandbits(256):064x}"
            self.assertEqual(reviewer.get(path, expect=None).status, 404)
            path = f"/accounts/{rng.randrange(3, 1 << 62)}"
            self.assertEqual(reviewer.get(path, expect=None).status, 404)


if __name__ == "__main__":
    main()
