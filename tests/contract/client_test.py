# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract seen from outside: a public linter passes the document, and a client that another language's
generator made from it does the whole job against the running service."""

import json
import shutil
import unittest
from pathlib import Path

from api_client import DOCUMENT
from dovecot import TemporaryDovecot
from mail_client import sha256
from mail_generator import generate
from mailkeep import ArchiveTest, main
from node_tools import install, node
from service import Service

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def run(*words, environment=None):
    done = node(HERE, *words, environment=environment, timeout=300)
    if done.returncode != 0:
        raise AssertionError(f"node {' '.join(map(str, words))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def tool(package, name):
    described = json.loads((HERE / "node_modules" / package / "package.json").read_text())
    return HERE / "node_modules" / package / described["bin"][name]


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        install(HERE)

    def test_a_public_linter_passes_it(self):
        run(tool("@redocly/cli", "redocly"), "lint", "--config", "redocly.yaml", ROOT / "api/openapi.json")

    def test_every_operation_has_a_name_and_says_how_it_is_refused(self):
        names = [operation["operationId"] for operations in DOCUMENT["paths"].values()
                 for operation in operations.values()]
        self.assertEqual(len(names), len(set(names)))
        for operations in DOCUMENT["paths"].values():
            for operation in operations.values():
                self.assertIn("4XX", operation["responses"])


class GeneratedClient(ArchiveTest):
    def setUp(self):
        super().setUp()
        install(HERE)
        generated = HERE / "generated"
        shutil.rmtree(generated, ignore_errors=True)
        self.addCleanup(shutil.rmtree, generated, ignore_errors=True)
        run(tool("openapi-typescript-codegen", "openapi"), "-i", ROOT / "api/openapi.json", "-o",
             generated / "source", "--useOptions")
        run(tool("esbuild", "esbuild"), generated / "source/index.ts", "--bundle", "--format=esm",
             "--platform=node", f"--outfile={generated / 'client.mjs'}", "--log-level=error")

    def test_does_the_whole_job(self):
        with TemporaryDovecot({"anna": "secret"}) as server:
            mail = [one for one in generate(60, seed=5, with_strange=False) if one.can_append]
            server.append_all("anna", ((one.folder, one.raw, one.flags, one.timestamp) for one in mail))
            self.mailkeep.add_account("anna", server, "anna", "imaps", "--smtp", "smtps://localhost",
                                      "--address", "anna@halden.example")
            view = server.client_view("anna")
            with Service(self.mailkeep) as service:
                result = self.run_flow(service, view)
        self.hold_against(result, view)

    def run_flow(self, service, view):
        admin = service.api("root", "administrator")
        reviewer = service.api("rita", "reviewer", accounts=["anna"])
        contents = sorted(set(view.values()))
        out = run("client_test.mjs", environment={
            "MAILKEEP_ADDRESS": service.address, "MAILKEEP_ADMIN_TOKEN": admin.token,
            "MAILKEEP_REVIEWER_TOKEN": reviewer.token, "MAILKEEP_MESSAGE": contents[0],
            "MAILKEEP_EXPECTED": str(len(contents))})
        return json.loads(out)

    def hold_against(self, result, view):
        contents = set(view.values())
        self.assertEqual(result["admin"]["role"], "administrator")
        self.assertEqual(result["fetch"]["state"], "done")
        self.assertTrue(result["completeness"]["complete"])
        self.assertEqual(result["administratorReadsNoMail"]["status"], 403)
        self.assertEqual(result["total"], len(contents))
        self.assertEqual(sorted(result["ids"]), sorted(contents))
        self.assertEqual(result["facets"]["account"], [{"value": "anna", "count": len(contents)}])
        self.assertEqual(result["fault"], {"status": 400, "code": "bad-query"})
        message = sorted(contents)[0]
        self.assertEqual(result["message"]["id"], message)
        self.assertEqual(len(result["occurrences"]), list(view.values()).count(message))
        self.assertEqual(sha256(self.mailkeep.raw(message)), message)
        self.assertIn(message, [one["id"] for one in result["thread"]["messages"]])
        self.assertEqual(result["proof"]["id"], message)
        self.assertEqual(len(result["proof"]["proofs"]), len(result["occurrences"]))
        self.assertTrue(result["preview"]["recipients"])
        self.assertEqual(result["tokensBegetNoTokens"]["status"], 403)
        self.assertEqual(result["narrow"]["status"], 403)
        self.assertEqual(result["revoked"]["status"], 401)
        self.assertGreater(result["audit"], 10)


if __name__ == "__main__":
    main()
