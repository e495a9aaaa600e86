# SPDX-License-Identifier: GPL-3.0-or-later
"""House rules that a program can check: licence lines, lengths, words, and that every test runs."""

import json
import re
import subprocess
import unittest
from pathlib import Path

from source_tree import ROOT, build_directory, read, room_of, source_files

SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
MAX_LINES = {".cpp": 600, ".h": 150}
MAX_COLUMNS = 110

# Machine paths, notes to oneself, hosts of registries, and names of writing tools.
FORBIDDEN = re.compile(
    r"(?<![\w.])/work/|(?<![\w./])/root\b|\bTO" r"DO\b|\bFIX" r"ME\b|\bXX" r"X\b"
    r"|deb\.debian\.org|registry\.npmjs|pypi\.org|proxy\.golang"
    r"|\bCla" r"ude\b|\bAnth" r"ropic\b|\bChat" r"GPT\b|\bCop" r"ilot\b")


def is_program(path):
    """Scripts without a suffix, as in scripts/."""
    return path.suffix == "" and path.parts[0] in ("scripts", ".ci")


def texts():
    for path in source_files():
        if path.name == "LICENSE" or path.parts[:2] == ("tests", "corpus") or path.parts[1:2] == (
                "fuzz",) and "corpus" in path.parts:
            continue
        try:
            yield path, read(path)
        except UnicodeDecodeError:
            continue


class SourceText(unittest.TestCase):
    def test_each_source_begins_with_its_licence(self):
        for path, text in texts():
            if path.suffix in (".cpp", ".h", ".py", ".sh", ".js", ".mjs", ".css") or is_program(path):
                with self.subTest(path=str(path)):
                    self.assertIn(SPDX, "\n".join(text.splitlines()[:2]))

    def test_no_file_outgrows_its_reader(self):
        for path, text in texts():
            limit = MAX_LINES.get(path.suffix)
            if limit and room_of(path):
                self.assertLessEqual(text.count("\n"), limit, str(path))

    def test_lines_fit_a_screen(self):
        for path, text in texts():
            if path.suffix in (".cpp", ".h", ".py"):
                for number, line in enumerate(text.splitlines(), 1):
                    self.assertLessEqual(len(line), MAX_COLUMNS, f"{path}:{number}")

    def test_headers_are_guarded(self):
        for path in source_files(".h"):
            self.assertIn("#pragma once", read(path), str(path))

    def test_no_forbidden_words(self):
        for path, text in texts():
            for number, line in enumerate(text.splitlines(), 1):
                found = FORBIDDEN.search(line)
                if found and path != Path("tests/house/source_text_test.py"):
                    self.fail(f"{path}:{number}: {found[0]}")

    def test_texts_end_with_a_newline_and_have_no_trailing_blanks(self):
        for path, text in texts():
            if path.suffix in (".cpp", ".h", ".py", ".sh", ".md", ".txt", ".cmake"):
                self.assertTrue(text.endswith("\n") and not text.endswith("\n\n"), str(path))
                self.assertNotRegex(text, r"(?m)[ \t]+$", str(path))


class EveryTestRuns(unittest.TestCase):
    def test_each_test_source_is_compiled(self):
        commands = json.loads((build_directory() / "compile_commands.json").read_text())
        compiled = {Path(command["file"]) for command in commands}
        sources = [path for kind in ("unit", "component")
                   for path in source_files(".cpp", under=f"tests/{kind}")]
        self.assertGreater(len(sources), 10)
        self.assertEqual([str(path) for path in sources if ROOT / path not in compiled], [])

    def test_each_test_script_is_registered(self):
        shown = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build_directory(), check=True,
                               capture_output=True).stdout
        registered = {word for test in json.loads(shown)["tests"] for word in test.get("command", [])}
        scripts = source_files("_test.py", under="tests")
        self.assertGreater(len(scripts), 8)
        self.assertEqual([str(path) for path in scripts if str(ROOT / path) not in registered], [])


if __name__ == "__main__":
    unittest.main(verbosity=1)
