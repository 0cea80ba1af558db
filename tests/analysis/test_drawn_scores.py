"""Scores of many draws at once are those of the index families, one after the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.analysis import rank_kernel, ranks
from pipeline.analysis.drawn_scores import MEANS, SCALES, Frame, normalised, scores
from pipeline.analysis.drawn_scores import ranks as drawn_ranks
from pipeline.analysis.families import Reference, area_weights, combine, normalise, unit

DOMAIN = ("income", "income", "home", "school")


def shares(areas: int = 25, lacking: bool = False) -> np.ndarray:
    values = np.random.default_rng(5).beta(2, 5, (len(DOMAIN), areas))
    values[1, :6] = 0.0  # ties at the end of the scale
    if lacking:
        values[3, 4] = values[2, 7] = np.nan
        values[:3, 9] = np.nan  # less than half of the index: not ranked
    return values


def frame_of(values: np.ndarray, weights: np.ndarray, ranker=ranks.lowest_ranks) -> Frame:
    return Frame(np.isfinite(values), np.isfinite(area_weights(values, weights)), DOMAIN, 3.0, ranker)


@pytest.mark.parametrize("lacking", [False, True])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("mean", MEANS)
def test_each_scale_and_mean_gives_the_familys_score(scale: str, mean: str, lacking: bool) -> None:
    values, weights = (
        shares(lacking=lacking),
        np.array([0.3127, 0.2041, 0.3391, 0.1441]),
    )  # no two sums of places are equal but for rounding
    frame = frame_of(values, weights)
    chosen = np.array([SCALES.index(scale)]), np.array([MEANS.index(mean)])
    known = np.nan_to_num(values)[None].astype("float32")
    found = scores(normalised(known, chosen[0], frame), *chosen, weights[None], frame)[0]
    normal = normalise(values, scale)  # type: ignore[arg-type]
    if mean == "geometric" and scale == "standardised":
        normal = unit(normal)
    expected = combine(normal, area_weights(values, weights), DOMAIN, mean)  # type: ignore[arg-type]
    ranked = np.isfinite(expected)
    np.testing.assert_array_equal(np.isfinite(found), ranked)
    if mean == "geometric":
        least = 1 / (2 * ranked.sum())
        found = 100 * (np.exp(found) - least) / (1 - least)
    np.testing.assert_allclose(found[ranked], expected[ranked], rtol=2e-5, atol=2e-5)
    np.testing.assert_array_equal(drawn_ranks(found[None], frame)[0][ranked], ranks.descending_rank(found[ranked]))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("mean", MEANS)
def test_held_against_the_state_each_scale_and_mean_gives_the_familys_score(scale: str, mean: str) -> None:
    values, weights = shares(lacking=True), np.array([0.3127, 0.2041, 0.3391, 0.1441])
    of_state = np.random.default_rng(8).beta(2, 5, (len(DOMAIN), 400)) * 0.8  # some lie beyond it
    of_state[2, :30] = np.nan
    state = Reference(of_state, area_weights(of_state, weights))
    frame = replace(frame_of(values, weights), state=state)
    chosen = np.array([SCALES.index(scale)]), np.array([MEANS.index(mean)])
    known = np.nan_to_num(values)[None].astype("float32")
    found = scores(normalised(known, chosen[0], frame), *chosen, weights[None], frame)[0]
    normal, of_normal = normalise(values, scale, of_state), normalise(of_state, scale)  # type: ignore[arg-type]
    if mean == "geometric" and scale == "standardised":
        normal, of_normal = unit(normal), unit(of_normal)
    expected = combine(normal, area_weights(values, weights), DOMAIN, mean, Reference(of_normal, state.weights))  # type: ignore[arg-type]
    ranked = np.isfinite(expected)
    if mean == "geometric":
        found = 100 * (np.exp(found) - 1 / 800) / (1 - 1 / 800)
    np.testing.assert_allclose(found[ranked], expected[ranked], rtol=5e-5, atol=5e-5)


def test_draws_of_different_kinds_do_not_mix() -> None:
    values, rng = shares(lacking=True), np.random.default_rng(1)
    weights = rng.dirichlet([4.0, 4, 4, 4], 40)
    frame = frame_of(values, np.full(4, 0.25))
    scale, mean = rng.integers(0, 3, 40), rng.integers(0, 3, 40)
    drawn = np.nan_to_num(np.clip(values + rng.normal(0, 0.05, (40, *values.shape)), 0, 1)).astype("float32")
    drawn[:, ~frame.present] = 0
    together = scores(normalised(drawn, scale, frame), scale, mean, weights, frame)
    for m in range(40):
        one = slice(m, m + 1)
        alone = scores(normalised(drawn[one], scale[one], frame), scale[one], mean[one], weights[one], frame)
        np.testing.assert_array_equal(together[m], alone[0])


def test_the_compiled_ranks_are_the_same_ranks() -> None:
    rng = np.random.default_rng(3)
    values = np.clip(rng.normal(0.02, 0.05, (30, 4, 501)), 0, 1).astype("float32")
    values[2] -= 1
    values[3, 0] = 0.25
    values[4, 1, ::2] = -0.0
    values[5, :, :7] = np.inf
    np.testing.assert_array_equal(rank_kernel.lowest_ranks(values), ranks.lowest_ranks(values))
    some = shares()
    weights = np.full((1, 4), 0.25)
    one, other = (frame_of(some, weights[0], ranker) for ranker in (ranks.lowest_ranks, rank_kernel.lowest_ranks))
    first = np.zeros(1, dtype="int64")
    known = some[None].astype("float32")
    np.testing.assert_array_equal(normalised(known, first, one), normalised(known, first, other))


def test_an_indicator_that_is_the_same_everywhere_moves_nobody() -> None:
    values = shares()
    values[2] = 0.4
    frame = frame_of(values, np.full(4, 0.25))
    for scale in range(3):
        normal = normalised(values[None].astype("float32"), np.array([scale]), frame)
        assert (normal[0, 2] == 0).all()
