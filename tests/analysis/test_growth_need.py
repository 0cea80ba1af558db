"""Growth crossed with need: every combination, and what is not known."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.growth_need import growth_need
from pipeline.columns import joined
from pipeline.tables import BY_TABLE, check, empty

CHANGE = pd.DataFrame(
    {
        "area_id": ["both", "grows", "needs", "none", "falls", "pocket", "blank", "unranked"],
        "children_change": [30.0, 30.0, 5.0, 5.0, -30.0, 12.0, 40.0, 30.0],
        "is_significant": [True, True, False, False, True, False, False, True],
        "change_z": [3.0, 3.0, 0.5, 0.5, -3.0, 1.5, None, 3.0],
        "reliability_class": ["medium", "medium", "low", "low", "medium", "low", "not_known", "medium"],
    }
).assign(
    layer="neighborhood", age_band="5-17", vintage_from="2014-2018", vintage_to="2019-2023", children_change_moe=10.0
)
NEED = pd.DataFrame(
    {
        "neighborhood_id": ["both", "grows", "needs", "none", "falls", "pocket", "blank"],
        "need_class": ["high", "possible", "high", "not_high", "high", "high", "high"],
        "need_rank": [1.0, 5.0, 2.0, 6.0, 3.0, 4.0, 7.0],
    }
)
POCKETS = pd.DataFrame(
    {"pocket_id": ["2023-growing-01", "2018-growing-01"], "pocket_kind": "growing", "area_ids": ["both; pocket", "none"],
     "age_band": "5-17", "vintage_to": ["2019-2023", "2014-2018"]}
)  # fmt: skip
PAIR = {"now": "2019-2023", "before": "2014-2018", "age_band": "5-17"}


def test_growth_is_crossed_with_high_need() -> None:
    table = check(BY_TABLE["growth_need"], growth_need(CHANGE, POCKETS, NEED, **PAIR)).set_index("neighborhood_id")
    assert table["cross_class"].to_dict() == {
        "both": "both_high",
        "grows": "growth_only",  # possible need is not high need
        "needs": "need_only",
        "none": "neither",  # its pocket was of an earlier pair of vintages
        "falls": "need_only",
        "pocket": "both_high",  # not significant alone, but in a pocket
        "blank": "high_untested",  # its need is known all the same
        "unranked": "not_known",
    }
    assert table["change_class"].to_dict()["falls"] == "shrinking"
    assert table["pocket_id"].dropna().to_dict() == {"both": "2023-growing-01", "pocket": "2023-growing-01"}
    assert table.loc["unranked", "need_class"] == "not_ranked"


def test_neighborhoods_of_a_pocket_may_have_names_for_ids() -> None:
    named = {"both": "Upper Fells Point", "pocket": "Middle Branch/Reedbird Parks"}
    change, need = CHANGE.replace({"area_id": named}), NEED.replace({"neighborhood_id": named})
    crossed = growth_need(change, POCKETS.assign(area_ids=[joined(named.values()), "none"]), need, **PAIR)
    assert set(crossed.loc[crossed["pocket_id"].notna(), "neighborhood_id"]) == set(named.values())


def test_other_bands_pairs_and_layers_have_no_part_and_nothing_gives_nothing() -> None:
    others = [
        CHANGE.assign(age_band="0-4"),
        CHANGE.assign(layer="zone middle 2024"),
        CHANGE.assign(vintage_to="2014-2018"),
    ]
    mixed = pd.concat([*others, CHANGE.iloc[::-1]], ignore_index=True)
    pd.testing.assert_frame_equal(growth_need(mixed, POCKETS, NEED, **PAIR), growth_need(CHANGE, POCKETS, NEED, **PAIR))
    nothing = growth_need(empty("school_age_change", ""), empty("growth_pockets", ""), NEED, **PAIR)
    assert check(BY_TABLE["growth_need"], nothing).empty
