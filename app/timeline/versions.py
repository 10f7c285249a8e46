"""Which released versions there are and how one is asked for by name; whoever repeats an old assessment comes in.

A version is asked for by its parameters (``2026.2``), or by the model (``1.0.0``), which means its newest
parameters. Every result carries both names, so either can be handed back as it was received.
"""

from __future__ import annotations

from app.timeline.parameters import CURRENT, MODEL_VERSION, RELEASED, Parameters

NAMES: tuple[str, ...] = (MODEL_VERSION, *(released.version for released in RELEASED))


def parameters_named(name: str | None) -> Parameters:
    """Return the released set of that name, the current one for ``None``; raises ``KeyError`` for another name."""
    if name is None or name == MODEL_VERSION:
        return CURRENT
    return {released.version: released for released in RELEASED}[name]
