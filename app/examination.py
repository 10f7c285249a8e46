"""What `mendline doctor` looks at: settings, master key, database, walls; the command line comes in."""

import binascii
from dataclasses import asdict
from typing import Any

from app.chart.inspection import Finding, inspect, private, shown_address
from app.chart.keys import load_master_key
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
    return [asdict(found) for found in (*_master_key(settings), *inspect(settings.url))]


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
    except (ValueError, binascii.Error, OSError):
        where = "MENDLINE_MASTER_KEY" if settings.master_key else str(path)
        return [Finding("master key", "wrong", f"{where} is not base64 of 32 bytes")]
    if settings.master_key:
        return [Finding("master key", "ok", "found in MENDLINE_MASTER_KEY")]
    return [Finding("master key", "ok", f"found in {path}"), private(path, "master key file")]
