"""Every site has a status and a reason: one case for each."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.analysis.surplus import surplus_sites
from pipeline.tables import BY_TABLE, check, empty

RULES = {"fall_year": 2024, "under_ratio": 0.75, "definitions": 2, "smallest_rooms": 6.0}
LOADING = pd.DataFrame({"given": [25.0], "state_loading": [25.0], "functional": [20.0]}, index=["s"])


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
        }
    ).astype({"utilization_low_ratio": "float64"})


def verdict(rows: pd.DataFrame, status: str = "open", owned: bool = True, **other: object) -> pd.Series:
    sites = pd.DataFrame({"site_id": ["s"], "site_status": [status], "is_district_owned": [owned]})
    table = surplus_sites(sites, rows, LOADING, **{**RULES, **other})
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


def test_one_definition_is_not_enough() -> None:
    found = verdict(EMPTYING[EMPTYING["capacity_definition"] == "given"])
    assert found["surplus_status"] == "watch"
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


def test_without_an_outlook_it_is_watched() -> None:
    found = verdict(EMPTYING[EMPTYING["fall_year"] == 2024])
    assert found["surplus_status"] == "watch"
    assert "without an outlook" in found["reason"]


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
