"""Where need, and each indicator of it, lies together: the table of clusters and outliers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.clusters import SMALLEST, benjamini_hochberg, gi_star_scores, two_sided_probability
from pipeline.analysis.conditional_draws import draw_table, neighbor_probability
from pipeline.analysis.indicators import INDICATORS
from pipeline.analysis.local_moran import local_moran
from pipeline.analysis.neighbor_graph import Floats, Graph, Integers, graph_of, standard
from pipeline.analysis.rates import empirical_bayes_rate, pooled, standardised_rate
from pipeline.ledger import Ledger
from pipeline.numerals import number
from pipeline.tables import BY_TABLE

INDEX = "need_index"
TOO_FEW = "too_few_to_test"


def need_clusters(
    need: pd.DataFrame,
    contributions: pd.DataFrame,
    profile: pd.DataFrame,
    adjacency: pd.DataFrame,
    ledger: Ledger,
    *,
    rate: float,
    draws: int,
    seed: int,
    sample_share: float,
) -> pd.DataFrame:
    """Hot and cold spots (Gi*) and outliers among neighbors (local Moran) of the index and its indicators.

    Parameters
    ----------
    need, contributions
        The tables ``need`` and ``need_contributions``. Neighborhoods that are not ranked take no
        part, as neighbors neither.
    profile
        ``neighborhood_profile`` of the same vintage. An indicator whose count and universe it holds is
        smoothed before it is tested: Gi* of the rate drawn towards that of all (Marshall), local
        Moran of the rate over what its universe lets expect (Assunção & Reis). Others are tested as
        they are, as the index is, which is no rate.
    adjacency
        ``area_id neighbor_id`` of the neighborhoods, both directions.
    ledger
        Takes which tests were not made, and how the others were.
    rate
        Share of false discoveries that is put up with, for each measure and statistic by itself.
    draws
        Draws of each area's neighbors from all others; 0 for the closed form alone. So it is too where
        the draws are too few for any single area to pass the correction.
    seed
        Of the draws, which are the same for all measures known of the same areas.
    sample_share
        Share of homes that the survey asked: chance works on those, not on those they stand for.

    Returns
    -------
    pandas.DataFrame
        The table ``need_clusters``. ``hot_spot_class`` is that of the closed form, as in ``need``, where
        an area's own value counts as one of those that lie together; ``hot_spot_draws_class`` asks
        more: that the neighbors be high, whatever the area itself is. Local Moran asks the same of the
        neighbors in both forms, and ``tested_by`` says which gave its class.
    """
    areas = need.sort_values("neighborhood_id", kind="stable")
    ids = pd.Index(areas["neighborhood_id"].astype("str"))
    ranked = areas["need_index"].notna().to_numpy()
    counts = profile.set_index("neighborhood_id").reindex(ids)
    tests = _Tests(rate, draws, seed, ledger)
    parts = [tests.of(INDEX, areas["need_index"].set_axis(ids), None, adjacency)]
    for name in contributions["indicator"].drop_duplicates():
        of_name = contributions[contributions["indicator"].eq(name)].set_index("neighborhood_id")
        plain, smoothed = of_name["indicator_share"].reindex(ids).where(ranked), None
        if universe := _universe(name, counts):
            smoothed = (plain * counts[universe] * sample_share, (counts[universe] * sample_share).where(plain.notna()))
        parts.append(tests.of(name, plain, smoothed, adjacency))
    tests.record()
    return pd.concat(parts, ignore_index=True)[BY_TABLE["need_clusters"].names]


def _universe(name: str, counts: pd.DataFrame) -> str | None:
    """The count an indicator of the census is a share of, where the profile holds both."""
    found = [i for i in INDICATORS if i.name == name and {i.numerator, i.universe} <= set(counts.columns)]
    return found[0].universe if found else None


class _Tests:
    """Both statistics of one measure after another, with what there is to say of all of them."""

    def __init__(self, rate: float, draws: int, seed: int, ledger: Ledger) -> None:
        self.rate, self.draws, self.seed, self.ledger = rate, draws, seed, ledger
        self.tables: dict[tuple[int, int], Integers] = {}
        self.few: dict[str, int] = {}
        self.closed: dict[str, int] = {}
        self.even: list[str] = []

    def of(
        self, name: str, values: pd.Series, counted: tuple[pd.Series, pd.Series] | None, adjacency: pd.DataFrame
    ) -> pd.DataFrame:
        """Rows of `need_clusters` of one measure; `counted` is what was found, in how many."""
        ids = values.index
        known = values.notna().to_numpy() if counted is None else (values.notna() & (counted[1] > 0)).to_numpy()
        level = score = values.to_numpy(dtype="float64")[known]
        smoothed = np.full(len(ids), np.nan)
        if counted is not None and known.any():
            count, universe = (part.to_numpy(dtype="float64")[known] for part in counted)
            level, score = empirical_bayes_rate(count, universe), standardised_rate(count, universe)
            smoothed[known] = level
            if pooled(count, universe)[1] == 0.0:
                self.even.append(name)
        rows = pd.DataFrame({"neighborhood_id": ids, "cluster_measure": name, "smoothed_share": smoothed})
        n = int(known.sum())
        empty = ["hot_spot_z", "hot_spot_probability_share", "moran_index", "moran_z", "moran_probability_share"]
        rows[empty] = np.nan
        if n < SMALLEST:
            self.few[name] = n
            return rows.assign(
                hot_spot_class=TOO_FEW, hot_spot_draws_class=TOO_FEW, moran_class=TOO_FEW, tested_by="not_tested"
            )
        graph = graph_of(ids[known], adjacency)
        hot, moran = gi_star_scores(level, graph), local_moran(score, graph)
        by_z, by_moran = two_sided_probability(hot), two_sided_probability(moran.z)
        drawn = np.full(n, np.nan)
        is_drawn = 2.0 / (self.draws + 1) <= self.rate / n
        if is_drawn:
            drawn, by_moran = self._drawn(level, graph, hot), self._drawn(score, graph, moran.z)
        else:
            self.closed[name] = n
        for column, part in zip(empty, (hot, drawn, moran.index, moran.z, by_moran), strict=True):
            rows.loc[known, column] = part
        near = moran.lag > 0
        sides = np.where(moran.own > 0, np.where(near, "high_high", "high_low"), np.where(near, "low_high", "low_low"))
        classes = {
            "hot_spot_class": self._believed(by_z, np.where(hot > 0, "hot", "cold")),
            # draws hold the area as it is: they say that its neighbors are high, not that it is
            "hot_spot_draws_class": self._believed(
                drawn, np.where(graph.sums(level) > graph.degree * level.mean(), "hot", "cold")
            ),
            "moran_class": self._believed(by_moran, sides),
        }
        for column, part in classes.items():
            rows[column] = "none" if is_drawn or column != "hot_spot_draws_class" else "not_drawn"
            if is_drawn or column != "hot_spot_draws_class":
                rows.loc[known, column] = part
        return rows.assign(tested_by="draws" if is_drawn else "closed_form")

    def _believed(self, probability: Floats, classes: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
        return np.where(benjamini_hochberg(probability, self.rate), classes, "none")

    def _drawn(self, values: Floats, graph: Graph, z: Floats) -> Floats:
        scores = standard(values)
        if scores is None:
            return np.full(len(values), np.nan)
        size = (len(graph), max(int(graph.degree.max()), 1))
        if size not in self.tables:
            rng = np.random.default_rng([self.seed, *size])
            self.tables[size] = draw_table(*size, self.draws, rng)
        # without a z there is nothing that draws could be set against
        return np.where(np.isnan(z), np.nan, neighbor_probability(scores, graph, self.tables[size]))

    def record(self) -> None:
        """Say once, for all measures, what was not tested or in another way than asked."""
        if self.few:
            most = max(self.few.values())
            self.ledger.note(
                "clusters",
                f"too few areas to test (at most {most}, at least {SMALLEST} are needed): {', '.join(self.few)}",
            )
        if self.closed and self.draws:
            n = max(self.closed.values())
            needed = int(np.ceil(2 * n / self.rate))
            self.ledger.note(
                "clusters",
                f"{number(self.draws)} draws are too few for the correction over {number(n)} areas: tested in closed form; need.cluster_draws of {number(needed)} would be enough",
            )
        if self.even:
            self.ledger.note(
                "clusters",
                f"between neighborhoods these differ no more than samples of that size do by chance, so none stands out: {', '.join(self.even)}",
            )
