"""Lines to quote: never more than the study can say, and why where it is less."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import committee_lines as lines
from pipeline.analysis.lines_of_need import FACTORS
from pipeline.analysis.publication_gap import Hidden, told_gap
from pipeline.analysis.quotes import Line
from pipeline.columns import BY_NAME
from pipeline.tables import BY_TABLE, check, empty

NAMES = {"a": "Ash", "b": "Birch", "c": "Cedar", "d": "Dogwood"}
CHILDREN = pd.Series({"a": 100.0, "b": 200.0, "c": 300.0, "d": 400.0})
RULES = {"certain": 0.8, "possible": 0.2, "top": 0.2}


def ranked(**columns: Any) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "neighborhood_id": list("abcd"),
            "need_index": [90.0, 70.0, 40.0, 10.0],
            "need_rank": [1.0, 2.0, 3.0, 4.0],
            "need_rank_low": [1.0, 1.0, 2.0, 3.0],
            "need_rank_high": [2.0, 3.0, 4.0, 4.0],
            "high_need_probability_share": [0.97, 0.5, 0.1, 0.0],
            "need_class": ["high", "possible", "not_high", "not_high"],
            "reliability_class": "high",
        }
    )
    return table.assign(**columns)


def test_high_need_is_said_of_those_of_that_class_alone() -> None:
    said = lines.need(ranked(), CHILDREN, NAMES, **RULES)
    assert said.statement == "1 of 4 neighborhoods is high need: Ash, home to 100 of all 1,000 children (10%)."
    assert "at least 80% of the draws" in said.evidence and "each has at least 97%" in said.evidence
    assert "for 1 more the draws leave it open (20% to 80%)" in said.evidence


def test_a_home_of_nearly_all_children_is_not_the_home_of_all() -> None:
    home = pd.Series({"a": 9996.0, "b": 1.0, "c": 1.0, "d": 2.0})
    assert "home to 9,996 of all 10,000 children (over 99%)" in lines.need(ranked(), home, NAMES, **RULES).statement


@pytest.mark.parametrize("likely", [0.79, 0.2])
def test_nothing_is_called_high_need_below_the_certain_share(likely: float) -> None:
    table = ranked(need_class=["possible", "possible", "not_high", "not_high"], high_need_probability_share=likely)
    said = lines.need(table, CHILDREN, NAMES, **RULES)
    assert said.statement == "None of 4 neighborhoods can be called high need with 80% certainty; for 2 the draws leave it open (20% to 80%)."  # fmt: skip


def test_without_margins_nothing_is_called_high_need() -> None:
    table = ranked(need_class=["possible", "not_high", "not_high", "not_high"], high_need_probability_share=np.nan)
    said = lines.need(table, CHILDREN, NAMES, **RULES)
    assert said.statement == "None of 4 neighborhoods can be called high need, because no margins of error are known; the first by rank is Ash."  # fmt: skip


def test_an_unreliable_neighborhood_is_counted_and_not_named() -> None:
    table = ranked(
        need_class=["high", "high", "not_high", "not_high"], reliability_class=["low", "medium", "high", "high"]
    )
    said = lines.need(table, CHILDREN, NAMES, **RULES)
    assert "2 of 4 neighborhoods are high need: Birch and 1 with unreliable figures" in said.statement
    assert said.reliability == "medium"
    alone = lines.need(ranked(reliability_class="low"), CHILDREN, NAMES, **RULES)
    assert alone.statement == "" and "too unreliable" in alone.reason


def causes(margin: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "neighborhood_id": "a",
            "indicator": ["child_poverty", "no_vehicle", "below_standard", "crowding"],
            "indicator_share": [0.4, 0.3, 0.6, 0.1],
            "indicator_share_moe": [0.05, margin, np.nan, 0.01],
            "contribution_index": [40.0, 30.0, 20.0, 0.0],
        }
    )


def test_why_names_the_heaviest_indicators_whose_margin_allows_it() -> None:
    said = lines.why(ranked(), causes(0.1), NAMES, medium_cv=0.4)
    assert said.statement == "Ash ranks first (1 to 2 over all draws), most by children in poverty (40% \u00b1 5), homes without a vehicle (30% \u00b1 10) and pupils below standard (60%)."  # fmt: skip
    assert "These add 40 + 30 + 20 to its index of 90." in said.evidence
    wide = lines.why(ranked(), causes(0.25), NAMES, medium_cv=0.4)  # a coefficient of variation of 0.51
    assert "vehicle" not in wide.statement and "crowded" not in wide.statement
    second = lines.why(ranked(reliability_class=["low", "high", "high", "high"]), causes(0.1), NAMES, medium_cv=0.4)
    assert second.statement == "" and "reliable enough to quote" in second.reason  # Birch comes first, and has no parts


def moves(**shares: float) -> pd.DataFrame:
    return pd.DataFrame({"moved": "ranks", "factor": list(shares), "total_index": list(shares.values())})


def test_the_choice_that_moves_ranks_most_is_named_beside_the_margins() -> None:
    said = lines.choice(moves(weights=0.3, margins=0.6, left_out=0.1), has_margins=True)
    assert said.statement == "Ranks move most with the survey's margins of error, which have a part in 60% of their movement; of the choices that were made, most with the weights of the indicators (30%)."  # fmt: skip
    said = lines.choice(moves(left_out=0.7, margins=0.4), has_margins=True)
    assert said.statement == "Ranks move most with whether one indicator is left out, which has a part in 70% of their movement; the survey's margins of error have a part in 40%."  # fmt: skip
    unknown = lines.choice(moves(weights=0.9, margins=0.0), has_margins=False)
    assert "margins" not in unknown.statement and "not known and were not varied" in unknown.evidence
    assert lines.choice(moves(margins=0.0), has_margins=True).statement == ""


def zones(**columns: Any) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "level": ["middle"] * 3 + ["high"],
            "zone_id": ["1", "2", "3", "1"],
            "is_approximate": False,
            "resident_pupils": [500.0, 300.0, 90.0, 60.0],
            "quality_seats": [104.0, 250.0, 200.0, 0.0],
            "citywide_seats": 0.0,
            "citywide_pupils": 0.0,
            "reliability_class": "high",
            "resident_pupils_low": float("nan"),
            "method": "residents counted; seats: given",
        }
    )
    return table.assign(**columns)


def gap_of(table: pd.DataFrame, sweep: pd.DataFrame | None = None, before: Hidden = frozenset(), **names: str) -> Line:
    """The line of the gap, by what is told of the zones where a release has hidden some of them."""
    told, *_ = told_gap(table, 11, 2024, before)
    return lines.gap(table, told.assign(name=told["zone_id"].map(names)), swept() if sweep is None else sweep)


def swept(**rows: list[float]) -> pd.DataFrame:
    """Seats missing as published, by cut."""
    parts = [
        pd.DataFrame({"level": level, "cut_change": [-0.1, -0.05, 0.0, 0.05], "unmet_seats": seats})
        for level, seats in rows.items()
    ]
    return pd.concat(parts, ignore_index=True) if parts else empty("public_cut_sweep", "")


def test_the_gap_says_what_a_moved_cut_makes_of_it() -> None:
    moved = {"middle": [100.0, 210.0, 470.0, 800.0], "high": [0.0, 0.0, 60.0, 900.0]}
    said = gap_of(zones(), swept(**moved))
    assert "With the quality cut 5 points lower it would be 260 fewer and 5 points higher it would be 330 more (from 470, the district's sum in tens)." in said.evidence  # fmt: skip
    moved["middle"] = [470.0, float("nan"), 470.0, float("nan")]  # the nearest cuts are not published
    said = gap_of(zones(), swept(**moved))
    assert "With the quality cut 10 points lower it would be the same (from 470" in said.evidence
    assert "quality cut" not in gap_of(zones(), swept(high=moved["high"])).evidence


def test_the_gap_is_told_as_it_is_published() -> None:
    """Seats in tens: 500 - 100 and 300 - 250; the surplus of zone 3 is set against neither."""
    said = gap_of(zones(), **{"1": "Mill Street"})
    assert said.statement == "In middle school 450 resident pupils have no seat in a quality school of their zone, 400 of them in Mill Street."  # fmt: skip
    assert "Other levels: 60 in high school" in said.evidence and "left out" not in said.evidence


def test_residents_estimated_from_children_are_told_as_an_estimate() -> None:
    guess = zones(
        method="children under 18 x pupils per child; seats: none", resident_pupils=[500.4, 299.8, 90.3, 60.0]
    )
    said = gap_of(guess, swept())
    assert said.statement.startswith("In middle school an estimated 450 resident pupils have no seat")
    assert "Resident pupils are estimated from children and no margin is known." in said.evidence
    known = gap_of(guess.assign(resident_pupils_low=50.0), swept())
    assert "Resident pupils are estimated from children." in known.evidence


def test_zones_of_few_pupils_and_unreliable_ones_are_left_out_of_the_gap() -> None:
    said = gap_of(zones(resident_pupils=[500.0, 300.0, 4.0, 60.0]))
    assert "400 resident pupils" in said.statement and "2 zones are left out" in said.evidence  # the next smallest too
    said = gap_of(zones(reliability_class=["low", "high", "high", "high"]))
    assert "In high school 60 resident pupils" in said.statement
    assert gap_of(zones(reliability_class="low")).statement == ""
    drawn = gap_of(zones(is_approximate=True))
    assert "approximate: drawn by the nearest school" in drawn.evidence


def test_a_zone_that_a_release_has_hidden_is_in_no_number_of_the_gap() -> None:
    more = zones(resident_pupils=[500.0, 300.0, 290.0, 60.0])
    said = gap_of(more, before={("middle", "1", "2024")})
    # the next smallest beside it is hidden too
    assert said.statement == "In high school 60 resident pupils have no seat in a quality school of their zone, 60 of them in 1."  # fmt: skip
    assert "Other levels: 50 in middle school" in said.evidence
    assert gap_of(more, before={("middle", "1", "2023")}) == gap_of(more)


def test_a_change_that_may_be_chance_is_no_line() -> None:
    row = {"layer": "district", "area_id": "d", "age_band": "5-17", "vintage_from": "2014-2018", "vintage_to": "2019-2023", "children_from": 900.0, "children_to": 1200.0, "children_change": 300.0, "children_change_moe": 90.0, "is_significant": True, "reliability_class": "high"}  # fmt: skip
    said = lines.growth(pd.DataFrame([row]), "2019-2023", "2014-2018")
    assert said.statement == "The district has 300 \u00b1 90 more children aged 5 to 17 than in 2014-2018."
    for change in ({"is_significant": False}, {"reliability_class": "low"}):
        assert lines.growth(pd.DataFrame([row | change]), "2019-2023", "2014-2018").statement == ""


def test_five_lines_are_enough_and_fewer_come_with_reasons() -> None:
    told = [Line(topic, f"{topic}.", "why") for topic in ("need", "why", "choice", "gap", "access", "quality")]
    assert lines.table([*told, Line("growth", reason="none")])["topic"].tolist() == [
        "need",
        "why",
        "choice",
        "gap",
        "access",
    ]
    fewer = check(BY_TABLE["public_lines"], lines.table([told[0], Line("why", reason="nothing"), told[2]]))
    assert fewer[["topic", "is_told"]].to_numpy().tolist() == [["need", True], ["choice", True], ["why", False]]


def test_a_study_that_has_nothing_says_so_seven_times() -> None:
    names = ("need", "need_contributions", "rank_sensitivity", "neighborhoods", "neighborhood_profile", "service_gap", "public_zones", "access_groups", "quality_enrollment", "school_age_change", "public_cut_sweep")  # fmt: skip
    table = lines.committee_lines(
        {name: empty(name, "EPSG:3310") for name in names}, vintage="2019-2023", before=None, family="percentile",
        certain_share=0.8, possible_share=0.2, top_share=0.2, medium_cv=0.4,
    )  # fmt: skip
    checked = check(BY_TABLE["public_lines"], table)
    assert checked["topic"].tolist() == list(BY_NAME["topic"].values) and not checked["is_told"].any()
    assert checked["statement"].str.len().gt(10).all()


def test_every_factor_has_words() -> None:
    assert tuple(FACTORS) == BY_NAME["factor"].values


def test_access_is_not_told_where_other_districts_teach_many_of_the_children() -> None:
    """A high-school district: of 4,000 children of elementary age it teaches 600, of 1,000 older ones 900."""
    shares = {"elementary": 0.9, "high": 0.25}
    groups = pd.DataFrame(
        [
            {"level": level, "measure": "children", "group_count": count, "poor_share": shares[level]}
            for level, count in (("elementary", 4000.0), ("high", 1000.0))
        ]
    )
    gap = pd.DataFrame({"level": ["elementary", "high", "high"], "resident_pupils": [600.0, 500.0, 400.0]})
    said = lines.access(groups, gap)
    assert said.statement == "In high school 25% of children live where access to quality seats is poor."
    assert "Not told in elementary school, where other districts teach many" in said.evidence
    assert not lines.access(groups.iloc[:1], gap).statement
    # without a count of the district's own pupils nothing is known of others
    assert "90%" in lines.access(groups, gap.assign(resident_pupils=np.nan)).statement
