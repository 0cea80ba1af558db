"""Operators and flows: sums of what is told, and no small count, shown or to be had from the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipeline.analysis import publication_flows as public
from pipeline.tables import BY_TABLE, check, empty

SMALLEST = 11.0
RUN_BY = {"a": "district", "b": "district", "c": "charter", "d": "charter", "p": "private"}
FACTS = pd.DataFrame({"school_id": list(RUN_BY), "sector": list(RUN_BY.values())})


def known(**counts: str) -> pd.DataFrame:
    """The table ``public_enrollment`` from ``a_2024="100"``."""
    rows = [
        (*name.split("_"), text, "suppressed" if text == "*" else "reported" if text else "not_reported")
        for name, text in counts.items()
    ]
    frame = pd.DataFrame(rows, columns=["school_id", "fall_year", "value_text", "value_status"])
    return frame.astype({"fall_year": "int64"})


def lived(cells: dict[tuple[str, str], float]) -> pd.DataFrame:
    """The table ``flows`` of one level and fall, from pupils by zone and school."""
    rows = [("middle", zone, school, 2024, *(pupils,) * 3, "reported") for (zone, school), pupils in cells.items()]
    return pd.DataFrame(rows, columns=BY_TABLE["flows"].names).astype({"fall_year": "int64"})


def zones_of(flows: pd.DataFrame, hidden: tuple[str, ...] = ()) -> pd.DataFrame:
    sums = flows.groupby(["level", "zone_id"])["pupils"].sum().reset_index()
    return sums.assign(resident_pupils=sums["pupils"].mask(sums["zone_id"].isin(hidden)))


def shapes(**home: str) -> pd.DataFrame:
    rows = [("middle", 2024, zone, school) for zone, school in home.items()]
    return pd.DataFrame(rows, columns=["level", "fall_year", "zone_id", "school_id"])


def told_sectors(
    counts: pd.DataFrame, flows: pd.DataFrame | None = None, places: pd.DataFrame | None = None, **more: Any
) -> tuple[pd.DataFrame, dict[str, Any]]:
    flows = empty("flows", "") if flows is None else flows
    places = pd.DataFrame({"school_id": ["a"], "neighborhood_id": [None]}) if places is None else places
    frame, line = public.sectors(
        counts, FACTS, places, flows, more.pop("zones", zones_of(flows)),
        district_id="9", fall_year=2024, zones_fall=2024, smallest=SMALLEST,
    )  # fmt: skip
    return check(BY_TABLE["public_sectors"], frame), line


def told_flows(flows: pd.DataFrame, counts: pd.DataFrame | None = None, **more: Any) -> pd.DataFrame:
    counts = known(a_2024="900") if counts is None else counts
    frame, _ = public.flows(
        flows, FACTS, more.pop("shapes", shapes(north="a", south="b")), more.pop("zones", zones_of(flows)), counts,
        fall_year=2024, zones_fall=2024, smallest=SMALLEST,
    )  # fmt: skip
    return check(BY_TABLE["public_flows"], frame)


def test_the_district_has_every_year_and_says_where_nothing_is_counted() -> None:
    counts = known(a_2023="300", c_2023="100", a_2024="330", c_2024="*", d_2024="70", p_2023="40", z_2023="25")
    frame, line = told_sectors(counts)
    rows = frame.set_index(["fall_year", "run_by"])
    assert rows.loc[(2023, "charter"), ["pupils", "told_schools", "value_status"]].tolist() == [100.0, 1.0, "reported"]
    assert rows.loc[(2024, "charter"), ["pupils", "hidden_schools", "value_status"]].tolist() == [70.0, 1.0, "suppressed"]  # fmt: skip
    assert rows.loc[(2024, "private"), "value_status"] == "not_reported"
    assert pd.isna(rows.loc[(2024, "private"), "pupils"]) and rows.loc[(2023, "private"), "pupils"] == 40.0
    # a school of no directory is one of the public ones; a private one has no part in them
    assert rows.loc[2023, "sector_share"].dropna().to_dict() == {"charter": 0.24, "district": 0.71, "not_known": 0.06}
    assert (2024, "not_known") not in rows.index
    assert line["public_table"] == "public_sectors" and line["shown_cells"] == 6


def test_where_one_operator_is_not_counted_the_other_is_not_all() -> None:
    rows = told_sectors(known(a_2023="300", c_2023="100", a_2024="330", c_2024="*"))[0]
    shares = rows.set_index(["fall_year", "run_by"])["sector_share"]
    assert shares[2023].to_dict() == {"charter": 0.25, "district": 0.75} and shares[2024].isna().all()
    alone = told_sectors(known(a_2024="330", p_2024="40"))[0].set_index("run_by")["sector_share"]
    assert alone["district"] == 1.0 and np.isnan(alone["private"]), (
        "no charter school is another thing than none counted"
    )


def test_later_counts_and_schools_that_do_not_teach_are_no_part() -> None:
    counts = known(a_2024="300", a_2025="400", b_2024="50")
    counts.loc[counts["school_id"].eq("b"), "value_status"] = "not_applicable"
    frame, _ = told_sectors(counts)
    assert frame[["fall_year", "pupils"]].to_numpy().tolist() == [[2024, 300.0]]


def test_a_neighborhood_has_the_pupils_of_the_schools_that_lie_in_it() -> None:
    places = pd.DataFrame({"school_id": ["a", "a", "c"], "level": ["middle", "high", "high"], "neighborhood_id": "n"})
    frame, _ = told_sectors(known(a_2023="280", a_2024="300", c_2024="100"), places=places)
    near = frame[frame["layer"].eq("neighborhood")]
    assert near[["area_id", "fall_year", "run_by", "pupils"]].to_numpy().tolist() == [
        ["n", 2024, "charter", 100.0],
        ["n", 2024, "district", 300.0],
    ]


CELLS = {
    ("north", "a"): 204.0, ("north", "b"): 31.0, ("north", "c"): 47.0,
    ("south", "a"): 55.0, ("south", "b"): 129.0, ("south", "c"): 26.0,
}  # fmt: skip


def test_zones_are_told_in_tens_with_shares_of_their_middles() -> None:
    frame, _ = told_sectors(known(a_2024="900"), lived(CELLS))
    rows = frame[frame["counted_by"].eq("residence")].set_index(["area_id", "run_by"])
    assert rows["pupils"].to_dict() == {("north", "charter"): 40.0, ("north", "district"): 230.0, ("south", "charter"): 20.0, ("south", "district"): 180.0}  # fmt: skip
    assert rows["layer"].unique().tolist() == ["zone middle 2024"]
    assert rows.loc[("north", "charter"), "sector_share"] == round(44.5 / (44.5 + 234.5), 2)
    assert rows["told_schools"].isna().all()


def test_few_at_one_operator_hide_the_other_whose_sum_with_them_is_published() -> None:
    frame, line = told_sectors(known(a_2024="900"), lived(CELLS | {("north", "c"): 7.0}))
    rows = frame[frame["counted_by"].eq("residence")].set_index(["area_id", "run_by"])
    # the seven follow from the residents of the zone less those at district schools, and from a level's charter pupils
    assert rows["pupils"].isna().all() and set(rows["value_status"]) == {"suppressed"}
    assert rows["sector_share"].isna().all()
    assert (line["primary_hidden_cells"], line["complementary_hidden_cells"]) == (1.0, 3.0)


def test_a_hidden_zone_and_a_hidden_school_have_no_flows() -> None:
    flows = lived(CELLS | {("west", "a"): 60.0, ("west", "b"): 50.0})
    assert "west" not in set(told_flows(flows, zones=zones_of(flows, hidden=("west",)))["zone_id"])
    shown = told_flows(flows, known(c_2024="*"))
    # beside c the next smallest of each zone, and then of each school
    assert shown[["zone_id", "school_id"]].to_numpy().tolist() == [["north", "a"], ["south", "b"]]
    frame, _ = told_sectors(known(a_2024="900"), flows, zones=zones_of(flows, hidden=("west",)))
    assert frame.loc[frame["area_id"].eq("west"), "pupils"].isna().all()


def test_flows_are_told_in_tens_with_the_zones_own_school() -> None:
    shown = told_flows(lived(CELLS)).set_index(["zone_id", "school_id"])
    assert shown.loc[("north", "a"), ["pupils", "is_home", "run_by"]].tolist() == [200.0, True, "district"]
    assert shown.loc[("south", "c"), ["pupils", "is_home", "run_by"]].tolist() == [20.0, False, "charter"]
    assert len(shown) == 6


def test_a_suppressed_flow_hides_what_would_give_it_away() -> None:
    flows = lived(CELLS)
    here = flows["zone_id"].eq("north") & flows["school_id"].eq("c")
    flows = flows.assign(
        pupils=flows["pupils"].mask(here),
        pupils_low=flows["pupils_low"].mask(here, 1.0),
        pupils_high=flows["pupils_high"].mask(here, 10.0),
        value_status=flows["value_status"].mask(here, "suppressed"),
    )
    shown = set(told_flows(flows)[["zone_id", "school_id"]].itertuples(index=False, name=None))
    assert ("north", "c") not in shown and ("south", "c") not in shown and ("north", "b") not in shown
    frame, _ = told_sectors(known(a_2024="900"), flows)
    assert frame.loc[frame["area_id"].eq("north"), "pupils"].isna().all()


@pytest.mark.parametrize("cell", [("north", "c"), ("south", "b")])
def test_no_planted_small_count_is_in_any_number(cell: tuple[str, str]) -> None:
    """The canary: seven pupils are in no row, and no row tells them with those of another operator."""
    flows = lived(CELLS | {cell: 7.0})
    shown = told_flows(flows)
    assert (shown["pupils"] >= 10).all() and cell not in set(shown[["zone_id", "school_id"]].itertuples(index=False, name=None))  # fmt: skip
    frame, _ = told_sectors(known(a_2024="900"), flows)
    assert not (frame["pupils"] < 10).any()


def bounds(flows: pd.DataFrame, shown: pd.DataFrame, sums: pd.DataFrame, residents: pd.DataFrame) -> np.ndarray:
    """The most and the least that anybody can work out of each pair of few pupils, from all that is told.

    Known are the residents of each zone exactly, the pairs and the sums by operator in tens, and that
    no more pupils of the district attend a school than are on its roll. A pair without a row may be of nobody.
    """
    pairs = [(zone, school) for zone in sorted(set(flows["zone_id"])) for school in "abcd"]
    told = {(r.zone_id, r.school_id): r.pupils for r in shown.itertuples()}
    limits = [(told[p], told[p] + 9) if p in told else (0, None) for p in pairs]
    open_zones = residents.dropna(subset=["resident_pupils"])
    exact = [[float(z == zone) for z, _ in pairs] for zone in open_zones["zone_id"]]
    rolls = flows.groupby("school_id")["pupils"].sum()
    upper, most = [[float(s == school) for _, s in pairs] for school in rolls.index], list(rolls)
    for r in sums[sums["counted_by"].eq("residence") & sums["pupils"].notna()].itertuples():
        row = [float(z == r.area_id and RUN_BY[s] == r.run_by) for z, s in pairs]
        upper += [row, [-x for x in row]]
        most += [r.pupils + 9, -r.pupils]
    found = []
    few = flows[flows["pupils"] < SMALLEST]
    for pair in few[["zone_id", "school_id"]].itertuples(index=False, name=None):
        assert pair not in told
        goal = np.array([float(p == pair) for p in pairs])
        ends = [
            linprog(way * goal, A_ub=upper, b_ub=most, A_eq=exact or None, b_eq=list(open_zones["resident_pupils"]) or None, bounds=limits)
            for way in (-1.0, 1.0)
        ]  # fmt: skip
        assert [done.status for done in ends] == [0, 0]
        found.append([-ends[0].fun, ends[1].fun])
    return np.array(found).reshape(-1, 2).round(6)


def attacked(cells: dict[tuple[str, str], float]) -> np.ndarray:
    """Bounds of every pair of few pupils, where there is something to hide it with."""
    flows = lived({pair: count for pair, count in cells.items() if count})
    zones = zones_of(flows)
    zones = zones.assign(resident_pupils=zones["resident_pupils"].mask(zones["resident_pupils"] < SMALLEST))
    shown = told_flows(flows, zones=zones)
    sums, _ = told_sectors(known(a_2024="900"), flows, zones=zones)
    assert (shown["pupils"] >= 10).all() and not (sums["pupils"] < 10).any()
    told = shown.set_index(["zone_id", "school_id"]).index
    secret = flows[~flows.set_index(["zone_id", "school_id"]).index.isin(told)]
    # where a zone or a school has fewer than eleven pupils in all, nothing is left to hide them with
    sizes = pd.concat([secret.groupby(name)["pupils"].sum() for name in ("zone_id", "school_id")])
    return bounds(flows, shown, sums, zones) if sizes.ge(SMALLEST).all() else np.empty((0, 2))


PAIRS = [(zone, school) for zone in ("north", "south", "west") for school in "abcd"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 4, 9, 10, 11, 14, 30, 70, 200]), min_size=12, max_size=12).filter(any))
def test_what_is_not_told_cannot_be_worked_out(counts: list[int]) -> None:
    """An attack by linear programs: of every pair of few pupils eleven remain possible, and none at all or another ten."""
    most, least = attacked(dict(zip(PAIRS, map(float, counts), strict=True))).T
    assert (most >= SMALLEST).all() and ((least == 0) | (most - least >= SMALLEST - 1)).all()


def test_a_small_pair_beside_one_of_its_operator_that_is_told_would_be_worked_out() -> None:
    """North sends 91 to c and 7 to d, both charters: told as 90 of 90, the seven would be fewer than ten."""
    cells = dict.fromkeys(PAIRS, 90.0) | {("north", "a"): 31.0, ("north", "c"): 91.0, ("north", "d"): 7.0}
    ends = attacked(cells)
    assert len(ends) == 1 and ends[0, 0] >= SMALLEST
