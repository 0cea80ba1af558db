"""Hot spots and local Moran of very many areas: ours against esda, on one graph built outside both clocks."""

from __future__ import annotations

import warnings
from importlib.metadata import version

import esda
import libpysal.graph
import numpy as np
from scipy.spatial import cKDTree

from benchmarks.harness import Result, in_turns, result, seconds
from pipeline.analysis.clusters import gi_star_scores
from pipeline.analysis.conditional_draws import draw_table, neighbor_probability
from pipeline.analysis.local_moran import local_moran
from pipeline.analysis.neighbor_graph import Graph, standard

AREAS, NEIGHBORS, DRAWS, TURNS = 85_000, 8, 999, 15
Z_ERROR, MORAN_ERROR = 1e-8, 1e-9


def input_of(areas: int) -> tuple[np.ndarray, Graph]:
    """Skewed values with a pattern, and the eight nearest of each of many scattered places."""
    rng = np.random.default_rng(20_26)
    places = rng.random((areas, 2))
    near = np.sort(cKDTree(places).query(places, NEIGHBORS + 1)[1][:, 1:], axis=1)
    values = rng.gamma(0.7, 1.0, areas) + 2 * np.sin(9 * places[:, 0]) * np.sin(7 * places[:, 1]) + 3
    return values, Graph(np.arange(areas + 1) * NEIGHBORS, near.ravel().astype("int64"))


def esdas(graph: Graph, *, itself: bool) -> libpysal.graph.Graph:
    """The graph as esda takes it, with each area its own neighbor for Gi*; the faster of the kinds it takes."""
    own = np.arange(len(graph)) if itself else np.empty(0, dtype="int64")
    focal, neighbor = np.r_[graph.focal, own], np.r_[graph.neighbor, own]
    weights = libpysal.graph.Graph.from_arrays(focal, neighbor, np.ones(len(focal)))
    return weights.transform("B" if itself else "R")


def ours_by_draws(values: np.ndarray, graph: Graph) -> tuple[np.ndarray, np.ndarray]:
    """Local Moran and its two-sided probability, with the draws made anew."""
    scores = standard(values)
    table = draw_table(len(graph), NEIGHBORS, DRAWS, np.random.default_rng(7))
    return local_moran(values, graph).index, neighbor_probability(scores, graph, table)


def theirs_by_draws(values: np.ndarray, weights: libpysal.graph.Graph) -> tuple[np.ndarray, np.ndarray]:
    """Local Moran and its one-sided probability by esda, in one process and without keeping the draws."""
    found = esda.Moran_Local(values, weights, permutations=DRAWS, n_jobs=1, keep_simulations=False, seed=3)
    return found.Is, found.p_sim


def disagreement(ours: np.ndarray, theirs: np.ndarray) -> float:
    """0 where two sets of probabilities by draws differ as such sets do (ours is two-sided), else 1."""
    allowed = 4 * np.sqrt(2 * theirs * (1 - theirs) / DRAWS) + 1 / (DRAWS + 1)
    agree = (np.abs(ours / 2 - theirs) <= allowed).mean() >= 0.99 and np.corrcoef(ours, theirs)[0, 1] > 0.99
    return 0.0 if agree else 1.0


def local_statistics(small: bool) -> list[Result]:
    """Time and error of Gi* in closed form, and of local Moran by 999 draws.

    esda's draws are timed once: they take tens of seconds. Its compiled code is called once on a few
    areas before, so that compiling is in no clock. The error is the greatest difference of a z-score or
    a local Moran; it is 1 where the probabilities do not agree.
    """
    values, graph = input_of(2_000 if small else AREAS)
    few_values, few = input_of(200)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of changes to come in esda
        theirs_by_draws(few_values, esdas(few, itself=False))
        starred, rows = esdas(graph, itself=True), esdas(graph, itself=False)
        closed, scores = in_turns(
            {
                "ours": lambda: gi_star_scores(values, graph),
                "esda": lambda: esda.G_Local(values, starred, transform="B", star=None, permutations=0).Zs,
            },
            TURNS,
        )
        drawn, found = in_turns({"ours": lambda: ours_by_draws(values, graph)}, 3)
        peer_s, theirs = seconds(theirs_by_draws, values, rows)
    z_error = float(np.max(np.abs(scores["ours"] - scores["esda"])))
    moran_error = max(float(np.max(np.abs(found["ours"][0] - theirs[0]))), disagreement(found["ours"][1], theirs[1]))
    size = f"{len(graph):,} areas, {NEIGHBORS} neighbors each"
    peer = ("esda", version("esda"))
    return [
        result("clusters: Gi* in closed form", size, closed["ours"], *peer, closed["esda"], target=30.0, max_error=z_error, most_error=Z_ERROR),
        result(f"clusters: local Moran by {DRAWS} draws, one job", size, drawn["ours"], *peer, peer_s, target=10.0, max_error=moran_error, most_error=MORAN_ERROR),
    ]  # fmt: skip
