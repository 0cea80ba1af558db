"""A question without an answer says which rule binds and what would do: one rule broken at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.analysis.infeasible import at_most, explain, seats_short, shortest_limit
from pipeline.analysis.location import NoPlan, fewest_sites
from tests.analysis.test_location import whole

# four neighborhoods in a row, 2 km apart; a site 200 m from each of the outer ones and one in the middle
TABLE = np.array([[200.0, 3000.0, 6200.0], [2200.0, 1000.0, 4200.0], [4200.0, 1000.0, 2200.0], [6200.0, 3000.0, 200.0]])
ROW = whole([10.0, 20.0, 30.0, 40.0], TABLE, [False] * 3, [True] * 3)


def flags(*where: int) -> np.ndarray:
    return np.isin(np.arange(3), where)


def test_where_a_plan_exists_there_is_nothing_to_explain() -> None:
    assert explain(ROW, limit_m=3000.0, count=1) == []


def test_too_few_sites_names_the_smallest_number_and_the_shortest_limit() -> None:
    few, far = explain(ROW, limit_m=1000.0, count=1)
    assert (few.rule, few.least) == ("sites", 3.0)
    assert few.sentence == "1 site is too few: within 1 km the smallest number of sites is 3."
    assert (far.rule, far.least) == ("limit", 3000.0)
    assert far.sentence == "With 1 site the shortest travel limit at which all are covered is 3 km."


def test_a_limit_nobody_can_keep_names_the_shortest() -> None:
    (far,) = explain(ROW, limit_m=500.0, count=3)
    assert far.rule == "limit" and "shortest travel limit at which all are covered is 1 km" in far.sentence


def test_more_sites_required_than_allowed() -> None:
    (line,) = explain(ROW, limit_m=3000.0, count=1, required=flags(0, 2))
    assert line.sentence == "2 sites are required and 1 may be chosen: the smallest number is 2."


def test_a_required_site_takes_a_place() -> None:
    few, far = explain(ROW, limit_m=3000.0, count=1, required=flags(0))
    assert few.least == 2.0 and far.least == 6200.0 and far.sentence.endswith("6.2 km.")


def test_too_few_candidates() -> None:
    (line,) = explain(replace(ROW, candidate=flags(0)), limit_m=3000.0, count=2)
    assert line.sentence == "2 sites are asked for and there are 1 candidates: 1 more are needed."
    (line,) = explain(replace(ROW, candidate=flags(0)), limit_m=3000.0, count=1, required=flags(2))
    assert line.sentence == "1 site is required and not among the candidates."


def test_too_little_room_is_told_in_seats() -> None:
    small = replace(ROW, room=np.array([20.0, 30.0, 40.0]))
    room, *rest = explain(small, limit_m=3000.0, count=3)
    assert (room.rule, room.least) == ("room", pytest.approx(10.0))
    assert room.sentence == "All candidates together are 10 seats short of what is needed within 3 km."
    assert [line.least for line in rest] == [None] or not rest
    # with that many seats more, and not with one fewer, all find a seat
    assert fewest_sites(at_most(replace(small, room=np.array([20.0, 40.0, 40.0])), 3000.0)).covered == pytest.approx(
        100.0
    )
    with pytest.raises(NoPlan):
        fewest_sites(at_most(replace(small, room=np.array([20.0, 39.0, 40.0])), 3000.0))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_limit_is_enough_and_anything_shorter_is_not(count: int) -> None:
    limit = shortest_limit(ROW, count)
    assert limit is not None and fewest_sites(at_most(ROW, limit)).objective <= count
    shorter = at_most(ROW, limit - 1.0)
    try:
        assert fewest_sites(shorter).objective > count
    except NoPlan:
        assert count == 3


def test_nothing_helps_where_a_neighborhood_reaches_no_site() -> None:
    cut_off = replace(ROW, client=ROW.client[3:], site=ROW.site[3:], distance=ROW.distance[3:])
    (line,) = explain(cut_off, limit_m=9000.0, count=3)
    assert line.least is None and "No travel limit helps" in line.sentence
    assert seats_short(cut_off if cut_off.room is not None else replace(cut_off, room=np.full(3, 99.0))) == 10.0


def test_a_place_that_reaches_nothing_is_set_apart_and_the_others_are_explained() -> None:
    cut_off = replace(ROW, client=ROW.client[3:], site=ROW.site[3:], distance=ROW.distance[3:])
    alone, few, far = explain(cut_off, limit_m=1000.0, count=1)
    assert alone.sentence == "No travel limit helps: 1 place has no site in the list of trips at all."
    assert few.sentence == "Without it: 1 site is too few: within 1 km the smallest number of sites is 2."
    assert far.sentence.startswith("Without it: with 1 site the shortest travel limit")
