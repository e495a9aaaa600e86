# SPDX-License-Identifier: GPL-3.0-or-later
"""The service under test: `mailkeep serve` (or `api`) on an ephemeral loopback port.

    with Service(self.mailkeep) as service:
        api = service.api("rita", "reviewer", accounts=["anna"])
        api.get("/search", q="budget")
"""

import json
import signal
import subprocess
import time

from api_client import Api

START_SECONDS = 30
STOP_SECONDS = 15


class Service:
    def __init__(self, mailkeep, *flags, command="serve", environment=None):
        self.mailkeep = mailkeep
        self.flags = flags
        self.command = command
        self.environment = environment
        self.process = None
        self.address = None
        self._people = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.stop()
        if self.process:
            self.process.stderr.close()

    def start(self):
        place = self.mailkeep.data / "serve.address"
        place.unlink(missing_ok=True)
        self.log = (self.mailkeep.data.parent / "service.log").open("ab")
        self.process = self.mailkeep.start(
            self.command, "--listen", "127.0.0.1:0", *self.flags, environment=self.environment,
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.process.stderr = self.log
        deadline = time.monotonic() + START_SECONDS
        while not (place.exists() and place.read_text().endswith("\n")):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"the service did not start:\n{self.log_text()}")
            time.sleep(0.02)
        self.address = place.read_text().strip()

    def stop(self):
        """Orderly; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the service did not stop:\n{self.log_text()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log_text(self):
        return (self.mailkeep.data.parent / "service.log").read_text(errors="replace")[-4000:]

    def api(self, user, role, accounts=(), scopes=(), **more):
        """A caller with a fresh token; the user is made when it is not there yet."""
        if user not in self._people:
            self.mailkeep.run("user", "add", user, "--role", role,
                              *(word for name in accounts for word in ("--account", name)))
            self._people[user] = role
        made = self.mailkeep.run("token", "add", "--user", user,
                                 *(word for scope in scopes for word in ("--scope", scope)),
                                 "--json").json()
        return Api(self.address, made["secret"], **more)

    def stranger(self):
        return Api(self.address)


def wait_until(condition, what, seconds=30):
    """What the condition returned once it was true."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


def finished_job(api, job):
    """The job once it has ended."""
    def look():
        state = api.get(f"/jobs/{job['id']}").json()
        return state if state["state"] in ("done", "failed", "cancelled") else None
    return wait_until(look, f"job {json.dumps(job)}", 60)
