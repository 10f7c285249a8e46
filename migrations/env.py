"""Alembic's environment: gathers every slice's tables, walls and guards each new one, runs on both databases."""

import importlib
from pathlib import Path
from typing import Any, Literal

from alembic import context
from alembic.autogenerate import renderers
from alembic.operations import ops
from sqlalchemy import Engine, event

from app.chart.base import Sealed, metadata
from app.chart.database import engine_for
from app.settings import Settings

APP = Path(importlib.import_module("app").__file__ or "").parent


def gather() -> None:
    """Import all tables: the only discovery in the house."""
    for path in sorted([*APP.glob("*/tables.py"), APP / "chart" / "trail.py"]):
        importlib.import_module(".".join(("app", *path.relative_to(APP).with_suffix("").parts)))


class WallOp(ops.MigrateOperation):
    """`wall("table")` in a drafted migration: the helper of that name stands in every migration file."""

    def __init__(self, table: str, *, listed: bool, private: dict[str, Any] | None) -> None:
        self.table = table
        self.options = {"listed": listed, **(private or {})}


@renderers.dispatch_for(WallOp)
def _render_wall(_: Any, operation: WallOp) -> str:
    options = "".join(f", {name}={value!r}" for name, value in operation.options.items() if value)
    return f'wall("{operation.table}"{options})'


class KeepOp(ops.MigrateOperation):
    """`keep("table", …)` in a drafted migration: triggers that refuse to change what must stay as it is."""

    def __init__(self, table: str, *, when: str, once: list[str], free: list[str], mortal: bool) -> None:
        self.table = table
        self.options = {"when": when, "once": once, "free": free, "mortal": mortal}


@renderers.dispatch_for(KeepOp)
def _render_keep(_: Any, operation: KeepOp) -> str:
    options = "".join(f", {name}={value!r}" for name, value in operation.options.items() if value)
    return f'keep("{operation.table}"{options})'


def with_walls(_: Any, __: Any, directives: list[Any]) -> None:
    """After each created table of a practice, write its wall into the migration, and its guard when it has one."""
    for script in directives:
        walled: list[Any] = []
        for operation in script.upgrade_ops.ops:
            walled.append(operation)
            if isinstance(operation, ops.CreateTableOp) and _has_practice(operation):
                info = operation.info
                walled.append(
                    WallOp(operation.table_name, listed=bool(info.get("listed")), private=info.get("private"))
                )
                if "kept" in operation.info:
                    mortal = info.get("owner") == "couple" and not info.get("survives")
                    walled.append(KeepOp(operation.table_name, mortal=mortal, **info["kept"]))
        script.upgrade_ops.ops = walled


def _has_practice(operation: ops.CreateTableOp) -> bool:
    return any(getattr(column, "name", None) == "practice_id" for column in operation.columns)


def render(kind: str, thing: Any, _: Any) -> str | Literal[False]:
    """Migrations never import app tables: our column types are written out as what they are."""
    if kind == "type" and isinstance(thing, Sealed):
        return "sa.LargeBinary()"
    return False


def whole_or_not_at_all(engine: Engine) -> None:
    """Let SQLite's migrations be transactions too: sqlite3 by itself stores each CREATE at once, and a kill on the way
    would leave tables that stop the next try."""

    def opened(raw: Any, _: Any) -> None:
        raw.isolation_level = None  # it begins nothing by itself
        raw.execute("PRAGMA foreign_keys=OFF").close()

    event.listen(engine, "connect", opened)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))


def run() -> None:
    """Run the migrations on the database asked for."""
    gather()
    url = context.config.attributes.get("url") or Settings().owner_url
    engine = engine_for(url)
    if engine.dialect.name == "sqlite":
        whole_or_not_at_all(engine)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            render_item=render,
            process_revision_directives=with_walls,
            render_as_batch=engine.dialect.name == "sqlite",
            compare_type=True,
            transaction_per_migration=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
