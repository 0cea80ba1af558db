"""The comparison of local statistics in its small form: what it says is right; how fast it is, is not asked."""

from __future__ import annotations

import warnings

import esda
import numpy as np
import pytest

from benchmarks import clusters
from pipeline.analysis.clusters import gi_star_scores
from pipeline.analysis.conditional_draws import draw_table, neighbor_probability
from pipeline.analysis.neighbor_graph import standard

# esda's draws are compiled for most of a minute: once
pytestmark = pytest.mark.xdist_group("esda")


def test_small_form_agrees_with_esda() -> None:
    hot, moran = clusters.local_statistics(small=True)
    assert [hot["target"], moran["target"]] == [30.0, 10.0]
    assert hot["max_error"] <= clusters.Z_ERROR and moran["max_error"] <= clusters.MORAN_ERROR
    assert hot["peer"] == moran["peer"] == "esda" and hot["size"] == "2,000 areas, 8 neighbors each"


def test_probabilities_that_are_wrong_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = clusters.ours_by_draws

    def shifted(*given: object) -> tuple[np.ndarray, np.ndarray]:
        index, probability = honest(*given)  # type: ignore[arg-type]
        return index, np.minimum(probability + 0.1, 1.0)

    monkeypatch.setattr(clusters, "ours_by_draws", shifted)
    assert not clusters.local_statistics(small=True)[1]["met"]


def test_gi_star_by_draws_agrees_with_esda() -> None:
    """Both draw 999 times, esda one-sided: their difference is that of two such shares."""
    values, graph = clusters.input_of(1_000)
    scores = standard(values)
    assert scores is not None
    table = draw_table(1_000, clusters.NEIGHBORS, clusters.DRAWS, np.random.default_rng(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = esda.G_Local(
            values, clusters.esdas(graph, itself=True), transform="B", star=None, permutations=clusters.DRAWS, n_jobs=1, seed=3,
        )  # fmt: skip
    np.testing.assert_allclose(gi_star_scores(values, graph), theirs.Zs, rtol=1e-9, atol=1e-9)
    assert clusters.disagreement(neighbor_probability(scores, graph, table), theirs.p_sim) == 0.0
