"""What access says of neighborhoods, zones and groups: ratios of sums, never means of means."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.access import (
    access_groups,
    access_methods,
    reached_by_zone,
    record_access,
    record_methods,
    record_travel,
)
from pipeline.ledger import Ledger


def access(*rows: tuple[str, float, float, float]) -> pd.DataFrame:
    """Neighborhood, children, access, access over the district's mean."""
    columns = ["neighborhood_id", "children", "access_ratio", "relative_access_ratio"]
    frame = pd.DataFrame(rows, columns=columns).assign(level="high", access_method="2sfca")
    return frame.assign(place=range(len(rows)))


def test_a_neighborhood_has_its_childrens_seats_over_its_children() -> None:
    table = access_methods(
        access(("n", 90.0, 1.0, 2.0), ("n", 10.0, 0.0, 0.0), ("m", 0.0, 0.1, 0.2), ("m", 0.0, 0.3, 0.6)), 0.5
    )
    assert table["access_ratio"].tolist() == pytest.approx([0.2, 0.9])  # m: nobody lives there, the mean of its places
    assert table["relative_access_ratio"].tolist() == pytest.approx([0.4, 1.8])
    assert table["is_poor_access"].tolist() == [False, False]


def test_access_is_poor_below_the_studys_share_where_children_live() -> None:
    rows = access(("a", 5.0, 1.0, 1.6), ("b", 3.0, 0.2, 0.3), ("c", 0.0, 0.0, 0.0), ("d", 1.0, 0.0, 0.0))
    assert access_methods(rows, 0.5)["is_poor_access"].tolist() == [False, True, False, True]
    assert access_methods(rows, 0.2)["is_poor_access"].tolist() == [False, False, False, True]


def test_where_no_child_reaches_a_seat_no_neighborhood_is_worse_off_than_another() -> None:
    rows = access(("a", 5.0, 0.0, np.nan), ("b", 3.0, 0.0, np.nan))
    table = access_methods(rows, 0.5)
    assert table["access_ratio"].eq(0).all() and table["relative_access_ratio"].isna().all()
    assert not table["is_poor_access"].any()
    groups = access_groups(rows, pd.DataFrame({"neighborhood_id": ["a", "b"]}), 0.5)
    assert groups[["mean_relative_access_ratio", "poor_share"]].isna().all(axis=None)
    seats = pd.DataFrame({"level": ["high"]})
    for offered, where in ((seats, "within reach of any child"), (seats.iloc[:0], "anywhere")):
        ledger = Ledger()
        record_access(rows, offered, 0.5, ledger)
        assert f"no quality seat of this level {where}" in ledger.frame()["reason"].iloc[0]


def test_the_ledger_says_how_many_children_have_poor_access() -> None:
    ledger = Ledger()
    record_access(
        access(("a", 30.0, 1.0, 1.3), ("a", 10.0, 0.0, 0.0), ("b", 4.0, 0.1, 0.2)), pd.DataFrame(), 0.5, ledger
    )
    text = ledger.frame()["reason"].iloc[0]
    assert "14 of 44 children live where access is poor (below 0.5 of the mean), 10 of them where no" in text


def test_poor_by_one_method_and_by_all() -> None:
    table = pd.DataFrame(
        {
            "neighborhood_id": ["a", "a", "b", "b"],
            "level": "high",
            "access_method": ["2sfca", "gaussian"] * 2,
            "is_poor_access": [True, True, False, True],
        }
    )
    ledger = Ledger()
    record_methods(table, ledger)
    assert ledger.frame()["reason"].iloc[0] == "poor in 1 by 2sfca, 2 by gaussian and 1 by all, of 2 neighborhoods"


def test_the_seats_of_zones_add_up_to_the_seats_reached() -> None:
    rows = access(("n", 10.0, 0.5, 1.0), ("n", 20.0, 0.1, 1.0), ("n", 4.0, 1.0, 1.0))
    places = pd.DataFrame({"high_zone_id": pd.Series(["x", "y", None], dtype="str")})
    ledger = Ledger()
    table = reached_by_zone(rows, places, ledger)
    assert table.to_dict("list") == {"level": ["high", "high"], "zone_id": ["x", "y"], "reached_seats": [5.0, 2.0]}
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (11.0, 7.0, 4.0)
    assert reached_by_zone(rows.iloc[:0], places, Ledger()).empty


def test_a_group_lives_as_its_neighborhoods_children_do() -> None:
    #  n: 60 children near a seat, 20 far; m: all far.  8 poor children in n (2 of them far), 4 in m (all far)
    rows = access(("n", 60.0, 1.0, 1.5), ("n", 20.0, 0.0, 0.0), ("m", 20.0, 0.1, 0.4))
    profile = pd.DataFrame(
        {"neighborhood_id": ["n", "m"], "children_in_poverty": [8.0, 4.0], "homes_without_vehicle": [np.nan, np.nan]}
    )
    table = access_groups(rows, profile, 0.5).set_index("measure")
    assert table.index.tolist() == ["children", "children_in_poverty"]  # what no neighborhood counts has no row
    assert table["poor_share"].tolist() == pytest.approx([0.4, (2 + 4) / 12])
    assert table.loc["children_in_poverty", "mean_relative_access_ratio"] == pytest.approx((6 * 1.5 + 4 * 0.4) / 12)


def test_the_ledger_says_by_what_travel_is_measured() -> None:
    minutes = pd.DataFrame({"minutes": [1.0, 2.0]})
    for given, mode, entry in ((minutes, "bus", "note"), (minutes.iloc[:0], "bus", "missing_input")):
        ledger = Ledger()
        record_travel(given, mode, ledger)
        assert ledger.frame()["entry"].tolist() == [entry]
    ledger = Ledger()
    record_travel(minutes.iloc[:0], "", ledger)
    assert ledger.frame().empty


def test_of_each_kind_of_group_the_closest_to_children_that_is_counted_stands() -> None:
    rows = access(("n", 60.0, 1.0, 1.0))
    profile = pd.DataFrame(
        {
            "neighborhood_id": ["n"],
            "children_in_poverty": [np.nan],
            "people_in_poverty": [9.0],
            "people_below_200_poverty": [30.0],
        }
    )
    assert access_groups(rows, profile, 0.5)["measure"].tolist() == ["children", "people_in_poverty"]
    both = profile.assign(children_in_poverty=4.0)
    assert access_groups(rows, both, 0.5)["measure"].tolist() == ["children", "children_in_poverty"]
