"""Indicators are declared well, computed from counts, and asked for by names that exist."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.indicator_values import census_shares, census_values, of_vintage, together, usable_weights
from pipeline.analysis.indicators import BY_INDICATOR, INDICATORS, Domain, need_signed
from pipeline.columns import BY_NAME, CENSUS_COUNTS
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger


def test_every_indicator_is_a_count_over_the_universe_of_the_dictionary() -> None:
    assert len(INDICATORS) >= 21
    assert len(BY_INDICATOR) == len(INDICATORS)
    for indicator in INDICATORS:
        assert indicator.title and indicator.why and indicator.citation and indicator.where
        assert indicator.domain in get_args(Domain) and indicator.direction == "high"
        if indicator.source == "census":
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
    ledger = Ledger()
    counts = profile().assign(children_in_poverty=104.0)
    values = census_values(counts, ledger).set_index("indicator")
    assert values.loc["child_poverty", "indicator_share"] == 1.0
    line = ledger.frame().query("entry == 'repair'").iloc[0]
    assert line[["subject_name", "item", "total", "inside"]].tolist() == ["share of child_poverty", "n1", 104.0, 100.0]


def test_a_share_of_nobody_is_not_zero_but_absent() -> None:
    shares = census_shares(profile())
    assert set(shares["neighborhood_id"]) == {"n1"}
    counts = profile()
    counts["children_in_poverty"] = np.nan
    assert {"child_poverty"}.isdisjoint(census_shares(counts)["indicator"])
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
    census_values(counts, ledger)
    assert ledger.frame()["reason"].iloc[0] == (
        "the margin of child_poverty_universe is not published: the margin of a share over it counts the numerator's only"
    )


def test_a_count_without_a_margin_has_a_share_without_one() -> None:
    counts = profile().assign(children_in_poverty_moe=np.nan)
    row = census_shares(counts).set_index("indicator").loc["child_poverty"]
    assert row["indicator_share"] == pytest.approx(0.4) and np.isnan(row["indicator_share_moe"])


def test_an_unknown_weight_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(ConfigError, match=r"no indicator povertee\. Known: child_poverty, child_poverty_200, poverty"):
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
    unused = lines[lines["subject_name"].eq("indicators not used")]["reason"].tolist()
    assert "crowding" in unused[0] and "no_diploma" in unused[0] and "disability" not in " ".join(unused)
    assert unused[1] == "no data, and no weight: below_standard, low_growth, chronic_absence, unduplicated, mobility, poor_access"  # fmt: skip


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


def test_few_of_a_good_thing_is_need() -> None:
    known = {"good": replace(INDICATORS[0], name="good", direction="low"), "bad": INDICATORS[0]}
    shares = np.array([[0.9, 0.2, np.nan], [0.1, 0.5, 0.3]])
    signed = need_signed(shares, ["good", "bad"], known)
    np.testing.assert_allclose(signed, [[0.1, 0.8, np.nan], [0.1, 0.5, 0.3]])
    assert shares[0, 0] != signed[0, 0]  # what is shown stays as it was published


def test_a_vintage_that_is_not_there_is_recorded() -> None:
    ledger = Ledger()
    assert of_vintage(profile(), "2014-2018", ledger).empty
    assert ledger.frame()["entry"].tolist() == ["missing_input"]


def test_every_census_indicator_is_computed_from_a_full_profile_and_none_from_an_empty_one() -> None:
    values = census_values(profile(), Ledger())
    assert set(values["indicator"]) == {one.name for one in INDICATORS if one.source == "census"}
    assert census_values(profile().iloc[:0], Ledger()).empty and together().empty
    assert len(together(values, values.iloc[:0])) == len(values)
