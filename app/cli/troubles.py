"""What an operator can put right, told in one line; commands and their start come in."""

from typing import Any, NoReturn


class Trouble(Exception):
    """Something the operator can put right, told in one line."""


def told(error: Exception) -> str | None:
    """One clear line about an error that is not ours; None when it is a mistake in Mendline itself."""
    from alembic.util.exc import CommandError
    from pydantic import ValidationError

    from app.chart.inspection import STORE_TROUBLES, first_line
    from app.chart.keys import NoMasterKey, SealBroken
    from app.errors import Refusal

    if isinstance(error, Refusal):
        return "; ".join(f"{e.pointer.lstrip('/')}: {e.detail}" for e in error.errors) or _sentence(error)
    if isinstance(error, ValidationError):
        return "; ".join(_fault(error, e) for e in error.errors(include_input=False))
    if isinstance(error, SealBroken):
        return "the stored text does not open: this is not the master key that it was sealed with"
    if isinstance(error, STORE_TROUBLES):
        return f"the database: {first_line(error)}"
    if isinstance(error, Trouble | CommandError | NoMasterKey | OSError):
        return first_line(error)
    return None


def _sentence(refusal: Any) -> str:
    if refusal.code == "not_found" and not refusal.detail:
        return "there is nothing of this id in the practice"  # an operator asked for no address
    return str(refusal.detail or refusal.meaning.explanation)


def _fault(error: Any, detail: Any) -> str:
    """What is wrong, and with which field; a fault of several settings names them itself."""
    from app.wire.faults import sentences

    name = "_".join(step for step in detail["loc"] if isinstance(step, str))  # `scopes`, not its first
    words = detail["msg"].removeprefix("Value error, ")
    words, _ = sentences(detail["type"], words, detail.get("ctx", {}))
    if error.title == "Settings":
        name = f"MENDLINE_{name.upper()}" if name else "settings"
    return f"{name}: {words}"


def trouble(line: str) -> NoReturn:
    """End the command with this line on standard error and exit code 2."""
    raise Trouble(line)
