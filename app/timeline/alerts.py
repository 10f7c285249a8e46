"""Remarks that stand beside the figures: where reports and behaviour tell different stories; read by the assessment."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from app.timeline.findings import RANK
from app.timeline.look import Look
from app.timeline.prerequisites import accountability, cessation, commitments, transparency
from app.timeline.prerequisites.evidence_share import Weighed
from app.timeline.wording import count, listed, on


def alerts(look: Look) -> list[dict[str, Any]]:
    """Return all remarks that apply, in a fixed order; each with code, text and evidence."""
    found = [_silent(look), _unmoved(look), _avoidance(look), _unasked(look), _restarts(look)]
    return [alert for alert in found if alert is not None]


def silent_fall(look: Look) -> bool:
    """Tell whether reports fell to near zero while accountability or transparency is firmly not met.

    The reports themselves are asked as well as the trend: nobody recovers overnight, so the trend follows
    a sudden silence only slowly.
    """
    trend, rules = look.trend, look.parameters.alerts
    if trend is None or not _not_met(look):
        return False
    recent = look.counted_within(rules.near_zero_days)
    episodes, weeks = sum(r.episodes or 0 for r in recent), sum(r.weeks for r in recent)
    silent = bool(recent) and episodes <= weeks * look.parameters.reading.resolved_per_week
    if not silent and trend.p_resolved < rules.near_zero_certainty:
        return False
    return bool(firmly_not_met(look))


def firmly_not_met(look: Look) -> list[str]:
    """Return which of the two are not met on the weight of poor evidence alone.

    One more good item must never worsen an answer, so it must not be what makes an unknown prerequisite
    "not met" here: only poor items count towards having enough.
    """
    return [
        each.CODE
        for each in _not_met(look)
        if _poor_enough(look, look.weighed[each.CODE])
        or (each is transparency and transparency.recent_concealments(look))
    ]


def _not_met(look: Look) -> list[ModuleType]:
    """Return which of the two are not met, firmly or not."""
    return [each for each in (accountability, transparency) if look.standings[each.CODE] == "not_met"]


def _poor_enough(look: Look, weighed: Weighed) -> bool:
    rules = look.parameters.prerequisites
    poor = weighed.scores < 1.0
    weight = float(np.sum(weighed.weights[poor]))
    return int(poor.sum()) >= rules.fewest_items and weight >= rules.least_weight


def _silent(look: Look) -> dict[str, Any] | None:
    if not silent_fall(look):
        return None
    missing = firmly_not_met(look)
    text = (
        f"Falling reports without the prerequisites: reports have become rare while {listed(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} not met. Low reports can be given under pressure; ask "
        "in private."
    )
    ids = [i for code in missing for i in look.prerequisites[code]["evidence_ids"]]
    return _alert("falling_reports_without_prerequisites", text, ids + [r.id for r in look.counted[-6:]])


def _unmoved(look: Look) -> dict[str, Any] | None:
    shared = (accountability.CODE, transparency.CODE, commitments.CODE)
    if look.trend is None or look.trend.p_diminishing > look.parameters.alerts.unmoved:
        return None
    if any(RANK[look.standings[code]] < RANK["met"] for code in shared):
        return None
    if look.trend.p_resolved >= look.parameters.alerts.near_zero_certainty:
        return None
    text = (
        "Accountability, transparency and commitments are met, and the threat response has not fallen. "
        "Consider what "
        "else keeps it up, and individual support for the affected partner."
    )
    return _alert("steady_behaviour_unmoved_threat", text, [r.id for r in look.counted[-6:]])


def _avoidance(look: Look) -> dict[str, Any] | None:
    if look.trend is None or look.trend.p_diminishing < look.parameters.alerts.falling or silent_fall(look):
        return None
    poor = [c for c in (accountability.CODE, transparency.CODE) if look.standings[c] == "not_met"]
    if not poor:
        return None
    text = (
        f"The threat response falls while {listed(poor)} {'is' if len(poor) == 1 else 'are'} not met. "
        "This may be "
        "avoidance; ask what has become easier."
    )
    return _alert(
        "falling_threat_poor_behaviour",
        text,
        [i for c in poor for i in look.prerequisites[c]["evidence_ids"]],
    )


def _unasked(look: Look) -> dict[str, Any] | None:
    if look.clock.started_on is None:
        return None
    finding = look.prerequisites[cessation.CODE]
    if finding["status"] != "insufficient_evidence":
        return None
    return _alert("cessation_unknown", finding["basis"], finding["evidence_ids"])


def _restarts(look: Look) -> dict[str, Any] | None:
    restarts = look.clock.restarts
    if len(restarts) < look.parameters.alerts.restarts:
        return None
    text = (
        f"Repeated restarts: the clock began again {count(len(restarts), 'time')} since "
        f"{on(look.clock.started_on or look.as_of)}, the last on {on(restarts[-1].origin_on)}. The "
        "months before still "
        "count for the couple; review what has been tried."
    )
    return _alert("repeated_restarts", text, [i for r in restarts for i in r.evidence_ids])


def _alert(code: str, text: str, evidence_ids: list[str]) -> dict[str, Any]:
    return {"code": code, "text": text, "evidence_ids": evidence_ids}
