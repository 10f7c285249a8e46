"""How a command shows what it found: a table for people, JSON for programs; commands come in."""

import json
import re
import sys
from datetime import datetime
from typing import Any

import typer

from app.cli.program import Row

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WHOLE = {"id", "person_id", "name", "created_at", "expires_at", "revoked_at", "state", "what"}


def line(content: Any) -> str:
    """JSON in one line; what would steer a terminal is spelt as an escape."""
    spelt = json.dumps(content, ensure_ascii=False, default=_written)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", spelt)


def _written(value: Any) -> str:
    from app.clock import written

    return written(value) if isinstance(value, datetime) else str(value)


def show(row: Row, as_json: bool) -> None:
    """One thing: a line of JSON, or a name and a value a line."""
    if as_json:
        typer.echo(line(row))
        return
    width = max(len(name) for name in row)
    for name, value in row.items():
        typer.echo(f"{name.ljust(width)}  {_cell(value)}")


def table(rows: list[Row], columns: tuple[str, ...], as_json: bool) -> None:
    """Several things: a JSON array, or a table."""
    if as_json:
        typer.echo(line(rows))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=column in _WHOLE)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    width = None if sys.stdout.isatty() else 160  # a pipe has no width of its own
    Console(highlight=False, markup=False, width=width).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _CONTROL.sub(
        "\N{REPLACEMENT CHARACTER}", " ".join(value) if isinstance(value, list) else str(value)
    )
