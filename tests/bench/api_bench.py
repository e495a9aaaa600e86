# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast the service answers while it fetches: N readers search, open and download mail, each on a
connection of its own, while the mail of other accounts comes in from a real Dovecot over TLS.

    tests/bench/api_bench.py [--quick] [--readers 50] [--seconds 30] [--messages 20000] [--postgres]
                             [--corpus DIR]

Prints the percentiles of each kind of request, with fetching and without. A reader asks, looks at the answer
for a while (--think, 0.25 s on average), and asks again; --think 0 asks without a pause.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from bench_mail import fill_maildir, messages  # noqa: E402
from dovecot import TemporaryDovecot   # noqa: E402
from mailkeep import Mailkeep, postgres  # noqa: E402
from service import Service            # noqa: E402

NEWCOMERS = ("tom", "ida", "max", "eva")
QUERIES = ["*", "from:anna", "has:attachment", "meeting", "subject:report", "spectrometer OR contract"]


async def read_answer(reader):
    status = int((await reader.readline()).split()[1])
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, await reader.readexactly(length)


async def one_reader(address, token, ids, until, think, taken, rng):
    host, port = address.rsplit("/", 1)[1].rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    while time.monotonic() < until:
        kind = rng.choices(["search", "view", "raw", "list"], [5, 3, 1, 1])[0]
        message = rng.choice(ids)
        query = urllib.parse.quote_plus(rng.choice(QUERIES))
        path = {"search": f"/search?q={query}&facets=true",
                "view": f"/messages/{message}", "raw": f"/messages/{message}/raw", "list": "/messages"}[kind]
        began = time.perf_counter()
        writer.write(f"GET /api/v1{path} HTTP/1.1\r\nHost: {host}:{port}\r\n"
                     f"Authorization: Bearer {token}\r\n\r\n".encode())
        status, body = await read_answer(reader)
        taken.setdefault(kind, []).append(time.perf_counter() - began)
        if status != 200:
            raise SystemExit(f"{path} answered {status}: {body[:300]!r}")
        if think:
            await asyncio.sleep(rng.expovariate(1 / think))
    writer.close()


async def read_for(options, address, token, ids):
    taken = {}
    until = time.monotonic() + options.seconds
    await asyncio.gather(*(one_reader(address, token, ids, until, options.think, taken,
                                      random.Random(options.seed + n)) for n in range(options.readers)))
    return taken


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def report(title, taken):
    everything = [one for values in taken.values() for one in values]
    for kind, values in [*sorted(taken.items()), ("all", everything)]:
        print(f"{title:<18} {kind:<7} n {len(values):>6}   "
              f"median {statistics.median(values) * 1e3:7.1f} ms   "
              f"p99 {percentile(values, 0.99) * 1e3:7.1f} ms   max {max(values) * 1e3:7.1f} ms", flush=True)
    return percentile(everything, 0.99)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--think", type=float, default=0.25)
    parser.add_argument("--corpus")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.quick:
        options.readers, options.seconds, options.messages = 10, 3, 200
    with TemporaryDovecot({name: "secret" for name in ("anna", *NEWCOMERS)}) as server, \
            tempfile.TemporaryDirectory(prefix="mk-bench-") as directory:
        for number, user in enumerate(("anna", *NEWCOMERS)):
            fill_maildir(server.maildir(user), messages(options.corpus, options.messages, seed=number + 1),
                         server.own)
        mailkeep = Mailkeep(Path(directory) / "data", postgres().new_database() if options.postgres else None)
        mailkeep.add_account("anna", server, "anna")
        mailkeep.run("fetch")
        mailkeep.run("index")
        ids = [one["id"] for one in mailkeep.messages()]
        with Service(mailkeep) as service:
            token = service.api("otto", "auditor").token
            report("quiet", asyncio.run(read_for(options, service.address, token, ids)))
            for user in NEWCOMERS:
                mailkeep.add_account(user, server, user)
            p99 = report("while fetching", asyncio.run(read_for(options, service.address, token, ids)))
            fetched = len(mailkeep.messages(*NEWCOMERS))
            print(json.dumps({"readers": options.readers, "seconds": options.seconds, "think": options.think,
                              "messages": len(ids), "p99_ms": round(p99 * 1e3, 1),
                              "fetched_meanwhile": fetched, "cores": os.cpu_count(),
                              "engine": "postgresql" if options.postgres else "sqlite"}))
            if not fetched:
                raise SystemExit("nothing was fetched meanwhile")


if __name__ == "__main__":
    main()
