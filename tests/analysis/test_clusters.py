"""Gi* against esda, false-discovery rates against a loop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.clusters import benjamini_hochberg, gi_star, hot_spots, two_sided_probability


def grid(rows: int, columns: int) -> pd.DataFrame:
    """Borders of a grid of squares named '<row> <column>', both directions."""
    pairs = []
    for r in range(rows):
        for c in range(columns):
            for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                if 0 <= r + dr < rows and 0 <= c + dc < columns:
                    pairs.append((f"{r} {c}", f"{r + dr} {c + dc}"))
    return pd.DataFrame(pairs, columns=["area_id", "neighbor_id"])


def areas(rows: int, columns: int) -> list[str]:
    return [f"{r} {c}" for r in range(rows) for c in range(columns)]


def test_gi_star_equals_esda() -> None:
    libpysal_graph = pytest.importorskip("libpysal.graph")
    esda = pytest.importorskip("esda")
    ids = areas(6, 7)
    values = pd.Series(np.random.default_rng(5).gamma(2, 10, len(ids)), index=ids)
    borders = grid(6, 7)
    graph = libpysal_graph.Graph.from_adjacency(
        borders.assign(weight=1.0), focal_col="area_id", neighbor_col="neighbor_id", weight_col="weight"
    )
    weights = graph.assign_self_weight().to_W()
    oracle = esda.G_Local(values.loc[weights.id_order], weights, transform="B", star=None, permutations=0)
    ours = gi_star(values, borders).loc[weights.id_order]
    np.testing.assert_allclose(ours, oracle.Zs, rtol=1e-9, atol=1e-10)


def test_a_cluster_in_a_corner_is_hot_and_the_opposite_corner_is_not() -> None:
    #  9 9 . . . .      6 x 6 squares; the four in the corner are high
    #  9 9 . . . .
    #  . . . . . .
    ids = areas(6, 6)
    noise = np.random.default_rng(1).uniform(0, 0.5, 36)
    values = pd.Series(noise, index=ids) + [9.0 if i in {"0 0", "0 1", "1 0", "1 1"} else 0.0 for i in ids]
    spots = hot_spots(values, grid(6, 6), rate=0.1)
    hot = set(spots.index[spots["hot_spot_class"].eq("hot")])
    assert {"0 0", "0 1", "1 0", "1 1"} <= hot
    assert not hot & {i for i in ids if int(i[0]) >= 3}


def test_areas_without_a_value_take_no_part_as_neighbors() -> None:
    ids = areas(6, 6)
    values = pd.Series(np.arange(36.0), index=ids)
    values["2 2"] = np.nan
    borders = grid(6, 6)
    without = borders[~borders["area_id"].eq("2 2") & ~borders["neighbor_id"].eq("2 2")]
    expected = gi_star(values.drop("2 2"), without)
    result = gi_star(values, borders)
    assert np.isnan(result["2 2"])
    pd.testing.assert_series_equal(result.drop("2 2"), expected)
    assert hot_spots(values, borders, rate=0.1).loc["2 2", "hot_spot_class"] == "none"


def test_29_areas_are_too_few_and_30_are_not() -> None:
    values = pd.Series(np.arange(30.0), index=areas(5, 6))
    assert not hot_spots(values, grid(5, 6), rate=0.1)["hot_spot_class"].eq("too_few_to_test").any()
    few = hot_spots(values.iloc[:29], grid(5, 6), rate=0.1)
    assert few["hot_spot_class"].eq("too_few_to_test").all()
    assert few["hot_spot_z"].isna().all()


def test_the_same_value_everywhere_is_no_pattern() -> None:
    values = pd.Series(0.1 + 0.2, index=areas(6, 6))
    assert gi_star(values, grid(6, 6)).isna().all()
    assert hot_spots(values, grid(6, 6), rate=0.1)["hot_spot_class"].eq("none").all()


@given(st.lists(st.floats(0.01, 1e4), min_size=36, max_size=36), st.floats(0.1, 100), st.floats(-50, 50))
def test_gi_star_does_not_depend_on_unit_or_zero_point(values: list[float], scale: float, shift: float) -> None:
    series = pd.Series(values, index=areas(6, 6))
    if series.std() < 1e-3 * series.mean():
        return
    first, second = gi_star(series, grid(6, 6)), gi_star(series * scale + shift, grid(6, 6))
    np.testing.assert_allclose(second, first, atol=1e-5)


@given(st.lists(st.floats(0, 1), max_size=25), st.floats(0.01, 0.5))
def test_benjamini_hochberg_equals_the_step_up_rule_by_hand(values: list[float], rate: float) -> None:
    ordered = sorted(values)
    last = max((i for i, p in enumerate(ordered, 1) if p <= rate * i / len(values)), default=0)
    limit = ordered[last - 1] if last else -1.0
    assert benjamini_hochberg(np.array(values), rate).tolist() == [p <= limit for p in values]


def test_a_missing_probability_is_no_test() -> None:
    #  0.04 <= 0.1 * 1 / 2 only if two tests are counted, not four
    assert benjamini_hochberg(np.array([0.04, np.nan, 0.9, np.nan]), 0.1).tolist() == [True, False, False, False]


def test_two_sided_probability_is_that_of_the_normal_table() -> None:
    np.testing.assert_allclose(two_sided_probability(np.array([1.645, -2.576])), [0.1, 0.01], atol=1e-4)
