"""Local Moran against esda, draws against the definition; esda's own draws are in tests/benchmarks."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.clusters import benjamini_hochberg, two_sided_probability
from pipeline.analysis.conditional_draws import draw_table, neighbor_probability
from pipeline.analysis.local_moran import local_moran
from pipeline.analysis.neighbor_graph import Graph, graph_of, standard
from tests.analysis.test_clusters import areas, grid

SIDE = 30


def skewed(rows: int = SIDE, columns: int = SIDE, seed: int = 4) -> np.ndarray:
    """Skewed values in which high ones lie together in one corner."""
    noise = np.random.default_rng(seed).gamma(0.7, 1.0, rows * columns)
    r, c = np.divmod(np.arange(rows * columns), columns)
    return noise + 3.0 * np.exp(-(r**2 + c**2) / 30)


def squares(rows: int = SIDE, columns: int = SIDE) -> Graph:
    return graph_of(pd.Index(areas(rows, columns)), grid(rows, columns))


def weights_of(graph: Graph, transform: str):  # type: ignore[no-untyped-def]
    from libpysal.weights import W

    near = {i: graph.neighbor[graph.start[i] : graph.start[i + 1]].tolist() for i in range(len(graph))}
    weights = W(near, id_order=list(range(len(graph))), silence_warnings=True)
    weights.transform = transform
    return weights


def by_esda(values: np.ndarray, graph: Graph, **how: object):  # type: ignore[no-untyped-def]
    esda = pytest.importorskip("esda")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return esda.Moran_Local(values, weights_of(graph, "r"), transformation="r", n_jobs=1, **how)


def test_local_moran_and_its_moments_equal_esda() -> None:
    values, graph = skewed(), squares()
    ours, theirs = local_moran(values, graph), by_esda(values, graph, permutations=0)
    np.testing.assert_allclose(ours.index, theirs.Is, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.expected, theirs.EIc, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(ours.variance, theirs.VIc, rtol=1e-10)
    quadrant = np.select([ours.own > 0, ours.own <= 0], [np.where(ours.lag > 0, 1, 4), np.where(ours.lag > 0, 2, 3)])
    np.testing.assert_array_equal(quadrant, theirs.q)


def test_mean_and_variance_are_those_of_all_arrangements_of_the_others() -> None:
    #  0 - 1 - 2 - 3 - 4     values laid about area 1 in every order
    from itertools import permutations

    values = np.array([3.0, 9.0, 1.0, 4.0, 4.5])
    graph = Graph(np.array([0, 1, 3, 5, 7, 8]), np.array([1, 0, 2, 1, 3, 2, 4, 3]))
    own = standard(values)
    assert own is not None
    found = [own[1] * (a + b) / 2 for a, b, *_ in permutations(own[[0, 2, 3, 4]])]
    ours = local_moran(values, graph)
    assert ours.expected[1] == pytest.approx(np.mean(found), rel=1e-12)
    assert ours.variance[1] == pytest.approx(np.var(found), rel=1e-12)
    assert ours.z[1] == pytest.approx((own[1] * (own[0] + own[2]) / 2 - np.mean(found)) / np.std(found), rel=1e-12)


def one_by_one(scores: np.ndarray, graph: Graph, table: np.ndarray) -> np.ndarray:
    """The definition: for each area, draws of its neighbors from the others, counted."""
    found = np.full(len(scores), np.nan)
    for i in range(len(scores)):
        k = int(graph.degree[i])
        if k == 0:
            continue
        drawn = scores[np.where(table[:, :k] == i, len(scores) - 1, table[:, :k])].sum(axis=1)
        observed = scores[graph.neighbor[graph.start[i] : graph.start[i + 1]]].sum()
        extreme = min((drawn >= observed - 1e-9).sum(), (drawn <= observed + 1e-9).sum())
        found[i] = min(2 * (extreme + 1) / (len(table) + 1), 1.0)
    return found


@pytest.mark.parametrize("kind", ["skewed", "many zeros", "an island"])
def test_one_table_of_draws_counts_as_drawing_for_each_area_by_itself(kind: str) -> None:
    values, graph = skewed(7, 8), squares(7, 8)
    if kind == "many zeros":
        values = np.where(values > np.quantile(values, 0.7), 1.0, 0.0)
    if kind == "an island":
        borders = grid(7, 8)
        alone = borders["area_id"].eq("3 3") | borders["neighbor_id"].eq("3 3")
        graph = graph_of(pd.Index(areas(7, 8)), borders[~alone])
    scores = standard(values)
    assert scores is not None
    table = draw_table(56, 4, 499, np.random.default_rng(8))
    np.testing.assert_array_equal(neighbor_probability(scores, graph, table), one_by_one(scores, graph, table))


@pytest.mark.parametrize(("n", "k"), [(40, 3), (40, 20), (40, 39), (5_000, 12)])
def test_every_draw_is_without_repetition_and_every_place_as_likely(n: int, k: int) -> None:
    table = draw_table(n, k, 4_000, np.random.default_rng(2))
    assert table.shape == (4_000, k) and table.min() >= 0 and table.max() <= n - 2
    ordered = np.sort(table, axis=1)
    assert (ordered[:, 1:] > ordered[:, :-1]).all()
    for column in (0, k - 1):
        counts = np.bincount(table[:, column] * 8 // (n - 1), minlength=8)
        sizes = np.bincount(np.arange(n - 1) * 8 // (n - 1), minlength=8)
        expected = 4_000 * sizes / (n - 1)
        assert ((counts - expected) ** 2 / expected).sum() < 29.9  # chi-squared, 7 degrees, 1 in 10,000


def test_many_draws_of_symmetric_values_approach_the_closed_form() -> None:
    values, graph = np.random.default_rng(0).normal(size=400), squares(20, 20)
    scores = standard(values)
    assert scores is not None
    drawn = neighbor_probability(scores, graph, draw_table(400, 4, 50_000, np.random.default_rng(1)))
    closed = two_sided_probability(local_moran(values, graph).z)
    assert np.abs(drawn - closed).max() < 0.03


def test_the_draws_for_an_area_do_not_depend_on_its_own_value() -> None:
    values, graph = skewed(6, 7), squares(6, 7)
    table = draw_table(42, 4, 999, np.random.default_rng(1))
    other = values.copy()
    other[20] = 40.0
    first, second = (neighbor_probability(np.asarray(v), graph, table) for v in (values, other))
    assert first[20] == second[20]


def test_false_discoveries_are_held_at_the_rate_where_there_is_no_pattern() -> None:
    """Of 200 towns without a pattern, at most about one in ten may show any cluster."""
    graph, rng = squares(7, 7), np.random.default_rng(11)
    table = draw_table(49, 4, 2_999, rng)
    shown = 0
    for _ in range(200):
        scores = standard(rng.gamma(0.7, 1.0, 49))
        assert scores is not None
        shown += int(benjamini_hochberg(neighbor_probability(scores, graph, table), 0.1).any())
    assert shown <= 32  # 20 expected at most, and three standard errors


def test_the_threshold_of_the_step_up_rule_is_esdas() -> None:
    esda = pytest.importorskip("esda")
    probability = np.random.default_rng(6).beta(0.3, 1.0, 500)
    limit = esda.fdr(probability, 0.1)
    np.testing.assert_array_equal(benjamini_hochberg(probability, 0.1), probability <= limit)


def test_an_area_without_neighbors_or_values_that_are_the_same_have_no_statistic() -> None:
    graph = Graph(np.array([0, 1, 2, 2]), np.array([1, 0]))
    alone = local_moran(np.array([1.0, 2.0, 5.0]), graph)
    assert np.isnan(alone.z[2]) and np.isnan(alone.index[2]) and np.isfinite(alone.index[:2]).all()
    same = local_moran(np.full(3, 0.1 + 0.2), graph)
    assert np.isnan(same.index).all() and np.isnan(same.z).all()


def test_a_value_at_the_mean_is_like_nobody() -> None:
    values = np.array([1.0, 2.0, 3.0, 2.0])
    ring = Graph(np.array([0, 2, 4, 6, 8]), np.array([1, 3, 0, 2, 1, 3, 0, 2]))
    assert np.isnan(local_moran(values, ring).z[[1, 3]]).all()


def test_sums_over_many_areas_are_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.analysis import neighbor_graph

    values, graph = skewed(), squares()
    few = graph.sums(values)
    monkeypatch.setattr(neighbor_graph, "MANY", 10)
    assert graph.sums(values).tobytes() == few.tobytes()
