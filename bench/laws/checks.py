"""Each law as a function: it draws a case out of one number and raises AssertionError where the law is broken.

The names of the laws are those of docs/model.md. A law never asks for chance beyond its number, so a breach is
found again by the same law and the same number.
"""

from __future__ import annotations

import copy
import json
import math
import random
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from app.timeline import EvidenceError, assess, history
from app.timeline.findings import RANK
from app.timeline.reading import read
from bench.laws.documents import START, Document, anything, course, day, drawn

Law = Callable[[int], None]
Json = dict[str, Any]
LISTS: Final = (
    "pauses",
    "known_dates",
    "threat_reports",
    "accountability",
    "transparency",
    "cessation",
    "commitments",
    "sessions",
)
DATES: Final = re.compile(r"\d{4}-\d\d-\d\d")
SPOKEN: Final = re.compile(r"\b(\d{1,2}) ([A-Z][a-z]+) (\d{4})\b")
MONTHS: Final = tuple(date(2000, n, 1).strftime("%B") for n in range(1, 13))
VERDICTS: Final = (
    "stop therapy",
    "end the relationship",
    "end therapy",
    "break up",
    "repair has failed",
    "will not repair",
    "not accountable",
    "is not trying",
    "success",
    "hopeless",
    "should leave",
    "no problems detected",
)
FLAT: Final = {
    "worsening": 0,
    "no_measurable_progress": 1,
    "slower_than_expected": 2,
    "insufficient_evidence": 2.5,
}
PROGRESS_RANK: Final = {**FLAT, "on_track": 3}


def order(number: int) -> None:
    """The order of entry and repeats under one id are irrelevant (I6)."""
    chance = random.Random(number)
    document, as_of = drawn(chance)
    shuffled = copy.deepcopy(document)
    for key in LISTS:
        if shuffled.get(key):
            shuffled[key] += copy.deepcopy(shuffled[key][: chance.randint(0, 3)])
            chance.shuffle(shuffled[key])
    assert assess(shuffled, as_of) == assess(document, as_of)


def lateness(number: int) -> None:
    """What is dated or recorded after the day has no effect."""
    chance = random.Random(number)
    document, as_of = drawn(chance)
    later = (as_of + timedelta(days=chance.randint(1, 400))).isoformat()
    more = copy.deepcopy(document)
    more["cessation"] = [
        *(more.get("cessation") or []),
        {"id": "late", "date": day(40), "status": "continuing", "recorded_on": later},
        {"id": "later", "date": later, "status": "new_betrayal"},
    ]
    report = {"window_start": day(0), "window_end": day(13), "episodes": 999}
    more["threat_reports"] = [
        *(more.get("threat_reports") or []),
        {**report, "id": "late", "recorded_on": later},
        {**report, "id": "later", "window_end": later},
    ]
    more["accountability"] = [
        *(more.get("accountability") or []),
        {"id": "later", "date": later, "level": "blame_shifted"},
    ]
    assert assess(more, as_of) == assess(document, as_of)


def shift(number: int) -> None:
    """Moving every date by any number of days, across leap years, moves the result's dates and nothing else.

    Anniversaries keep to the calendar and not to a number of days, so only whole cycles of four years move
    documents that have some.
    """
    chance = random.Random(number)
    document, as_of = course(chance), START + timedelta(days=chance.randint(20, 1200))
    days = 1461 * chance.choice((-3, -1, 1, 4))
    if chance.random() < 0.7:
        document["discovery_date"], days = None, chance.randint(-5000, 12_000)
        document["known_dates"] = [{**each, "recurs": "none"} for each in document["known_dates"]]
    before = assess(document, as_of)
    after = assess(json.loads(_moved(json.dumps(document), days)), as_of + timedelta(days=days))
    assert json.loads(_moved(json.dumps({**before, "evidence_digest": ""}), days)) == {
        **after,
        "evidence_digest": "",
    }


def _moved(text: str, days: int) -> str:
    step = timedelta(days=days)
    text = DATES.sub(lambda found: (date.fromisoformat(found[0]) + step).isoformat(), text)

    def said(found: re.Match[str]) -> str:
        moved = date(int(found[3]), MONTHS.index(found[2]) + 1, int(found[1])) + step
        return f"{moved.day} {MONTHS[moved.month - 1]} {moved.year}"

    return SPOKEN.sub(said, text)


