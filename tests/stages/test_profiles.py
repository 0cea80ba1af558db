"""Stage profiles: Millbrook's zones and neighborhoods have the town's children."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stages import bare


def test_zones_and_neighborhoods_count_the_districts_children(millbrook: Any) -> None:
    district = millbrook("ledger_profiles").query("subject_name == 'neighborhood, 2019-2023'")["total"].iloc[0]
    neighborhoods = millbrook("neighborhood_profile").query("vintage == '2019-2023'")["children_0_17"].sum()
    assert neighborhoods == pytest.approx(district, rel=1e-9)
    whole = millbrook("district_profile").query("vintage == '2019-2023'")["children_0_17"]
    assert whole.tolist() == pytest.approx([district], rel=1e-9)
    zones = millbrook("zone_profile").query("vintage == '2019-2023' and fall_year == 2024")
    for _, level in zones.groupby("level"):
        assert level["children_0_17"].sum() == pytest.approx(district, rel=1e-3)


def test_age_bands_add_up_to_children(millbrook: Any) -> None:
    profile = millbrook("neighborhood_profile").query("vintage == '2019-2023'")
    bands = profile[["children_0_4", "children_5_9", "children_10_14", "children_15_17"]].sum(axis=1)
    assert bands.to_numpy() == pytest.approx(profile["children_0_17"].to_numpy(), rel=1e-9)


def test_counts_carry_margins_and_no_share_has_travelled(millbrook: Any) -> None:
    profile = millbrook("zone_profile").query("vintage == '2019-2023'")
    assert profile["children_0_17_moe"].notna().all() and (profile["children_0_17_moe"] > 0).all()
    assert not [column for column in profile if column.endswith(("_share", "_ratio", "_index"))]


def test_disability_is_taken_from_tracts(millbrook: Any) -> None:
    profile = millbrook("neighborhood_profile").query("vintage == '2019-2023'")
    assert profile["people_with_disability"].notna().all()


def test_every_balance_of_the_ledger_adds_up(millbrook: Any) -> None:
    ledger = millbrook("ledger_profiles")
    subjects = ledger.query("entry == 'balance'")["subject_name"].tolist()
    assert subjects
    bare.balanced(ledger, subjects)


def test_every_layer_has_median_incomes_that_lie_within_their_margins_of_the_truth(millbrook: Any) -> None:
    from pipeline.town import truth

    medians = millbrook("median_incomes")
    layers = {"neighborhood", "district", "zone elementary 2024", "zone middle 2024", "zone high 2024"}
    assert layers <= set(medians["layer"]) and set(medians["vintage"]) == {"2014-2018", "2019-2023"}
    own = medians[medians["layer"] == "neighborhood"].rename(columns={"area_id": "neighborhood_id"})
    both = own.merge(
        truth().neighborhood_incomes, on=["neighborhood_id", "vintage"], suffixes=("", "_true"), validate="1:1"
    )
    assert len(both) == len(own) == 80
    off = both["median_income_usd"] - both["median_income_usd_true"]
    assert 0.8 <= (off.abs() <= both["median_income_usd_moe"]).mean() <= 0.97
    # neither high nor low on the whole: brackets $25,000 wide bend the curve by less than this
    assert abs(off.mean()) < 0.02 * both["median_income_usd"].mean()


def test_households_by_income_are_the_districts(millbrook: Any) -> None:
    medians = millbrook("median_incomes").query("vintage == '2019-2023'").set_index("layer")
    whole = medians.loc["district", "households"]
    assert medians.loc["neighborhood", "households"].sum() == pytest.approx(whole, rel=1e-9)
    assert len(millbrook("area_brackets").query("vintage == '2019-2023' and area_level == 'tract'")) % 16 == 0
    bare.balanced(millbrook("ledger_profiles"), ["households by income, district from block_group 2019-2023"])


def test_a_study_with_nothing_has_empty_profiles_and_says_so() -> None:
    tables = bare.run("profiles")
    assert tables["zone_profile"].empty and tables["neighborhood_profile"].empty
    assert tables["median_incomes"].empty
    assert bare.missing(tables["ledger_profiles"]) == ["zone_profile"]


def test_blocks_find_the_children_of_zones_better_than_the_ground_does(millbrook: Any) -> None:
    """The town knows where its children live: by area alone the error is larger."""
    from pipeline.analysis.areas import source_layers, target_layers
    from pipeline.analysis.known_places import KnownPlaces
    from pipeline.analysis.profiles import zone_profile
    from pipeline.analysis.relations import crosswalk_table
    from pipeline.ledger import Ledger
    from pipeline.town import truth

    areas, zones = millbrook("census_areas"), millbrook("zones")
    layers = target_layers(zones.iloc[:0].assign(neighborhood_id=""), zones.iloc[:0].assign(district_id=""), zones)
    blocks, lots = millbrook("census_blocks"), millbrook("residential_lots")
    places = KnownPlaces(blocks, lots, millbrook("uninhabited_ground"))
    by_area, _ = crosswalk_table(source_layers(areas), layers, places, evidence=("area",), ledger=Ledger())
    errors = []
    for profile in (millbrook("zone_profile"), zone_profile(areas, by_area, zones, Ledger())):
        known = truth().zone_children.merge(
            profile, on=["level", "fall_year", "zone_id", "vintage"], suffixes=("_true", ""), validate="1:1"
        )
        bands = ["children_0_4", "children_5_9", "children_10_14", "children_15_17"]
        missed = sum(known[band] - known[f"{band}_true"] for band in bands)
        errors.append(float((missed**2).mean() ** 0.5))
    assert errors[0] < 0.8 * errors[1]
