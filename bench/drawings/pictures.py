"""The figures themselves: an example course, what each week said, and the model beside simple methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from app.timeline import assess, chart
from bench.drawings.svg import AMBER, BLUE, GREEN, GREY, INK, LEAF, PALE, RED, SKY, Axis, Point, Sheet
from bench.model.courses import START, Couple, of_family
from bench.model.families import FAMILIES, MONTH
from bench.model.reporting import NOISES

SEED = 3
LEFT, RIGHT, WIDTH = 64, 24, 900
STATUS_COLOURS = {
    "insufficient_evidence": PALE,
    "on_track": "#7cc096",
    "slower_than_expected": "#f0cf7a",
    "no_measurable_progress": "#e59a7a",
    "worsening": "#c45b5b",
}
MODEL = "this model"


def couple_of(family: str, *, seed: int = SEED, noise: int = 1) -> Couple:
    """A simulated couple of a family of the proof."""
    place = next(n for n, each in enumerate(FAMILIES) if each.name == family)
    return of_family(FAMILIES[place], NOISES[noise], seed, place)


# --- an example course ---


def course(one: Couple, months: int) -> str:
    """Reports, the fitted level with its interval, the band, and the setbacks of one couple."""
    until = START + timedelta(days=round(months * MONTH))
    drawn = chart(one.evidence, until)
    sheet = Sheet(
        WIDTH,
        440,
        "An example course",
        "Episodes a week on a log scale over the months of repair: reports as dots, the fitted level with its "
        "90% interval, and the 18-to-36-month band. Reports near known dates stand out and do not bend the level.",
    )
    x, y = Axis(0, months, LEFT, WIDTH - RIGHT), Axis(0.12, 40, 380, 56, log=True)
    across = [(month, str(month)) for month in range(0, months + 1, 3)]
    sheet.grid(
        x, y, [(0.12, "none"), *((value, f"{value:g}") for value in (0.2, 0.5, 1, 2, 5, 10, 20, 40))], across
    )
    _band(sheet, x, y, drawn["band"])
    _anniversaries(sheet, x, y, drawn["events"])
    _level(sheet, x, y, drawn["fitted"])
    _reports(sheet, x, y, drawn["reports"])
    sheet.text((LEFT, 24), "Episodes a week (log scale), by month since repair started", size=15)
    entries = ((BLUE, "fitted level, 90% interval"), (LEAF, "18-to-36-month band"), (INK, "report"))
    sheet.legend((LEFT, 424), (*entries, (AMBER, "expected setback"), (RED, "unexplained setback")))
    return sheet.done()


def _month(day: str) -> float:
    return (date.fromisoformat(day) - START).days / MONTH


def _band(sheet: Sheet, x: Axis, y: Axis, band: Sequence[Mapping[str, Any]]) -> None:
    low, high = ([(x.at(_month(p["on"])), y.at(p[edge])) for p in band] for edge in ("lower", "upper"))
    sheet.ribbon(low, high, LEAF)


def _level(sheet: Sheet, x: Axis, y: Axis, fitted: Sequence[Mapping[str, Any]]) -> None:
    low, middle, high = (
        [(x.at(_month(p["on"])), y.at(p[name])) for p in fitted] for name in ("low", "estimate", "high")
    )
    sheet.ribbon(low, high, SKY, opacity=0.75)
    sheet.line(middle, BLUE, width=2.6)


def _reports(sheet: Sheet, x: Axis, y: Axis, reports: Sequence[Mapping[str, Any]]) -> None:
    colours = {None: INK, "expected_setback": AMBER, "unexplained_setback": RED, "sustained_reversal": RED}
    for report in reports:
        middle = (_month(report["from"]) + _month(report["to"])) / 2.0
        colour = colours[report["setback"]]
        at = x.at(middle), y.at(report["per_week"])
        sheet.dot(at, colour, radius=4.2 if report["setback"] else 2.6, hollow=report["setback"] is None)


def _anniversaries(sheet: Sheet, x: Axis, y: Axis, events: Sequence[Mapping[str, Any]]) -> None:
    for event in events:
        if event["kind"] != "anniversary":
            continue
        place = x.at(_month(event["on"]))
        sheet.line([(place, y.start), (place, y.end)], AMBER, width=1.2, dashed=True)
        sheet.text((place + 4, y.end + 10), "anniversary", size=11, colour=AMBER)


# --- what each week said ---


def weeks(one: Couple, months: int) -> str:
    """The rate with its interval as it was said at each look, beside the planted truth, and the status."""
    looks = range(70, round(months * MONTH), 14)
    told = [(day / MONTH, day, assess(one.evidence, START + timedelta(days=day))) for day in looks]
    sheet = Sheet(
        WIDTH,
        440,
        "What each look said",
        "The monthly change of the threat load with its 90% interval at each fortnightly look, the planted truth, "
        "and the status in words as a strip below.",
    )
    x, y = Axis(0, months, LEFT, WIDTH - RIGHT), Axis(-0.45, 0.15, 340, 56)
    down = [(v, f"{v:+.1f}" if v else "0") for v in (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1)]
    sheet.grid(x, y, down, [(month, str(month)) for month in range(0, months + 1, 3)])
    said = [(m, day, result["progress"]["rate_per_month"]) for m, day, result in told]
    answered = [(m, day, rate) for m, day, rate in said if rate["estimate"] is not None]
    low, middle, high = (
        [(x.at(m), y.at(rate[name])) for m, _, rate in answered] for name in ("low", "estimate", "high")
    )
    sheet.ribbon(low, high, SKY, opacity=0.75)
    sheet.line([(x.start, y.at(-0.05)), (x.end, y.at(-0.05))], GREY, width=1.4, dashed=True)
    sheet.text((x.end, y.at(-0.05) - 6), "least progress: −0.05", size=11, colour=GREY, anchor="end")
    sheet.line([(x.at(m), y.at(one.recent_rate(day))) for m, day, _ in answered], RED, width=1.8)
    sheet.line(middle, BLUE, width=2.6)
    _statuses(sheet, x, [(m, result["progress"]["status"]) for m, _, result in told])
    sheet.text(
        (LEFT, 24), "Monthly change of the log load over the last half year, as said at each look", size=15
    )
    sheet.legend((LEFT, 50), ((BLUE, "said, with its 90% interval"), (RED, "planted truth")))
    return sheet.done()


def _statuses(sheet: Sheet, x: Axis, said: Sequence[tuple[float, str]]) -> None:
    width = x.at(said[1][0]) - x.at(said[0][0]) if len(said) > 1 else 10.0
    for month, status in said:
        sheet.box((x.at(month) - width / 2.0, 372), (width + 0.6, 16), STATUS_COLOURS[status])
    entries = [(colour, status.replace("_", " ")) for status, colour in STATUS_COLOURS.items()]
    sheet.legend((LEFT, 424), entries)


# --- beside simple methods ---


def methods(shares: Mapping[str, tuple[float, float]], couples: int) -> str:
    """How often each method stops a couple that repairs, and how many that do not it finds by month 30."""
    rows = sorted(shares.items(), key=lambda each: (each[0] != MODEL, each[1][0]))
    height = 118 + 34 * len(rows)
    sheet = Sheet(
        WIDTH,
        height,
        "The model beside simple methods",
        "Bars: share of repairing couples who were ever told to stop, and share of couples without repair who were "
        "found by month 30, for this model and eight simple methods.",
    )
    sheet.text((24, 28), f"Looked at for 40 months: {couples} simulated couples", size=15)
    wrong, right = Axis(0, 1, 230, 530), Axis(0, 1, 590, 870)
    sheet.text((wrong.start, 58), "repairing, yet told to stop (less is better)", size=12, colour=GREY)
    sheet.text((right.start, 58), "not repairing, found by month 30", size=12, colour=GREY)
    for place, (name, (stopped, found)) in enumerate(rows):
        top = 76 + 34 * place
        sheet.text((214, top + 15), name, size=13, anchor="end", colour=BLUE if name == MODEL else INK)
        _bar(sheet, wrong, top, stopped, RED)
        _bar(sheet, right, top, found, GREEN)
    return sheet.done()


def _bar(sheet: Sheet, axis: Axis, top: float, share: float, colour: str) -> None:
    sheet.box((axis.start, top), (axis.end - axis.start, 20), "#f1f3f5", round_by=3)
    sheet.box((axis.start, top), (max(axis.at(share) - axis.start, 1.5), 20), colour, round_by=3)
    inside = share > 0.85
    at: Point = (axis.at(share) - 8, top + 15) if inside else (axis.at(share) + 8, top + 15)
    anchor = "end" if inside else "start"
    sheet.text(at, f"{share:.0%}", size=12, colour="#ffffff" if inside else INK, anchor=anchor)


# --- calibration ---


def calibration(bins: Sequence[tuple[int, float, float]], couples: int) -> str:
    """What was said against what came true, in ten bins; the area of a dot is the number of answers."""
    sheet = Sheet(
        520,
        480,
        "Calibration of the chance of progress",
        "Ten bins of answers: the chance that was said on the x axis, the share that came true on the y axis. "
        "The nearer to the diagonal, the more honest the figure.",
    )
    x, y = Axis(0, 1, 70, 490), Axis(0, 1, 420, 60)
    ticks = [(v / 5, f"{v * 20}%") for v in range(6)]
    sheet.grid(x, y, ticks, ticks)
    sheet.line([(x.at(0), y.at(0)), (x.at(1), y.at(1))], GREY, width=1.4, dashed=True)
    most = max(number for number, _, _ in bins)
    for number, said, came in bins:
        sheet.dot((x.at(said), y.at(came)), BLUE, radius=3.0 + 11.0 * (number / most) ** 0.5)
    sheet.line([(x.at(said), y.at(came)) for _, said, came in bins], BLUE, width=1.6)
    sheet.text((20, 26), "“Falls by at least 5% a month”: said, and came true", size=15)
    total = sum(number for number, _, _ in bins)
    sheet.text(
        (280, 464),
        f"chance that was said ({total:,} answers, {couples} couples)",
        size=12,
        colour=GREY,
        anchor="middle",
    )
    sheet.text((70, 50), "share that came true", size=12, colour=GREY)
    return sheet.done()
