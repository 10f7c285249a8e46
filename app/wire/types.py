"""Strict input types: a number is not a date, unknown fields are refused; schemas.py of every slice build on these."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictBool,
    StrictInt,
    StringConstraints,
)
from pydantic_core import PydanticCustomError, core_schema

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
ZONES = available_timezones() - {"localtime", "Factory"}
TEAM_ALONE = "Told to the treating team alone: `null` for every other audience."
UNREADABLE = (
    "Fields of which the stored text no longer opens (`record_damaged` when it is read by itself): they are null, and "
    "nothing is put in their place. The operator's `mendline verify` names the row. Empty wherever one thing is read."
)
SHUT = "None when it no longer opens: see `unreadable`."
WORDS_OF_CODES = "x-words"
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)


class Input(BaseModel):
    """What callers send: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Output(BaseModel):
    """What callers get; fields carry no defaults, so that clients see each as always present."""

    model_config = ConfigDict(extra="forbid")


class SaidTwice(ValueError):
    """An object names a field twice: who reads the first and who reads the last would read two different bodies."""


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, each of whose fields is named once; for `json.loads(…, object_pairs_hook=each_once)`."""
    told = dict(pairs)
    if len(told) != len(pairs):
        raise SaidTwice
    return told


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise PydanticCustomError("day", "a calendar day is written as YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError as wrong:
        raise PydanticCustomError("day", "there is no such day in the calendar") from wrong


def _sane(value: date) -> date:
    if not EARLIEST <= value < LATEST:
        raise PydanticCustomError("day_range", "the day must lie between 1900 and 2199")
    return value


def _instant(value: Any) -> Any:
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise PydanticCustomError(
            "instant", "an instant is written as RFC 3339 with its offset: 2026-03-01T16:00:00Z"
        )
    if not EARLIEST.year < int(value[:4]) < LATEST.year:
        raise PydanticCustomError("instant", "the instant must lie between 1901 and 2199")
    return value


def _identifier(value: Any) -> Any:
    # In another spelling it would not be the id that stands on the trail.
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise PydanticCustomError("id", "an id is a UUID, written as text")
    return value.lower()


def _text(value: str) -> str:
    if value.isascii() and value.replace("\n", " ").isprintable():
        return value  # nothing to look for, and in its normal form
    if CONTROL.search(value):
        raise PydanticCustomError("text", "text may not hold control characters such as NUL")
    if SURROGATE.search(value):
        raise PydanticCustomError("text", "text may not hold lone surrogates")
    return unicodedata.normalize("NFC", value)


def _zone(value: str) -> str:
    if value not in ZONES:
        raise PydanticCustomError("zone", "a time zone is an IANA name such as Europe/Vienna")
    return value


Day = Annotated[
    date,
    BeforeValidator(_day, json_schema_input_type=date),
    AfterValidator(_sane),
    Field(description="Calendar day, YYYY-MM-DD.", examples=["2026-03-01"]),
]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant, json_schema_input_type=AwareDatetime),
    Field(description="RFC 3339 instant with offset.", examples=["2026-03-01T16:00:00Z"]),
]
Id = Annotated[
    str,
    BeforeValidator(_identifier),
    Field(
        description="UUID as text.",
        json_schema_extra={"format": "uuid"},
        examples=["01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d"],
    ),
]
Zone = Annotated[
    str,
    StringConstraints(max_length=64),
    AfterValidator(_zone),
    Field(description="IANA time zone name.", examples=["Europe/Vienna"]),
]
Line = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_text)
]
Passage = Annotated[
    str, StringConstraints(min_length=1, max_length=20_000, strip_whitespace=True), AfterValidator(_text)
]
NoteText = Annotated[
    str, StringConstraints(min_length=1, max_length=100_000, strip_whitespace=True), AfterValidator(_text)
]
Whole = StrictInt
Flag = StrictBool


class OneOf:
    """`Annotated[str, OneOf(BY_CODE)]`: one of these codes, as an enumeration made from data."""

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes = list(codes)
        named = codes.items() if isinstance(codes, Mapping) else ()
        said = {code: kind if isinstance(kind, str) else _words(kind) for code, kind in named}
        self.words = {code: words for code, words in said.items() if words}

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.literal_schema(self.codes)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The enumeration, with what each code means where the data says it; the document makes a list of it."""
        shape: dict[str, Any] = handler(schema)
        return {**shape, WORDS_OF_CODES: self.words} if self.words else shape


def _words(kind: Any) -> str:
    """What a kind is called, for people."""
    return str(getattr(kind, "label", "") or getattr(kind, "words", ""))


class Reason(Input):
    """Why an entry is taken out of the record's normal view."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Recorded for the wrong couple."}]})

    reason: Passage
