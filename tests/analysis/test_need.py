"""The need index: SVI's ranks, contributions that add up, and what margins do to certainty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.certainty import Varied
from pipeline.analysis.draws import FACTORS
from pipeline.analysis.families import FAMILIES, Reference
from pipeline.analysis.need import need, of_layer
from pipeline.analysis.need_families import measured
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty

SETTINGS: dict[str, Any] = {
    "vintage": "2019-2023",
    "placings": empty("neighborhood_placings", ""),
    "varied": Varied(400, "percentile", 3.0, concentration=50.0, leave_out_share=0.25, vary=("margins",)),
    "top_share": 0.2,
    "certain_share": 0.8,
    "possible_share": 0.2,
    "hot_spot_alpha": 0.1,
    "family": "percentile",
    "reference": None,
    "winsor_sd": 3.0,
    "high_cv": 0.12,
    "medium_cv": 0.4,
}
ALL_FACTORS = Varied(400, "percentile", 3.0, concentration=50.0, leave_out_share=0.25, vary=FACTORS)
NO_BORDERS = pd.DataFrame({"layer": [], "area_id": [], "neighbor_id": []}, dtype="str")


def town(n: int = 20, moe: float = 0.02) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Neighborhoods n00 (least needy) to n19 (neediest) by two indicators."""
    ids = [f"n{i:02d}" for i in range(n)]
    profile = pd.DataFrame({"neighborhood_id": ids, "population": 1000.0, "inside_share": 1.0, "is_approximate": False})
    values = pd.concat(
        pd.DataFrame(
            {
                "neighborhood_id": ids,
                "indicator": name,
                "indicator_share": np.linspace(0.05, 0.6, n) * scale,
                "indicator_share_moe": moe,
            }
        )
        for name, scale in (("poverty", 1.0), ("no_diploma", 0.8))
    )
    return profile, values


