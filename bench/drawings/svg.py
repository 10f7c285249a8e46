"""A sheet with two axes to draw on: lines, ribbons, marks and words, as SVG text; the pictures come in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

Point = tuple[float, float]

INK, GREY, PALE = "#1f2933", "#69757f", "#e4e7eb"
BLUE, SKY, GREEN, LEAF, AMBER, RED = "#1d5fa8", "#bcd7f2", "#2f7d4f", "#d5ecd9", "#b7791f", "#b83232"
_FONT = "font-family='system-ui, Segoe UI, Helvetica, Arial, sans-serif'"


class Axis:
    """A stretch of values laid on a stretch of the sheet; ``log`` spaces factors evenly."""

    def __init__(self, low: float, high: float, start: float, end: float, *, log: bool = False) -> None:
        """Keep both stretches."""
        self._log = log
        self.low, self.high = (math.log(low), math.log(high)) if log else (low, high)
        self.start, self.end = start, end

    def at(self, value: float) -> float:
        """Return where a value lies, kept on the sheet."""
        held = math.log(max(value, 1e-9)) if self._log else value
        share = (min(max(held, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


class Sheet:
    """A white sheet with a title for those who cannot see it."""

    def __init__(self, width: int, height: int, title: str, words: str) -> None:
        """Begin with the frame of the document."""
        self.width, self.height = width, height
        begins = "<svg xmlns='http://www.w3.org/2000/svg' role='img' aria-labelledby='title words'"
        self._parts = [
            f"{begins} viewBox='0 0 {width} {height}' {_FONT}>",
            f"<title id='title'>{escape(title)}</title>",
            f"<desc id='words'>{escape(words)}</desc>",
            f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
        ]

    def text(
        self, at: Point, words: str, *, size: int = 13, colour: str = INK, anchor: str = "start"
    ) -> None:
        """Write words."""
        x, y = at
        self._parts.append(
            f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' fill='{colour}' text-anchor='{anchor}'>"
            f"{escape(words)}</text>"
        )

    def line(self, points: Iterable[Point], colour: str, *, width: float = 2.0, dashed: bool = False) -> None:
        """Draw a line through points."""
        dash = " stroke-dasharray='5 4'" if dashed else ""
        self._parts.append(
            f"<polyline points='{_joined(points)}' fill='none' stroke='{colour}' stroke-width='{width:g}' "
            f"stroke-linejoin='round' stroke-linecap='round'{dash}/>"
        )

    def ribbon(
        self, low: Sequence[Point], high: Sequence[Point], colour: str, *, opacity: float = 1.0
    ) -> None:
        """Fill what lies between two lines."""
        self._parts.append(
            f"<polygon points='{_joined([*low, *reversed(high)])}' fill='{colour}' fill-opacity='{opacity:g}'/>"
        )

    def box(self, corner: Point, size: Point, colour: str, *, round_by: float = 0.0) -> None:
        """Fill a rectangle."""
        (x, y), (width, height) = corner, size
        self._parts.append(
            f"<rect x='{x:.1f}' y='{y:.1f}' width='{width:.1f}' height='{height:.1f}' rx='{round_by:g}' "
            f"fill='{colour}'/>"
        )

    def dot(self, at: Point, colour: str, *, radius: float = 3.0, hollow: bool = False) -> None:
        """Set a dot."""
        x, y = at
        fill = "#ffffff" if hollow else colour
        self._parts.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{radius:g}' fill='{fill}' stroke='{colour}' stroke-width='1.6'/>"
        )

    def grid(
        self, x: Axis, y: Axis, down: Sequence[tuple[float, str]], across: Sequence[tuple[float, str]]
    ) -> None:
        """Draw both axes with their labelled values: ``across`` along the x axis, ``down`` along the y axis."""
        for value, words in down:
            height = y.at(value)
            self.line([(x.start, height), (x.end, height)], PALE, width=1.0)
            self.text((x.start - 8, height + 4), words, size=12, colour=GREY, anchor="end")
        for value, words in across:
            place = x.at(value)
            self.line([(place, y.start), (place, y.start + 5)], GREY, width=1.0)
            self.text((place, y.start + 20), words, size=12, colour=GREY, anchor="middle")
        self.line([(x.start, y.start), (x.end, y.start)], GREY, width=1.0)

    def legend(self, at: Point, entries: Sequence[tuple[str, str]], *, apart: float = 0.0) -> None:
        """Name colours, side by side; ``apart`` zero fits each to its words."""
        x, y = at
        for colour, words in entries:
            self.box((x, y - 9), (14, 10), colour, round_by=2)
            self.text((x + 20, y), words, size=12, colour=INK)
            x += apart or 20 + 6.4 * len(words) + 26

    def done(self) -> str:
        """Return the document."""
        return "\n".join([*self._parts, "</svg>", ""])


def stepped(points: Sequence[Point]) -> list[Point]:
    """Return the corners of a line that stays level until the next point."""
    corners = list(points[:1])
    for (_, level), (x, y) in pairwise(points):
        corners += [(x, level), (x, y)]
    return corners


def _joined(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
