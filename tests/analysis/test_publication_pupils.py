"""Sums of groups: none is small, and none that is small can be had from the others."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis import publication_pupils as public
from pipeline.tables import BY_TABLE, check, empty

SMALLEST = 11.0
RACES = ("asian", "black", "hispanic", "white")
Cells = dict[tuple[str, str], tuple[float, float]]


def table(cells: Cells, layer: str = "district", area: str = "d") -> pd.DataFrame:
    """Rows by (operator, group) with pupils in quality seats and elsewhere; totals are added up."""
    cells = dict(cells)
    for group in {group for _, group in cells}:
        own = [cells[(r, g)] for r, g in cells if g == group and r in ("district", "charter")]
        if own:
            cells.setdefault(("all", group), (sum(good for good, _ in own), sum(other for _, other in own)))
    for operator in {operator for operator, _ in cells}:
        races = [cells[(r, g)] for r, g in cells if r == operator and g in RACES]
        if races:
            cells.setdefault((operator, "all"), (sum(good for good, _ in races), sum(other for _, other in races)))
    rows = [
        {"fall_year": 2023, "results_fall": 2023, "run_by": r, "student_group": g, "layer": layer, "area_id": area}
        | dict.fromkeys(("pupils", "pupils_low", "pupils_high"), good + other)
        | dict.fromkeys(("quality_pupils", "quality_pupils_low", "quality_pupils_high"), good)
        | {"unrated_pupils": 0.0}
        for (r, g), (good, other) in cells.items()
    ]
    return pd.DataFrame(rows)


def no_zones() -> pd.DataFrame:
    return empty("public_zones", crs="EPSG:3310")


def told(cells: Cells) -> pd.DataFrame:
    """The groups that are told, beside a school of one year."""
    quality = pd.DataFrame({"school_id": ["a"], "fall_year": [2022], "quality_class": ["strong"], "is_quality": [True]})
    places, _ = public.published_pupils(enrolled(a_2022="100"), facts(), membership(), "d", 2023)
    frame, _ = public.quality_seats(places, quality, table(cells), no_zones(), SMALLEST)
    groups = check(BY_TABLE["public_quality_seats"], frame).query("student_group != 'all'")
    return groups.set_index(["run_by", "student_group"])


FINE: Cells = {
    ("district", "hispanic"): (100.0, 400.0),
    ("district", "white"): (200.0, 300.0),
    ("charter", "hispanic"): (60.0, 40.0),
    ("charter", "white"): (50.0, 90.0),
}


def test_groups_that_are_large_everywhere_are_told_in_tens() -> None:
    shown = told(FINE | {("district", "hispanic"): (107.0, 402.0)})
    assert set(shown.index) == set(itertools.product(["all", "district", "charter"], ["hispanic", "white"]))
    assert shown.loc[("district", "hispanic"), ["pupils", "quality_pupils"]].tolist() == [500.0, 100.0]


def test_few_of_a_group_at_one_operator_hide_the_group_at_both() -> None:
    """The charter's seven would be all less the district's."""
    shown = told(FINE | {("district", "low_income"): (90.0, 300.0), ("charter", "low_income"): (7.0, 40.0)})
    assert ("all", "low_income") in shown.index
    assert ("charter", "low_income") not in shown.index and ("district", "low_income") not in shown.index


def test_few_who_are_not_of_a_group_hide_it() -> None:
    shown = told(FINE | {("district", "low_income"): (295.0, 500.0), ("charter", "low_income"): (60.0, 60.0)})
    assert ("district", "low_income") not in shown.index  # 5 of the 300 in quality seats are not of low income
    everyone = told(FINE | {("district", "low_income"): (300.0, 500.0), ("charter", "low_income"): (60.0, 60.0)})
    assert ("district", "low_income") not in everyone.index


def test_one_hidden_race_takes_the_next_smallest_with_it() -> None:
    cells = FINE | {
        ("district", "asian"): (4.0, 60.0),
        ("district", "black"): (40.0, 80.0),
        ("charter", "asian"): (2.0, 30.0),
        ("charter", "black"): (30.0, 50.0),
    }
    shown = told(cells)
    assert {group for operator, group in shown.index if operator == "all"} == {"hispanic", "white"}
    assert {group for operator, group in shown.index if operator == "charter"} == {"hispanic", "white"}


def test_a_sum_with_many_hidden_parts_is_not_told() -> None:
    rows = table(FINE | {("district", "foster"): (40.0, 90.0), ("charter", "foster"): (30.0, 40.0)})
    wide = rows["student_group"].eq("foster")
    rows.loc[wide, ["quality_pupils_low", "pupils_low"]] *= 0.2
    groups, hidden = public._groups(rows, SMALLEST)
    assert "foster" not in set(groups["student_group"]) and hidden == 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=16, max_size=16))
def test_no_small_cell_is_the_only_unknown_of_a_sum(numbers: list[int]) -> None:
    """By operators, by races and by both: whoever is hidden is not alone, nor few together."""
    keys = list(itertools.product(("district", "charter"), RACES))
    cells = {key: (float(numbers[2 * i]), float(numbers[2 * i + 1])) for i, key in enumerate(keys)}
    true = table(cells).set_index(["run_by", "student_group"])
    groups, _ = public._groups(table(cells), SMALLEST)
    shown = set(zip(groups["run_by"], groups["student_group"], strict=True))
    for operator in ("all", "district", "charter"):
        secret = [race for race in RACES if (operator, race) not in shown]
        if len(secret) in (0, len(RACES)):
            continue
        rows = true.loc[[(operator, race) for race in secret]]
        for column in (rows["quality_pupils"], rows["pupils"] - rows["quality_pupils"]):
            assert column.sum() == 0 or ((column > 0).sum() >= 2 and column.sum() >= SMALLEST)
    for race in RACES:
        operators = {operator for operator, group in shown if group == race}
        assert operators in (set(), {"all"}, {"all", "district", "charter"})


def test_a_zone_whose_few_pupils_are_in_quality_seats_takes_another_with_it() -> None:
    parts = [
        table({("all", "all"): cell}, "zone high 2024", f"z{i}")
        for i, cell in enumerate([(6.0, 300.0), (50.0, 200.0), (90.0, 100.0)])
    ]
    homes, primary, extra = public._zones(pd.concat(parts, ignore_index=True), no_zones(), SMALLEST)
    assert homes["area_id"].tolist() == ["z2"] and (primary, extra) == (1, 1)
    assert homes["quality_pupils"].tolist() == [90.0]


def enrolled(**texts: str) -> pd.DataFrame:
    rows = [(school.split("_")[0], int(school.split("_")[1]), text) for school, text in texts.items()]
    frame = pd.DataFrame(rows, columns=["school_id", "fall_year", "value_text"])
    return frame.assign(value_status=np.where(frame["value_text"] == "*", "suppressed", "reported"))


def facts() -> pd.DataFrame:
    return pd.DataFrame(
        {"school_id": ["a", "b", "c"], "sector": ["district", "district", "charter"], "school_status": "open"}
        | {"opened_fall": pd.array([None] * 3, dtype="Int64"), "closed_fall": pd.array([None] * 3, dtype="Int64")}
    )


def membership() -> pd.DataFrame:
    return pd.DataFrame({"school_id": ["a", "b", "c"], "level": "high", "neighborhood_id": ["n", "n", "m"]})


def test_a_hidden_school_is_in_no_sum_and_in_no_change() -> None:
    counts = enrolled(a_2022="100", b_2022="*", c_2022="50", a_2023="120", b_2023="40", c_2023="60")
    quality = pd.DataFrame(
        [(s, y, "strong", True) for s in "abc" for y in (2022, 2023)],
        columns=["school_id", "fall_year", "quality_class", "is_quality"],
    )
    places, groups = public.published_pupils(counts, facts(), membership(), "d", 2023)
    seats, _ = public.quality_seats(places, quality, table(FINE).iloc[:0], no_zones(), SMALLEST)
    sums = seats.set_index(["fall_year", "run_by", "layer", "area_id"])["quality_pupils"]
    assert sums[(2022, "district", "district", "d")] == 100.0 and sums[(2023, "all", "neighborhood", "n")] == 160.0
    change, _ = public.quality_reasons(places, groups, facts(), quality)
    checked = check(BY_TABLE["public_quality_change"], change).set_index("run_by")
    assert checked.loc["district", ["pupils_change", "grown_change", "opened_change"]].tolist() == [20.0, 20.0, 0.0]
    parts = ["improved_change", "grown_change", "opened_change", "closed_change", "rated_change"]
    assert checked[parts].sum(axis=1).tolist() == pytest.approx(checked["pupils_change"].tolist())
