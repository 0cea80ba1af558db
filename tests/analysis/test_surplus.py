"""Every site has a status and a reason: one case for each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.surplus import surplus_sites
from pipeline.tables import BY_TABLE, check, empty

RULES = {
    "fall_year": 2024,
    "horizon": 2029,
    "judged_by": ("given", "state_loading", "functional"),
    "under_ratio": 0.75,
    "definitions": 2,
    "smallest_rooms": 6.0,
}
LOADING = {"given": 25.0, "state_loading": 25.0, "functional": 20.0, "target": 20.0}


def use(*rows: tuple[int, str, float, float, float | None]) -> pd.DataFrame:
    """Rows of (fall, definition, capacity, pupils, upper end of pupils)."""
    frame = pd.DataFrame(list(rows), columns=["fall_year", "capacity_definition", "capacity_seats", "pupils", "upper"])
    return pd.DataFrame(
        {
            "site_id": "s",
            **frame[["capacity_definition", "fall_year", "capacity_seats", "pupils"]],
            "utilization_ratio": frame["pupils"] / frame["capacity_seats"],
            "utilization_low_ratio": None,
            "utilization_high_ratio": frame["upper"] / frame["capacity_seats"],
            "surplus_seats": (frame["capacity_seats"] - frame["pupils"]).clip(lower=0.0),
            "surplus_rooms": (frame["capacity_seats"] - frame["pupils"]).clip(lower=0.0)
            / frame["capacity_definition"].map(LOADING),
            "surplus_rooms_low": (frame["capacity_seats"] - frame["upper"].astype("float64")).clip(lower=0.0)
            / frame["capacity_definition"].map(LOADING),
        }
    ).astype({"utilization_low_ratio": "float64"})


def verdict(rows: pd.DataFrame, status: str = "open", owned: bool = True, **other: object) -> pd.Series:
    sites = pd.DataFrame({"site_id": ["s"], "site_status": [status], "is_district_owned": [owned]})
    table = surplus_sites(sites, rows, **{**RULES, **other})
    return check(BY_TABLE["surplus_sites"], table).iloc[0]


EMPTYING = use(
    (2024, "given", 600, 300, None),
    (2024, "functional", 500, 300, None),
    (2029, "given", 600, 250, 320),
    (2029, "functional", 500, 250, 320),
)


def test_underutilized_now_and_at_the_horizon_is_offered_with_the_fewest_seats() -> None:
    found = verdict(EMPTYING)
    assert found["surplus_status"] == "offered"
    # functional at the upper end: 500 - 320 seats; rooms at 25 x 0.8 pupils; given would be 280 seats and 11 rooms
    assert (found["surplus_seats"], found["surplus_rooms"]) == (180.0, 9.0)
    assert (found["definitions_under"], found["definitions_known"]) == (2.0, 2.0)

    assert found["surplus_case"] == "surplus"
    assert (found["surplus_rooms_now"], found["surplus_rooms_horizon"]) == (10.0, 9.0)


def years(*upper: float) -> pd.DataFrame:
    """A site of 500 seats and 300 pupils, with so many at the upper end in each year ahead."""
    rows = [(2024, 300.0, None), *((2025 + n, 250.0, most) for n, most in enumerate(upper))]
    return use(*((fall, kind, 500, now, most) for fall, now, most in rows for kind in ("given", "functional")))


def test_the_host_needs_its_rooms_back_in_the_first_year_that_leaves_fewer_than_are_offered() -> None:
    found = verdict(years(300, 310, 320, 330, 340, 340, 341, 400))
    # 160 seats at 25 pupils are the fewest to 2029; 159 in 2031 are still 6 rooms, 100 in 2032 are 4
    assert (found["surplus_rooms"], found["rooms_needed_back_year"]) == (6.0, 2032)
    assert (found["longest_lease_years"], found["lease_limit"]) == (7.0, "host_needs_rooms")


def test_a_lease_that_outlives_the_outlook_is_bounded_by_it() -> None:
    found = verdict(years(*[320.0] * 10))
    assert pd.isna(found["rooms_needed_back_year"])
    assert (found["longest_lease_years"], found["lease_limit"]) == (10.0, "end_of_outlook")


def test_a_year_between_that_is_fuller_than_the_horizon_counts() -> None:
    found = verdict(years(300, 345, 300, 300, 300))
    assert (found["surplus_rooms"], found["surplus_rooms_horizon"]) == (6.0, 8.0)
    assert (found["surplus_seats"], found["lease_limit"]) == (155.0, "end_of_outlook")


def test_years_beyond_the_horizon_decide_nothing_but_the_lease() -> None:
    near, far = verdict(years(*[320.0] * 5)), verdict(years(*[320.0] * 5, 480))
    same = ["surplus_status", "surplus_seats", "surplus_rooms", "reason"]
    assert near[same].tolist() == far[same].tolist()
    assert (near["longest_lease_years"], far["longest_lease_years"]) == (5.0, 5.0)
    assert far["rooms_needed_back_year"] == 2030


def test_a_definition_that_does_not_judge_makes_no_site_surplus() -> None:
    full = use((2024, "given", 600, 590, None), (2024, "target", 2000, 590, None), (2029, "given", 600, 590, 620))
    found = verdict(full)
    assert (found["surplus_status"], found["definitions_known"]) == ("not_offered", 1.0)
    assert "target" not in found["reason"]


def test_one_definition_is_not_enough_and_is_a_case_of_its_own() -> None:
    found = verdict(EMPTYING[EMPTYING["capacity_definition"] == "given"])
    assert found["surplus_status"] == "watch"
    assert found["surplus_case"] == "one_definition"
    assert found["surplus_rooms"] == 11.0
    assert "asks for 2 to agree; only 1 can be computed" in found["reason"]
    assert verdict(EMPTYING[EMPTYING["capacity_definition"] == "given"], definitions=1)["surplus_status"] == "offered"


def test_a_school_that_may_fill_up_is_watched() -> None:
    found = verdict(
        use(
            (2024, "given", 600, 300, None),
            (2024, "functional", 500, 300, None),
            (2029, "given", 600, 420, 500),
            (2029, "functional", 500, 420, 500),
        )
    )
    assert found["surplus_status"] == "watch"
    assert "not surely so in fall 2029" in found["reason"]
    assert (found["rooms_needed_back_year"], found["longest_lease_years"]) == (2029, 4.0)


def test_one_known_definition_that_may_fill_up_is_no_case_of_its_own() -> None:
    found = verdict(use((2024, "given", 600, 300, None), (2029, "given", 600, 420, 500)))
    assert found["surplus_case"] == "may_fill_up"


def test_without_an_outlook_it_is_watched() -> None:
    found = verdict(EMPTYING[EMPTYING["fall_year"] == 2024])
    assert found["surplus_status"] == "watch"
    assert "without an outlook" in found["reason"]


def test_an_outlook_that_ends_before_the_horizon_is_no_outlook_to_it() -> None:
    early = EMPTYING.assign(fall_year=EMPTYING["fall_year"].replace(2029, 2025))
    found = verdict(early)
    assert found["surplus_case"] == "no_outlook"
    assert "its outlook ends in fall 2025, before fall 2029" in found["reason"]


def test_a_forecast_without_an_interval_is_not_called_the_end_of_one() -> None:
    bare = EMPTYING.assign(utilization_high_ratio=np.nan)
    found = verdict(bare)
    assert "in fall 2029 by the forecast alone, which has no tested interval" in found["reason"]
    assert "upper end of the 80% interval" in verdict(EMPTYING)["reason"]


def test_too_few_rooms_are_watched() -> None:
    found = verdict(EMPTYING, smallest_rooms=10.0)
    assert found["surplus_status"] == "watch"
    assert "only 9 rooms are free; the study asks for 10" in found["reason"]


def test_a_full_school_is_not_offered_and_says_how_full() -> None:
    found = verdict(use((2024, "given", 600, 590, None), (2029, "given", 600, 590, 620)))
    assert found["surplus_status"] == "not_offered"
    assert "given capacity 98%" in found["reason"]
    assert pd.isna(found["surplus_seats"])


@pytest.mark.parametrize(
    ("status", "verdict_is", "says"), [("leased", "not_offered", "leased to others"), ("swing", "watch", "swing space")]
)
def test_sites_with_another_use_are_not_offered(status: str, verdict_is: str, says: str) -> None:
    found = verdict(EMPTYING, status)
    assert found["surplus_status"] == verdict_is
    assert says in found["reason"]
    assert pd.isna(found["surplus_seats"])


def test_a_building_of_somebody_else_is_not_offered() -> None:
    assert verdict(EMPTYING, owned=False)["reason"] == "The district does not own the site."


def test_an_empty_closed_site_is_offered_whole_by_its_smallest_capacity() -> None:
    found = verdict(use((2024, "given", 300, 0, None), (2024, "state_loading", 260, 0, None)), "closed")
    assert (found["surplus_status"], found["surplus_seats"], found["surplus_rooms"]) == ("offered", 260.0, 10.0)
    assert (found["surplus_case"], found["lease_limit"]) == ("empty_site", "no_host")
    assert pd.isna(found["longest_lease_years"])


def test_a_closed_site_that_is_still_taught_in_is_judged_as_one_in_use() -> None:
    assert verdict(use((2024, "given", 300, 290, None)), "closed")["surplus_status"] == "not_offered"


def test_an_empty_surplus_site_of_unknown_capacity_is_offered_without_a_number() -> None:
    found = verdict(empty("utilization", ""), "surplus")
    assert found["surplus_status"] == "offered"
    assert "capacity is not known" in found["reason"]
    assert pd.isna(found["surplus_seats"])


def test_an_open_site_about_which_nothing_is_known_says_so() -> None:
    found = verdict(empty("utilization", ""))
    assert found["surplus_status"] == "not_known"
    assert found["definitions_known"] == 0.0
