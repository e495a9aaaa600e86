# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole commands, timed side by side: in turn A B C A B C ..., so that a machine whose speed drifts is
unfair to nobody. Wall and CPU seconds are the kernel's own account of each process and its children; peak
memory is the process's own high-water mark, read while it runs (the account at its end would count what
it inherited from us). The median of each is what counts."""

import argparse
import os
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Contender:
    name: str
    command: list
    environment: dict = field(default_factory=dict)
    prepare: object = None   # called before each run, not timed
    check: object = None     # called after each run with no argument: raises if the work was not done
    accept: tuple = (0,)
    runs: list = field(default_factory=list)

    def median(self, what):
        return statistics.median(run[what] for run in self.runs)

    def run(self):
        return run_once(self)


def run_once(contender):
    if contender.prepare:
        contender.prepare()
    start = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(list(map(str, contender.command)), stdout=nowhere,
                                   stderr=subprocess.PIPE, env={**os.environ, **contender.environment})
        memory = PeakMemory(process.pid)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in contender.accept:
        raise RuntimeError(f"{contender.name} ended with {process.returncode}: {errors[-2000:].decode()}")
    if contender.check:
        contender.check()
    return {"wall": seconds, "cpu": usage.ru_utime + usage.ru_stime, "rss_mib": memory.end() / 1024}


class PeakMemory:
    """Reads VmHWM every few milliseconds until the process is gone."""

    def __init__(self, pid):
        self.path = f"/proc/{pid}/status"
        self.kib = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        while not self.stop.wait(0.005):
            try:
                with open(self.path) as status:
                    for line in status:
                        if line.startswith("VmHWM:"):
                            self.kib = max(self.kib, int(line.split()[1]))
            except OSError:
                return

    def end(self):
        self.stop.set()
        self.thread.join()
        return self.kib


def race(contenders, runs):
    """Interleaved; the first round warms caches and does not count when there is more than one."""
    for number in range(runs + (1 if runs > 1 else 0)):
        for contender in contenders:
            result = run_once(contender)
            if runs == 1 or number > 0:
                contender.runs.append(result)


def table(contenders, messages, reference):
    """Markdown: each contender, and its speed as a multiple of the reference's. messages None: a rate would
    say nothing."""
    base = next(one for one in contenders if one.name == reference).median("wall")
    lines = [f"| | wall s | msg/s | CPU s | peak MiB | speed, {reference} = 1 |", "|---|---|---|---|---|---|"]
    for one in contenders:
        wall = one.median("wall")
        rate = f"{messages / wall:,.0f}" if messages else "-"
        lines.append(f"| {one.name} | {wall:.3f} | {rate} | {one.median('cpu'):.3f} | "
                     f"{one.median('rss_mib'):.0f} | {base / wall:.2f} |")
    lines.append(f"\nn = {len(contenders[0].runs)} interleaved runs, medians")
    return "\n".join(lines)


def parser_of(text):
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--corpus", help="a folder of messages, one a file; default: generated mail")
    parser.add_argument("--quick", action="store_true", help="300 messages, one run: does it still run?")
    return parser


def parsed(parser):
    options = parser.parse_args()
    if options.quick:
        options.messages, options.runs = 300, 1
    return options


class Away:
    """Moves old results aside instead of deleting them: creating files right after a mass deletion is
    slow on ext4 and would be measured. All of it is removed at the end."""

    def __init__(self, directory):
        self.trash = directory / "trash"
        self.trash.mkdir()
        self.count = 0

    def __call__(self, *paths):
        for path in paths:
            if path.exists():
                self.count += 1
                shutil.move(path, self.trash / str(self.count))
