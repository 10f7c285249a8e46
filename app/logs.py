"""Logs: JSON lines that carry ids, codes and times and never what somebody wrote; the command line comes in.

The rule: our own loggers may format their arguments; everybody else's lines are written as their template alone,
or, where they bring no arguments and so may be formatted already, as the place that wrote them (asyncio's with their
first words); an error shows its type and where it passed, never its message; a request its operation, no address.
"""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any

TRUSTED = ("mendline", "uvicorn.error")
_encoded = json.JSONEncoder(ensure_ascii=False).encode
_FIRST_WORDS = re.compile(r"(Task|Future) exception was never retrieved|Exception in callback|Fatal error")
EXTRAS = ("request_id", "action", "method", "status", "ms", "kind")


class JsonLines(logging.Formatter):
    """One log record as one line of JSON, with nothing in it that a client or a database said."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": _event(record),
        }
        line |= {name: getattr(record, name) for name in EXTRAS if hasattr(record, name)}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"], line["passed"] = _passed(record.exc_info)
        return _encoded(line)


def _event(record: logging.LogRecord) -> str:
    ours = any(record.name == name or record.name.startswith(f"{name}.") for name in TRUSTED)
    if ours:
        return record.getMessage().strip()
    if record.args:
        return str(record.msg).strip()
    first = _FIRST_WORDS.match(str(record.msg)) if record.name == "asyncio" else None
    return f"{record.filename}:{record.lineno} {first.group() if first else ''}".strip()


def _passed(exc_info: Any) -> tuple[str, list[str]]:
    """The error's type and its frames, innermost last: file, line and function, no values and no source."""
    kind, _, trace = exc_info
    return str(kind.__name__), [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in extract_tb(trace)
    ]


def configuration(level: str = "INFO") -> dict[str, Any]:
    """For logging.config.dictConfig: everything goes to standard error, as JSON lines."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "app.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {"mendline": {"level": level}, "uvicorn.error": {"level": level}},
    }
