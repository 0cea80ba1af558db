"""Indices of sensitivity against functions whose indices are known in closed form."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.analysis.sensitivity import Indices, indices, moves_of, rank_shift


def found(
    f: Callable[[np.ndarray], np.ndarray], a: np.ndarray, b: np.ndarray, centre: np.ndarray | float | None = None
) -> Indices:
    """Indices of a function of the columns of A and B (pairs x factors)."""
    mixed = []
    for factor in range(a.shape[1]):
        mix = a.copy()
        mix[:, factor] = b[:, factor]
        mixed.append(f(mix))
    ya, yb = f(a), f(b)
    middle = np.concatenate([ya, yb]).mean(axis=0) if centre is None else centre
    return indices(moves_of(ya, yb, np.stack(mixed), middle), np.random.default_rng(5))


def uniform(pairs: int, factors: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(11)
    return rng.uniform(low, high, (pairs, factors)), rng.uniform(low, high, (pairs, factors))


def test_ishigami() -> None:
    #  Ishigami, Homma (1990): a = 7, b = 0.1; variance a^2/8 + b pi^4/5 + b^2 pi^8/18 + 1/2
    def f(x: np.ndarray) -> np.ndarray:
        return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])

    result = found(f, *uniform(2**13, 3, -np.pi, np.pi))
    np.testing.assert_allclose(result.first, [0.3139, 0.4424, 0.0], atol=0.05)
    np.testing.assert_allclose(result.total, [0.5576, 0.4424, 0.2437], atol=0.05)
    for low, value, high in (
        (result.first_low, result.first, result.first_high),
        (result.total_low, result.total, result.total_high),
    ):
        assert (low < value).all() and (value < high).all() and (high - low < 0.12).all()


def test_without_interactions_alone_and_in_all_are_the_same_and_add_to_one() -> None:
    result = found(lambda x: x @ np.array([3.0, 2.0, 1.0, 0.0]), *uniform(2**13, 4, 0, 1))
    np.testing.assert_allclose(result.first, np.array([9, 4, 1, 0]) / 14, atol=0.03)
    np.testing.assert_allclose(result.total, np.array([9, 4, 1, 0]) / 14, atol=0.03)
    assert result.first[3] == result.total[3] == 0  # a factor that does nothing has exactly nothing


def test_of_a_list_of_numbers_the_indices_are_shares_of_the_summed_variance() -> None:
    #  numbers x1 and 2 x2: variances 1 and 4 of 5
    result = found(lambda x: np.column_stack([x[:, 0], 2 * x[:, 1]]), *uniform(2**13, 2, -1, 1))
    np.testing.assert_allclose(result.first, [0.2, 0.8], atol=0.03)
    np.testing.assert_allclose(result.total, [0.2, 0.8], atol=0.03)


def test_nine_intervals_of_ten_hold_the_index() -> None:
    held = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        a, b = rng.uniform(0, 1, (2, 400, 2))
        result = found(lambda x: 2 * x[:, 0] + x[:, 1], a, b)
        held += [result.first_low[0] <= 0.8 <= result.first_high[0], result.total_low[0] <= 0.8 <= result.total_high[0]]
    assert 0.8 <= np.mean(held) <= 0.98


def test_where_nothing_moves_there_is_nothing_to_explain() -> None:
    result = found(lambda x: np.ones(len(x)), *uniform(50, 2, 0, 1))
    for value in (result.first, result.total, result.first_high, result.total_high):
        assert value.tolist() == [0, 0]


def test_the_centre_changes_noise_and_not_what_is_estimated() -> None:
    def f(x: np.ndarray) -> np.ndarray:
        return 10 + x @ np.array([2.0, 1.0])

    a, b = uniform(2**13, 2, 0, 1)
    centred = found(f, a, b)
    np.testing.assert_allclose(centred.first, [0.8, 0.2], atol=0.03)
    np.testing.assert_allclose(
        found(f, a, b, centre=11.0).total * centred.total[0], centred.total * found(f, a, b, centre=11.0).total[0]
    )


def test_the_shift_counts_ranked_areas_only() -> None:
    ranks = np.array([[2.0, 1.0, np.nan], [1.0, 2.0, np.nan]])
    assert rank_shift(ranks, np.array([1.0, 2.0, np.nan])).tolist() == [1.0, 0.0]
    assert rank_shift(ranks[:, 2:], np.array([np.nan])).tolist() == [0.0, 0.0]
    assert rank_shift(ranks[0], np.array([2.0, 1.0, np.nan])) == pytest.approx(0)
