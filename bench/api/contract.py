"""The first part of `make prove-api`: schemathesis against the served OpenAPI document; __main__ and a test come in.

Every generated case must be answered as the document says: no 5xx, no undocumented status, no answer that breaks its
schema, no bad input taken, no good input refused for its form.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from app.chart.chart import Store
from app.chart.keys import MasterKey
from app.clock import system_clock
from app.main import create_app
from app.practice import credentials
from app.practice import service as practice
from app.practice.schemas import PersonIn
from app.settings import Settings
from bench.databases import fresh_database
from tests.live import serving

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,ignored_auth,"
    "use_after_free"
)


PARSER_BUG = "SystemError: AST constructor recursion depth mismatch"
TRIES = 4
HOOKS = {"SCHEMATHESIS_HOOKS": "bench.api.hooks"}


@dataclass(frozen=True)
class Outcome:
    """What one run came to."""

    database: str
    cases: int
    failures: int
    exit_code: int
    log: str


def clinician_key(store: Store) -> str:
    """A practice with one clinician; gives a key with all scopes of the role."""
    now = system_clock()
    home = practice.found(store, now, "Proof", "Europe/Vienna")
    with practice.operating(store, home, now, "prepareProof") as chart:
        person = practice.add_person(chart, PersonIn(name="Dr. Adler", role="clinician"))
        scopes = credentials.ROLE_SCOPES["clinician"]
        key = practice.make_key(chart, "demo", person_id=person["id"], label="proof", scopes=scopes)
        chart.sign(201)
    return str(key["secret"])


def prove(
    kind: str,
    *,
    examples: int,
    seed: int,
    phases: str,
    workers: int = 2,
    spoil: Callable[[FastAPI], None] | None = None,
    only: str | None = None,
) -> Outcome:
    """Run schemathesis against the service on one kind of database; `spoil` plants a flaw that it must find,
    `only` looks at one path.
    """
    code, log = 1, ""
    with fresh_database(kind) as url:
        store = Store(url, MasterKey(b"0123456789abcdef0123456789abcdef"))
        settings = Settings(database_url=url, environment="demo", rate_limit="100000000/minute")
        try:
            app = create_app(settings, store=store)
            if spoil is not None:
                spoil(app)
            with serving(app) as address:
                key = clinician_key(store)
                for attempt in range(TRIES):
                    command = _command(address, key, examples, seed + attempt, phases, workers)
                    code, log = _run([*command, *([f"--include-path={only}"] if only else [])])
                    if not _stumbled(code, log):
                        break
        finally:
            store.close()
    return Outcome(kind, *_counted(log), code, log)


def _run(command: list[str]) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 — our own tool
        command, capture_output=True, text=True, check=False, env={**os.environ, **HOOKS}
    )
    return done.returncode, done.stdout + done.stderr


def _stumbled(code: int, log: str) -> bool:
    """Whether the tool itself fell over CPython 3.11's parser while drawing a deep value: no word about the service.

    Another seed is tried then, and only when nothing else was found.
    """
    return code != 0 and PARSER_BUG in log and "FAILURES" not in log


def _command(address: str, key: str, examples: int, seed: int, phases: str, workers: int) -> list[str]:
    tool = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis"
    return [
        tool,
        "run",
        f"{address}/openapi.json",
        f"--header=Authorization: Bearer {key}",
        f"--phases={phases}",
        f"--max-examples={examples}",
        f"--checks={CHECKS}",
        f"--seed={seed}",
        f"--workers={workers}",
        "--continue-on-failure",
        "--no-shrink",
        "--suppress-health-check=all",
        "--warnings=off",
    ]


def _counted(log: str) -> tuple[int, int]:
    """How many cases ran and how many failed, from the tool's closing lines; no lines, no proof."""
    ran = re.search(r"(\d+) generated", log)
    failed = re.search(r"(\d+) (?:unique )?(?:failed|failures)", log)
    return int(ran.group(1)) if ran else 0, int(failed.group(1)) if failed else 0
