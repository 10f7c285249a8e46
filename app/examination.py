"""What `mendline doctor` looks at: settings, master key, database, walls; the command line comes in."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.chart import rotation
from app.chart.chart import Store, Visit, new_id
from app.chart.inspection import (
    STORE_TROUBLES,
    Finding,
    TwoDatabases,
    demand_one_database,
    finding,
    first_line,
    inspect,
    private,
    shown_address,
)
from app.chart.keys import NoMasterKey, SealBroken, load_master_key
from app.clock import system_clock
from app.couples import service as couples
from app.integrity import command as integrity
from app.main import open_store  # brings every table with it
from app.practice import service as practice
from app.settings import SECRET_NAMES, Settings

Row = dict[str, Any]


def settings_told(settings: Settings) -> list[Row]:
    """Every setting: its variable, its value (secrets masked), whether it was set, what it means."""
    return [
        {
            "name": f"MENDLINE_{name.upper()}",
            "value": masked(name, getattr(settings, name)),
            "set": name in settings.model_fields_set,
            "meaning": field.description,
        }
        for name, field in Settings.model_fields.items()
    ]


def masked(name: str, value: Any) -> str:
    """A setting's value as it may be shown: addresses without password, keys not at all."""
    if name not in SECRET_NAMES or not value:
        return "" if value is None else str(value)
    return shown_address(value) if name.endswith("_url") else "***"


def findings(settings: Settings) -> list[Row]:
    """Everything looked at, the worst not first: in the order in which one puts it right."""
    looked_at = [*_master_key(settings), *inspect(settings.url), *_addresses(settings)]
    if all(found.state != "wrong" for found in looked_at):
        looked_at += [*_signing_keys(settings), *_data_keys(settings)]
    return [asdict(found) for found in looked_at]


def _addresses(settings: Settings) -> list[Finding]:
    """Whether the owner's address, where there is one, leads where the service's does."""
    try:
        demand_one_database(settings.url, settings.owner_url)
    except (*STORE_TROUBLES, TwoDatabases) as trouble:
        return [Finding("owner's address", "wrong", first_line(trouble))]
    return []


def _signing_keys(settings: Settings) -> list[Finding]:
    """By which public keys the practices' seals are checked, as far as this login may list practices."""
    store = open_store(settings)
    try:
        ids = [row["id"] for row in practice.practices(settings.owner_url)]
        return [
            Finding("signing key", "ok", f"practice {key['practice_id']}: {key['id']}, {_aged(key)}")
            for key in integrity.keys(store, ids)
        ]
    except (*STORE_TROUBLES, SealBroken) as trouble:
        return [Finding("signing key", "wrong", f"not readable: {type(trouble).__name__}")]
    finally:
        store.close()


def _aged(key: Row) -> str:
    """A signing key's public half, and since when it signs, until when it did, or that it never signed here."""
    life = f"in use since {key['created_at'][:10]}"
    if key["adopted"]:
        life = "came with a couple's archive, checks what it signed"
    elif key["retired_at"]:
        life = f"replaced on {key['retired_at'][:10]}, checks what it signed"
    return f"Ed25519 {key['public']}, {life}"


def _data_keys(settings: Settings) -> list[Finding]:
    """How the keys of all practices stand that this login may list; each is looked at in its own name."""
    store = open_store(settings)
    try:
        found = [_standing(store, str(row["id"])) for row in practice.practices(settings.owner_url)]
        return [
            *rotation.told([keys for keys, _ in found], store.master),
            _labels([each for _, each in found]),
        ]
    except (*STORE_TROUBLES, SealBroken) as trouble:
        return [Finding("data keys", "wrong", f"not readable: {type(trouble).__name__}")]
    finally:
        store.close()


def _standing(store: Store, practice_id: str) -> tuple[rotation.Standing, tuple[int, int]]:
    """How one practice's keys stand, and how many labels of its cases there are and no longer open."""
    visit, operator = Visit("doctor", new_id()), practice.operator(practice_id)
    with store.chart(operator, system_clock(), visit, writing=False) as chart:
        return rotation.standing(chart), couples.labels(chart)


def _labels(found: Sequence[tuple[int, int]]) -> Finding:
    """Whether every case's label opens: the first text that is missed, and a sign that others should be looked at."""
    cases, damaged = sum(each for each, _ in found), sum(each for _, each in found)
    where = f"{damaged} of {cases} do not open: `mendline verify` names every text that does not"
    return finding("labels of cases", not damaged, where if damaged else f"all {cases} open")


def _master_key(settings: Settings) -> list[Finding]:
    path = settings.key_file
    if not settings.master_key and not path.exists():
        return [
            Finding(
                "master key",
                "wrong",
                f"{path} does not exist; `mendline migrate` makes it for an empty database",
            )
        ]
    try:
        load_master_key(settings.master_key, path)
    except (NoMasterKey, OSError) as trouble:
        return [Finding("master key", "wrong", first_line(trouble))]
    if settings.master_key:
        return [Finding("master key", "ok", "found in MENDLINE_MASTER_KEY")]
    return [Finding("master key", "ok", f"found in {path}"), private(path, "master key file")]
