"""How long rooms stay free: the fewer are taken, the longer; by hand, by law, and as the surplus of a site says."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.lease import Term, Use, free_rooms, lease, lease_of
from pipeline.analysis.lease_steps import lease_steps, lease_words

# What Alder Creek has free at the upper end of the forecast, by the given capacity.
ALDER = dict(zip(range(2025, 2035), (9.48, 9.45, 9.50, 9.60, 9.30, 9.15, 8.97, 8.82, 8.73, 8.65), strict=True))
ROOMS = st.lists(st.floats(0, 20), min_size=1, max_size=10)


def test_one_room_fewer_stays_free_four_years_longer() -> None:
    assert lease_of(ALDER, 9.0, fall_year=2024) == Term(9.0, 2031, 6.0, "host_needs_rooms")
    assert lease_of(ALDER, 8.0, fall_year=2024) == Term(8.0, None, 10.0, "end_of_outlook")
    steps = lease_steps(ALDER, 9.0, smallest_rooms=6.0, fall_year=2024)
    assert lease_words(steps) == "9 rooms for 6 years, or 8 for 10"


def test_today_does_not_count_and_without_an_outlook_no_year_is_known() -> None:
    assert lease_of({2024: 1.0, 2025: 9.0}, 6.0, fall_year=2024).years == 1.0
    assert lease_of({2024: 9.0}, 6.0, fall_year=2024) == Term(6.0, None, None, "not_known")
    assert lease_words(lease_steps({2024: 9.0}, 6.0, smallest_rooms=6.0, fall_year=2024)) == ""


@given(ROOMS, st.integers(0, 20), st.integers(0, 10))
def test_fewer_rooms_are_never_free_for_less_time(free: list[float], rooms: int, less: int) -> None:
    by_year = {2025 + n: each for n, each in enumerate(free)}
    many = lease_of(by_year, float(rooms), fall_year=2024)
    few = lease_of(by_year, float(max(rooms - less, 0)), fall_year=2024)
    assert few.years is not None and many.years is not None and few.years >= many.years


@given(ROOMS, st.integers(1, 20), st.integers(0, 10))
def test_steps_take_fewer_rooms_for_longer_and_none_too_small(free: list[float], most: int, smallest: int) -> None:
    by_year = {2025 + n: each for n, each in enumerate(free)}
    steps = lease_steps(by_year, float(most), smallest_rooms=float(smallest), fall_year=2024)
    assert steps[0].rooms == most
    for before, after in pairwise(steps):
        assert after.rooms < before.rooms and (after.years or 0) > (before.years or 0) and after.rooms >= smallest


def test_all_rooms_of_millbrooks_sites_have_the_lease_that_surplus_sites_says(millbrook: Callable[[str], Any]) -> None:
    free = free_rooms(
        millbrook("utilization"), fall_year=2024, judged_by=("given", "state_loading", "functional"), under_ratio=0.75
    )
    offered = millbrook("surplus_sites")
    offered = offered[offered["surplus_case"] == "surplus"]
    assert len(offered) >= 4
    for site in offered.itertuples():
        assert lease_of(free[site.site_id], site.surplus_rooms, fall_year=2024).years == site.longest_lease_years


@given(ROOMS, st.integers(1, 10))
def test_the_rooms_of_an_offer_are_whole_and_free_in_every_year_to_the_horizon(free: list[float], ahead: int) -> None:
    """What others take as a site's free rooms needs no second look at the horizon."""
    use = [Use("given", 2024 + n, 500.0, 250.0, 0.5, float("nan"), rooms, float("nan")) for n, rooms in enumerate(free)]
    found = lease(use, fall_year=2024, horizon=2024 + ahead, smallest_rooms=6.0, is_offered=True)
    assert found.rooms is not None and found.rooms == int(found.rooms) <= min(free[: ahead + 1]) + 1e-9
    assert found.rooms_horizon is None or found.rooms <= found.rooms_horizon
