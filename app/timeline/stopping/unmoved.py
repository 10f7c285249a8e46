"""What both trend criteria ask: enough recent reports, enough months, no minimum progress, and a high load."""

from __future__ import annotations

from app.timeline.findings import Answer
from app.timeline.look import Look
from app.timeline.wording import chance, on, per_week


def status(look: Look) -> Answer:
    """Return how far the criterion "no measurable progress" is met; asks the trend only after the gates."""
    if look.year_lacks is not None:
        return "insufficient_evidence"
    rules, net = look.parameters.stopping, look.clock.net_months
    still = None if net < rules.early_gate_months else look.standstill
    if still is None:
        return "not_met"
    flat = still.flat_long >= rules.long_bound or still.flat_short >= rules.short_bound
    if net >= rules.gate_months and flat and still.loaded >= rules.load_bound:
        return "met"
    early = still.flat_short >= rules.early_bound and still.loaded >= rules.load_early_bound
    return "emerging" if early else "not_met"


def figures(look: Look) -> str:
    """Return the figures in one sentence; empty when there is no trend."""
    rules, trend = look.parameters.stopping, look.trend
    if trend is None:
        return ""
    least = f"{-look.parameters.reading.minimum_progress:.0%}"
    longer = ""
    if trend.windows.long_from < trend.windows.short_from:
        longer = f", and {chance(trend.p_flat_long)} sure over the time since {on(trend.windows.long_from)}"
    return (
        f"Over the last {rules.short_window_months:g} months of work (since {on(trend.windows.short_from)}) it is "
        f"{chance(trend.p_flat_short)} sure that the threat load fell by less than {least} a month{longer}; the "
        f"underlying level is about {per_week(trend.frequency)}."
    )


def too_early(look: Look) -> str | None:
    """Return that the question is not asked yet, or ``None`` once the early gate is passed."""
    gate, net = look.parameters.stopping.early_gate_months, look.clock.net_months
    if net >= gate:
        return None
    return f"Not asked before {gate:g} months of work; {min(net, gate - 0.1):.1f} have passed."
