"""The stories of the sample practice as lines of an import file that end about now; the demo and tests come in.

Each story becomes what a practice would have typed: sessions with what was noted in them, reports between them, each
recorded on the evening of its day or on the morning after. The same day makes the same lines.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.clock import written
from app.demo.details import BETRAYALS, KNOWN_DATES, PROMISES, REVIEWS, SAFETY, STAGES, Promised
from app.demo.notes import Weeks, note, stage_of
from app.demo.stories import DAYS_A_MONTH, STORIES, Direction, Event, Story

SOURCE: Final = "mendline-demo"
ZONE: Final = "Europe/Vienna"
HALF: Final = DAYS_A_MONTH // 2
DRAFT_DAYS: Final = 16
SCREEN_MONTHS: Final = 5
URGENT: Final = {"cessation", "safety_concern"}
MARKED_IN: Final = "observed_in_session"
TRIGGERS: Final = {"anniversary": "anniversary", "new_disclosure": "new_information"}
WISHES: Final = {
    "lean_in": ("MUT-LEAN", "in"),
    "lean_out": ("MUT-LEAN", "out"),
    "unsure": ("MUT-LEAN", "unsure"),
    "stay": ("MUT-CHOICE", "stay"),
    "part": ("MUT-CHOICE", "part"),
}

Data = dict[str, Any]


def lines(today: date) -> Iterator[bytes]:
    """The whole practice as an import file."""
    yield _line({"kind": "mendline-import", "version": 1, "source": SOURCE})
    for number, story in enumerate(STORIES):
        yield from (_line(entry) for entry in Telling(story, today, number).entries())


def _line(content: Data) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True)
class Told:
    """One thing on record: its day, its place among the things of one day, and its line."""

    day: date
    order: int
    line: Data


class Telling:
    """One story told on a day: its calendar ends the day before."""

    def __init__(self, story: Story, today: date, turn: int = 0) -> None:
        self.story, self.today, self.turn = story, today, turn
        later = (*story.wishes, *story.reviews)
        last = max(DAYS_A_MONTH * story.months, *(self._place(event) for event in later), 0)
        self.start = today - timedelta(days=last)

    @staticmethod
    def _place(event: Event) -> int:
        return DAYS_A_MONTH * (event.month - 1) + event.day

    def day_of(self, month: int, day: int = DAYS_A_MONTH) -> date:
        """A day of a month of the story; without a day, the last one."""
        return self.start + timedelta(days=DAYS_A_MONTH * (month - 1) + day - 1)

    @property
    def discovered_on(self) -> date:
        """When the betrayal came to light."""
        return self.start - timedelta(days=self.story.discovered_days_before)

    def entries(self) -> list[Data]:
        """All lines in order of time; the couple's own line comes first."""
        told = [
            *self._steps(),
            *self._calendar(),
            *self._screens(),
            *self._safety(),
            *self._reviews(),
            *self._closing(),
        ]
        for number, way in enumerate(self.story.directions):
            told += [*self._reports(way), *self._cessation(way), *self._promises(number, way)]
        told += self._hours()
        ordered = sorted(told, key=lambda each: (each.day, each.order))
        return [self._couple(), *(each.line for each in ordered)]

    # --- the case ---

    def _entry(self, order: int, day: date, kind: str, ref: str, data: Data) -> Told:
        line = {
            "kind": kind,
            "couple": self.story.code,
            "ref": ref,
            "recorded_at": self._recorded(day, f"{kind}{ref}", urgent=kind in URGENT),
            "data": data,
        }
        return Told(day, order, line)

    def _recorded(self, day: date, name: str, *, urgent: bool) -> str:
        """In the evening, or on the next morning when it can wait and that is past for sure."""
        dice = sum(map(ord, name)) + day.toordinal()
        late = dice % 3 == 0 and not urgent and day < self.today - timedelta(days=1)
        hour = time(8, dice % 50) if late else time(19 + dice % 2, dice % 60)
        return written(datetime.combine(day + timedelta(days=late), hour, ZoneInfo(ZONE)))

    def _couple(self) -> Data:
        story = self.story
        betrayals = [self._betrayal(way) for way in story.directions]
        policy = {
            "code": "limited_secrets",
            "agreed_on": self.start.isoformat(),
            "acknowledged_by_a": True,
            "acknowledged_by_b": True,
        }
        data = {
            "label": f"{story.code} {story.title}",
            "partner_a": {"name": "A."},
            "partner_b": {"name": "B.", "language": "ur" if story.code in ("V08", "V10") else "en"},
            "betrayals": betrayals,
            "policy": policy,
        }
        return self._entry(0, self.start, "couple", story.code, data).line

    def _betrayal(self, way: Direction) -> Data:
        """What was known of it when repair began."""
        return {
            "affected": way.affected.lower(),
            "kind": way.betrayal_kind,
            "came_to_light": BETRAYALS[self.story.code],
            "came_to_light_on": self.discovered_on.isoformat(),
            "full_disclosure_on": (self.start - timedelta(days=4)).isoformat(),
            "severity": max(5, int(way.peaks[0] or 7)),
        }

    def _steps(self) -> Iterator[Told]:
        for way in self.story.directions:
            if way.cessation[0].day > 1:
                data = {
                    "direction_id": way.affected.lower(),
                    "starts_on": self.start.isoformat(),
                    "reason": "Both began with the facts on the table; the ending was said on the telephone before.",
                }
                yield self._entry(1, self.start, "repair_start", f"start-{way.affected}", data)
        for month, code, words in STAGES[self.story.code]:
            day = self.day_of(month, 1 if month == 1 else 20)
            data = {"stage": code, "entered_on": day.isoformat(), "evidence": words}
            yield self._entry(6, day, "stage", f"stage-{month}", data)

    def _calendar(self) -> Iterator[Told]:
        for first, last in self.story.pauses:
            data = {
                "kind": "travel",
                "starts_on": self.day_of(first, 1).isoformat(),
                "ends_on": self.day_of(last).isoformat(),
                "words": "The family is abroad; no contact was agreed on until they are back.",
            }
            yield self._entry(2, self.day_of(last), "pause", f"pause-{first}", data)
        for number, known in enumerate(KNOWN_DATES.get(self.story.code, ())):
            day = self.discovered_on + timedelta(days=known.days_after)
            data = {
                "on_day": day.isoformat(),
                "kind": known.kind,
                "recurs": known.recurs,
                "words": known.words,
            }
            yield self._entry(2, self.start, "known_date", f"date-{number}", data)

    def _screens(self) -> Iterator[Told]:
        for month in range(1, self.story.months + 1, SCREEN_MONTHS):
            if any(first <= month <= last for first, last in self.story.pauses) or not self._met_in(month):
                continue
            day = self.day_of(month, 1)
            for side in "ab":
                data = {
                    "partner_id": side,
                    "screened_on": day.isoformat(),
                    "separately": True,
                    "result": "no_concern_stated",
                    "occasion": "intake" if month == 1 else "interval",
                }
                yield self._entry(2, day, "screen", f"screen-{month}-{side}", data)

    def _met_in(self, month: int) -> bool:
        return month in self.story.sessions

    def _safety(self) -> Iterator[Told]:
        for number, event in enumerate(self.story.safety):
            kind, words = SAFETY[event.code]
            day = self.day_of(event.month, event.day)
            data = {"kind": kind, "person_at_risk_id": "b", "raised_on": day.isoformat(), "details": words}
            yield self._entry(8, day, "safety_concern", f"concern-{number}", data)

    def _reviews(self) -> Iterator[Told]:
        for event in self.story.reviews:
            day = self.day_of(event.month, event.day)
            wished = (day - timedelta(days=7)).isoformat()
            data: Data = {"reviewed_on": day.isoformat(), "decision": event.code, **REVIEWS[event.code]}
            data |= {f"wish_{side}": {"words": data[f"wish_{side}"], "stated_on": wished} for side in "ab"}
            yield self._entry(8, day, "review", f"review-{event.month}", data)

    def _closing(self) -> Iterator[Told]:
        if self.story.outcome is not None:
            day = self.day_of(self.story.reviews[-1].month, self.story.reviews[-1].day)
            words = "'We did not fail. We looked for two years, and now we know.' Calls after three and twelve months."
            data = {"outcome": self.story.outcome, "effective_on": day.isoformat(), "words": words}
            yield self._entry(9, day, "closing", "closing", data)

    # --- evidence between sessions ---

    def _reports(self, way: Direction) -> Iterator[Told]:
        """Two reports a month; what rounding leaves over is carried on, so that no month loses episodes."""
        for month, part, episodes in self._counts(way):
            end = self.day_of(month, HALF * (part + 1))
            data: Data = {
                "direction_id": way.affected.lower(),
                "window_start": self.day_of(month, 1 + HALF * part).isoformat(),
                "window_end": end.isoformat(),
                "episodes": episodes,
                "source": "self_checkin",
            }
            if episodes:
                data |= {
                    "typical_duration_minutes": int(way.durations[month - 1] or 0),
                    "peak_intensity": int(way.peaks[month - 1] or 0),
                    "triggers": [self._trigger(way, month) or "none"],
                }
            yield self._entry(4, end, "threat_report", f"report-{way.affected}-{month}-{part}", data)

    def _counts(self, way: Direction) -> Iterator[tuple[int, int, int]]:
        left = 0.0
        for month, rate in enumerate(way.rates, start=1):
            for part in (0, 1) if rate is not None else ():
                left += (rate or 0.0) * HALF / 7
                episodes = round(left)
                left -= episodes
                yield month, part, episodes

    def _trigger(self, way: Direction, month: int) -> str | None:
        return next((TRIGGERS[event.code] for event in way.triggers if event.month == month), None)

    def _cessation(self, way: Direction) -> Iterator[Told]:
        for number, event in enumerate(way.cessation):
            day = self.day_of(event.month, event.day)
            data: Data = {
                "direction_id": way.affected.lower(),
                "status": event.code,
                "effective_on": day.isoformat(),
                "words": self._ending(way, event),
            }
            grade = "documented" if event.basis == "document_seen" else event.basis
            if grade in ("documented", "admitted"):
                data["grade"] = grade
            yield self._entry(3, day, "cessation", f"cessation-{way.affected}-{number}", data)

    def _ending(self, way: Direction, event: Event) -> str:
        if event.code == "self_reported":
            return f"{way.involved} says that it has ended."
        if event.code == "verified":
            seen = {
                "document_seen": "A document was seen together.",
                "both_partners": "Both confirm it, asked apart.",
            }
            return seen[event.basis or "both_partners"]
        return f"It came to light that it went on; {way.involved} no longer denies it."

    def _promises(self, number: int, way: Direction) -> Iterator[Told]:
        for promise in way.commitments:
            detail = PROMISES[self.story.code][number]
            made = self.day_of(promise.made_in, 1)
            data = {
                "direction_id": way.affected.lower(),
                "owner_partner_id": promise.owner.lower(),
                "action": promise.action,
                "cadence": _cadence(detail),
                "evidence_agreed": detail.evidence,
                "linked_marker": detail.answers,
                "made_on": made.isoformat(),
                "review_on": (made + timedelta(days=84)).isoformat(),
                "agreed_by_both": True,
            }
            yield self._entry(3, made, "commitment", f"promise-{way.affected}", data)

    # --- sessions ---

    def _hours(self) -> list[Told]:
        """The sessions, each with what was seen since the one before; what came after the last stands by itself."""
        days = self._days()
        waiting = sorted(
            (each for way in self.story.directions for each in self._seen(way)), key=lambda e: e.day
        )
        told: list[Told] = []
        for number, day in enumerate(days):
            since = [each for each in waiting if each.day <= day]
            waiting = waiting[len(since) :]
            told.append(self._hour(number, day, since, last=number == len(days) - 1))
        told += [self._alone(each) for each in waiting]
        return [*told, *self._talks()]

    def _days(self) -> list[date]:
        """Two or four sessions a month, never on a weekend."""
        found = []
        for number, month in enumerate(self.story.sessions):
            day = self.day_of(month, 1 + 7 * (number % 4))
            found.append(day + timedelta(days={5: -1, 6: 1}.get(day.weekday(), 0)))
        return found

    def _seen(self, way: Direction) -> Iterator["Seen"]:
        side = way.affected.lower()
        for event in (*way.accountability, *way.transparency):
            day = self.day_of(event.month, event.day)
            data = {"direction_id": side, "code": event.code, "observed_on": day.isoformat()}
            yield Seen(day, "marker", f"{event.code}-{side}-{event.month}-{event.day}", data, event.code, way)
        for promise in way.commitments:
            for number, event in enumerate(promise.check_ins):
                day = self.day_of(event.month, event.day)
                data = {
                    "commitment_id": f"promise-{way.affected}",
                    "checked_on": day.isoformat(),
                    "outcome": event.code,
                }
                yield Seen(day, "check_in", f"check-{side}-{number}", data, event.code, way, promise.action)

    def _alone(self, seen: "Seen") -> Told:
        data = {**seen.data, "basis": "reported_by_both"} if seen.kind == "marker" else seen.data
        return self._entry(5, seen.day, seen.kind, seen.ref, data)

    def _hour(self, number: int, day: date, since: list["Seen"], *, last: bool) -> Told:
        month = min(self.story.months, (day - self.start).days // DAYS_A_MONTH + 1)
        weeks = [self._weeks(way, day, month, since) for way in self.story.directions]
        data: Data = {
            "kind": "conjoint",
            "starts_at": self._at(day, 16 + number % 2),
            "zone": ZONE,
            "duration_minutes": 90 if number == 0 else (50, 75)[number % 2],
            "attendance": {side: {"status": "attended", "country": "AT"} for side in "ab"},
            "note": note(weeks, stage_of(month, self.story.months), number, self.turn),
            "markers": [
                {**seen.data, "basis": MARKED_IN if seen.day == day else "reported_by_both"}
                for seen in since
                if seen.kind == "marker"
            ],
            "check_ins": [seen.data for seen in since if seen.kind == "check_in"],
            "sign": self._signed(day, last=last),
        }
        return self._entry(7, day, "session", f"session-{number + 1}", data)

    def _signed(self, day: date, *, last: bool) -> bool:
        """The newest note of a running case still waits for its signature."""
        return not last or self.story.outcome is not None or self.today - day > timedelta(days=DRAFT_DAYS)

    def _weeks(self, way: Direction, day: date, month: int, since: list["Seen"]) -> Weeks:
        ended = [(m, e) for m, part, e in self._counts(way) if self.day_of(m, HALF * (part + 1)) <= day]
        fresh = ended and (day - self.day_of(ended[-1][0])).days < DAYS_A_MONTH
        at, episodes = ended[-1] if fresh else (month, None)
        own = [seen for seen in since if seen.way is way]
        return Weeks(
            way.affected,
            way.involved,
            episodes,
            int(way.durations[at - 1] or 0),
            way.peaks[at - 1] or 0.0,
            self._change(way, at),
            [seen.code for seen in own if seen.kind == "marker"],
            [(seen.code, seen.action) for seen in own[-2:] if seen.kind == "check_in"],
            self._trigger(way, at),
        )

    def _change(self, way: Direction, month: int) -> str:
        """How the count compares with three months before, as the record has it."""
        now = way.rates[month - 1]
        before = way.rates[month - 4] if month > 3 else None
        if now is None:
            return "Too little was counted in these weeks to compare."
        if before is None:
            return "There are no earlier weeks to compare with yet."
        if now < before * 0.85:
            return (
                f"By count, alarm comes less often than three months ago ({now:g} a week, then {before:g})."
            )
        if now > before * 1.15:
            return (
                f"By count, alarm comes more often than three months ago ({now:g} a week, then {before:g})."
            )
        return f"By count, alarm comes about as often as three months ago ({now:g} a week)."

    def _talks(self) -> Iterator[Told]:
        """Conversations with one partner alone: about safety, and about which way each wants to go."""
        if self.story.safety:
            event = self.story.safety[0]
            text = "Seen alone, as with every partner in this month. What was said stands with the safety concerns."
            yield self._talk(self.day_of(event.month, event.day), "b", text, [])
        for event in self.story.wishes:
            side, _, wish = event.code.partition(":")
            code, value = WISHES[wish]
            day = self.day_of(event.month, event.day)
            marker = {
                "code": code,
                "about_id": side.lower(),
                "stated_value": value,
                "observed_on": day.isoformat(),
                "basis": MARKED_IN,
            }
            text = f"Asked alone which way to go. {side} spoke calmly and without looking for a culprit."
            yield self._talk(day, side.lower(), text, [marker])

    def _talk(self, day: date, side: str, text: str, markers: list[Data]) -> Told:
        data: Data = {
            "kind": "individual",
            "with_partner": side,
            "starts_at": self._at(day, 10 if side == "a" else 11),
            "zone": ZONE,
            "duration_minutes": 50,
            "attendance": {side: {"status": "attended", "country": "AT"}},
            "note": {"format": "narrative", "text": text},
            "markers": markers,
            "sign": True,
        }
        return self._entry(7, day, "session", f"talk-{side}-{day.isoformat()}", data)

    def _at(self, day: date, hour: int) -> str:
        return written(datetime.combine(day, time(hour), ZoneInfo(ZONE)))


@dataclass(frozen=True)
class Seen:
    """Something observed on a day that the next session takes up."""

    day: date
    kind: str
    ref: str
    data: Data
    code: str
    way: Direction
    action: str = ""


def _cadence(detail: Promised) -> Data:
    if detail.rule:
        return {"kind": "recurring", "rule": detail.rule}
    return {"kind": "whenever", "event": detail.event}
