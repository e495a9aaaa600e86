# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents say is there, is there."""

import os
import re
import subprocess
import unittest

from source_tree import ROOT, read, source_files

DOCUMENTS = [path for path in source_files(".md") if path.parts[0] in ("README.md", "docs")]
COMMAND = re.compile(r"(?:^|[`$(|] ?|sudo (?:-u \w+ )?)mailkeep ((?:--?\w[\w-]* ?\S* )*)([a-z][a-z-]*)"
                     r"((?: [^`|#\n]*)?)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def help_of(*words):
    return subprocess.run([os.environ["MAILKEEP"], *words, "--help"], capture_output=True,
                          text=True, timeout=60).stdout


def code_in(text):
    """Fenced blocks and `inline code`, a command a line."""
    fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return "\n".join(fenced).replace("\\\n", " ") + "\n" + "\n".join(re.findall(r"`([^`]+)`", rest))


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        listed = help_of().split("Subcommands:")[1]
        cls.commands = set(re.findall(r"^  ([a-z][\w-]*)", listed, re.MULTILINE))
        cls.general = set(OPTION.findall(help_of()))

    def test_each_command_and_option_exists(self):
        checked = 0
        for path in DOCUMENTS:
            for _, command, rest in COMMAND.findall(code_in(read(path))):
                with self.subTest(document=str(path), command=command, rest=rest):
                    self.check(command, rest)
                    checked += 1
        self.assertGreater(checked, 30)

    def check(self, command, rest):
        self.assertIn(command, self.commands)
        words = rest.split()
        text = help_of(command)
        if "Subcommands:" in text and words and re.fullmatch(r"[a-z]+", words[0]):
            self.assertRegex(text.split("Subcommands:")[1], rf"(?m)^  {words[0]}\b")
            text = help_of(command, words[0])
        known = set(OPTION.findall(text)) | self.general
        self.assertEqual(set(OPTION.findall(rest)) - known, set())

    def test_each_command_is_explained_to_operators(self):
        text = read("docs/operations.md") + read("README.md")
        for command in sorted(self.commands):
            self.assertIn(f"mailkeep {command}", text)

    def test_formats_describe_each_table(self):
        tables = set()
        for path in source_files(".h", ".cpp", under="store/sql"):
            tables |= set(re.findall(r"CREATE TABLE (\w+)", read(path)))
        self.assertGreater(len(tables), 12)
        formats = read("docs/formats.md")
        self.assertEqual([name for name in sorted(tables)
                          if f"`{name}`" not in formats and f"\n| {name} |" not in formats], [])

    def test_links_lead_somewhere(self):
        for path in DOCUMENTS:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(path)):
                self.assertTrue((ROOT / path.parent / target).exists(), f"{path} points to {target}")

    def test_each_log_event_is_listed(self):
        events = set()
        for path in source_files(".cpp"):
            if path.parts[0] != "tests":
                events |= set(re.findall(r'\blog\(\s*(?:common::)?LogLevel::\w+,\s*"([^"]+)"',
                                         read(path)))
        listed = read("docs/operations.md")
        self.assertEqual([name for name in sorted(events) if f"`{name}`" not in listed], [])


if __name__ == "__main__":
    unittest.main(verbosity=1)
