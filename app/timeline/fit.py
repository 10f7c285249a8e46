"""The fit itself: one factorisation for each noise level answers for every turn and every slope; internal.

A configuration of turns adds one or two columns with a normal prior, so its evidence and its means follow
in closed form from inner products that all configurations share.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.timeline.design import Design, movement, own_duration, turn_columns, with_data
from app.timeline.kernels import rising
from app.timeline.mixture import Mixture
from app.timeline.turns import Turns

Floats = NDArray[np.float64]


class Question(NamedTuple):
    """Figures that are linear in the underlying level and log duration at ``months``.

    ``level`` and ``duration`` hold one row a figure and one column a moment; ``known_date`` the weight of
    the known-date effect in each figure.
    """

    months: Floats
    level: Floats
    duration: Floats
    known_date: Floats


class Fit:
    """A fitted case: ask it any question by ``answer``; the parts and their weights are fixed once."""

    def __init__(self, design: Design, turns: Turns, question: Question) -> None:
        """Factorise and weigh every noise level, slope and configuration of turns.

        The question everybody asks is given at once, so that its columns share the one solution.
        """
        rules = design.rules
        self.design, self.turns = design, turns
        variances = np.array(rules.noise_levels) ** 2
        self._factors = np.linalg.cholesky(design.covariance + variances[:, None, None] * design.noise)
        columns = turn_columns(design, turns.months)
        slope = (design.share * design.months)[:, None]
        asked = np.concatenate((slope, columns, self._with_data(question)), axis=1)
        data = design.values + 0.5 * variances[:, None] * design.white
        levels = len(variances)
        solved = np.linalg.solve(
            self._factors,
            np.concatenate((data[:, :, None], np.broadcast_to(asked, (levels, *asked.shape))), axis=2),
        )
        own = 2 + columns.shape[1]
        self._whitened = solved[:, :, :own]
        self._weigh()
        self.figures = self._posterior(question, solved[:, :, own:])

    def _weigh(self) -> None:
        rules, turns, white = self.design.rules, self.turns, self._whitened
        gram = white.transpose(0, 2, 1) @ white
        slopes = np.array(rules.slope_means)
        residual = gram[:, None, 0, 0] - 2 * slopes * gram[:, None, 0, 1] + slopes**2 * gram[:, None, 1, 1]
        pull = gram[:, None, 0, 2:] - slopes[:, None] * gram[:, None, 1, 2:]
        self._update(gram[:, 2:, 2:])
        gi, gj = pull[:, :, turns.first], pull[:, :, turns.second]
        # The solution for both turns by the adjugate of a two-by-two matrix.
        di = (self._mjj[:, None] * gi - self._mij[:, None] * gj) / self._det[:, None]
        dj = (self._mii[:, None] * gj - self._mij[:, None] * gi) / self._det[:, None]
        self._turn_sizes = di, dj
        log_factor = np.log(np.diagonal(self._factors, axis1=1, axis2=2)).sum(axis=1)
        log_weight = (
            -0.5 * (residual[:, :, None] - gi * di - gj * dj)
            - log_factor[:, None, None]
            - 0.5 * np.log(rules.turn_sd**4 * self._det)[:, None]
            + np.log(rules.slope_weights)[:, None]
            + turns.log_prior
        )
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        self._parts = np.nonzero(weight > rules.dropped_weight)
        kept = weight[self._parts]
        self.weights = kept / kept.sum()

    def _update(self, cross: Floats) -> None:
        first, second = self.turns.first, self.turns.second
        precision = 1.0 / self.design.rules.turn_sd**2
        self._mii = precision + cross[:, first, first]
        self._mjj = precision + cross[:, second, second]
        # "No turn" stands in both places of the empty configuration; its column is empty, so this is zero.
        self._mij = cross[:, first, second]
        self._det = self._mii * self._mjj - self._mij**2

    def answer(self, question: Question) -> Mixture:
        """Return the posterior of every figure as a mixture over the parts that carry weight."""
        cross = self._with_data(question)
        stacked = np.broadcast_to(cross, (len(self._factors), *cross.shape))
        return self._posterior(question, np.linalg.solve(self._factors, stacked))

    def _posterior(self, question: Question, whitened: Floats) -> Mixture:
        noise, slope, turn = self._parts
        inner = whitened.transpose(0, 2, 1) @ self._whitened
        at_turns, at_slope, start = self._prior_means(question)
        leverage = at_turns - inner[:, :, 2:]
        slopes = np.array(self.design.rules.slope_means)[slope][:, None]
        hi = leverage[noise, :, self.turns.first[turn]]
        hj = leverage[noise, :, self.turns.second[turn]]
        di, dj = (size[noise, slope, turn][:, None] for size in self._turn_sizes)
        means = start + slopes * at_slope + inner[noise, :, 0] - slopes * inner[noise, :, 1]
        means = means + hi * di + hj * dj
        spread = self._prior_variances(question) - (whitened * whitened).sum(axis=1)
        mii, mij, mjj = (m[noise, turn][:, None] for m in (self._mii, self._mij, self._mjj))
        det = self._det[noise, turn][:, None]
        variance = spread[noise] + (hi * hi * mjj - 2.0 * hi * hj * mij + hj * hj * mii) / det
        return Mixture(self.weights, means, np.sqrt(np.maximum(variance, 1e-12)))

    def _with_data(self, question: Question) -> Floats:
        level = with_data(self.design, question.months, duration=False)
        found = question.level @ level
        if len(self.design.months) > self.design.frequencies:
            found = found + question.duration @ with_data(self.design, question.months, duration=True)
        known = self.design.rules.known_date_sd**2 * self.design.flagged
        return np.asarray((found + np.outer(question.known_date, known)).T)

    def _prior_means(self, question: Question) -> tuple[Floats, Floats, Floats]:
        """Return what each turn, the slope and the fixed means add to each figure before any data."""
        design, rules = self.design, self.design.rules
        both = question.level + rules.duration_share * question.duration
        at_turns = both @ rising(question.months, self.turns.months)
        at_turns = np.concatenate((at_turns, np.zeros((len(at_turns), 1))), axis=1)
        steps = rules.step_mean * (question.months[:, None] >= design.steps).sum(axis=1)
        start = both @ steps + rules.known_date_mean * question.known_date
        start = start + design.centre * question.level.sum(axis=1)
        start = start + design.duration_centre * question.duration.sum(axis=1)
        return at_turns, both @ question.months, start

    def _prior_variances(self, question: Question) -> Floats:
        design, rules, months = self.design, self.design.rules, question.months
        both = question.level + rules.duration_share * question.duration
        found = _quadratic(both, movement(design, months, months))
        found += rules.level_sd**2 * question.level.sum(axis=1) ** 2
        found += _quadratic(question.duration, own_duration(design, months, months))
        return found + (rules.known_date_sd * question.known_date) ** 2


def _quadratic(rows: Floats, matrix: Floats) -> Floats:
    return np.asarray(((rows @ matrix) * rows).sum(axis=1))
