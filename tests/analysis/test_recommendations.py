"""Rules: each gives its number, interval, threshold and what speaks against it; none speaks from an unreliable number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import recommendations as base
from pipeline.analysis.advice_on_growth import growing_pockets, growth_and_need
from pipeline.analysis.advice_on_need import high_need_poor_access
from pipeline.analysis.advice_on_rooms import co_locations, offered_sites, unmeasured_sites
from pipeline.analysis.advice_on_schools import persistently_weak, replicable
from pipeline.analysis.advice_on_seats import largest_gaps
from pipeline.analysis.publication_gap import told_gap
from pipeline.analysis.recommendations import NUMBERS, RULES, SURE, Advice
from pipeline.columns import BY_NAME, RELIABILITY
from pipeline.tables import BY_TABLE, check

NEED = pd.DataFrame(
    {
        "neighborhood_id": ["a", "b", "c"],
        "need_rank": [1.0, 2.0, 3.0],
        "need_rank_low": [1.0, 1.0, 2.0],
        "need_rank_high": [2.0, 4.0, 5.0],
        "high_need_probability_share": [0.97, 0.9, 0.5],
        "need_class": ["high", "high", "possible"],
        "reliability_class": ["high", "low", "high"],
    }
)
ACCESS = pd.DataFrame(
    {
        "neighborhood_id": ["a", "a", "a", "b", "c"],
        "level": ["middle", "high", "elementary", "high", "high"],
        "relative_access_ratio": [0.1, None, 0.2, 0.3, 0.0],  # for high school at "a" nothing could be computed
        "is_poor_access": True,
    }
)
METHODS = pd.concat([ACCESS.assign(access_method=way) for way in ("2sfca", "e2sfca", "gaussian")], ignore_index=True)
FAMILIES = pd.DataFrame(
    {
        "neighborhood_id": ["a", "a", "a"],
        "family": ["percentile", "geometric", "exponential"],
        "norm": "local",
        "family_rank": [1.0, 1.0, 2.0],
    }
)
GAP = pd.DataFrame(
    {
        "level": ["elementary"] * 5,
        "zone_id": ["1", "2", "3", "4", "5"],
        "is_approximate": [False, False, False, True, False],
        "resident_pupils": [500.0, 400.0, 300.0, 600.0, 7.0],
        "resident_pupils_low": [500.0, 400.0, 300.0, 600.0, 7.0],
        "quality_seats": [200.0, 204.0, 290.0, 200.0, 0.0],
        "citywide_seats": 0.0,
        "citywide_pupils": 0.0,
        "reliability_class": "high",
        "method": "residents counted",
    }
)
POCKETS = pd.DataFrame(
    {
        "pocket_id": ["p1", "p2"],
        "pocket_kind": ["growing", "shrinking"],
        "area_ids": ["n1; n2", "n9"],
        "age_band": "5-17",
        "vintage_from": "2014-2018",
        "vintage_to": "2019-2023",
        "children_from": [100.0, 400.0],
        "children_to": [260.0, 150.0],
        "children_change": [160.0, -250.0],
        "children_change_moe": [60.0, 95.0],
        "seats_change": [143.6, np.nan],
        "seats_change_low": [90.0, np.nan],
        "seats_change_high": [190.0, np.nan],
        "reliability_class": "medium",
    }
)
CROSSED = pd.DataFrame(
    {
        "neighborhood_id": ["n1", "n3", "n4"],
        "vintage_from": "2014-2018",
        "vintage_to": "2019-2023",
        "age_band": "5-17",
        "children_change": [160.0, 120.0, 4.0],
        "children_change_moe": [60.0, 50.0, 70.0],
        "need_rank": [3.0, 30.0, 1.0],
        "cross_class": ["both_high", "growth_only", "need_only"],
        "reliability_class": "medium",
    }
)
INVENTORY = pd.DataFrame(
    {
        "site_id": ["1", "2", "3"],
        "rfp_status": ["listed", "listed", "not_listed"],
        "surplus_case": ["surplus", "empty_site", "in_use"],
        "reason": "9 rooms free.",
        "surplus_rooms": [7.0, 12.0, np.nan],
        "surplus_rooms_now": [8.0, 12.0, np.nan],
        "surplus_rooms_horizon": [7.0, 12.0, np.nan],
        "confidence_class": ["high", "medium", "high"],
        "confidence_rule": ["nothing speaks against the count", "its capacity is known by one definition only", ""],
        "constraint_notes": ["", "building in very poor condition", ""],
    }
)
MATCHES = pd.DataFrame(
    {
        "school_id": ["s", "t"],
        "site_id": ["1", None],
        "match_status": ["matched", "unmatched"],
        "needed_rooms": [6.0, 9.0],
        "rooms_basis": "grades",
        "pair_share": [0.86, np.nan],
        "second_site_id": ["2", None],
        "second_cost_change": [0.01, np.nan],
        "reason": ["6 of 7 free rooms.", ""],
    }
)
WORKSHEET = pd.DataFrame(
    {
        "school_id": ["s"],
        "worksheet_status": "computed",
        "offered_classrooms": [13.0],
        "ada_per_classroom_ratio": [11.73],
    }
)


def schools(**columns: object) -> dict[str, pd.DataFrame]:
    """Four rated schools: two weak, two strong, over three years, with a district share of low income of 49%."""
    ids = ["w1", "w2", "s1", "s2"]
    quality = pd.DataFrame(
        {
            "school_id": ids,
            "fall_year": 2023,
            "pupils_tested": 200.0,
            "status_share": [0.2, 0.25, 0.7, 0.75],
            "quality_class": ["weak", "weak", "strong", "strong"],
            "weak_probability_share": [0.99, 0.83, 0.0, 0.0],
            "middle_probability_share": 0.0,
            "strong_probability_share": [0.0, 0.0, 0.9, 0.97],
            "is_quality": [False, False, True, True],
            "growth_class": ["falling", "steady", "steady", "rising"],
            "path_status": ["behind", "on_track", "on_track", "on_track"],
        }
    ).assign(**columns)
    years = pd.concat(
        [
            quality[["school_id", "pupils_tested", "quality_class", "is_quality"]].assign(fall_year=fall)
            for fall in (2021, 2022, 2023)
        ],
        ignore_index=True,
    )
    facts = pd.DataFrame(
        {
            "school_id": ids,
            "sector": "district",
            "school_status": "open",
            "is_citywide": [False, False, True, False],
            "serves_elementary": True,
            "serves_middle": False,
            "serves_high": False,
        }
    )
    places = pd.DataFrame({"school_id": ids, "level": "elementary", "neighborhood_id": ["a", "b", "c", "a"]})
    groups = pd.DataFrame(
        [
            (school, 2024, group, pupils, "reported")
            for school, low in zip(ids, (180.0, 90.0, 110.0, 12.0), strict=True)
            for group, pupils in (("all", 200.0), ("low_income", low))
        ],
        columns=["school_id", "fall_year", "student_group", "pupils", "value_status"],
    )
    return {
        "quality": quality,
        "years": years,
        "facts": facts,
        "places": places,
        "need": NEED,
        "groups": groups,
    }


def of_need(
    need: pd.DataFrame = NEED, methods: pd.DataFrame = METHODS, families: pd.DataFrame = FAMILIES
) -> list[Advice]:
    return high_need_poor_access(
        need, ACCESS, methods, families, {"a": "Old Mill"},
        poor_ratio=0.5, certain=0.8, top=0.2, family="percentile", norm="local",
    )  # fmt: skip


def variants(**seats: list[float]) -> pd.DataFrame:
    """Missing seats of zones 1 and 2 by way of counting."""
    return pd.DataFrame(
        [("elementary", zone, way, value) for way, row in seats.items() for zone, value in zip("12", row, strict=True)],
        columns=["level", "zone_id", "variant", "unmet_seats"],
    )


WAYS = variants(study=[300.0, 200.0], contained=[240.0, 200.0], by_access=[320.0, 10.0], in_five_years=[350.0, 190.0])
SWEEP = pd.DataFrame({"level": "elementary", "cut_change": [-0.1, -0.05, 0.0], "unmet_seats": [90.0, np.nan, 500.0]})


def of_gaps(
    gap: pd.DataFrame = GAP, ways: pd.DataFrame = WAYS, sweep: pd.DataFrame = SWEEP, age: str = ""
) -> list[Advice]:
    return largest_gaps(gap, told_gap(gap, 11)[0], ways, sweep, {}, seats=25, age=age)


def of_weak(**columns: object) -> list[Advice]:
    given = schools(**columns)
    given.pop("groups")
    return persistently_weak(*given.values(), {"w1": "Ash"}, fall_year=2024, smallest=11, certain=0.8, is_quarter=True)


def of_strong(changed: dict[str, pd.DataFrame] | None = None, **columns: object) -> list[Advice]:
    given = schools(**columns) | (changed or {})
    return replicable(*given.values(), {"s1": "Oak"}, fall_year=2024, smallest=11, certain=0.8)


def of_matches(
    matches: pd.DataFrame = MATCHES, inventory: pd.DataFrame = INVENTORY, worksheet: pd.DataFrame = WORKSHEET
) -> list[Advice]:
    return co_locations(
        matches, inventory, worksheet, {"1": "Mill Street", "2": "Depot"}, {"s": "Lantern"}, certain=0.8
    )


# For every rule: what it finds when all that it needs has this reliability.
LAW: dict[str, Callable[[str], list[Advice]]] = {
    "N-01": lambda known: of_need(NEED.assign(reliability_class=known)),
    "Z-01": lambda known: of_gaps(GAP.assign(reliability_class=known)),
    "G-01": lambda known: growing_pockets(POCKETS.iloc[:1].assign(reliability_class=known), {}, smallest=25),
    "G-02": lambda known: growing_pockets(POCKETS.iloc[1:].assign(reliability_class=known), {}, smallest=25),
    "G-03": lambda known: growth_and_need(CROSSED.assign(reliability_class=known), {}, smallest=25),
    "F-01": lambda known: offered_sites(INVENTORY.assign(confidence_class=known), {}, rooms=6),
    "F-02": lambda known: of_matches(inventory=INVENTORY.assign(confidence_class=known)),
    # rests on the want of a sure number: it says to count, and only where nothing sure is known
    "F-03": lambda known: unmeasured_sites(
        INVENTORY.assign(confidence_class={"high": "low", "low": "high"}.get(known, "high")),
        {},
        district_id="d",
        rooms=6,
    ),
    "Q-01": lambda known: of_weak(weak_probability_share={"high": 0.99, "low": 0.6}.get(known, np.nan)),
    "Q-02": lambda known: of_strong(strong_probability_share={"high": 0.99, "low": 0.6}.get(known, np.nan)),
}


def test_the_law_is_tested_for_every_rule() -> None:
    assert tuple(LAW) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_speaks_from_an_unreliable_number(rule: str) -> None:
    assert set(base.table(LAW[rule]("high"))["rule_id"]) == {rule}
    for known in ("low", "not_known"):
        assert base.table(LAW[rule](known)).empty


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_gives_its_numbers_and_what_speaks_against_it(rule: str) -> None:
    told = check(BY_TABLE["recommendations"], base.table(LAW[rule]("high")))
    assert len(told) and told["counter_evidence"].str.len().gt(20).all() and told["evidence"].str.len().gt(20).all()
    assert told["rule_threshold"].notna().all() and told["rule_measure"].isin(BY_NAME["rule_measure"].values).all()
    if rule == "F-03":
        assert told["rule_value"].isna().all()  # there is no number: that is what it says
        return
    assert told[NUMBERS].notna().all(axis=None)
    assert (told["rule_value_low"] <= told["rule_value"]).all() and (
        told["rule_value"] <= told["rule_value_high"]
    ).all()
    asked, best = told["rule_threshold"], told["rule_value_high"]
    if rule in ("N-01", "G-02"):  # low ranks and falls are those that count
        asked, best = -asked, -told["rule_value_low"]
    assert (best >= asked).all()


@pytest.mark.parametrize("rule", RULES)
def test_words_are_those_of_a_committee(rule: str) -> None:
    """No band as a code, no hyphen for a minus, no number that is not one, no blank twice."""
    for row in LAW[rule]("high"):
        text = f"{row.statement} {row.evidence} {row.counter_evidence}"
        assert "5-17" not in text and " -" not in text and "nan" not in text and "  " not in text and ".." not in text
        assert row.statement.endswith(".") and row.evidence.endswith(".") and row.counter_evidence.endswith(".")


@given(st.lists(st.sampled_from(RELIABILITY), min_size=1, max_size=8))
def test_the_gate_lets_nothing_unsure_through_and_loses_nothing(classes: list[str]) -> None:
    one = of_need()[0]
    found = [
        Advice(**{**vars(one), "subject_id": f"{n}", "reliability_class": known}) for n, known in enumerate(classes)
    ]
    told, held = base.table(found), base.held_back(found)
    assert told["reliability_class"].isin(SURE).all()
    assert len(told) + sum(number for _, number in held) == len(classes)


def test_high_need_needs_certainty_reliability_and_poor_access() -> None:
    told = base.table(of_need())
    assert told["subject_id"].tolist() == ["a"]
    row = told.iloc[0]
    assert "Old Mill" in row["statement"] and "poor in elementary and middle school." in row["statement"]
    assert "rank 1 (1 to 2) of 3" in row["evidence"] and "97% of all draws (at least 80% are asked)" in row["evidence"]
    assert "20% in elementary and 10% in middle school (poor below 50%)" in row["evidence"]
    assert row[NUMBERS].tolist() == [1.0, 1.0, 2.0, 1.0]
    assert "By 1 of 2 other indices it is not among the neediest." in row["counter_evidence"]


def test_the_neediest_are_counted_as_the_ranking_counts_them() -> None:
    """A fifth of 41 are the first nine: of these rank 9 is one, by every index."""
    ids = ["a", *(f"n{n}" for n in range(40))]
    need = pd.DataFrame(
        {
            "neighborhood_id": ids,
            "need_rank": [9.0, *(float(n) for n in range(1, 42) if n != 9)],
            "need_rank_low": 7.0,
            "need_rank_high": 12.0,
            "high_need_probability_share": 0.9,
            "need_class": ["high", *(["possible"] * 40)],
            "reliability_class": "high",
        }
    )
    (advice,) = of_need(need, families=FAMILIES.assign(family_rank=9.0))
    assert advice.rule_threshold == 9.0 and "other indices" not in advice.counter_evidence


def test_nearly_all_draws_are_not_all_draws() -> None:
    told = base.table(of_need(NEED.assign(high_need_probability_share=0.998)))
    assert "in over 99% of all draws" in told.iloc[0]["evidence"]


def test_ways_that_deny_poor_access_speak_against_it() -> None:
    at_a = METHODS["neighborhood_id"].eq("a")
    elementary = at_a & METHODS["level"].eq("elementary")
    split = METHODS.assign(
        is_poor_access=~(at_a & METHODS["access_method"].ne("2sfca") & METHODS["level"].eq("middle"))
    )
    told = base.table(of_need(methods=split)).iloc[0]
    assert told["reliability_class"] == "high"  # all agree on elementary school
    assert "call access poor: 1 of 3 in middle school." in told["counter_evidence"]
    split = METHODS.assign(is_poor_access=~(at_a & METHODS["access_method"].ne("2sfca")))
    assert base.table(of_need(methods=split)).empty  # most ways deny it on every level
    split = METHODS.assign(is_poor_access=~(at_a & ~elementary & METHODS["access_method"].ne("2sfca")) & ~(elementary & METHODS["access_method"].eq("gaussian")))  # fmt: skip
    assert base.table(of_need(methods=split))["reliability_class"].tolist() == ["medium"]


def test_gaps_leave_out_small_hidden_and_approximate_ones() -> None:
    """Zone 4 is drawn by the nearest school; zone 5 is of 7 pupils, and with it zone 3 is hidden."""
    rows = base.table(of_gaps())
    assert rows["subject_id"].tolist() == ["elementary 1", "elementary 2"]
    assert "for the zone 1: 300 more resident pupils than quality seats" in rows["statement"][0]
    assert rows[NUMBERS].to_numpy().tolist() == [[300.0, 240.0, 320.0, 25.0], [200.0, 10.0, 200.0, 25.0]]
    assert rows["reliability_class"].tolist() == ["medium", "medium"]  # a lower cut leaves 90 of the level's 500
    firm = SWEEP.assign(unmet_seats=[260.0, np.nan, 500.0])  # counted by access zone 2 lacks 10 alone
    assert [each.reliability_class for each in of_gaps(sweep=firm)] == ["high", "medium"]
    assert "by 3 ways of counting 240 to 320 (at least 25 are asked); rank 2 of 3" in rows["evidence"][0]
    assert "Fewer are missing if counted otherwise: 240 with every school's seats" in rows["counter_evidence"][0]
    assert "In five years 350" in rows["counter_evidence"][0]
    assert "cut 10 points lower, all elementary zones together would lack 90 seats instead of 500" in rows["counter_evidence"][0]  # fmt: skip


def test_the_gap_of_a_hidden_zone_is_not_told_even_where_it_is_large() -> None:
    """With five pupils in zone 5 the next smallest zone of the level is hidden too, whatever it lacks."""
    gap = GAP.assign(resident_pupils=[500.0, 400.0, 450.0, 600.0, 7.0], quality_seats=[200.0, 10.0, 290.0, 200.0, 0.0])
    gap = gap.assign(resident_pupils_low=gap["resident_pupils"])
    assert "elementary 2" not in {row.subject_id for row in of_gaps(gap)}


def test_a_gap_that_the_margin_of_residents_could_close_is_held_back() -> None:
    found = of_gaps(GAP.assign(resident_pupils_low=[210.0, 400.0, 300.0, 600.0, 7.0]))
    assert base.table(found)["subject_id"].tolist() == ["elementary 2"]
    assert base.held_back(found) == [("Z-01", 1)]
    alone = of_gaps(ways=variants(study=[300.0, 200.0]))
    assert {row.reliability_class for row in alone} == {"medium"}  # one way of counting


def test_pockets_say_how_many_more_or_fewer() -> None:
    rows = growing_pockets(POCKETS, {"n1": "Mill End"}, smallest=25)
    assert [row.rule_id for row in rows] == ["G-01", "G-02"]
    assert rows[0].statement == "Plan seats in Mill End and n2, unless schools have been opened for it: 160 more children aged 5 to 17."  # fmt: skip
    assert rows[1].statement == "Expect free rooms in n9, unless schools have been closed for it: 250 fewer children aged 5 to 17."  # fmt: skip
    assert "\u2212250 (\u2212345 to \u2212155, 90% margin)" in rows[1].evidence
    assert "about +140 pupils (90 to 190)" in rows[0].counter_evidence and "is not known" in rows[1].counter_evidence


def test_neighborhoods_with_blanks_in_their_ids_are_named_whole() -> None:
    pockets = POCKETS.assign(area_ids=["Upper Fells Point; Canton", "n9"])
    row = growing_pockets(pockets, {}, smallest=25)[0]
    assert row.subject_id == "Upper Fells Point" and "Plan seats in Upper Fells Point and Canton, " in row.statement


def test_growth_and_need_is_said_where_both_are_high() -> None:
    rows = growth_and_need(CROSSED, {"n1": "Old Mill"}, smallest=25)
    assert [row.subject_id for row in rows] == ["n1"]
    assert rows[0].statement == "Plan quality seats in Old Mill: need is high and there are 160 more children aged 5 to 17."  # fmt: skip
    assert "Need rank 3" in rows[0].evidence and "(100 to 220, 90% margin)" in rows[0].evidence


def test_a_site_is_recommended_as_surely_as_the_inventory_is_of_its_room() -> None:
    used, empty = offered_sites(INVENTORY, {"1": "Mill Street", "2": "Depot"}, rooms=6)
    assert (used.reliability_class, empty.reliability_class) == ("high", "medium")
    assert used.statement == "Consider Mill Street for the request for proposals: it has room."
    assert "7 to 8 are free (at least 6 are asked)" in used.evidence
    assert "not of the building" in used.counter_evidence and "plans of the host school" in used.counter_evidence
    assert "host" not in empty.counter_evidence
    assert "very poor condition" in empty.counter_evidence and "by one definition only" in empty.counter_evidence


def test_sites_whose_room_is_not_known_are_to_be_counted_first() -> None:
    unsure = INVENTORY.assign(confidence_class=["not_known", "low", "low"], confidence_rule="its capacity is not known")
    assert base.table(offered_sites(unsure, {}, rooms=6)).empty
    (advice,) = unmeasured_sites(unsure, {"1": "Mill Street"}, district_id="d", rooms=6)
    assert advice.statement == "Have the rooms counted before offering 2 sites of the inventory: Mill Street and 2."
    assert "its capacity is not known (2)" in advice.evidence
    assert unmeasured_sites(INVENTORY, {}, district_id="d", rooms=6) == []


def test_sharing_says_what_the_law_would_ask_and_what_else_speaks_against_it() -> None:
    (advice,) = of_matches()
    assert advice.statement == "Offer Lantern space at Mill Street." and advice.reliability_class == "high"
    assert "7 to 8 rooms are free for the 6 it needs. Made in 86% of the draws" in advice.evidence
    assert "would ask 13 teaching rooms for its in-district pupils, 7 more than the 6 counted here" in advice.counter_evidence  # fmt: skip
    assert "11.7 ADA to a classroom" in advice.counter_evidence
    assert "Depot would do nearly as well." in advice.counter_evidence
    (advice,) = of_matches(worksheet=WORKSHEET.assign(offered_classrooms=5.0))
    assert "5 teaching rooms for its in-district pupils, no more than the 6" in advice.counter_evidence
    (advice,) = of_matches(worksheet=WORKSHEET.assign(worksheet_status="rooms_not_known"))
    assert "What Proposition 39 would ask for it is not known." in advice.counter_evidence
    (advice,) = of_matches(worksheet=WORKSHEET.iloc[:0])
    assert "Proposition 39" not in advice.counter_evidence  # the law of another state


@pytest.mark.parametrize(
    ("changed", "known"),
    [
        ({"pair_share": 0.6}, "medium"),
        ({"pair_share": 0.5}, "low"),
        ({"pair_share": np.nan}, "not_known"),
        ({"rooms_basis": "total"}, "medium"),
    ],
)
def test_sharing_is_as_sure_as_the_pair_is_firm(changed: dict[str, object], known: str) -> None:
    (advice,) = of_matches(MATCHES.assign(**changed))
    assert advice.reliability_class == known


def test_weak_year_after_year_and_no_gains() -> None:
    rows = of_weak()
    assert [(row.subject_id, row.reliability_class) for row in rows] == [("w1", "high"), ("w2", "medium")]
    assert rows[0].statement.startswith("Look into Ash as a candidate for transformation")
    assert "Weak in each of the last 3 years with results (2021-22, 2022-23 and 2023-24)" in rows[0].evidence
    assert "more than 95% (at least 80% is asked); growth falling. Place 1 of 2" in rows[0].evidence
    assert "some school always is" in rows[0].counter_evidence and "on its five-year path" in rows[1].counter_evidence
    assert [row.subject_id for row in of_weak(growth_class="rising")] == []
    assert [row.subject_id for row in of_weak(growth_class="not_known")] == []


def test_a_weak_year_alone_and_few_tested_pupils_make_no_candidate() -> None:
    given = schools()
    given.pop("groups")
    years = given["years"]
    better = years.assign(quality_class=years["quality_class"].mask(years["fall_year"].eq(2022), "middle"))
    told = {"fall_year": 2024, "smallest": 11, "certain": 0.8, "is_quarter": False}
    assert persistently_weak(*(given | {"years": better}).values(), {}, **told) == []
    once = years[years["fall_year"].eq(2023)]
    assert persistently_weak(*(given | {"years": once}).values(), {}, **told) == []
    before = years[years["fall_year"].lt(2023)]  # an older run is no run up to now
    mixed = pd.concat([before[before["school_id"].eq("w1")], years[years["school_id"].ne("w1")]])
    assert [row.subject_id for row in persistently_weak(*(given | {"years": mixed}).values(), {}, **told)] == ["w2"]
    assert of_weak(pupils_tested=9.0) == []
    assert {row.reliability_class for row in of_weak(status_share=0.01)} == {"not_known"}  # two pupils met the standard
    closed = given["facts"].assign(school_status="closed")
    assert persistently_weak(*(given | {"facts": closed}).values(), {}, **told) == []


def test_strong_schools_with_pupils_like_those_in_need() -> None:
    rows = of_strong()
    assert [(row.subject_id, row.reliability_class) for row in rows] == [("s1", "high")]  # s2 has 6% of low income
    assert "Between 50% and 60% of its pupils are of low income, 49% in the district's schools." in rows[0].evidence
    assert "Families choose it" in rows[0].counter_evidence and "not for its gains" in rows[0].counter_evidence
    assert of_strong(growth_class="falling") == []


def test_schools_are_held_against_those_that_are_open_in_the_same_fall() -> None:
    given = schools()
    old = pd.DataFrame([("old", 2008, "all", 9000.0, "reported"), ("old", 2008, "low_income", 9000.0, "reported")], columns=given["groups"].columns)  # fmt: skip
    closed = given["facts"].iloc[:1].assign(school_id="old", school_status="closed")
    moved = {"groups": pd.concat([given["groups"], old]), "facts": pd.concat([given["facts"], closed])}
    assert of_strong(moved) == of_strong()
    assert of_strong({**moved, "facts": moved["facts"].assign(school_status="open")}) == of_strong()


@pytest.mark.parametrize("low", [10.0, 195.0])
def test_a_share_of_few_pupils_is_not_told_even_in_a_band(low: float) -> None:
    groups = schools()["groups"]
    changed = groups["student_group"].eq("low_income") & groups["school_id"].eq("s1")
    assert of_strong({"groups": groups.assign(pupils=groups["pupils"].mask(changed, low))}) == []


def test_ids_are_unique_even_for_the_same_subject() -> None:
    row = of_gaps()[0]
    table = base.table([row, row])
    assert table["recommendation_id"].is_unique
    assert base.count_by_rule(table) == [("Z-01", 2)]


def test_no_rules_no_recommendations() -> None:
    empty = check(BY_TABLE["recommendations"], base.table([], []))
    assert empty.empty


def test_a_survey_of_years_ago_speaks_against_what_rests_on_it() -> None:
    old = base.survey_age("2014-2018", 2024)
    counted, estimated = GAP, GAP.assign(method="children under 18 x pupils per child; seats: given")
    assert old.startswith("Its children are those of a survey that ended in 2018, 6 years before 2024-25.")
    assert all(old not in each.counter_evidence for each in of_gaps(counted, age=old))
    assert all(each.counter_evidence.startswith(old) for each in of_gaps(estimated, age=old))


def test_intervals_that_held_too_seldom_speak_against_the_room_that_rests_on_them() -> None:
    said = "It rests on the upper end of 80% intervals."
    told = offered_sites(INVENTORY.assign(confidence_class="high", confidence_rule="nothing speaks against the count"), {}, rooms=6, tested={"1": said})  # fmt: skip
    one = next(each for each in told if each.subject_id == "1")
    assert one.reliability_class == "medium" and one.counter_evidence.startswith(f"{said} How sure is said")
    assert "nothing speaks against" not in one.counter_evidence
    others = [each for each in told if each.subject_id != "1"]
    assert all(each.reliability_class == "high" and said not in each.counter_evidence for each in others)


def test_a_weak_school_and_others_who_ask_for_the_site_speak_against_offering_it() -> None:
    asked = pd.DataFrame({"site_id": [MATCHES["site_id"].iloc[0]] * 3, "school_id": ["s", "t", None], "proposal_status": ["scored", "scored", "not_eligible"]})  # fmt: skip
    names: tuple[dict[str, str], dict[str, str]] = ({}, {})
    told = co_locations(MATCHES, INVENTORY, WORKSHEET, *names, certain=0.8, weak={"s"}, responses=asked)
    against = next(each for each in told if each.subject_id == "s").counter_evidence
    assert against.startswith("Its own results are weak. 1 other scored response to the request for proposals asks for the site.")  # fmt: skip
    assert "weak" not in of_matches()[0].counter_evidence
