# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo, as a stranger runs it: on both stores, twice, with nothing left behind."""

import glob
import json
import signal
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from mailkeep import main
from source_tree import ROOT


class Demo(unittest.TestCase):
    def test_runs_on_both_stores_and_a_second_time(self):
        for options in ((), ("--postgres",), ()):
            before = set(glob.glob("/tmp/mailkeep-demo-*"))
            done = subprocess.run([ROOT / "scripts" / "demo", "--no-serve", *options],
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
            for told in ("The archive holds everything", "lost or altered:               0",
                         "FAULT content-altered", "archived byte for byte:        yes"):
                self.assertIn(told, done.stdout)
            self.assertEqual(set(glob.glob("/tmp/mailkeep-demo-*")) - before, set())

    def test_serves_until_it_is_interrupted(self):
        before = set(glob.glob("/tmp/mailkeep-demo-*"))
        demo = subprocess.Popen([ROOT / "scripts" / "demo"], stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                start_new_session=True)
        self.addCleanup(demo.stdout.close)
        said = []
        try:
            page = self.wait_for_line(demo, said, "The page:")
            token = self.wait_for_line(demo, said, "The token:")
            self.assertEqual(self.read(page + "healthz").decode(), "ok\n")
            found = json.loads(self.read(page + "api/v1/search?q=has:attachment", token))
            self.assertGreater(found["total"], 0)
            begin = time.monotonic()
            demo.send_signal(signal.SIGINT)
            rest = demo.communicate(timeout=30)[0]
            self.assertLess(time.monotonic() - begin, 10, rest)
        finally:
            if demo.poll() is None:
                demo.kill()
                demo.wait()
        with self.assertRaises(urllib.error.URLError):
            self.read(page + "healthz")
        self.assertEqual(set(glob.glob("/tmp/mailkeep-demo-*")) - before, set())
        self.assertIn("archived byte for byte:        yes", "".join(said))

    def wait_for_line(self, demo, said, label):
        for line in demo.stdout:
            said.append(line)
            if line.strip().startswith(label):
                return line.split(label)[1].strip()
        raise AssertionError("the demo ended early:\n" + "".join(said)[-4000:])

    def read(self, url, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return answer.read()

    def test_refuses_an_unknown_option(self):
        done = subprocess.run([ROOT / "scripts" / "demo", "--what"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 64)


if __name__ == "__main__":
    main()
