"""Indicators are declared well, computed from counts, and asked for by names that exist."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.indicators import (
    BY_INDICATOR,
    INDICATORS,
    below_standard,
    census_shares,
    indicator_values,
    of_vintage,
    usable_weights,
)
from pipeline.columns import BY_NAME, CENSUS_COUNTS
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.tables import empty


def test_every_indicator_is_a_count_over_the_universe_of_the_dictionary() -> None:
    assert len(INDICATORS) >= 14
    assert len(BY_INDICATOR) == len(INDICATORS)
    for indicator in INDICATORS:
        assert indicator.title and indicator.why and indicator.citation and indicator.where
        if not indicator.from_schools:
            assert indicator.numerator in CENSUS_COUNTS
            assert BY_NAME[indicator.numerator].over == indicator.universe


def profile() -> pd.DataFrame:
    counts = {name: [100.0, 0.0] for name in CENSUS_COUNTS}
    margins = {f"{name}_moe": [10.0, 5.0] for name in CENSUS_COUNTS}
    table = pd.DataFrame({"neighborhood_id": ["n1", "n2"], "vintage": "2019-2023", **counts, **margins})
    return table.assign(children_in_poverty=[40.0, 0.0], children_in_poverty_moe=[12.0, 4.0])


def test_shares_and_margins_follow_the_handbook() -> None:
    row = census_shares(profile()).query("indicator == 'child_poverty'").iloc[0]
    assert row["indicator_share"] == pytest.approx(0.4)
    assert row["indicator_share_moe"] == pytest.approx(np.sqrt(12**2 - 0.4**2 * 10**2) / 100)


def test_a_part_larger_than_its_whole_by_sampling_is_all_of_it() -> None:
    row = census_shares(profile().assign(children_in_poverty=104.0)).set_index("indicator").loc["child_poverty"]
    assert row["indicator_share"] == 1.0


def test_a_share_of_nobody_is_not_zero_but_absent() -> None:
    shares = census_shares(profile())
    assert set(shares["neighborhood_id"]) == {"n1"}
    counts = profile()
    counts["children_in_poverty"] = np.nan
    assert "child_poverty" not in set(census_shares(counts)["indicator"])
    assert "no_diploma" in set(census_shares(counts)["indicator"])


def test_without_the_margin_of_the_universe_that_of_the_numerator_alone_is_counted_and_it_is_said() -> None:
    known = census_shares(profile()).set_index("indicator")["indicator_share_moe"]
    counts = profile().assign(child_poverty_universe_moe=np.nan)
    bare = census_shares(counts).set_index("indicator")["indicator_share_moe"]
    assert bare["child_poverty"] == pytest.approx(0.12) and bare["child_poverty"] > known["child_poverty"]
    # 90 +- 12 of 100 +- 20: the handbook adds the universe's margin here, so that the lack of it makes a narrower one
    near_all = profile().assign(children_in_poverty=90.0, child_poverty_universe_moe=20.0)
    known, bare = (
        census_shares(table).set_index("indicator")["indicator_share_moe"]["child_poverty"]
        for table in (near_all, near_all.assign(child_poverty_universe_moe=np.nan))
    )
    assert bare == pytest.approx(0.12) and bare < known
    ledger = Ledger()
    indicator_values(
        counts, *(empty(name, "EPSG:3310") for name in ("reach", "school_quality", "school_facts")), ledger
    )
    assert ledger.frame()["reason"].iloc[0] == (
        "the margin of child_poverty_universe is not published: the margin of a share over it counts the numerator's only"
    )


def test_a_count_without_a_margin_has_a_share_without_one() -> None:
    counts = profile().assign(children_in_poverty_moe=np.nan)
    row = census_shares(counts).set_index("indicator").loc["child_poverty"]
    assert row["indicator_share"] == pytest.approx(0.4) and np.isnan(row["indicator_share_moe"])


def test_an_unknown_weight_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"no indicator povertee\. Known: child_poverty, poverty"):
        usable_weights(census_shares(profile()), {"povertee": 1.0, "poverty": 1.0}, Ledger())


def test_a_known_indicator_without_data_is_recorded_and_its_weight_given_to_the_others() -> None:
    counts = profile().assign(people_with_disability=np.nan)
    ledger = Ledger()
    weights = usable_weights(
        census_shares(counts), {"disability": 2.0, "poverty": 1.0, "renters": 3.0, "crowding": 0.0}, ledger
    )
    assert weights == {"poverty": 0.25, "renters": 0.75}
    lines = ledger.frame()
    assert lines.query("entry == 'missing_input'")["subject_name"].tolist() == ["indicator disability"]
    assert "poverty 0.250, renters 0.750" in lines["reason"].iloc[-1]


def test_weights_that_do_not_sum_to_1_are_scaled_and_it_is_said() -> None:
    ledger, quiet = Ledger(), Ledger()
    assert usable_weights(census_shares(profile()), {"poverty": 1.0, "renters": 3.0}, ledger) == {
        "poverty": 0.25,
        "renters": 0.75,
    }
    reasons = " / ".join(ledger.frame()["reason"])
    assert "the study's weights sum to 4: they are scaled to sum to 1" in reasons
    assert "poverty 0.250, renters 0.750" in reasons
    usable_weights(census_shares(profile()), {"poverty": 0.333, "renters": 0.333, "crowding": 0.333}, quiet)
    assert not quiet.frame()["reason"].str.contains("scaled").any()


def test_the_same_share_everywhere_is_noted() -> None:
    values = pd.DataFrame({"indicator": "renters", "indicator_share": [0.5, 0.5]})
    ledger = Ledger()
    assert usable_weights(values, {"renters": 1.0}, ledger) == {"renters": 1.0}
    assert "adds nothing to the ranking" in ledger.frame()["reason"].iloc[0]


def schools() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    #  n1: e1 100 m, e2 200 m, e3 300 m, e4 400 m (a fourth: too far down), h1 900 m;  n2 reaches only an unrated school
    quality = pd.DataFrame(
        {
            "school_id": ["e1", "e2", "e3", "e4", "h1", "u"],
            "status_share": [0.2, 0.4, 0.6, 1.0, 0.5, np.nan],
            "status_low_share": [0.1, 0.3, 0.5, 0.9, 0.4, np.nan],
            "status_high_share": [0.3, 0.5, 0.7, 1.0, 0.6, np.nan],
            "pupils_tested": [100.0, 100.0, 200.0, 100.0, 400.0, np.nan],
        }
    )
    facts = pd.DataFrame(
        {
            "school_id": quality["school_id"],
            "serves_elementary": [True] * 4 + [False, True],
            "serves_middle": False,
            "serves_high": [False] * 4 + [True, False],
        }
    )
    trips = pd.DataFrame(
        {
            "origin_id": ["n1"] * 5 + ["n2"],
            "destination_id": ["e1", "e2", "e3", "e4", "h1", "u"],
            "distance_m": [100.0, 200.0, 300.0, 400.0, 900.0, 50.0],
        }
    )
    reach = trips.assign(origin_layer="neighborhood", destination_kind="school", minutes=1.0)
    return reach, quality, facts


def test_below_standard_is_the_pupils_mean_of_the_three_nearest_of_each_level() -> None:
    table = below_standard(*schools())
    assert table["neighborhood_id"].tolist() == ["n1"]
    assert table["indicator_share"].iloc[0] == pytest.approx((100 * 0.8 + 100 * 0.6 + 200 * 0.4 + 400 * 0.5) / 800)
    assert table["indicator_share_moe"].iloc[0] == pytest.approx(0.1 * np.sqrt(100**2 + 100**2 + 200**2 + 400**2) / 800)


def test_a_school_near_for_two_levels_is_one_school_in_the_margin() -> None:
    reach, quality, facts = schools()
    both = facts.assign(serves_middle=facts["school_id"].eq("e1"))
    share, moe = below_standard(reach, quality, both)[["indicator_share", "indicator_share_moe"]].iloc[0]
    assert share == pytest.approx((200 * 0.8 + 100 * 0.6 + 200 * 0.4 + 400 * 0.5) / 900)
    assert moe == pytest.approx(0.1 * np.sqrt(200**2 + 100**2 + 200**2 + 400**2) / 900)


def test_schools_without_a_count_weigh_alike() -> None:
    reach, quality, facts = schools()
    points = quality.assign(pupils_tested=np.nan, status_low_share=np.nan, status_high_share=np.nan)
    row = below_standard(reach, points, facts).iloc[0]
    assert row["indicator_share"] == pytest.approx((0.8 + 0.6 + 0.4 + 0.5) / 4)
    assert np.isnan(row["indicator_share_moe"])


def test_swapping_sectors_changes_no_value() -> None:
    reach, quality, facts = schools()
    first = below_standard(reach, quality, facts.assign(sector="district"))
    pd.testing.assert_frame_equal(first, below_standard(reach, quality, facts.assign(sector="charter")))


def test_a_study_without_schools_keeps_the_census_indicators() -> None:
    tables = [empty(name, "EPSG:3310") for name in ("reach", "school_quality", "school_facts")]
    values = indicator_values(profile(), *tables, Ledger())
    assert set(values["indicator"]) == {i.name for i in INDICATORS if not i.from_schools}
    assert indicator_values(profile().iloc[:0], *tables, Ledger()).empty


def test_a_vintage_that_is_not_there_is_recorded() -> None:
    ledger = Ledger()
    assert of_vintage(profile(), "2014-2018", ledger).empty
    assert ledger.frame()["entry"].tolist() == ["missing_input"]
