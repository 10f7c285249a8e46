"""Nasty values by kind of field, as they stand in JSON, in a query, a path or a header; pure data, shots.py comes in.

Whatever can carry the mark carries it: an answer that holds the mark repeats what was sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MARK = "Zwitscherwort"
LONE = "\\ud800"
DEEP = 5_000
MANY = 100_000


@dataclass(frozen=True)
class Nasty:
    """One value: what to call it, and how it stands in JSON."""

    name: str
    json: str


def _quoted(text: str) -> str:
    return (
        '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
    )


WORDS: dict[str, str] = {
    "empty": "",
    "blank": " \t\n ",
    "right to left": f"{MARK} \u202e\u05d0\u05d1\u0627\u0644 \u2066\u2069",
    "zero width": f"{MARK}\u200b\u200d\ufeff\u2060",
    "combining": f"{MARK} A\u030a" + "\u0301" * 60,
    "emoji": f"{MARK} \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e6\U0001f1f9",
    "beyond Unicode's first plane": f"{MARK} \U0010ffff\ufffe",
    "formula": f"=cmd|' /C {MARK}'!A0",
    "formula by plus": f"+{MARK}",
    "formula by at": f"@SUM({MARK})",
    "SQL": f"'; DROP TABLE couple; -- {MARK}",
    "SQL, always true": f"{MARK}' OR '1'='1",
    "script": f"<script>alert('{MARK}')</script>",
    "format string": f"%s%n%x{{0}}{{{MARK}}}${{jndi:ldap://{MARK}}}",
    "template": f"{{{{7*7}}}}{MARK}<%= 7*7 %>",
    "path upwards": f"../../../../etc/passwd{MARK}",
    "long": MARK * 2_000,
    "hard for expressions": "a" * 30_000 + f"!{MARK}",
    "a list in words": f"{MARK},{MARK};{MARK}",
    "true in words": "true",
    "null in words": "null",
    "a number in words": "1",
    "a point": ".",
}
"""Text that may be legal; what is taken must be stored as it was sent."""

BROKEN_WORDS: tuple[Nasty, ...] = (
    Nasty("NUL", f'"{MARK}\\u0000"'),
    Nasty("a lone surrogate", f'"{MARK}{LONE}"'),
    Nasty("surrogates the wrong way round", f'"{MARK}\\udc00\\ud800"'),
    Nasty("a bell", f'"{MARK}\\u0007"'),
    Nasty("900 kB", f'"{MARK * 70_000}"'),
)

NUMBERS: dict[str, str] = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "1e400": "1e400",
    "-1e400": "-1e400",
    "1e-400": "1e-400",
    "400 digits": "7" * 400,
    "5,000 digits": "7" * 5_000,
    "minus zero": "-0",
    "minus zero, broken": "-0.0",
    "minus one": "-1",
    "a half": "0.5",
    "2^31": "2147483648",
    "2^63": "9223372036854775808",
    "-2^63-1": "-9223372036854775809",
    "2^53+1": "9007199254740993",
    "1e300": "1e300",
    "one as a fraction": "1.0",
}

DAYS: dict[str, str] = {
    "no day": "0000-00-00",
    "year nought": "0000-01-01",
    "the first day of all": "0001-01-01",
    "the last day of all": "9999-12-31",
    "year 10000": "10000-01-01",
    "31 February": "2026-02-31",
    "29 February, common year": "2025-02-29",
    "29 February, leap year": "2024-02-29",
    "1900 was no leap year": "1900-02-29",
    "month 13": "2026-13-01",
    "a year with a sign": "+2026-03-01",
    "a year before ours": "-2026-03-01",
    "short": "2026-3-1",
    "without hyphens": "20260301",
    "a week": "2026-W09-1",
    "an ordinal day": "2026-060",
    "day and time": "2026-03-01T00:00:00",
    "day and midnight": "2026-03-01T00:00:00Z",
    "seconds": "1772323200",
    "other digits": "\u0662\u0660\u0662\u0666-\u0660\u0663-\u0660\u0661",
    "blanks round it": " 2026-03-01 ",
    "a line end": "2026-03-01\n",
    "slashes": "03/01/2026",
    "1900": "1900-01-01",
    "2199": "2199-12-31",
    "2200": "2200-01-01",
}

INSTANTS: dict[str, str] = {
    "without an offset": "2026-03-01T16:00:00",
    "an offset of a day": "2026-03-01T16:00:00+24:00",
    "an offset of 99 hours": "2026-03-01T16:00:00+99:99",
    "an offset of 23:59": "2026-03-01T16:00:00-23:59",
    "hour 24": "2026-03-01T24:00:00Z",
    "a leap second": "2026-06-30T23:59:60Z",
    "second 61": "2026-03-01T16:00:61Z",
    "ten digits of a second": "2026-03-01T16:00:00.1234567890Z",
    "nine digits of a second": "2026-03-01T16:00:00.123456789Z",
    "the first of all, west": "0001-01-01T00:00:00-12:00",
    "the first of all, east": "0001-01-01T00:00:00+12:00",
    "the last of all, west": "9999-12-31T23:59:59-12:00",
    "1901, east": "1901-01-01T00:00:00+23:59",
    "2199, west": "2199-12-31T23:59:59-23:59",
    "a year with a sign": "+002026-03-01T16:00:00Z",
    "a blank for T": "2026-03-01 16:00:00Z",
    "small letters": "2026-03-01t16:00:00z",
    "a day alone": "2026-03-01",
    "seconds": "1772380800",
    "milliseconds": "1772380800000",
    "duration": "P1D",
    "31 February": "2026-02-31T16:00:00Z",
    "the hour that is not there": "2026-03-29T02:30:00+01:00",
    "minus nought": "2026-03-01T16:00:00-00:00",
}

IDS: dict[str, str] = {
    "nobody": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d",
    "nought": "00000000-0000-0000-0000-000000000000",
    "all ones": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "capitals": "01937C5E-8B1E-7C3A-9F52-6F1D2A3B4C5D",
    "without hyphens": "01937c5e8b1e7c3a9f526f1d2a3b4c5d",
    "in braces": "{01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d}",
    "as a name": "urn:uuid:01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d",
    "36 letters": "g" * 36,
    "36 hyphens": "-" * 36,
    "one digit short": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5",
    "other digits": "\u06601937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d",
    "a line end": "01937c5e-8b1e-7c3a-9f52-6f1d2a3b4c5d\n",
    "wildcard": "%",
    "a number": "1",
}

ZONES: dict[str, str] = {
    "a path": "../etc/passwd",
    "a path from the root": "/etc/passwd",
    "in other case": "europe/vienna",
    "a folder": "Europe",
    "nowhere": "Europe/Atlantis",
    "localtime": "localtime",
    "posix": "posix/Europe/Vienna",
    "an offset": "+01:00",
    "a rule": "CET-1CEST,M3.5.0,M10.5.0/3",
    "1,000 letters": "A" * 1_000,
}

RULES: dict[str, str] = {
    "by the second": "FREQ=SECONDLY",
    "by the minute": "FREQ=MINUTELY;INTERVAL=1",
    "a billion times": "FREQ=DAILY;COUNT=1000000000",
    "never": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31",
    "never, and often": "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11",
    "a step of nought": "FREQ=DAILY;INTERVAL=0",
    "a step of a million": "FREQ=DAILY;INTERVAL=1000000",
    "a step too large": "FREQ=YEARLY;INTERVAL=9223372036854775808",
    "until the end": "FREQ=DAILY;UNTIL=99991231T235959Z",
    "every set": "FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-366",
    "a thousand days": "FREQ=MONTHLY;BYMONTHDAY=" + ",".join(["1"] * 1_000),
    "by easter": "FREQ=YEARLY;BYEASTER=0",
    "two rules": "FREQ=DAILY\nRRULE:FREQ=DAILY",
    "empty parts": ";;;=;FREQ=;=DAILY",
    "small": "freq=weekly;byday=mo",
    "hard for expressions": "FREQ=" + "A" * 20_000,
    "twice": "FREQ=DAILY;FREQ=WEEKLY",
    "the 54th week": "FREQ=YEARLY;BYWEEKNO=54",
    "the 367th day": "FREQ=YEARLY;BYYEARDAY=367",
    "the sixth Monday": "FREQ=MONTHLY;BYDAY=6MO",
}

CURSORS: dict[str, str] = {
    "unsigned": "e30",
    "signed by nobody": "0" * 32 + ".eyJmIjoiIiwicCI6W119",
    "huge": "A" * 6_000,
    "not base64": "0" * 32 + ".%%%%",
    "other letters": "\u00e9" * 32 + ".\u00e9",
}

SHAPES: tuple[Nasty, ...] = (
    Nasty("null", "null"),
    Nasty("true", "true"),
    Nasty("false", "false"),
    Nasty("an empty list", "[]"),
    Nasty("an empty object", "{}"),
    Nasty("a list of one", f'["{MARK}"]'),
    Nasty("an object", f'{{"{MARK}": "{MARK}"}}'),
    Nasty("doubled keys", '{"a": 1, "a": 2, "a": {"a": 1, "a": 2}}'),
    Nasty("keys of JavaScript", '{"__proto__": {"x": 1}, "constructor": 1}'),
    Nasty("a point in the key", f'{{"$where": "{MARK}", "a.b": 1, "": 2, "~/": 3}}'),
    Nasty("a NUL in the key", f'{{"{MARK}\\u0000": 1}}'),
    Nasty("a surrogate in the key", f'{{"{MARK}{LONE}": 1}}'),
    Nasty("deep", "[" * DEEP + "]" * DEEP),
    Nasty("deep objects", '{"a":' * DEEP + "1" + "}" * DEEP),
    Nasty("moderately deep", "[" * 60 + "]" * 60),
)
"""What is of another kind than most fields."""

HUGE_LISTS: tuple[Nasty, ...] = (
    Nasty("100,000 items", "[" + ",".join(["0"] * MANY) + "]"),
    Nasty("100,000 empty objects", "[" + ",".join(["{}"] * MANY) + "]"),
    Nasty("20,000 keys", "{" + ",".join(f'"k{n}": 0' for n in range(20_000)) + "}"),
)

HEADERS: dict[str, str] = {
    "empty": "",
    "star": "*",
    "mark": f'"{MARK}"',
    "weak": f'W/"{MARK}"',
    "unclosed": f'"{MARK}',
    "many": ", ".join([f'"{MARK}"'] * 500),
    "long": MARK * 1_000,
    "not ASCII": f"\u00ff{MARK}",
    "a tab": f"a\t{MARK}",
    "256 letters": "k" * 256,
}


def _texts(values: dict[str, str]) -> Iterator[Nasty]:
    yield from (Nasty(name, _quoted(value)) for name, value in values.items())


def _in_other_case(codes: list[Any]) -> Iterator[Nasty]:
    for code in codes[:2]:
        if isinstance(code, str):
            yield Nasty("other case", _quoted(code.swapcase() + ("" if code.swapcase() != code else MARK)))
            yield Nasty("with a blank", _quoted(f" {code} "))
            yield Nasty("with a NUL", f'"{code}\\u0000"')


def for_field(name: str, kind: str, codes: list[Any] | None = None) -> list[Nasty]:
    """What to put into a field of a name and kind: day, instant, id, code, text, number, list, object, flag."""
    of_kind: list[Nasty] = []
    if kind == "text":
        own = {"zone": ZONES, "rule": RULES, "cadence": RULES}.get(name, {})
        of_kind = [*_texts(WORDS), *BROKEN_WORDS, *_texts(own)]
    elif kind in ("day", "instant", "id"):
        few = {key: WORDS[key] for key in ("empty", "blank", "SQL", "hard for expressions")}
        own = {"day": DAYS, "instant": INSTANTS, "id": IDS}[kind]
        of_kind = [*_texts(own), *_texts(few), *BROKEN_WORDS[:2]]
    elif kind == "code":
        few = {key: WORDS[key] for key in ("empty", "blank", "SQL", "script", "long")}
        of_kind = [*_in_other_case(codes or []), *_texts(few), *BROKEN_WORDS[:2]]
    elif kind in ("list", "object"):
        of_kind = [*HUGE_LISTS]
    if kind in ("number", "flag"):
        of_kind += [Nasty("a word", _quoted(MARK)), Nasty("a number as a word", '"1"'), Nasty("yes", '"yes"')]
    numbers = (
        NUMBERS if kind in ("number", "flag") else {key: NUMBERS[key] for key in ("NaN", "1e400", "2^63")}
    )
    return [*of_kind, *(Nasty(key, value) for key, value in numbers.items()), *SHAPES]


def for_address(name: str, kind: str, codes: list[Any] | None = None) -> dict[str, str]:
    """What to put into a query or a path, before it is quoted."""
    own: dict[str, str] = {
        "day": DAYS,
        "instant": INSTANTS,
        "id": IDS,
        "number": NUMBERS,
        "flag": NUMBERS,
    }.get(kind, {})
    if name == "cursor":
        own = CURSORS
    if kind == "code":
        own = {"other case": str((codes or ["x"])[0]).swapcase()}
    words = {name: value for name, value in WORDS.items() if len(value) < 5_000}
    return {
        **own,
        **words,
        "NUL": f"{MARK}\0",
        "line end": f"{MARK}\r\nSet-Cookie: {MARK}=1",
        "slashes": "a/../../b//c",
    }
