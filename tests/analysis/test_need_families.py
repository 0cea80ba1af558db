"""All families and norms side by side: parts that sum, small places set aside, the state as a yardstick."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.families import FAMILIES
from pipeline.analysis.need_families import Measured, measured, need_families, of_norm, scored, state_reference
from pipeline.errors import ConfigError, ContractError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check

WEIGHTS = {"poverty": 0.5, "no_diploma": 0.25, "below_standard": 0.25}
IDS = [f"n{i}" for i in range(6)]


def told(**changes: object) -> Measured:
    profile = pd.DataFrame(
        {"neighborhood_id": IDS, "population": [900.0, 800, 700, 600, 500, 10], "children_0_17": 100.0}
    )
    shares = {"poverty": [0.1, 0.2, 0.3, 0.4, 0.5, 0.9], "no_diploma": [0.3, 0.1, 0.2, np.nan, 0.5, 0.9], "below_standard": [0.4, 0.5, 0.6, 0.7, 0.2, 0.9]}  # fmt: skip
    values = pd.concat(
        pd.DataFrame({"neighborhood_id": IDS, "indicator": name, "indicator_share": share, "indicator_share_moe": 0.05})
        for name, share in shares.items()
    ).dropna(subset="indicator_share")
    profile = profile.assign(inside_share=1.0, is_approximate=False)
    return measured(
        profile.assign(**changes),
        values,
        WEIGHTS,
        smallest_population=50.0,
        smallest_children=10.0,
        smallest_inside_share=0.5,
    )


def test_a_place_of_people_without_children_is_not_ranked() -> None:
    """A jail or a dormitory has an index and no child in need of a school; without counts of children people count."""
    children = [100.0, 0.0, 9.0, 10.0, np.nan, 100.0]
    assert told(children_0_17=children).is_small.tolist() == [False, True, True, False, False, True]
    assert told(children_0_17=np.nan).is_small.tolist() == told().is_small.tolist() == [False] * 5 + [True]
    ranked, _ = need_families(told(children_0_17=children), None, Ledger(), winsor_sd=3.0)
    assert not set(ranked.loc[ranked["family_rank"].notna(), "neighborhood_id"]) & {"n1", "n2", "n5"}


def test_areas_of_the_state_are_taken_by_the_same_rule() -> None:
    counts = state()
    empty = counts.assign(children_0_17=np.where(np.arange(len(counts)) < 40, 0.0, 900.0))
    limits = {"smallest_population": 50.0, "smallest_children": 10.0}
    reference, whole = (state_reference(areas, told(), Ledger(), **limits) for areas in (empty, counts))
    assert reference is not None and whole is not None
    assert (reference.values.shape[1], whole.values.shape[1]) == (160, 200)


def state(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    counts = pd.DataFrame({"area_geoid": [f"s{i}" for i in range(n)], "population": 4000.0, "poverty_universe": 1000.0, "poverty_universe_moe": 0.0, "adults_25_plus": 1000.0, "adults_25_plus_moe": 0.0, "people_in_poverty_moe": 10.0, "adults_without_diploma_moe": 10.0})  # fmt: skip
    return counts.assign(people_in_poverty=rng.integers(0, 600, n), adults_without_diploma=rng.integers(0, 600, n))


def both() -> tuple[pd.DataFrame, pd.DataFrame]:
    reference = state_reference(state(), told(), Ledger(), smallest_population=50.0, smallest_children=10.0)
    table, parts = need_families(told(), reference, Ledger(), winsor_sd=3.0)
    return check(BY_TABLE["need_families"], table), check(BY_TABLE["family_contributions"], parts)


def test_four_families_by_two_norms_sum_to_their_scores() -> None:
    table, parts = both()
    key = ["neighborhood_id", "family", "norm"]
    sums = parts.groupby(key)["contribution_index"].sum(min_count=1)
    np.testing.assert_allclose(sums, table.set_index(key)["family_score"].loc[sums.index], rtol=0, atol=1e-12)
    assert table.groupby("family").size().to_dict() == dict.fromkeys(FAMILIES, 12) and len(parts) == 3 * len(table)
    bounded = table[table["family"].ne("standardised")]["family_score"].dropna()
    assert bounded.between(-1e-9, 100 + 1e-9).all()


def test_a_small_place_has_no_score_and_moves_none() -> None:
    table, _ = both()
    small = table["neighborhood_id"].eq("n5")
    assert table.loc[small, ["family_score", "family_rank", "family_level"]].isna().all(axis=None)
    assert table.loc[~small, ["family_score", "family_rank", "family_level"]].notna().all(axis=None)
    assert table.loc[~small, "family_rank"].max() == 5


def test_statewide_a_neighborhood_scores_what_its_share_of_the_state_below_it_says() -> None:
    counts, ledger = state(), Ledger()
    reference = state_reference(counts, told(), ledger, smallest_population=50.0, smallest_children=10.0)
    assert reference is not None and reference.values.shape == (3, 200)
    assert "have 75% of the index by weight, without below_standard" in ledger.frame()["reason"].iloc[0]
    weights, adds = scored(told(), "percentile", reference, winsor_sd=3.0)
    #  what pupils show is not known of the state: the census indicators carry the index
    assert np.isnan(weights[2]).all() and weights[:, 0].tolist()[:2] == pytest.approx([2 / 3, 1 / 3])
    below = (counts["people_in_poverty"] / 1000 < 0.1).sum() / (len(counts) - 1)
    assert adds[0, 0] == pytest.approx(100 * 2 / 3 * below)
    #  lacking an indicator, the other one carries it whole
    assert weights[0, 3] == 1.0


def test_the_neighborhoods_raised_all_alike_stand_higher_in_the_state_and_not_among_themselves() -> None:
    one = told()
    raised = Measured(**{**vars(one), "needy": one.needy + 0.05})
    reference = state_reference(state(), one, Ledger(), smallest_population=50.0, smallest_children=10.0)
    for family in FAMILIES:
        local = [scored(each, family, None, winsor_sd=3.0)[1] for each in (one, raised)]
        np.testing.assert_allclose(*local, atol=1e-9)
        before, after = (np.nansum(scored(each, family, reference, winsor_sd=3.0)[1], axis=0) for each in (one, raised))
        assert (after[:5] > before[:5]).all()


def test_without_a_state_there_is_the_local_norm_only() -> None:
    table, parts = need_families(told(), None, Ledger(), winsor_sd=3.0)
    assert set(table["norm"]) == set(parts["norm"]) == {"local"}
    ledger = Ledger()
    little = state().drop(columns="people_in_poverty")
    assert state_reference(little, told(), ledger, smallest_population=50.0, smallest_children=10.0) is None
    assert "less than half, so it is not computed" in ledger.frame()["reason"].iloc[0]
    assert (
        state_reference(
            state().assign(population=9.0), told(), Ledger(), smallest_population=50.0, smallest_children=10.0
        )
        is None
    )


def test_areas_of_the_state_with_few_people_are_no_yardstick() -> None:
    one = state()
    few = pd.concat([one, one.assign(area_geoid="few" + one["area_geoid"], population=3.0, people_in_poverty=999.0)])
    held = [
        state_reference(areas, told(), Ledger(), smallest_population=50.0, smallest_children=10.0)
        for areas in (one, few)
    ]
    np.testing.assert_array_equal(held[0].values, held[1].values)  # type: ignore[union-attr]


def test_a_state_of_a_few_areas_is_no_yardstick_and_refused_with_their_number() -> None:
    assert state_reference(state(30), told(), Ledger(), smallest_population=50.0, smallest_children=10.0) is not None
    with pytest.raises(
        ContractError,
        match=r"norm_area_counts.*[\s\S]*E-FEW-AREAS.*fewer than 30 areas.*2 times; first: poverty, of 29 areas.*whole state",
    ):
        state_reference(state(29), told(), Ledger(), smallest_population=50.0, smallest_children=10.0)
    thin = state()
    thin.loc[1:, "people_in_poverty"] = np.nan
    with pytest.raises(ContractError, match=r"once; first: poverty, of 1 areas"):
        state_reference(thin, told(), Ledger(), smallest_population=50.0, smallest_children=10.0)


def test_an_index_held_against_a_state_that_is_not_there_is_refused() -> None:
    reference = state_reference(state(), told(), Ledger(), smallest_population=50.0, smallest_children=10.0)
    assert (
        of_norm("statewide", reference, "2019-2023") is reference and of_norm("local", reference, "2019-2023") is None
    )
    with pytest.raises(ConfigError, match=r"need\.norm: statewide needs counts of the state's areas for 2019-2023"):
        of_norm("statewide", None, "2019-2023")


def test_where_children_are_not_counted_levels_count_people_and_it_is_said() -> None:
    ledger, quiet = Ledger(), Ledger()
    table, _ = need_families(told(children_0_17=np.nan), None, ledger, winsor_sd=3.0)
    assert table["family_level"].notna().any() and "people lives in each level" in ledger.frame()["reason"].iloc[0]
    need_families(told(), None, quiet, winsor_sd=3.0)
    assert quiet.frame().empty


def test_no_neighborhood_and_no_indicator_leave_empty_tables() -> None:
    profile = pd.DataFrame({"neighborhood_id": ["a"], "population": [900.0], "children_0_17": [100.0]})
    profile = profile.assign(inside_share=1.0, is_approximate=False)
    values = pd.DataFrame({"neighborhood_id": [], "indicator": [], "indicator_share": [], "indicator_share_moe": []}).astype({"neighborhood_id": "str", "indicator": "str"})  # fmt: skip
    table, parts = need_families(
        measured(profile, values, {}, smallest_population=50.0, smallest_children=10.0, smallest_inside_share=0.5),
        None,
        Ledger(),
        winsor_sd=3.0,
    )
    assert table["family_score"].isna().all() and parts.empty
    table, parts = need_families(measured(profile.iloc[:0], values, WEIGHTS, smallest_population=50.0, smallest_children=10.0, smallest_inside_share=0.5), None, Ledger(), winsor_sd=3.0)  # fmt: skip
    assert table.empty and parts.empty
