"""The stacks of a run: the service as shipped, the bare limit on its tables, the Django twin; measuring comes in."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import make_url

SERVICE, LIMIT, DRF = "service", "limit", "django"


@dataclass(frozen=True)
class Stack:
    """One way to answer the same requests, as a command that serves it on `{port}`."""

    name: str
    words: str
    command: tuple[str, ...]


def stacks(kind: str) -> tuple[Stack, ...]:
    """All stacks for a kind of database."""
    python = sys.executable
    listen = ("--host", "127.0.0.1", "--port", "{port}")
    quiet = ("--log-level", "warning", "--no-access-log", "--no-server-header")
    driver = "sqlite3 on the event loop" if kind == "sqlite" else "asyncpg"
    return (
        Stack(
            SERVICE,
            "`mendline serve` as shipped, all walls on",
            (python, "-c", "from app.cli import main; main()", "serve", *listen),
        ),
        Stack(
            LIMIT,
            f"bare ASGI, {driver}, orjson; no walls",
            (python, "-m", "uvicorn", f"bench.twins.limit_{kind}:app", *listen, *quiet),
        ),
        Stack(
            DRF,
            "Django REST framework on gunicorn, 10 threads; no walls",
            (
                *(python, "-m", "gunicorn", "bench.twins.drf:application", "--bind", "127.0.0.1:{port}"),
                *(
                    "--worker-class",
                    "gthread",
                    "--threads",
                    "10",
                    "--keep-alive",
                    "30",
                    "--log-level",
                    "warning",
                ),
            ),
        ),
    )


def environment(url: str, master_key: str) -> Mapping[str, str]:
    """What all stacks read: the database in each one's spelling, the master key, a rate limit out of the way."""
    parsed = make_url(url)
    plain = parsed.database or ""
    if parsed.get_backend_name() != "sqlite":
        plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    return {
        "MENDLINE_DATABASE_URL": url if parsed.get_backend_name() == "sqlite" else plain,
        "MENDLINE_MASTER_KEY": master_key,
        "MENDLINE_RATE_LIMIT": "100000000/minute",
        "BENCH_DATABASE": plain,
    }
