"""The fit itself: one factorisation for each noise level answers for every turn and every slope; internal.

A configuration of turns adds one or two columns with a normal prior, so its evidence and its means follow
in closed form from inner products that all configurations share.
"""

from __future__ import annotations

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
from app.timeline.once import once
from app.timeline.turns import Turns

Floats = NDArray[np.float64]

_AMPLE = 1e18


class Fit:
    """A fitted case: ask it any question by ``answer``; the parts and their weights are fixed once."""

    def __init__(self, design: Design, turns: Turns, question: Question) -> None:
        """Factorise and weigh every noise level, slope and configuration of turns.

        The question everybody asks is given at once, so that its columns share the one factorisation.
        """
        self.design, self.turns = design, turns
        self._slopes = np.array(design.rules.slope_means)
        known = self._factorise(question)
        self._weigh()
        self.figures = self._posterior(question, known, self._asked)

    def _factorise(self, question: Question) -> Prior:
        """Set everything to be solved below the covariance of each noise level, and factorise the whole.

        Rows set below a matrix come out of its factorisation solved: of [[S, .], [A, D]] with S = L L' the
        lower left part of the factor is A L'^-1. D plays no part in that; it is ample so that the whole stays
        positive definite. The rows are each turn, an empty one for "no turn", the slope, the values, and the
        figures asked for.
        """
        design, n, nf = self.design, len(self.design.months), self.design.frequencies
        variances = np.array(design.rules.noise_levels) ** 2
        data, known = prior(design, question)
        asked = n + len(self.turns.months) + 3
        size = asked + len(known.cross)
        whole = np.zeros((len(variances), size, size))
        whole[:, :n, :n] = data
        whole[:, :nf, :nf] += variances[:, None, None] * design.noise
        whole[:, n : asked - 3, :n] = turn_columns(design, self.turns.months).T
        whole[:, asked - 2, :n] = design.share * design.months
        whole[:, asked - 1, :n] = design.values
        whole[:, asked - 1, :nf] += (0.5 * variances)[:, None] * design.white
        whole[:, asked:, :n] = known.cross
        whole.reshape(len(whole), -1)[:, n * (size + 1) :: size + 1] = _AMPLE
        factors = np.asarray(np.linalg.cholesky(whole), dtype=np.float64)
        self._covariances, self._own = whole[:, :n, :n], whole[:, n:asked, :n]
        self._factors, self._white, self._asked = (
            factors[:, :n, :n],
            factors[:, n:asked, :n],
            factors[:, asked:, :n],
        )
        return known

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

    @once
    def _expected(self) -> tuple[Floats, float, Floats]:
        """Expected size of every turn, expected slope, and the weight of each row of data in any mean."""
        noise, turn = self._noise, self._turn
        slope = self._slopes[self._line - noise * len(self._slopes)]
        levels, width = self._own.shape[:2]
        # Rows of ``_own`` are the turns, none, the slope and the values: one row of sums for each noise level.
        sums = np.zeros((levels, width))
        np.add.at(sums[:, -1], noise, self.weights)
        np.add.at(sums[:, -2], noise, self.weights * slope)
        np.add.at(sums, (noise, self.turns.first[turn]), self.weights * self._sizes[0])
        np.add.at(sums, (noise, self.turns.second[turn]), self.weights * self._sizes[1])
        signs = np.full(width, -1.0)
        signs[-1] = 1.0
        left = ((sums * signs)[:, None] @ self._own).transpose(0, 2, 1)
        by_row = np.linalg.solve(self._covariances, left).sum(axis=(0, 2))
        totals = sums.sum(axis=0)
        return totals[:-3], float(totals[-2]), by_row

    def _weigh(self) -> None:
        """Weigh every part by its marginal likelihood, and keep those that carry weight.

        ``left`` holds the inner products of every row with the values less the slope; a turn of normal prior
        then has the size and the explained sum of squares of a ridge regression on its column.
        """
        turns, slopes, white = self.turns, self._slopes, self._white
        gram = white @ white.transpose(0, 2, 1)
        left = gram[:, None, -1] - slopes[:, None] * gram[:, None, -2]
        residual = left[:, :, -1] - slopes * left[:, :, -2]
        first, second = left.take(turns.first, axis=2), left.take(turns.second, axis=2)
        log_det = self._update(gram)
        vi, vj, vij = (v[:, None] for v in self._spreads)
        sizes = vi * first - vij * second, vj * second - vij * first
        explained = sizes[0] * first
        explained += sizes[1] * second
        log_det += 2.0 * np.add.reduce(np.log(self._factors.diagonal(0, 1, 2)), axis=1)[:, None]
        explained -= residual[:, :, None]
        explained -= log_det[:, None]
        explained *= 0.5
        explained += turns.log_prior
        self._keep(np.exp(explained - explained.max()).ravel(), sizes)

    def _keep(self, weight: Floats, sizes: tuple[Floats, Floats]) -> None:
        weight /= weight.sum()
        kept = (weight > self.design.rules.dropped_weight).nonzero()[0]
        weights = weight.take(kept)
        self.weights = weights / weights.sum()
        self._line, self._turn = np.divmod(kept, len(self.turns.first))
        self._noise = self._line // len(self._slopes)
        self._sizes = sizes[0].take(kept), sizes[1].take(kept)

    def _update(self, cross: Floats) -> Floats:
        """Work out the posterior variances of each pair of turns; return the log of their prior over posterior."""
        first, second, rules = self.turns.first, self.turns.second, self.design.rules
        precision = 1.0 / rules.turn_sd**2
        of_first = precision + cross[:, first, first]
        of_second = precision + cross[:, second, second]
        # "No turn" stands in both places of the empty configuration; its column is empty, so this is zero.
        both = cross[:, first, second]
        det = of_first * of_second - both * both
        self._spreads = of_second / det, of_first / det, both / det
        return np.asarray(np.log(rules.turn_sd**4 * det))

    def _posterior(self, question: Question, known: Prior, figures: Floats) -> Mixture:
        turns, noise, asked = self.turns, self._noise, figures.shape[1]
        inner = self._white @ figures.transpose(0, 2, 1)
        at_turns, at_slope, start = prior_means(self.design, question, turns.months)
        slopes = self._slopes[:, None]
        unturned = start + inner[:, None, -1] + slopes * (at_slope - inner[:, None, -2])
        # What a turn of size one moves; of the empty column it is nothing.
        moved = -inner[:, :-2]
        moved[:, :-1] += at_turns.T
        none, at, place = (
            len(turns.months) + 1,
            moved.reshape(-1, asked),
            noise * len(turns.first) + self._turn,
        )
        hi = at.take(noise * none + turns.first.take(self._turn), axis=0)
        hj = at.take(noise * none + turns.second.take(self._turn), axis=0)
        means = unturned.reshape(-1, asked).take(self._line, axis=0)
        means += hi * self._sizes[0][:, None]
        means += hj * self._sizes[1][:, None]
        vi, vj, vij = (v.take(place)[:, None] for v in self._spreads)
        variance = (known.variances - np.add.reduce(figures * figures, axis=2)).take(noise, axis=0)
        variance += hi * hi * vi
        variance -= hi * hj * (2.0 * vij)
        variance += hj * hj * vj
        np.maximum(variance, 1e-12, out=variance)
        return Mixture(self.weights, means, np.sqrt(variance, out=variance))
