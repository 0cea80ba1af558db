"""The table of clusters: what is tested how, and what it must not depend on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.need_clusters import need_clusters
from pipeline.analysis.rates import empirical_bayes_rate
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE
from tests.analysis.test_clusters import areas, grid

SAMPLE = 0.125


def town(rows: int = 7, columns: int = 7) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """High need in the north-west corner; adults without a diploma likewise, of whom there are few in places."""
    ids = areas(rows, columns)
    rng = np.random.default_rng(9)
    r, c = np.divmod(np.arange(len(ids)), columns)
    corner = np.exp(-(r**2 + c**2) / 6)
    adults = np.exp(rng.uniform(4, 9, len(ids))).round()
    share = np.clip(0.1 + 0.5 * corner + rng.normal(0, 0.02, len(ids)), 0, 1)
    need = pd.DataFrame({"neighborhood_id": ids, "need_index": 100 * corner + rng.uniform(0, 10, len(ids))})
    profile = pd.DataFrame({"neighborhood_id": ids, "adults_without_diploma": share * adults, "adults_25_plus": adults})
    parts = [
        pd.DataFrame({"neighborhood_id": ids, "indicator": name, "indicator_share": values})
        for name, values in (("no_diploma", share), ("below_standard", rng.uniform(0.3, 0.7, len(ids))))
    ]
    return need, pd.concat(parts, ignore_index=True), profile, grid(rows, columns)


def run(tables: tuple[pd.DataFrame, ...], ledger: Ledger | None = None, **changes: Any) -> pd.DataFrame:
    how = {"rate": 0.1, "draws": 2_999, "seed": 5, "sample_share": SAMPLE, **changes}
    need, parts, profile, borders = tables
    table = need_clusters(need, parts, profile, borders, Ledger() if ledger is None else ledger, **how)
    assert list(table.columns) == BY_TABLE["need_clusters"].names
    return table.set_index(["cluster_measure", "neighborhood_id"])


def test_a_planted_corner_is_found_by_all_and_noise_by_none() -> None:
    table = run(town())
    index = table.loc["need_index"]
    assert index.loc[["0 0", "0 1", "1 0"], "hot_spot_class"].eq("hot").all()
    assert index.loc[["0 0", "0 1", "1 0"], "hot_spot_draws_class"].eq("hot").all()
    assert index.loc[["0 0", "0 1", "1 0"], "moran_class"].eq("high_high").all()
    assert not index.loc[[i for i in index.index if int(i[0]) > 3], "hot_spot_class"].eq("hot").any()
    assert table.loc["no_diploma"].loc["0 0", "moran_class"] == "high_high"
    noise = table.loc["below_standard"]
    assert noise[["hot_spot_class", "hot_spot_draws_class", "moran_class"]].eq("none").all(axis=None)
    assert table["tested_by"].eq("draws").all()


def test_a_low_area_among_high_ones_is_an_outlier_and_no_cluster_of_low_need() -> None:
    need, parts, profile, borders = town()
    need.loc[need["neighborhood_id"].eq("1 1"), "need_index"] = 0.0
    found = run((need, parts, profile, borders)).loc[("need_index", "1 1")]
    assert found["moran_class"] == "low_high" and found["moran_z"] < -2 and found["hot_spot_class"] != "cold"
    assert found["hot_spot_draws_class"] == "hot"  # of its neighbors


def test_only_what_has_a_universe_is_smoothed_by_those_who_were_asked() -> None:
    tables = town()
    table, profile = run(tables), tables[2]
    asked = profile["adults_25_plus"] * SAMPLE
    expected = empirical_bayes_rate((profile["adults_without_diploma"] * SAMPLE).to_numpy(), asked.to_numpy())
    np.testing.assert_allclose(table.loc["no_diploma", "smoothed_share"], expected, rtol=1e-12)
    assert table.loc[["need_index", "below_standard"], "smoothed_share"].isna().all()


def test_neither_the_order_of_rows_nor_other_measures_change_a_number() -> None:
    need, parts, profile, borders = town()
    expected = run((need, parts, profile, borders))
    shuffled = [frame.sample(frac=1, random_state=3) for frame in (need, parts, profile, borders)]
    pd.testing.assert_frame_equal(run(tuple(shuffled)).sort_index(), expected.sort_index())
    alone = run((need, parts[parts["indicator"].eq("no_diploma")], profile, borders))
    pd.testing.assert_frame_equal(alone.loc[["no_diploma"]], expected.loc[["no_diploma"]])


def test_areas_that_are_not_ranked_take_no_part_in_any_measure() -> None:
    need, parts, profile, borders = town()
    out = need["neighborhood_id"].eq("0 1")
    need.loc[out, "need_index"] = np.nan
    table = run((need, parts, profile, borders))
    for measure in ("need_index", "no_diploma", "below_standard"):
        row = table.loc[(measure, "0 1")]
        assert row[["hot_spot_z", "moran_z", "moran_index", "smoothed_share"]].isna().all()
        assert row[["hot_spot_class", "hot_spot_draws_class", "moran_class"]].eq("none").all()
    without = run((need[~out], parts[~parts["neighborhood_id"].eq("0 1")], profile[~out], borders))
    pd.testing.assert_frame_equal(without, table.drop(index="0 1", level=1))


def test_29_areas_are_too_few_and_that_is_said_once() -> None:
    need, parts, profile, borders = town(5, 6)
    assert run((need, parts, profile, borders))["tested_by"].eq("draws").all()
    need.loc[0, "need_index"] = np.nan
    ledger = Ledger()
    table = run((need, parts, profile, borders), ledger)
    assert table[["hot_spot_class", "hot_spot_draws_class", "moran_class"]].eq("too_few_to_test").all(axis=None)
    assert table["tested_by"].eq("not_tested").all() and table["moran_z"].isna().all()
    (reason,) = ledger.frame()["reason"]
    assert (
        reason == "too few areas to test (at most 29, at least 30 are needed): need_index, no_diploma, below_standard"
    )


def test_draws_too_few_for_the_correction_are_not_used_and_that_is_said() -> None:
    #  49 areas at a rate of 0.1: the smallest probability, 2 / (draws + 1), must be at most 0.1 / 49
    ledger = Ledger()
    assert run(town(), ledger, draws=979)["tested_by"].eq("draws").all()
    assert ledger.frame().empty
    table = run(town(), ledger, draws=978)
    assert table["tested_by"].eq("closed_form").all() and table["hot_spot_draws_class"].eq("not_drawn").all()
    assert table["hot_spot_probability_share"].isna().all() and table["moran_probability_share"].notna().all()
    assert "978 draws are too few for the correction over 49 areas" in ledger.frame()["reason"].iloc[0]
    asked = Ledger()
    closed = run(town(), asked, draws=0)
    pd.testing.assert_frame_equal(closed, table)
    assert asked.frame().empty  # it was asked for


def test_rates_that_differ_by_chance_alone_show_nothing_and_that_is_said() -> None:
    need, parts, profile, borders = town()
    even = parts["indicator"].eq("no_diploma")
    parts.loc[even, "indicator_share"] = np.where(np.arange(even.sum()) % 2 == 0, 0.2, 0.2001)
    ledger = Ledger()
    rows = run((need, parts, profile, borders), ledger).loc["no_diploma"]
    assert rows["hot_spot_z"].isna().all() and rows["hot_spot_class"].eq("none").all()
    assert np.ptp(rows["smoothed_share"]) == 0
    assert ledger.frame()["reason"].str.endswith("so none stands out: no_diploma").tolist() == [True]


def test_no_neighborhood_is_no_row() -> None:
    need, parts, profile, borders = town()
    assert run((need[:0], parts[:0], profile[:0], borders[:0])).empty
