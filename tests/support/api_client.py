# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the REST API that holds every answer to the contract.

    api = Api(service.address, token)
    found = api.get("/search", q="budget").json()

Each response is checked against api/openapi.json: the path, the method, the status, the content type, the
schema of the body and the headers that are promised. An answer that the document does not allow fails the
test that asked for it.
"""

import http.client
import json
import re
import ssl
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import jsonschema

DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "api" / "openapi.json").read_text())
PREFIX = "/api/v1"


@dataclass
class Reply:
    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


class Api:
    """One caller. token: "mk_…"; cookie: of a session; neither: a stranger."""

    def __init__(self, address, token=None, ca_file=None):
        self.address = address.rstrip("/")
        self.token = token
        self.cookie = None
        self.ca_file = ca_file
        self.seen = set()  # operationIds that were answered

    def get(self, path, expect=200, headers=None, **query):
        return self.ask("GET", path, query, None, headers, expect)

    def post(self, path, body=None, expect=200, headers=None, **query):
        return self.ask("POST", path, query, body, headers, expect)

    def patch(self, path, body, expect=200, headers=None):
        return self.ask("PATCH", path, {}, body, headers, expect)

    def put(self, path, body, expect=200, headers=None):
        return self.ask("PUT", path, {}, body, headers, expect)

    def delete(self, path, expect=204, headers=None):
        return self.ask("DELETE", path, {}, None, headers, expect)

    def ask(self, method, path, query=None, body=None, headers=None, expect=200):
        """expect: the status; None: any that the contract allows."""
        full = path if path in ("/healthz", "/readyz", "/metrics") else PREFIX + path
        target = full + ("?" + urllib.parse.urlencode(query) if query else "")
        reply = self.send(method, target, body, headers)
        check(method, full, reply, self.seen)
        if expect is not None and reply.status != expect:
            raise AssertionError(f"{method} {target}\nanswered {reply.status}, not {expect}\n"
                                 f"{reply.body[:2000].decode('utf-8', 'replace')}")
        return reply

    def problem(self, method, path, status, code, **more):
        """The problem document of a request that must be refused."""
        reply = self.ask(method, path, more.get("query"), more.get("body"), more.get("headers"), status)
        document = reply.json()
        if document["code"] != code:
            raise AssertionError(f"{method} {path}: {document['code']}, not {code}: {document['detail']}")
        return document

    def send(self, method, target, body=None, headers=None):
        """The bare exchange on a connection of its own."""
        address = urllib.parse.urlsplit(self.address)
        if address.scheme == "https":
            connection = http.client.HTTPSConnection(
                address.hostname, address.port, timeout=60,
                context=ssl.create_default_context(cafile=self.ca_file))
        else:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        sent = dict(headers or {})
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if self.cookie:
            sent.setdefault("Cookie", self.cookie)
            sent.setdefault("X-Mailkeep-Request", "page")
            sent.setdefault("Origin", self.address)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, target, body, sent)
            answer = connection.getresponse()
            return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def all_items(self, path, limit=100, **query):
        """Every item of a list, page by page, with the total that each page stated."""
        items, totals, cursor = [], set(), None
        while True:
            page = self.get(path, limit=limit, **query, **({"cursor": cursor} if cursor else {})).json()
            items += page["items"]
            totals.add(page["total"])
            cursor = page["next_cursor"]
            if cursor is None:
                return items, totals


def check_headers(path, reply):
    """What protects a browser stands on every answer (a 304 keeps what came with the 200)."""
    if reply.status == 304:
        return
    for name, wanted in (("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
                         ("cross-origin-opener-policy", "same-origin"),
                         ("cross-origin-resource-policy", "same-origin")):
        assert reply.headers.get(name) == wanted, f"{path}: {name}: {reply.headers.get(name)}"
    assert "default-src 'none'" in reply.headers["content-security-policy"], path
    assert reply.headers["x-frame-options"] in ("DENY", "SAMEORIGIN"), path
    assert re.search("no-store|no-cache|private|public", reply.headers["cache-control"]), path
    assert not any(name.startswith("access-control-") for name in reply.headers), f"{path}: CORS"
    assert ("set-cookie" in reply.headers) <= path.endswith("/session"), f"{path}: a cookie"


def check(method, path, reply, seen=None):
    """Fails unless the document allows the reply."""
    check_headers(path, reply)
    found = find_operation(method, path)
    if found is None:
        # What the document does not know must be refused as a problem (or the like of OPTIONS).
        assert reply.status >= 400 or method in ("OPTIONS", "HEAD"), f"{method} {path} is not documented"
        return
    allowed = found["responses"]
    spec = allowed.get(str(reply.status)) or allowed.get(f"{reply.status // 100}XX")
    assert spec, f"{found['operationId']}: status {reply.status} is not documented: {reply.body[:300]!r}"
    spec = resolve(spec)
    for name, header in spec.get("headers", {}).items():
        assert name.lower() in reply.headers, f"{found['operationId']}: no header {name}"
        validate(reply.headers[name.lower()], header["schema"], f"{found['operationId']} {name}")
    content = spec.get("content")
    if seen is not None:
        seen.add(found["operationId"])
    if content is None:
        assert not reply.body, f"{found['operationId']}: a body that is not documented: {reply.body[:300]!r}"
        return
    kind = reply.headers.get("content-type", "").split(";")[0].strip()
    media = content.get(kind) or content.get("*/*")
    assert media, f"{found['operationId']}: content type {kind!r} is not documented"
    if kind in ("application/json", "application/problem+json"):
        validate(json.loads(reply.body), media["schema"], found["operationId"])


def find_operation(method, path):
    for template, operations in DOCUMENT["paths"].items():
        pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            # A literal path goes before one with a placeholder.
            if template == path or path not in DOCUMENT["paths"]:
                return operations[method.lower()]
    return None


def resolve(node):
    while "$ref" in node:
        target = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def validate(value, schema, what):
    resolver = jsonschema.RefResolver("", DOCUMENT)
    validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
    errors = [f"{'/'.join(map(str, e.absolute_path)) or '.'}: {e.message[:300]}"
              for e in validator.iter_errors(value)]
    if errors:
        raise AssertionError(f"{what}: the body is not what the contract says:\n" + "\n".join(errors[:10]))


def operation_ids():
    return {operation["operationId"] for operations in DOCUMENT["paths"].values()
            for operation in operations.values()}
