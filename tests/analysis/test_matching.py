"""The table of matches: reasons by name, what binds, what would change it, splits over sites."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import matching
from pipeline.columns import parted
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.colocation import LIMITS, NO_EXCLUSIONS, WEIGHTS, asking, offering, pairs_of, random_case, trips

SETTINGS = {"weights": WEIGHTS, "seat_value": 10.0, "draws": 10, "concentration": 20.0, **LIMITS}


def matched(
    seeking: pd.DataFrame, pairs: pd.DataFrame, most_sites: int = 1, **more: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    found, values = matching.colocation_matches(
        seeking, pairs, **SETTINGS, most_sites=most_sites, rng=np.random.default_rng(0), **more
    )
    values = check(BY_TABLE["room_values"], values.assign(zone_id="z"))
    found = check(BY_TABLE["colocation_matches"], found.assign(is_taken_to_ask=False))
    return found.set_index("school_id"), values.set_index("site_id")


def test_reasons_speak_of_schools_and_sites_by_name() -> None:
    schools = asking({"loser": 6.0, "winner": 8.0, "other": 4.0})
    sites = offering({"s1": 8.0, "s2": 4.0}).assign(matched_school_id=["host", None], is_empty=[False, True])
    far = trips(
        {
            "winner": {"s1": 500.0, "s2": 9000.0},
            "loser": {"s1": 400.0, "s2": 9000.0},
            "other": {"s1": 9000.0, "s2": 300.0},
        }
    )
    found, _ = matched(
        schools,
        pairs_of(schools, sites, far),
        schools={"winner": "Hill Charter", "host": "Oak School"},
        sites={"s1": "Oak campus"},
        free={"s1": {2030: 8.2, 2031: 6.9}, "s2": {2030: 4.0, 2031: 4.0}},
        fall_year=2024,
    )
    told = found["reason"]
    assert told["winner"] == (
        "8 of 8 free rooms, beside Oak School, 0.5 km from where its pupils live. The host may need 2 of the 8 rooms given there back in fall 2031."
    )
    assert told["loser"] == (
        "The sites that would fit (Oak campus) seat more pupils, or the same at less cost, when given to Hill Charter. "
        "It would fit with 6 more rooms at Oak campus."
    )
    assert told["other"].endswith("at an empty site, 0.3 km from where its pupils live.")
    assert found.loc["loser", ["binding_rule", "missing_rooms"]].tolist() == ["given_to_others", 6.0]


def test_each_unmatched_school_learns_what_binds_and_what_would_change_it() -> None:
    schools = pd.concat(
        [asking({"big": 9.0, "far": 3.2, "tiny": 2.0}), asking({"high": 4.0}, level="high")], ignore_index=True
    )
    schools.loc[schools["school_id"] == "far", "needed_rooms"] = 4.0
    sites = offering({"s1": 7.0})
    metres = {"big": 500.0, "far": 9040.0, "tiny": 10.0, "high": 10.0}
    found, _ = matched(schools, pairs_of(schools, sites, trips({s: {"s1": d} for s, d in metres.items()})))
    assert found["match_status"].eq("unmatched").all()
    assert found["binding_rule"].to_dict() == {"big": "too_few_rooms", "far": "too_far", "high": "other_grades", "tiny": "below_threshold"}  # fmt: skip
    assert found.loc["big", "reason"].endswith("has 7. It would fit with 2 more rooms at s1.")
    assert found.loc["far", "reason"].endswith("It would fit with a travel limit of 9.1 km (s1).")
    assert found.loc["high", "reason"].endswith(
        "It would fit with sharing a building with a school of other grades (s1)."
    )
    assert found.loc["tiny", "reason"] == "50 pupils; the study asks for 80."


def test_a_school_whose_only_offered_site_is_its_own_learns_so() -> None:
    schools, sites, far = asking({"here": 4.0}), offering({"s1": 9.0}), trips({"here": {"s1": 0.0}})
    at = pd.DataFrame({"school_id": ["here"], "site_id": ["s1"]})
    found, _ = matched(schools, pairs_of(schools, sites, far, at=at))
    assert found[["match_status", "binding_rule"]].to_numpy().tolist() == [["unmatched", "own_site"]]
    assert found["reason"].item() == "It is at the only site that is not excluded (s1)."
    assert matched(schools, pairs_of(schools, sites, far))[0]["site_id"].item() == "s1"


@pytest.mark.parametrize("seed", range(20))
def test_the_missing_rooms_seat_the_school_beside_all_others_and_one_fewer_does_not(seed: int) -> None:
    pairs = random_case(seed, schools=6, sites=2)
    schools = pairs.drop_duplicates("school_id")
    found, values = matched(schools, pairs)
    for school, row in found[found["missing_rooms"].notna()].iterrows():
        mine = pairs[(pairs["school_id"] == school) & (pairs["community_m"] <= LIMITS["travel_m"])]
        left = mine["site_id"].map(values["rooms_left"])
        assert row["missing_rooms"] == (row["needed_rooms"] - left).min()
        assert row["missing_rooms"] > 0


def test_rooms_missing_at_a_site_of_its_own_and_beside_others_are_told_apart() -> None:
    schools = asking({"big": 9.0, "small": 5.0})
    sites = offering({"s1": 7.0})
    found, _ = matched(schools, pairs_of(schools, sites, trips({s: {"s1": 100.0} for s in schools["school_id"]})))
    assert found.loc["big", "reason"].endswith(
        "has 7. It would fit with 2 more rooms at s1 if nobody else came there, or 7 more rooms at s1 beside all who are placed."
    )
    assert found.loc["big", "missing_rooms"] == 7.0


def test_a_school_that_no_single_site_takes_is_split_over_the_fewest_where_the_study_allows_it() -> None:
    schools = asking({"big": 10.0, "small": 4.0})
    sites = offering({"s1": 7.0, "s2": 5.0, "s3": 4.0})
    far = trips({"big": {"s1": 100.0, "s2": 500.0, "s3": 200.0}, "small": {"s1": 900.0, "s2": 9000.0, "s3": 300.0}})
    pairs = pairs_of(schools, sites, far)
    alone, _ = matched(schools, pairs)
    assert alone.loc["big", "match_status"] == "unmatched"
    found, values = matched(schools, pairs, most_sites=3)
    assert found.loc["big", ["match_status", "site_id", "further_site_ids"]].tolist() == ["matched", "s1", "s2"]
    assert found.loc["big", "reason"] == "No single site has 10 rooms: 7 rooms at s1, 3 rooms at s2."
    assert values["rooms_left"].to_dict() == {"s1": 0.0, "s2": 2.0, "s3": 0.0}
    assert found.loc["small", "site_id"] == "s3"


def test_further_sites_with_blanks_in_their_ids_stay_themselves() -> None:
    schools, sites = asking({"big": 12.0}), offering({"Old Mill": 7.0, "Oak School": 3.0, "Elm School": 2.0})
    pairs = pairs_of(schools, sites, trips({"big": dict.fromkeys(sites["site_id"], 100.0)}))
    found, _ = matched(schools, pairs, most_sites=3)
    assert parted(found.loc["big", "further_site_ids"]) == ["Oak School", "Elm School"]


def test_the_lease_is_that_of_the_rooms_taken_and_not_of_all_that_are_free() -> None:
    # Washington's ten rooms and Mulberry's seven, with those that stay free at the upper end of the forecast
    washington = dict(zip(range(2025, 2035), (10.3, 10.2, 10.1, 10.1, 10.0, 9.8, 9.6, 9.5, 9.3, 9.24), strict=True))
    mulberry = {2025: 8.0, 2033: 7.1, 2034: 6.99}
    sites = offering({"w": 10.0, "m": 7.0})
    near = {"nine": {"w": 100.0, "m": 9000.0}, "six": {"w": 9000.0, "m": 100.0}, "one": {"w": 100.0, "m": 9000.0}}
    free = {"free": {"w": washington, "m": mulberry}, "fall_year": 2024}

    def lease(rooms: dict[str, float]) -> pd.DataFrame:
        schools = asking(rooms, pupils=150.0)
        found, _ = matched(schools, pairs_of(schools, sites, trips({s: near[s] for s in rooms})), **free)
        return found[["rooms_needed_back_year", "longest_lease_years"]]

    found = lease({"nine": 9.0, "six": 6.0})
    assert found["longest_lease_years"].to_dict() == {"nine": 10.0, "six": 10.0}
    assert found["rooms_needed_back_year"].isna().all()
    # with a guest in the tenth room the host needs one of the ten back for 2030
    both = lease({"nine": 9.0, "one": 1.0})
    assert both["longest_lease_years"].to_dict() == {"nine": 5.0, "one": 5.0}
    assert set(both["rooms_needed_back_year"]) == {2030}


def test_a_school_over_two_sites_has_the_lease_of_the_shorter() -> None:
    schools = asking({"big": 10.0})
    pairs = pairs_of(schools, offering({"s1": 7.0, "s2": 5.0}), trips({"big": {"s1": 1.0, "s2": 1.0}}))
    free = {"s1": {2025: 7.5, 2026: 7.0}, "s2": {2025: 5.0, 2026: 2.4}}
    found, _ = matched(schools, pairs, most_sites=2, free=free, fall_year=2024)
    assert found.loc["big", ["rooms_needed_back_year", "longest_lease_years"]].tolist() == [2026, 1.0]
    assert found.loc["big", "reason"].endswith("The host may need 1 of the 3 rooms given there back in fall 2026.")


def test_where_no_site_has_the_rooms_a_room_is_worth_a_part_of_the_school_and_the_next_to_fit_is_named() -> None:
    # 9 and 12 rooms asked, 7 and 4 free: nobody fits, one room more seats nobody, and eleven rooms stay empty
    schools = asking({"big": 12.0, "mid": 9.0})
    near = {"s1": 0.0, "s2": 0.0}
    found, values = matched(
        schools, pairs_of(schools, offering({"s1": 7.0, "s2": 4.0}), trips({"big": near, "mid": near}))
    )
    assert found["match_status"].eq("unmatched").all()
    assert values["room_gain"].tolist() == [0.0, 0.0]
    # 25 pupils to a room, each worth 10 less the cost of the pair: its load alone, a fifth
    assert values["room_price"].tolist() == pytest.approx([25 * (10 - 0.2)] * 2, rel=0.01)
    assert values["rooms_to_next"].tolist() == [2.0, 5.0]
    assert values["next_school_id"].tolist() == ["mid", "mid"]
    assert found.loc["mid", "reason"].endswith(
        "Over 2 sites it would fit beside all who are placed: 7 rooms at s1, 2 rooms at s2."
    )
    assert found.loc["big", "reason"].endswith("Even 2 sites together have only 11 rooms left for it.")
    placed, values = matched(
        schools, pairs_of(schools, offering({"s1": 9.0, "s2": 12.0}), trips({"big": near, "mid": near}))
    )
    assert placed["match_status"].eq("matched").all()
    assert values[["rooms_to_next", "next_school_id"]].isna().all().all()


def test_one_room_that_seats_a_school_is_worth_that_school() -> None:
    """It needs 8 rooms and the site has 7: with one more all its pupils are seated."""
    schools = asking({"a": 8.0})
    matches, values = matched(schools, pairs_of(schools, offering({"s1": 7.0}), trips({"a": {"s1": 0.0}})))
    assert "1 more room at s1" in matches["reason"].iloc[0]
    assert values["room_pupils_change"].tolist() == [float(matches["needed_seats"].iloc[0])]
    assert values["room_gain"].iloc[0] > 0 and values["room_gain"].iloc[0] >= values["room_price"].iloc[0]


def test_without_offered_sites_nobody_is_matched() -> None:
    schools = asking({"a": 4.0})
    found, values = matched(schools, pairs_of(schools, offering({}), trips({})))
    assert found.loc["a", ["reason", "binding_rule"]].tolist() == ["No site is offered.", "no_site_offered"]
    assert values.empty


def test_excluded_sites_bar_alone_and_near_sites_of_unknown_size_are_told() -> None:
    schools = asking({"a": 8.0})
    sites = offering({"s1": 6.0, "s2": np.nan, "s3": 20.0})
    shut = NO_EXCLUSIONS.reindex([0]).assign(
        site_id="s3", reason="Leased.", documented_in="Deed", documented_on="2020-01-01"
    )
    pairs = pairs_of(schools, sites, trips({"a": {"s1": 9.0, "s2": 9.0, "s3": 9.0}}), shut)
    found, _ = matched(schools, pairs)
    assert (
        "has 6 (1 more, but their free rooms are not known). It would fit with 2 more rooms at s1."
        in found.loc["a", "reason"]
    )


def test_the_ledger_says_how_many_pupils_were_placed() -> None:
    ledger = Ledger()
    schools = asking({"a": 4.0, "b": 12.0})
    found, _ = matched(schools, pairs_of(schools, offering({"s": 6.0}), trips({"a": {"s": 1.0}, "b": {"s": 1.0}})))
    some = pd.DataFrame({"site_id": ["s"], "surplus_status": ["offered"]})
    matching.record(found.reset_index(), some, ledger)
    assert ledger.frame()[["total", "inside", "outside"]].iloc[0].tolist() == [400.0, 100.0, 300.0]
    assert "gap 0.0e+00" in ledger.frame()["reason"].iloc[1]
    matching.record(empty("colocation_matches", ""), some.iloc[:0], ledger)
    assert ledger.frame()["entry"].tolist() == ["match", "note", "missing_input", "note"]
    assert "no site is offered" in ledger.frame()["reason"].iloc[2]
