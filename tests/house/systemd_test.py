# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit files are correct and confined; the shipped configuration is one that the program accepts."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from source_tree import ROOT, read, source_files

MAX_EXPOSURE = 1.5
UNITS = [path for path in source_files(".service", ".timer", under="systemd")]
SERVICES = [path for path in UNITS if path.suffix == ".service"]


class Systemd(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="mk-units-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def test_verify_has_nothing_to_say(self):
        self.assertGreater(len(UNITS), 2)
        for unit in UNITS:  # with the program where it was built, since nothing is installed here
            text = read(unit).replace("/usr/bin/mailkeep", os.environ["MAILKEEP"])
            (self.directory / unit.name).write_text(text)
        done = subprocess.run(["systemd-analyze", "verify", "--man=no",
                               *(str(self.directory / unit.name) for unit in UNITS)],
                              capture_output=True, text=True)
        said = "\n".join(line for line in done.stderr.splitlines() if "mailkeep" in line)
        self.assertEqual((done.returncode, said), (0, ""), done.stderr)

    def test_services_are_confined(self):
        self.assertGreater(len(SERVICES), 1)
        for service in SERVICES:
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                                   str(ROOT / service)], capture_output=True, text=True)
            exposure = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
            self.assertIsNotNone(exposure, done.stdout + done.stderr)
            self.assertLessEqual(float(exposure[1]), MAX_EXPOSURE, str(service))

    def test_the_index_has_no_network(self):
        text = read("systemd/mailkeep-index.service")
        self.assertIn("\nPrivateNetwork=yes\n", text)
        self.assertIn("\nRestrictAddressFamilies=AF_UNIX\n", text)

    def test_services_call_commands_that_exist(self):
        for service in SERVICES:
            words = re.search(r"(?m)^ExecStart=/usr/bin/mailkeep (.*)$", read(service))[1].split()
            shown = subprocess.run([os.environ["MAILKEEP"], words[0], "--help"],
                                   capture_output=True, text=True)
            self.assertEqual(shown.returncode, 0)
            for option in words[1:]:
                self.assertIn(option, shown.stdout)

    def test_the_user_and_the_directories_can_be_made(self):
        (self.directory / "etc").mkdir()
        done = subprocess.run(["systemd-sysusers", "--dry-run", f"--root={self.directory}",
                               str(ROOT / "systemd/mailkeep.sysusers")],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("mailkeep", done.stdout + done.stderr)
        for line in read("systemd/mailkeep.tmpfiles").splitlines():
            if not line.startswith("#"):
                self.assertRegex(line, r"^d /\S+ +0[0-7]{3} +(mailkeep|root) +(mailkeep|root) +-$")

    def test_the_shipped_configuration_is_accepted_with_every_key_set(self):
        text = read("systemd/mailkeep.conf")
        keys = re.findall(r"(?m)^#([a-z-]+ = .*)$", text)
        self.assertGreater(len(keys), 3)
        every_key = "\n".join(keys) + "\n"
        config = self.directory / "mailkeep.conf"
        for number, content in enumerate((text, every_key)):
            data = self.directory / f"data-{number}"
            content = re.sub(r"(?m)^(store|data) = .*\n", "", content) + f"data = {data}\n"
            config.write_text(content + f"store = sqlite://{data}/mailkeep.sqlite\n")
            done = subprocess.run([os.environ["MAILKEEP"], "--config", str(config), "checkpoint"],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