def units(number: int) -> None:
    """Every duration told in another unit leaves rates and statuses as they are."""
    chance = random.Random(number)
    document, as_of = course(chance), START + timedelta(days=chance.randint(20, 1200))
    factor = chance.choice((0.5, 2.0, 10.0))
    other = copy.deepcopy(document)
    for report in other["threat_reports"]:
        if report["typical_duration_minutes"]:
            report["typical_duration_minutes"] *= factor
    one, two = assess(document, as_of)["progress"], assess(other, as_of)["progress"]
    assert one["status"] == two["status"]
    for key in ("estimate", "low", "high"):
        _close(one["rate_per_month"][key], two["rate_per_month"][key], 1e-6)
    if one["duration"]["estimate"] is not None:
        _close(math.log(two["duration"]["estimate"] / one["duration"]["estimate"]), math.log(factor), 1e-5)


def _close(one: float | None, two: float | None, within: float) -> None:
    assert (one is None) == (two is None)
    assert one is None or two is None or abs(one - two) <= within, f"{one} and {two}"


def splitting(number: int) -> None:
    """Two weeks told as two single weeks barely matter: the rate within 0.03 a month, never from good to bad."""
    chance = random.Random(number)
    level, change = chance.uniform(2.0, 25.0), chance.uniform(-0.2, 0.03)
    reports = []
    for place in range(chance.randint(10, 60)):
        expected = 2.0 * level * math.exp(change * (14 * place + 7) / 30.4375)
        episodes = max(0, round(expected * math.exp(chance.gauss(0, 0.2))))
        window = {"window_start": day(14 * place), "window_end": day(14 * place + 13)}
        reports.append({"id": f"r{place}", "episodes": episodes, **window})
    document = {"repair_started_on": day(0), "threat_reports": reports}
    as_of = START + timedelta(days=14 * len(reports))
    one = assess(document, as_of)["progress"]
    two = assess({**document, "threat_reports": [half for r in reports for half in _halves(r)]}, as_of)[
        "progress"
    ]
    _close(one["rate_per_month"]["estimate"], two["rate_per_month"]["estimate"], 0.03)
    assert {one["status"], two["status"]} != {"on_track", "worsening"}


def _halves(report: Json) -> list[Json]:
    first, middle = report["episodes"] // 2, date.fromisoformat(report["window_start"]) + timedelta(days=6)
    return [
        {**report, "id": report["id"] + "a", "window_end": middle.isoformat(), "episodes": first},
        {
            **report,
            "id": report["id"] + "b",
            "window_start": (middle + timedelta(days=1)).isoformat(),
            "episodes": report["episodes"] - first,
        },
    ]


def good_evidence(number: int) -> None:
    """One more good item of behaviour never worsens a status and never moves a figure of the threat response."""
    chance = random.Random(number)
    document, as_of = drawn(chance)
    better = copy.deepcopy(document)
    item = {"id": "good", "date": (as_of - timedelta(days=chance.randint(0, 400))).isoformat()}
    kind = chance.choice(("accountability", "transparency", "check_ins"))
    if kind == "check_ins":
        made = {"id": "made", "made_on": "1990-01-01", "check_ins": [{**item, "result": "kept"}]}
        better["commitments"] = [*(better.get("commitments") or []), made]
    else:
        level = "full_ownership" if kind == "accountability" else "proactive"
        better[kind] = [*(better.get(kind) or []), {**item, "level": level}]
    before, after = assess(document, as_of), assess(better, as_of)
    for code, found in before["prerequisites"].items():
        assert RANK[after["prerequisites"][code]["status"]] >= RANK[found["status"]], code
    for code, found in before["stop"]["criteria"].items():
        assert RANK[after["stop"]["criteria"][code]["status"]] <= max(1, RANK[found["status"]]), code
    told = ("status", "basis")
    assert {k: v for k, v in after["progress"].items() if k not in told} == {
        k: v for k, v in before["progress"].items() if k not in told
    }
    assert PROGRESS_RANK[after["progress"]["status"]] >= PROGRESS_RANK[before["progress"]["status"]]


