"""The service as a process of its own, killed and started again over one database; the rounds come in."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import httpx

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.chart.migrations import migrate
from app.clock import system_clock
from app.practice import credentials
from app.practice import service as practice
from app.practice.schemas import PersonIn
from bench.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
MASTER = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
START_SECONDS = 60.0
SHIPPED = "app.main:create_app_from_environment"


@dataclass
class Service:
    """One process of the service, or of a flawed one when the proof is put to the test."""

    database_url: str
    factory: str = SHIPPED
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    log: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it says that it is ready."""
        command = [sys.executable, "-m", "uvicorn", "--factory", self.factory, "--port", str(self.port)]
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "--no-access-log", "--log-level", "warning"],
            cwd=ROOT,
            env={**os.environ, **self._environment()},
            stdout=self.log,
            stderr=self.log,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.log.seek(0)
                raise RuntimeError(self.log.read().decode(errors="replace")[-4000:])
            time.sleep(0.03)

    def _environment(self) -> dict[str, str]:
        return {
            "MENDLINE_DATABASE_URL": self.database_url,
            "MENDLINE_MASTER_KEY": MASTER,
            "MENDLINE_ENVIRONMENT": "demo",
            "MENDLINE_RATE_LIMIT": "100000000/minute",
        }

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """kill -9, in the middle of whatever it does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=30)
        self.log.close()

    def verified(self) -> str:
        """What `mendline verify` finds wrong with seals and trail; empty when nothing."""
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "verify"],
            cwd=ROOT,
            env={**os.environ, **self._environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        return "" if done.returncode == 0 else done.stdout + done.stderr


def prepared(database_url: str) -> str:
    """Migrate a database and found a practice in it; gives a clinician's key."""
    migrate(database_url)
    store, now = Store(database_url, MasterKey(b"0123456789abcdef0123456789abcdef")), system_clock()
    try:
        home = practice.found(store, now, "Proof", "Europe/Vienna")
        with practice.operating(store, home, now, "prepareProof") as chart:
            person = practice.add_person(chart, PersonIn(name="Dr. Adler", role="clinician"))
            scopes = credentials.ROLE_SCOPES["clinician"]
            key = practice.make_key(chart, "demo", person_id=person["id"], label="proof", scopes=scopes)
            chart.sign(201)
    finally:
        store.close()
    return str(key["secret"])