def run(
    profile: pd.DataFrame,
    values: pd.DataFrame,
    ledger: Ledger | None = None,
    weights: dict[str, float] | None = None,
    seed: int = 1,
    **changes: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    weights = {"poverty": 0.5, "no_diploma": 0.5} if weights is None else weights
    smallest = changes.pop("smallest_inside_share", 0.5)
    told = measured(
        profile, values, weights, smallest_population=50.0, smallest_children=10.0, smallest_inside_share=smallest
    )
    table, parts, _ = need(
        told, NO_BORDERS, ledger or Ledger(), np.random.default_rng(seed), **{**SETTINGS, **changes}
    )  # fmt: skip
    return check(BY_TABLE["need"], table).set_index("neighborhood_id"), check(BY_TABLE["need_contributions"], parts)


def test_contributions_sum_to_the_index_exactly_and_weights_to_one() -> None:
    profile, values = town()
    values = values[~(values["neighborhood_id"].eq("n07") & values["indicator"].eq("no_diploma"))]
    table, parts = run(profile, values, weights={"poverty": 0.7, "no_diploma": 0.3})
    sums = parts.groupby("neighborhood_id")[["contribution_index", "indicator_weight"]].sum()
    np.testing.assert_allclose(sums["contribution_index"], table["need_index"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(sums["indicator_weight"], 1.0)
    lacking = parts[parts["neighborhood_id"].eq("n07") & parts["indicator"].eq("no_diploma")].iloc[0]
    assert (
        lacking["indicator_weight"] == 0
        and np.isnan(lacking["indicator_share"])
        and np.isnan(lacking["contribution_index"])
    )


def test_a_neighborhood_mostly_beyond_the_district_is_neither_ranked_nor_classed() -> None:
    """n19 is the neediest; less than half of its ground lies in the district, and exactly half of n18's."""
    profile, values = town()
    profile["inside_share"] = [1.0] * 18 + [0.5, 0.49]
    ledger = Ledger()
    table, parts = run(profile, values, ledger)
    out = table.loc["n19"]
    assert (out["need_class"], out["reliability_class"]) == ("not_ranked", "not_known")
    assert out[["need_index", "need_rank", "need_rank_low", "high_need_probability_share"]].isna().all()
    assert table.loc["n18", "need_rank"] == 1
    without, _ = run(profile.iloc[:19], values[values["neighborhood_id"] != "n19"])
    columns = ["need_index", "need_rank", "reliability_class"]
    pd.testing.assert_frame_equal(table[columns].iloc[:19], without[columns])
    assert parts.query("neighborhood_id == 'n19'")["indicator_weight"].eq(0).all()
    loss = ledger.frame().query("entry == 'loss'").iloc[0]
    assert "smallest_inside_share" in loss["reason"] and (loss["total"], loss["item"]) == (1000, "n19")
    assert run(profile, values, smallest_inside_share=0.4)[0].loc["n19", "need_rank"] == 1


def test_an_approximate_neighborhood_is_never_called_reliable() -> None:
    profile, values = town(moe=0.001)
    assert run(profile, values)[0].loc["n10", "reliability_class"] == "high"
    profile.loc[10, "is_approximate"] = True
    table, _ = run(profile, values)
    assert table.loc["n10", "reliability_class"] == "medium" and table.loc["n11", "reliability_class"] == "high"
    assert run(profile, values.assign(indicator_share_moe=np.nan))[0].loc["n10", "reliability_class"] == "not_known"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("is_statewide", [False, True])
def test_every_family_and_norm_has_parts_that_sum_to_the_index_and_finds_the_neediest(family: str, is_statewide: bool) -> None:  # fmt: skip
    state = np.random.default_rng(5).random((2, 300))
    reference = Reference(state, np.full(state.shape, 0.5)) if is_statewide else None
    table, parts = run(*town(), family=family, reference=reference)
    sums = parts.groupby("neighborhood_id")["contribution_index"].sum()
    np.testing.assert_allclose(sums, table["need_index"], rtol=0, atol=1e-12)
    assert table["need_rank"].tolist() == list(range(20, 0, -1))
    assert (table["need_rank_low"] <= table["need_rank"]).all() and (
        table["need_rank"] <= table["need_rank_high"]
    ).all()
    assert {"n19", "n18"} <= set(table.index[table["need_class"].eq("high")]) <= {f"n{i}" for i in range(15, 20)}
    assert table["need_class"].eq("not_high").sum() >= 12


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("is_statewide", [False, True])
def test_draws_without_any_error_are_the_published_ranks(family: str, is_statewide: bool) -> None:
    """Held against a state that is poor and well schooled, the order of the town is another one than by itself."""
    rng = np.random.default_rng(8)
    profile, values = town(n=40, moe=0.0)
    values["indicator_share"] = rng.uniform(0.05, 0.6, len(values))
    state = np.vstack([rng.beta(8, 4, 300), rng.beta(1, 9, 300)])
    weights = {"poverty": 0.57, "no_diploma": 0.43}  # such that no two neighborhoods tie
    reference = Reference(state, np.tile([[0.57], [0.43]], 300)) if is_statewide else None
    varied = Varied(20, family, 3.0, concentration=50.0, leave_out_share=0.25, vary=("margins",))
    table, _ = run(profile, values, weights=weights, family=family, reference=reference, varied=varied)
    assert (table["need_rank_median"] - table["need_rank"]).abs().max() <= 1  # of two that all but tie
    assert (table["need_rank_median"] == table["need_rank"]).mean() >= 0.9
    if is_statewide:
        assert (
            table["need_rank"] - run(profile, values, weights=weights, family=family)[0]["need_rank"]
        ).abs().max() > 2


def test_places_without_people_are_out_before_anything_is_ranked() -> None:
    profile, values = town(6)
    profile.loc[5, "population"] = 0.0
    profile.loc[4, "population"] = 49.0
    ledger = Ledger()
    table, _ = run(profile, values, ledger)
    without, _ = run(profile.iloc[:4], values[values["neighborhood_id"].isin(profile["neighborhood_id"].iloc[:4])])
    assert table.loc[["n04", "n05"], "need_class"].eq("not_ranked").all()
    assert (
        table.loc[["n04", "n05"], ["need_index", "need_rank", "need_rank_low", "high_need_probability_share"]]
        .isna()
        .all(axis=None)
    )
    pd.testing.assert_series_equal(table["need_index"].iloc[:4], without["need_index"])
    assert table["need_rank"].iloc[:4].tolist() == [4, 3, 2, 1]
    loss = ledger.frame().query("entry == 'loss'")
    assert loss["total"].tolist() == [49.0]


def test_half_of_the_index_must_be_known() -> None:
    profile, values = town(6)
    values = values[~(values["neighborhood_id"].eq("n05") & values["indicator"].eq("poverty"))]
    ledger = Ledger()
    table, _ = run(profile, values, ledger, weights={"poverty": 0.6, "no_diploma": 0.4})
    assert table.loc["n05", "need_class"] == "not_ranked"
    assert ledger.frame()["reason"].str.contains("n05").any()
    kept, _ = run(profile, values, weights={"poverty": 0.4, "no_diploma": 0.6})
    assert kept.loc["n05", "need_rank"] == 1


def test_without_margins_every_draw_is_the_estimate() -> None:
    profile, values = town(moe=0.0)
    table, _ = run(profile, values)
    assert (table["need_rank_low"] == table["need_rank"]).all() and (
        table["need_rank_high"] == table["need_rank"]
    ).all()
    assert table["need_class"].value_counts().to_dict() == {"not_high": 16, "high": 4}
    assert table["reliability_class"].eq("high").all()


def test_wider_margins_mean_wider_ranks_and_fewer_called_high() -> None:
    narrow, _ = run(*town(moe=0.02))
    wide, _ = run(*town(moe=0.3))
    spread = [(t["need_rank_high"] - t["need_rank_low"]).mean() for t in (narrow, wide)]
    assert spread[0] < spread[1] / 2
    assert narrow["need_class"].eq("high").sum() > wide["need_class"].eq("high").sum()
    assert wide["need_class"].eq("possible").any()
    assert set(wide.index[wide["need_class"].eq("high")]) <= {"n16", "n17", "n18", "n19"}
    assert wide["reliability_class"].eq("low").any()


def test_one_unknown_margin_makes_the_reliability_not_known() -> None:
    profile, values = town()
    values["indicator_share_moe"] = values["indicator_share_moe"].where(
        ~values["neighborhood_id"].eq("n03") | ~values["indicator"].eq("poverty")
    )
    table, _ = run(profile, values)
    assert table.loc["n03", "reliability_class"] == "not_known"
    assert not table.drop("n03")["reliability_class"].eq("not_known").any()


def test_no_certainty_is_claimed_where_no_margin_is_known() -> None:
    profile, values = town()
    ledger = Ledger()
    table, _ = run(profile, values.assign(indicator_share_moe=np.nan), ledger)
    assert table["need_class"].value_counts().to_dict() == {"not_high": 16, "possible": 4}
    assert ledger.frame().query("entry == 'absence'")["total"].tolist() == [20]
    interval = ["need_rank_low", "need_rank_high", "high_need_probability_share"]
    assert table[interval].isna().all(axis=None) and table["need_rank"].notna().all()
    mostly = values.assign(indicator_share_moe=values["indicator_share_moe"].mask(values["indicator"].eq("no_diploma")))
    known, _ = run(profile, mostly, weights={"poverty": 0.6, "no_diploma": 0.4})
    assert known["need_class"].eq("high").any()


def test_high_is_said_only_where_the_study_asks_for_no_more_than_the_draws_give() -> None:
    profile, values = town(moe=0.06)
    called = []
    for certain in (0.51, 0.8, 0.95):
        table, _ = run(profile, values, varied=ALL_FACTORS, certain_share=certain)
        high = table["need_class"].eq("high")
        pd.testing.assert_series_equal(high, table["high_need_probability_share"] >= certain, check_names=False)
        called.append(int(high.sum()))
    assert called[0] > called[2] and called == sorted(called, reverse=True)


def test_what_is_varied_besides_margins_widens_ranks_and_never_moves_the_index() -> None:
    profile, values = town(moe=0.06)
    values.loc[values["indicator"].eq("no_diploma"), "indicator_share"] = np.roll(np.linspace(0.05, 0.5, 20), 3)
    margins, everything = run(profile, values), run(profile, values, varied=ALL_FACTORS)
    pd.testing.assert_frame_equal(margins[1], everything[1])
    same = ["need_index", "need_rank", "need_rank_pairwise_low", "need_rank_pairwise_high"]
    pd.testing.assert_frame_equal(margins[0][same], everything[0][same])
    assert everything[0]["need_rank_shift"].mean() > 1.1 * margins[0]["need_rank_shift"].mean()


def test_the_same_seed_gives_the_same_ranks_and_another_seed_nearly() -> None:
    first, again, other = (run(*town(moe=0.1), seed=s)[0] for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first["high_need_probability_share"].equals(other["high_need_probability_share"])
    assert (first["high_need_probability_share"] - other["high_need_probability_share"]).abs().max() < 0.15


def test_the_order_of_rows_does_not_matter() -> None:
    profile, values = town(moe=0.1)
    shuffled, _ = run(profile.sample(frac=1, random_state=1), values.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(shuffled, run(profile, values)[0])


def test_raising_a_share_never_lowers_the_index() -> None:
    profile, values = town()
    higher = values.copy()
    mask = higher["neighborhood_id"].eq("n05") & higher["indicator"].eq("poverty")
    higher.loc[mask, "indicator_share"] = 0.5
    assert run(profile, higher)[0].loc["n05", "need_index"] > run(profile, values)[0].loc["n05", "need_index"]


def test_a_study_without_any_indicator_or_neighborhood_still_has_its_tables() -> None:
    profile, values = town(4)
    table, parts = run(profile, values.iloc[:0], weights={})
    assert table["need_class"].tolist() == ["not_ranked"] * 4 and parts.empty
    table, parts = run(profile.iloc[:0], values.iloc[:0])
    assert table.empty and parts.empty


def test_borders_of_other_layers_are_left_out() -> None:
    borders = pd.DataFrame(
        {"layer": ["zone high 2024", "neighborhood"], "area_id": ["a", "b"], "neighbor_id": ["b", "a"]}
    )
    assert of_layer(borders, "neighborhood")["area_id"].tolist() == ["b"]
