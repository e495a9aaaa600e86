# SPDX-License-Identifier: GPL-3.0-or-later
"""Node.js for the tests that need a browser or another language's client."""

import os
import shutil
import subprocess

NODE = shutil.which("node") or shutil.which("nodejs") or "node"


def install(folder):
    """Into folder/node_modules, exactly what its lock file names."""
    known = folder / "node_modules" / ".package-lock.json"
    lock = folder / "package-lock.json"
    if known.exists() and known.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                          capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"npm ci in {folder.name} failed:\n{done.stdout}{done.stderr}")


def node(folder, *words, environment=None, timeout=900):
    """The finished process, run in the folder."""
    return subprocess.run([NODE, *map(str, words)], cwd=folder, capture_output=True, text=True,
                          timeout=timeout, env={**os.environ, **(environment or {})})