def removal(number: int) -> None:
    """Taking contrary evidence away never raises the criterion that rests on it; an empty case meets nothing (I1)."""
    chance = random.Random(number)
    document, as_of = drawn(chance)
    before = assess(document, as_of)["stop"]["criteria"]
    for key, field, words, code in (
        ("accountability", "level", ("deflected", "blame_shifted"), "chronic_deflection"),
        (
            "cessation",
            "status",
            ("continuing", "continuing_diminished", "new_betrayal"),
            "continuing_betrayal",
        ),
    ):
        items = document.get(key) or []
        against = [place for place, item in enumerate(items) if item[field] in words]
        if not against or len({item["id"] for item in items}) != len(items):
            continue
        taken = chance.choice(against)
        less = {**document, key: [item for place, item in enumerate(items) if place != taken]}
        after = assess(less, as_of)["stop"]["criteria"][code]["status"]
        assert RANK[after] <= max(1, RANK[before[code]["status"]]), code
    bare = {key: value for key, value in document.items() if key not in LISTS}
    empty = assess(bare, as_of)
    assert RANK[empty["stop"]["status"]] <= 1
    assert empty["progress"]["status"] == "insufficient_evidence"


def anniversary(number: int) -> None:
    """One more report tagged as an anniversary moves no criterion for stopping, and not the trend (I2)."""
    before, after = _with_anniversary(number)
    assert after["stop"] == before["stop"]
    assert after["data_sufficiency"] == before["data_sufficiency"]
    assert after["progress"] == before["progress"]


def _with_anniversary(number: int) -> tuple[Json, Json]:
    chance = random.Random(number)
    document, as_of = course(chance), START + timedelta(days=chance.randint(300, 1200))
    before = assess(document, as_of)
    end = as_of - timedelta(days=chance.choice((0, 20, 60, 400)))
    usual = before["progress"]["frequency"]["estimate"] or 5.0
    tagged = {
        "id": "tagged",
        "window_start": (end - timedelta(days=6)).isoformat(),
        "window_end": end.isoformat(),
        "episodes": round(usual * chance.uniform(1.0, 4.0)),
        "peak_intensity": 10,
        "trigger": "anniversary",
    }
    return before, assess({**document, "threat_reports": [*document["threat_reports"], tagged]}, as_of)


def continuing(number: int) -> None:
    """Evidence that the behaviour goes on meets its criterion at once, in month 1 as in month 40 (I9)."""
    chance = random.Random(number)
    document, as_of = drawn(chance)
    against = copy.deepcopy(document)
    seen = as_of - timedelta(days=chance.choice((0, 0, 7, 60)))
    words = ("continuing", "continuing_diminished", "continuing_changed_form", "new_betrayal")
    earlier = [
        c for c in against.get("cessation") or [] if c["date"] <= seen.isoformat() and c["id"] != "now"
    ]
    against["cessation"] = [*earlier, {"id": "now", "date": seen.isoformat(), "status": chance.choice(words)}]
    result = assess(against, as_of)
    assert result["stop"]["status"] == "met"
    assert "now" in result["stop"]["criteria"]["continuing_betrayal"]["evidence_ids"]
    assert result["progress"]["status"] != "on_track"
    assert result["prerequisites"]["cessation"]["status"] == "not_met"


def sound(number: int) -> None:
    """Any document the schema admits is answered in strict JSON, ordered and bounded, without a verdict (I11, I15)."""
    chance = random.Random(number)
    document, as_of = (anything(chance) if chance.random() < 0.7 else course(chance)), START
    as_of += timedelta(days=chance.choice((-5000, 0, 30, 365, 700, 1100, 1260, 20_000)))
    before = json.dumps(document, sort_keys=True)
    result = assess(document, as_of)
    assert json.dumps(document, sort_keys=True) == before, "the input was changed"
    text = json.dumps(result, allow_nan=False)
    assert assess(document, as_of) == result
    for words in VERDICTS:
        assert words not in text.lower(), words
    _bounded(result)
    known = _known_ids(document, as_of)
    for finding in (*result["prerequisites"].values(), *result["stop"]["criteria"].values()):
        assert finding["status"] in RANK
        assert finding["basis"].endswith(".")
        assert set(finding["evidence_ids"]) <= known
    assert set(result["progress"]["evidence_ids"]) <= known


def _bounded(result: Json) -> None:
    progress = result["progress"]
    answered = result["data_sufficiency"]["status"] == "sufficient"
    assert (progress["p_diminishing"] is not None) == answered
    assert bool(result["data_sufficiency"]["needed_next"]) != answered
    for name in ("p_diminishing", "p_resolved"):
        assert progress[name] is None or 0.0 <= progress[name] <= 1.0
    rate, projected = progress["rate_per_month"], progress["projected_resolution_month"]
    for found in (rate, projected):
        ends = [found[key] for key in ("low", "estimate", "high") if found[key] is not None]
        assert ends == sorted(ends)
    for name in ("frequency", "duration", "recovery"):
        held = progress[name]
        if held["estimate"] is not None:
            assert held["interval"]["low"] <= held["estimate"] <= held["interval"]["high"]
    assert result["clock"]["net_months"] >= 0


