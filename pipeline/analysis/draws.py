"""The ranks again, as other samples and other choices would have had them: which choices, and many draws of them."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.analysis import drawn_scores as scoring
from pipeline.analysis.drawn_scores import MEANS, SCALES, Frame, Integers, Singles
from pipeline.analysis.sensitivity import Moves, moves_of, rank_shift

Floats = npt.NDArray[np.float64]

# What is varied: errors of the survey, and five choices that might have been made otherwise.
FACTORS = ("margins", "weights", "normalisation", "aggregation", "left_out", "placing")
# An area of which nothing else is known keeps the indicator that is left out.
_LEFT_OUT = 1e-9
# Cells of one block of draws: keeps memory flat for any number of areas.
_BLOCK_CELLS = 1_000_000
# Blocks at work at once: numpy and compiled code leave Python's lock.
_THREADS = 2


@dataclass(frozen=True)
class Choices:
    """The choices of many draws, one row for each.

    Parameters
    ----------
    weights : array (draws, indicators)
    scale, mean : arrays of int (draws)
        Positions in `drawn_scores.SCALES` and `drawn_scores.MEANS`.
    left_out : array of int (draws)
        Indicator that is left out, -1 for none.
    placing : array of int (draws)
        By which evidence counts came to neighborhoods, 0 for the best.
    """

    weights: Floats
    scale: Integers
    mean: Integers
    left_out: Integers
    placing: Integers

    def some(self, rows: slice) -> Choices:
        """A part of the draws."""
        return Choices(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def with_factor(self, factor: str, other: Choices) -> Choices:
        """These draws with one factor from others (errors of the survey are no choice: the same draws)."""
        field = {"normalisation": "scale", "aggregation": "mean"}.get(factor, factor)
        return self if factor == "margins" else replace(self, **{field: getattr(other, field)})

    @property
    def used_weights(self) -> Floats:
        """Weights with the indicator that is left out all but removed."""
        is_out = np.arange(self.weights.shape[1]) == self.left_out[:, None]
        return np.where(is_out, self.weights * _LEFT_OUT, self.weights)


@dataclass(frozen=True)
class Spread:
    """Shares and their standard errors by each way of placing: placings x indicators x areas, 0 where not known."""

    shares: Singles
    errors: Singles


@dataclass(frozen=True)
class Drawn:
    """Ranks of all draws (draws x areas), and what moves them: the ranks, and their mean shift."""

    ranks: Singles
    of_ranks: Moves
    of_shift: Moves


def choices(
    draws: int,
    rng: np.random.Generator,
    *,
    weights: Sequence[float],
    scale: str,
    mean: str,
    vary: Sequence[str],
    concentration: float,
    leave_out_share: float,
    placings: int,
) -> Choices:
    """Draw choices; what is not varied stays as the study has it.

    Parameters
    ----------
    draws : int
        How many.
    rng : Generator
        Seeded.
    weights : sequence of float
        The study's weights. Drawn ones come from a Dirichlet distribution around them, the
        closer the higher ``concentration`` (their standard deviation is
        sqrt(w (1 - w) / (concentration + 1))).
    scale, mean : str
        The study's own, used where they are not varied; else each of three with equal chance.
    vary : sequence of str
        Those of `FACTORS` that are varied.
    leave_out_share : float
        In so many draws one of the indicators, each with equal chance, is left out.
    placings : int
        How many ways of placing there are, the best first; each has equal chance.

    References
    ----------
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 7.
    """
    own = np.asarray(weights, dtype="float64")
    indicators = len(own)
    # each factor draws whether it is varied or not, so that the others' draws stay what they were
    drawn = rng.dirichlet(concentration * own, draws) if indicators else np.empty((draws, 0))
    scales, means, ways = (rng.integers(0, max(many, 1), draws) for many in (len(SCALES), len(MEANS), placings))
    out = np.where(rng.random(draws) < leave_out_share, rng.integers(0, max(indicators, 1), draws), -1)
    fixed = np.zeros(draws, dtype="int64")
    return Choices(
        weights=np.maximum(drawn, 1e-6) if "weights" in vary else np.tile(own, (draws, 1)),
        scale=scales if "normalisation" in vary else fixed + SCALES.index(scale),
        mean=means if "aggregation" in vary else fixed + MEANS.index(mean),
        left_out=out if "left_out" in vary else fixed - 1,
        placing=ways if "placing" in vary else fixed,
    )


def draw_ranks(
    spread: Spread,
    frame: Frame,
    first: Choices,
    second: Choices,
    reference: npt.NDArray[Any],
    vary: Sequence[str],
    rng: np.random.Generator,
    *,
    mixtures: bool = True,
) -> Drawn:
    """Ranks of two sets of draws, and of the first with one factor after the other from the second.

    Each share is drawn from a normal distribution around its estimate with its standard error and
    kept within 0 and 1; errors of different shares are taken to be independent. Blocks of draws
    have generators of their own, so that the result does not depend on which is done first.

    Parameters
    ----------
    spread, frame
        The shares and what is known of them.
    first, second : Choices
        As many each.
    reference : array (areas)
        The published ranks, from which shifts are counted.
    vary : sequence of str
        Those of `FACTORS` that are varied.
    rng : Generator
        Seeded; gives each block its own.
    mixtures : bool
        Without them nothing is said of what moves the ranks.

    References
    ----------
    Saltelli et al. (2010), Computer Physics Communications 181 (the two sets and their mixtures).
    """
    pairs = len(first.scale)
    factors = [factor for factor in FACTORS if factor in vary] if mixtures else []
    ranks = np.empty((2, pairs, frame.present.shape[1]), dtype="float32")
    size = max(1, _BLOCK_CELLS // max(frame.present.size, 1))
    starts = range(0, pairs, size)

    def of_block(start: int, own: np.random.Generator) -> tuple[Moves, list[Floats]]:
        rows = slice(start, start + size)
        a, b = first.some(rows), second.some(rows)
        block = _Block(spread, frame, a, b, "margins" in vary, own)
        ranks[0, rows], ranks[1, rows] = block.rank_a, block.rank_b
        mixed = [block.mixed(factor) for factor in factors]
        shape = (len(factors), *block.rank_a.shape)
        three = (block.rank_a, block.rank_b, np.stack(mixed) if mixed else np.empty(shape, dtype="float32"))
        one, other, mixtures_of = (some[..., frame.ranked] for some in three)
        moves = moves_of(one, other, mixtures_of, reference[frame.ranked].astype("float32"))
        return moves, [rank_shift(some, reference) for some in three]

    with ThreadPoolExecutor(_THREADS) as pool:
        parts, shifts = zip(*pool.map(of_block, starts, rng.spawn(len(starts))), strict=True)
    shift_a, shift_b, shift_mixed = (np.concatenate(some, axis=-1) for some in zip(*shifts, strict=True))
    centre = float((shift_a.mean() + shift_b.mean()) / 2)
    together = Moves(
        *(np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in Moves.__dataclass_fields__)
    )
    # the draws' own mean is a better centre than the published ranks, and is known only now
    found = ranks[:, :, frame.ranked].astype("float64")
    off = ((found.mean(axis=(0, 1)) - reference[frame.ranked]) ** 2).mean() if found.size else 0.0
    of_ranks = replace(together, variance=together.variance - off)
    return Drawn(ranks.reshape(2 * pairs, -1), of_ranks, moves_of(shift_a, shift_b, shift_mixed, centre))


class _Block:
    """Some pairs of draws at once: what one mixture shares with its draw is not done again."""

    def __init__(self, spread: Spread, frame: Frame, a: Choices, b: Choices, errs: bool, rng: np.random.Generator):
        self.spread, self.frame, self.a, self.b = spread, frame, a, b
        shape = (len(a.scale), *frame.present.shape)
        self.noise = [rng.standard_normal(shape, dtype="float32") if errs else None for _ in range(2)]
        self.values = self._values(a.placing, self.noise[0])
        self.normal = scoring.normalised(self.values, a.scale, frame)
        self.rank_a = self._ranks(self.normal, a)
        self.rank_b = self._ranks(scoring.normalised(self._values(b.placing, self.noise[1]), b.scale, frame), b)

    def mixed(self, factor: str) -> Singles:
        """Ranks of draw A with one factor of draw B; only draws in which it differs are done again."""
        mix = self.a.with_factor(factor, self.b)
        if factor == "margins":
            return self._ranks(scoring.normalised(self._values(mix.placing, self.noise[1]), mix.scale, self.frame), mix)
        field = {"normalisation": "scale", "aggregation": "mean"}.get(factor, factor)
        differs = getattr(self.a, field) != getattr(self.b, field)
        rows = np.flatnonzero(differs.any(axis=1) if differs.ndim > 1 else differs)
        found, some = self.rank_a.copy(), Choices(*(getattr(mix, name)[rows] for name in mix.__dataclass_fields__))
        if factor in ("normalisation", "placing"):
            values = self.values[rows]
            if factor == "placing":
                values = self._values(some.placing, None if self.noise[0] is None else self.noise[0][rows])
            normal = scoring.normalised(values, some.scale, self.frame)
        else:
            normal = self.normal[rows]
        found[rows] = self._ranks(normal, some)
        return found

    def _values(self, placing: Integers, noise: Singles | None) -> Singles:
        if len(self.spread.shares) == 1:
            shares, errors = self.spread.shares, self.spread.errors
        else:
            shares, errors = self.spread.shares[placing], self.spread.errors[placing]
        if noise is None:
            return np.broadcast_to(shares, (len(placing), *shares.shape[1:]))
        drawn = errors * noise
        drawn += shares
        return np.clip(drawn, 0, 1, out=drawn)

    def _ranks(self, normal: Singles, made: Choices) -> Singles:
        scored = scoring.scores(normal, made.scale, made.mean, made.used_weights, self.frame)
        return scoring.ranks(scored, self.frame)
