"""The record opened for an operator: settings, store, practice and chart, refused in plain words; commands come in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.troubles import trouble

if TYPE_CHECKING:
    from app.chart.chart import Chart, Store
    from app.settings import Settings

NO_PRACTICE = (
    "there is no practice that this login may list: `mendline practice create NAME`,"
    " or on PostgreSQL set MENDLINE_MIGRATION_URL"
)


def settings_of() -> "Settings":
    """The MENDLINE_ settings, with the key of an encrypted file where there is one."""
    from app.settings import Settings

    settings = Settings()
    if settings.sqlite_encryption:
        from app.main import know_file

        know_file(settings)
    return settings


def demand_head(settings: "Settings") -> None:
    """Refuse a database of another revision than this version needs."""
    from app.chart.migrations import head, revision_of

    revision = revision_of(settings.url)
    found = f"the database is at {revision}" if revision else "there is no database yet, or it is empty"
    if revision != head():
        trouble(f"{found}, this version needs {head()}: run `mendline migrate` first")


def store_of(settings: "Settings") -> "Store":
    """The record store, at head and with its master key; never with a new key for a record sealed with another one."""
    from app.main import open_store

    demand_head(settings)
    if not settings.master_key and not settings.key_file.exists():
        trouble(
            f"the master key {settings.key_file} is missing: put it back or set MENDLINE_MASTER_KEY;"
            " without it nobody can read the record"
        )
    return open_store(settings)


def operators_store(settings: "Settings") -> "Store":
    """The record store for an operator, whose commands also ask the owner: both must speak of one database."""
    from app.chart.inspection import demand_one_database

    demand_one_database(settings.url, settings.owner_url)
    return store_of(settings)


def with_archive(
    deed: Callable[..., None], file: Path, key_file: Path | None, passphrase_file: Path | None, as_json: bool
) -> None:
    """Open an archive or a backup for a deed on the store."""
    from app.archive import command

    settings = settings_of()
    secret = command.secret(key_file, passphrase_file, settings.archive_passphrase, new=False)
    store = operators_store(settings)
    try:
        deed(store, settings.owner_url, file, secret, as_json)
    finally:
        store.close()


@contextmanager
def chart_of(practice: str | None, action: str, status: int) -> "Iterator[Chart]":
    """A chart of the practice for an operator; what is done through it stands on the practice's trail."""
    from app.clock import system_clock
    from app.practice import service

    settings = settings_of()
    store = operators_store(settings)
    try:
        practice_id = named_practice(store, settings, practice)
        with service.operating(store, practice_id, system_clock(), action) as chart:
            yield chart
            chart.sign(status)
    finally:
        store.close()


@contextmanager
def operating(store: "Store", practice_id: str, action: str) -> "Iterator[Chart]":
    """A chart for one step of an operator's work on one practice, which stands on its trail."""
    from app.clock import system_clock
    from app.practice import service

    with service.operating(store, practice_id, system_clock(), action) as chart:
        yield chart
        chart.sign(200)


@contextmanager
def record() -> "Iterator[tuple[Store, Settings]]":
    """The whole record and the settings it was opened with, for commands that look at several practices."""
    settings = settings_of()
    store = operators_store(settings)
    try:
        yield store, settings
    finally:
        store.close()


def practices_of(store: "Store", settings: "Settings", practice: str | None) -> list[str]:
    """The practice named, or all of them; none at all is told, or what was looked at nowhere would pass for sound."""
    from app.practice import service

    if practice:
        return [named_practice(store, settings, practice)]
    found = [str(row["id"]) for row in service.practices(settings.owner_url)]
    return found or trouble(NO_PRACTICE)


def named_practice(store: "Store", settings: "Settings", practice: str | None) -> str:
    """The practice named, if there is one of this id, or the only one."""
    from app.chart.chart import Visit, new_id
    from app.clock import system_clock
    from app.practice import service

    if not practice:
        return _only_practice(settings)
    practice_id, visit = identifier(practice), Visit("findPractice", new_id())
    with store.chart(service.operator(practice_id), system_clock(), visit, writing=False) as chart:
        if service.home(chart) is None:
            trouble(f"there is no practice {practice_id}: see `mendline practice list`")
    return practice_id


def _only_practice(settings: "Settings") -> str:
    from app.practice import service

    found = service.practices(settings.owner_url)
    if not found:
        trouble(f"{NO_PRACTICE}, or say --practice ID")
    if len(found) > 1:
        trouble(f"there are {len(found)} practices: say which with --practice ID (`mendline practice list`)")
    return str(found[0]["id"])


def identifier(text: str) -> str:
    """An id as it is stored, however it was typed."""
    from uuid import UUID

    try:
        return str(UUID(text))
    except ValueError:
        trouble(f"{text!r} is not an id: ids are UUIDs")