def _known_ids(document: Document, as_of: date) -> set[str]:
    last, found = as_of.isoformat(), set()
    for key, field in (
        ("threat_reports", "window_end"),
        ("accountability", "date"),
        ("transparency", "date"),
        ("cessation", "date"),
        ("known_dates", "date"),
    ):
        found |= {item["id"] for item in document.get(key) or [] if item[field] <= last}
    for made in document.get("commitments") or []:
        found |= {item["id"] for item in made.get("check_ins") or [] if item["date"] <= last}
    return found


def nothing_is_not_zero(number: int) -> None:
    """A report without a count changes nothing, a report of no episode does: they are never confused (I14)."""
    chance = random.Random(number)
    document, as_of = course(chance), START + timedelta(days=chance.randint(60, 1200))
    end = as_of - timedelta(days=chance.randint(0, 20))
    window = {"window_start": (end - timedelta(days=13)).isoformat(), "window_end": end.isoformat()}
    none, zero = (
        {
            **document,
            "threat_reports": [*document["threat_reports"], {"id": "new", "episodes": episodes, **window}],
        }
        for episodes in (None, 0)
    )
    plain, silent, told = (assess(each, as_of) for each in (document, none, zero))
    for result in (plain, silent):
        result["evidence_digest"] = ""
    assert silent == plain
    assert (
        ("new" in told["progress"]["evidence_ids"])
        or told["clock"]["stopped_on"]
        or told["clock"]["restarts"]
    )


def beside_the_point(number: int) -> None:
    """Sessions, their attendance, and keys the schema does not know move nothing (I8)."""
    chance = random.Random(number)
    document, as_of = drawn(chance)
    more = {
        **document,
        "sessions": [{"id": "s", "date": day(9), "status": chance.choice(("attended", "missed"))}],
        "apologies": [{"id": "x", "date": day(9), "level": "apologised"}],
        "accountable": True,
    }
    one, two = assess({**document, "sessions": []}, as_of), assess(more, as_of)
    assert {**one, "evidence_digest": ""} == {**two, "evidence_digest": ""}


def thinning(number: int) -> None:
    """Every second report left out may say too little, but never turns falling into rising (I10)."""
    chance = random.Random(number)
    document, as_of = drawn(chance)
    thinner = {**document, "threat_reports": (document.get("threat_reports") or [])[::2]}
    statuses = {assess(each, as_of)["progress"]["status"] for each in (document, thinner)}
    assert statuses != {"on_track", "worsening"}


def weekly(number: int) -> None:
    """Each week of a history is what a single assessment of that day says."""
    chance = random.Random(number)
    document, as_of = course(chance), START + timedelta(days=chance.randint(100, 1200))
    days = [as_of - timedelta(days=7 * back) for back in (chance.randint(1, 14), 0)]
    for week, entry in zip(days, history(document, as_of, weeks=days), strict=True):
        single = assess(document, week)
        figures = {k: v for k, v in single["progress"].items() if k not in ("evidence_ids", "basis")}
        assert entry["as_of"] == week.isoformat()
        assert entry["progress"] == figures
        assert entry["stop"]["status"] == single["stop"]["status"]


def refused(number: int) -> None:
    """A broken document is refused with the place of its fault, never with a crash."""
    chance = random.Random(number)
    document = anything(chance)
    key = chance.choice(LISTS)
    items = [*(document.get(key) or []), {"id": "broken"}]
    broken = {**document, key: chance.choice((items, "x", 7, [None], [{"id": 3}]))}
    assert _fault(broken).startswith(f"/{key}")


def _fault(document: Document) -> str:
    try:
        read(document)
    except EvidenceError as wrong:
        return wrong.pointer
    return "none was found"


LAWS: Final[dict[str, Law]] = {
    law.__name__: law
    for law in (
        order,
        lateness,
        shift,
        units,
        splitting,
        good_evidence,
        removal,
        anniversary,
        continuing,
        sound,
        nothing_is_not_zero,
        beside_the_point,
        thinning,
        weekly,
        refused,
    )
}
