"""The fit itself: one factorisation for each noise level answers for every turn and every slope; internal.

A configuration of turns adds one or two columns with a normal prior, so its evidence and its means follow
in closed form from inner products that all configurations share.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.timeline.design import (
    Design,
    Prior,
    Question,
    prior,
    prior_cross,
    prior_means,
    prior_of,
    turn_columns,
)
from app.timeline.mixture import Mixture
from app.timeline.turns import Turns

Floats = NDArray[np.float64]

_AMPLE = 1e18


class Fit:
    """A fitted case: ask it any question by ``answer``; the parts and their weights are fixed once."""

    def __init__(self, design: Design, turns: Turns, question: Question) -> None:
        """Factorise and weigh every noise level, slope and configuration of turns.

        The question everybody asks is given at once, so that its columns share the one factorisation.
        """
        rules = design.rules
        self.design, self.turns = design, turns
        self._slopes = np.array(rules.slope_means)
        variances = np.array(rules.noise_levels) ** 2
        data, known = prior(design, question)
        self._covariances = data + variances[:, None, None] * design.noise
        self._own = np.empty((len(variances), len(turns.months) + 3, len(design.months)))
        self._own[:, 0] = design.values + 0.5 * variances[:, None] * design.white
        self._own[:, 1] = design.share * design.months
        self._own[:, 2:] = turn_columns(design, turns.months).T
        self._factors, whitened = _whitened(self._covariances, self._own, known.cross)
        own = self._own.shape[1]
        self._white = whitened[:, :own]
        self._weigh()
        self.figures = self._posterior(question, known, whitened[:, own:])

    def answer(self, question: Question) -> Mixture:
        """Return the posterior of every figure as a mixture over the parts that carry weight."""
        known = prior_of(self.design, question)
        figures = np.asarray(np.linalg.solve(self._factors, known.cross.T), dtype=np.float64)
        return self._posterior(question, known, figures.transpose(0, 2, 1))

    def centres(self, question: Question) -> Floats:
        """Return the expected value of every figure alone: what ``answer`` gives, without the spreads.

        The mean is linear in the data, so averaging over the parts leaves one weight for each row of data,
        and any number of moments costs no further factorisation.
        """
        cross = prior_cross(self.design, question)
        at_turns, at_slope, start = prior_means(self.design, question, self.turns.months)
        turned, sloped, by_row = self._expected
        return np.asarray(start + sloped * at_slope + at_turns @ turned + cross @ by_row)

    @cached_property
    def _expected(self) -> tuple[Floats, float, Floats]:
        """Expected size of every turn, expected slope, and the weight of each row of data in any mean."""
        noise, slope, turn = self._parts
        first, second = self.turns.first[turn], self.turns.second[turn]
        gi, gj = self._pull[noise, slope, first], self._pull[noise, slope, second]
        vi, vj, vij = (m[noise, turn] / self._det[noise, turn] for m in (self._mjj, self._mii, self._mij))
        levels, width = self._own.shape[:2]
        # Columns of ``_own`` are the values, the slope and the turns: one row of sums for each noise level.
        sums = np.zeros((levels, width))
        np.add.at(sums[:, 0], noise, self.weights)
        np.add.at(sums[:, 1], noise, self.weights * self._slopes[slope])
        np.add.at(sums, (noise, 2 + first), self.weights * (vi * gi - vij * gj))
        np.add.at(sums, (noise, 2 + second), self.weights * (vj * gj - vij * gi))
        signs = np.full(width, -1.0)
        signs[0] = 1.0
        left = ((sums * signs)[:, None] @ self._own).transpose(0, 2, 1)
        by_row = np.linalg.solve(self._covariances, left).sum(axis=(0, 2))
        totals = sums.sum(axis=0)
        return totals[2:], float(totals[1]), by_row

    def _weigh(self) -> None:
        rules, turns, slopes, white = self.design.rules, self.turns, self._slopes, self._white
        gram = white @ white.transpose(0, 2, 1)
        residual = gram[:, None, 0, 0] - 2.0 * slopes * gram[:, None, 0, 1] + slopes**2 * gram[:, None, 1, 1]
        self._pull = gram[:, None, 0, 2:] - slopes[:, None] * gram[:, None, 1, 2:]
        self._update(gram[:, 2:, 2:])
        gi, gj = self._pull.take(turns.first, axis=2), self._pull.take(turns.second, axis=2)
        # What both turns explain, by the adjugate of a two-by-two matrix.
        explained = self._mjj[:, None] * gi * gi
        explained -= 2.0 * self._mij[:, None] * gi * gj
        explained += self._mii[:, None] * gj * gj
        explained /= self._det[:, None]
        log_factor = np.log(np.einsum("kii->ki", self._factors)).sum(axis=1)
        each = np.log(rules.turn_sd**4 * self._det)
        log_weight = 0.5 * (explained - residual[:, :, None] - each[:, None])
        log_weight += np.log(rules.slope_weights)[:, None] + turns.log_prior
        log_weight -= log_factor[:, None, None]
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

    def _posterior(self, question: Question, known: Prior, figures: Floats) -> Mixture:
        noise, slope, turn = self._parts
        inner = self._white @ figures.transpose(0, 2, 1)
        at_turns, at_slope, start = prior_means(self.design, question, self.turns.months)
        leverage = (at_turns.T - inner[:, 2:]).reshape(-1, len(start))
        slopes = self._slopes[:, None]
        unturned = start + inner[:, None, 0] + slopes * (at_slope - inner[:, None, 1])
        first, second = self.turns.first[turn], self.turns.second[turn]
        row = noise * (self._own.shape[1] - 2)
        hi, hj = leverage.take(row + first, axis=0), leverage.take(row + second, axis=0)
        gi, gj = self._pull[noise, slope, first], self._pull[noise, slope, second]
        vi, vj, vij = (m[noise, turn] / self._det[noise, turn] for m in (self._mjj, self._mii, self._mij))
        means = unturned.reshape(-1, len(start)).take(noise * len(slopes) + slope, axis=0)
        means += hi * (vi * gi - vij * gj)[:, None]
        means += hj * (vj * gj - vij * gi)[:, None]
        spread = known.variances - (figures * figures).sum(axis=2)
        variance = spread.take(noise, axis=0)
        variance += hi * hi * vi[:, None]
        variance -= hi * hj * (2.0 * vij)[:, None]
        variance += hj * hj * vj[:, None]
        return Mixture(self.weights, means, np.sqrt(np.maximum(variance, 1e-12)))


def _whitened(covariances: Floats, own: Floats, cross: Floats) -> tuple[Floats, Floats]:
    """Return the factors of the covariances, and every row of ``own`` and ``cross`` solved for them.

    Rows set below a matrix come out of its factorisation solved: of [[S, .], [A, D]] with S = L L' the
    lower left part of the factor is A L'^-1. D plays no part in that; it is ample so that the whole stays
    positive definite.
    """
    n, asked = covariances.shape[1], own.shape[1] + len(cross)
    bordered = np.zeros((len(covariances), n + asked, n + asked))
    bordered[:, :n, :n] = covariances
    bordered[:, n : n + own.shape[1], :n] = own
    bordered[:, n + own.shape[1] :, :n] = cross
    np.einsum("kii->ki", bordered)[:, n:] = _AMPLE
    factors = np.linalg.cholesky(bordered)
    return factors[:, :n, :n], factors[:, n:, :n]
