# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at a random moment inside a chosen phase of a running mailkeep, and the truth about where it
landed: the program, built with its marks, writes its phase into a mapped file that survives it."""

import mmap
import os
import signal
import subprocess
import time
from collections import Counter

MARK_BYTES = 32
RUN_LIMIT_SECONDS = 120


class PhaseMark:
    """The file in which the program leaves its last phase."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(b"\0" * MARK_BYTES)
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), MARK_BYTES)

    def clear(self):
        self._memory[:] = b"\0" * MARK_BYTES

    def read(self):
        return self._memory[:].split(b"\0")[0].decode()


class Killer:
    """lingering: phases that last long; in the others most moments are a fraction of a millisecond."""

    def __init__(self, mailkeep, mark, rng, lingering=(), sabotage=None):
        self.mailkeep, self.mark, self.rng, self.lingering = mailkeep, mark, rng, lingering
        self.hits = Counter()
        self.environment = {"MAILKEEP_PHASE_FILE": str(mark.path)}
        if sabotage:
            self.environment["MAILKEEP_SABOTAGE"] = sabotage

    def kill(self, command, wanted, skips=(0, 0, 1, 2, 3)):
        """True if the running program was killed; False if it came to its end first. command: a word, or
        several; skips: how often the phase may come before, one of these by chance."""
        self.mark.clear()
        words = (command,) if isinstance(command, str) else command
        process = self.mailkeep.start(*words, environment=self.environment, start_new_session=True,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait_for(process, wanted, skip=self.rng.choice(skips))
        moment = self.rng.random() ** 3 * (0.05 if wanted in self.lingering else 0.004)
        until = time.perf_counter() + moment
        while time.perf_counter() < until:
            pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if process.wait() != -signal.SIGKILL:
            return False
        self.hits[self.mark.read() or "start"] += 1
        return True

    def _wait_for(self, process, wanted, skip):
        """Until the phase has come for the (skip + 1)th time, or the run is over."""
        deadline = time.monotonic() + RUN_LIMIT_SECONDS
        last = ""
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
                raise AssertionError("a run did not end in time")
            for _ in range(2000):
                phase = self.mark.read()
                if phase == wanted != last:
                    if skip == 0:
                        return
                    skip -= 1
                last = phase
