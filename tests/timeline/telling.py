"""Turns a story of the sample practice into an evidence document, with two reports a month; tests only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.demo.stories import DAYS_A_MONTH, Direction, Event, Story

START = date(2023, 2, 6)

ACCOUNTABILITY = {
    "ACC-FULL": "full_ownership",
    "ACC-REPEAT": "full_ownership",
    "ACC-IMPACT": "acknowledged_harm",
    "ACC-PARTIAL": "minimised",
    "ACC-MIN": "minimised",
    "ACC-DEFL": "deflected",
    "ACC-BLAME": "blame_shifted",
    "ACC-DENY": "blame_shifted",
}
TRANSPARENCY = {
    "TRN-PRO": "proactive",
    "TRN-VOLDISC": "proactive",
    "TRN-ROUTINE": "proactive",
    "TRN-ANSWER": "responsive",
    "TRN-COMPLY": "passive_compliance",
    "TRN-SURV": "surveillance_dependent",
    "TRN-WITHHELD": "withheld",
    "TRN-CONCEAL": "concealment_discovered",
}
CESSATION = {"verified": "verified_ceased", "self_reported": "self_reported_ceased"}
CHECK_INS = {"kept": "kept", "partly_kept": "partly", "missed_owned": "missed", "missed_discovered": "missed"}


def day_of(month: int, day: int = DAYS_A_MONTH) -> date:
    """Return a day of a month of the story; without a day, the last one."""
    return START + timedelta(days=DAYS_A_MONTH * (month - 1) + day - 1)


def told(story: Story, direction: int = 0) -> dict[str, Any]:
    """Return the evidence document of one direction of a story."""
    way = story.directions[direction]
    return {
        "schema_version": "1",
        "case_id": f"{story.code}-{direction + 1}",
        "discovery_date": (START - timedelta(days=story.discovered_days_before)).isoformat(),
        "repair_started_on": START.isoformat(),
        "pauses": [
            {"id": f"p{n}", "start": day_of(first, 1).isoformat(), "end": day_of(last + 1, 1).isoformat()}
            for n, (first, last) in enumerate(story.pauses)
        ],
        "known_dates": [],
        "threat_reports": _reports(way),
        "accountability": _marks(way.accountability, "acc", "level", ACCOUNTABILITY),
        "transparency": _marks(way.transparency, "trn", "level", TRANSPARENCY),
        "cessation": _marks(way.cessation, "ces", "status", CESSATION),
        "commitments": [
            {
                "id": f"com{n}",
                "made_on": day_of(promise.made_in, 1).isoformat(),
                "owner": promise.owner,
                "check_ins": _marks(promise.check_ins, f"chk{n}", "result", CHECK_INS),
            }
            for n, promise in enumerate(way.commitments)
        ],
        "sessions": [
            {"id": f"ses{n}", "date": day_of(month, 1 + 7 * (n % 4)).isoformat(), "status": "attended"}
            for n, month in enumerate(story.sessions)
        ],
    }


def _marks(events: tuple[Event, ...], prefix: str, field: str, words: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{prefix}-{n:03d}",
            "date": day_of(event.month, event.day).isoformat(),
            field: words.get(event.code, event.code),
            "basis": event.basis,
        }
        for n, event in enumerate(events)
    ]


def _reports(way: Direction) -> list[dict[str, Any]]:
    """Two reports a month; what rounding leaves over is carried on, so that no month loses episodes."""
    half, found, left = DAYS_A_MONTH // 2, [], 0.0
    triggers = {event.month: event.code for event in way.triggers}
    for month, rate in enumerate(way.rates, start=1):
        for part in (0, 1) if rate is not None else ():
            left += (rate or 0.0) * half / 7
            episodes = round(left)
            left -= episodes
            found.append(
                {
                    "id": f"r{month:02d}{'ab'[part]}",
                    "window_start": day_of(month, 1 + half * part).isoformat(),
                    "window_end": day_of(month, half * (part + 1)).isoformat(),
                    "episodes": episodes,
                    "typical_duration_minutes": way.durations[month - 1],
                    "peak_intensity": way.peaks[month - 1],
                    "recovery_minutes": None,
                    "trigger": triggers.get(month, "none_identified"),
                }
            )
    return found
