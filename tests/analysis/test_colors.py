"""A state's colors: every cell of every grid, figures on the line, and what has no color."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.colors import (
    CHANGE_LEVELS,
    STATUS_LEVELS,
    ColorGrid,
    indicator_figures,
    performance_colors,
    school_colors,
    tenths,
)
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.rules import color_table
from pipeline.tables import BY_TABLE, check

TABLE = color_table("california_dashboard 2023")
GRIDS = {grid.rule: grid for year in (2018, 2019, 2023) for grid in color_table(f"california_dashboard {year}").grids}


def one(
    grid: ColorGrid, now: float, before: float | None, pupils: float = 400.0, pupils_before: float = 400.0
) -> tuple[str, str, str]:
    figures = pd.DataFrame({"now": [now], "before": [before], "pupils": pupils, "pupils_before": pupils_before})
    row = performance_colors(figures, grid).iloc[0]
    return row["status_level"], row["change_level"], row["color"]


# As the pages of the department print them, best status first, from the change that falls furthest.
ABSENCE = {
    "very_low": "blue blue blue green yellow",
    "low": "blue green green yellow orange",
    "medium": "green green yellow orange orange",
    "high": "yellow yellow orange orange red",
    "very_high": "yellow orange red red red",
}
ACADEMIC = {
    "very_high": "green green blue blue blue",
    "high": "green green green green blue",
    "medium": "yellow yellow yellow green green",
    "low": "orange orange orange yellow yellow",
    "very_low": "red red red orange orange",
}
GRADUATION = {
    "very_high": "none blue blue blue blue",
    "high": "orange yellow green green blue",
    "medium": "orange orange yellow green green",
    "low": "red orange orange yellow yellow",
    "very_low": "red red red red red",
}


@pytest.mark.parametrize("rule", sorted(GRIDS))
def test_every_cell_of_every_grid(rule: str) -> None:
    grid = GRIDS[rule]
    printed = ABSENCE if "absence" in rule else GRADUATION if rule == "graduation" else ACADEMIC
    starts = [grid.status[0] - 1, *grid.status]
    changes = [grid.change[0] - 0.1, *grid.change]
    for status_level, now in zip(STATUS_LEVELS, starts, strict=True):
        row = [one(grid, now, now - change) for change in changes]
        assert [found[0] for found in row] == [status_level] * 5
        assert tuple(found[1] for found in row) == CHANGE_LEVELS
        assert [found[2] for found in row] == printed[status_level].split()


def test_absence_on_the_lines_of_the_published_table() -> None:
    #  2.5% or less very low, 2.6 to 5.0 low, ... 20.1 and more very high; rounded before it is classed
    grid = GRIDS["chronic_absence_2023"]
    levels = {2.5: "very_low", 2.54: "very_low", 2.55: "low", 5.0: "low", 5.04: "low", 5.1: "medium", 10.04: "medium", 10.05: "high", 20.04: "high", 20.05: "very_high"}  # fmt: skip
    assert {now: one(grid, now, now)[0] for now in levels} == levels
    changes = {3.1: "increased_significantly", 3.04: "increased", 0.5: "increased", 0.4: "maintained", -0.4: "maintained", -0.46: "declined", -2.9: "declined", -3.0: "declined_significantly"}  # fmt: skip
    assert {c: one(grid, 8.0 + c, 8.0)[1] for c in changes} == changes
    # in 2018 three points were significant already
    assert one(GRIDS["chronic_absence_2018"], 11.0, 8.0)[1] == "increased_significantly"
    assert one(GRIDS["chronic_absence_2019"], 11.0, 8.0)[1] == "increased"


def test_distance_from_standard_on_the_lines() -> None:
    levels = {-70.1: "very_low", -70.04: "low", -5.1: "low", -5.05: "low", -5.04: "medium", 9.94: "medium", 9.95: "high", 44.9: "high", 45.0: "very_high"}  # fmt: skip
    assert {now: one(GRIDS["ela_3_8"], now, now)[0] for now in levels} == levels
    changes = {-15.1: "declined_significantly", -15.0: "declined", -3.0: "declined", -2.9: "maintained", 2.9: "maintained", 3.0: "increased", 14.9: "increased", 15.0: "increased_significantly"}  # fmt: skip
    assert {c: one(GRIDS["math_11"], c, 0.0)[1] for c in changes} == changes


def test_the_change_is_that_of_the_rounded_figures() -> None:
    #  10.04 - 9.55 is 0.49, maintained; 10.0 - 9.6 is 0.4, and 10.05 - 9.54 (0.51) is 10.1 - 9.5 = 0.6
    grid = GRIDS["chronic_absence_2023"]
    assert one(grid, 10.04, 9.55)[1] == "maintained"
    assert one(grid, 10.05, 9.54)[1] == "increased"
    assert one(grid, 10.04, 9.45)[1] == "increased"  # 0.59, and 10.0 - 9.5 = 0.5
    assert tenths(pd.Series([0.05, -0.05, 0.15, 1e-12, np.nan])).tolist()[:4] == [0.1, -0.1, 0.2, 0.0]


def test_few_pupils_and_no_year_before_have_no_color() -> None:
    absence, graduation, ela = GRIDS["chronic_absence_2023"], GRIDS["graduation"], GRIDS["ela_3_8"]
    assert one(ela, 50, 40, pupils=29) == ("not_known", "not_known", "none")
    assert one(ela, 50, 40, pupils_before=29) == ("very_high", "not_known", "none")
    assert one(ela, 50, None) == ("very_high", "not_known", "none")
    assert one(ela, 50, 40, pupils=30, pupils_before=30)[2] == "blue"
    # a fall of five points: significant in a large school, an ordinary one in a small
    assert one(absence, 15.0, 20.0, pupils=149)[1:] == ("declined", "yellow")
    assert one(absence, 8.0, 13.0, pupils=149)[1:] == ("declined", "green")
    assert one(absence, 15.0, 20.0, pupils=150)[1] == "declined_significantly"
    assert one(graduation, 92.0, 90.0, pupils=149) == ("high", "increased", "none")
    assert one(graduation, 92.0, 90.0, pupils=150)[2] == "green"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("california_dashboard 2022", r"no colors of 2022: .*status levels only.*those of 2018, 2019, 2023"),
        ("california_dashboard 2020", r"no colors of 2020: no Dashboard was published"),
        ("california_dashboard 2025", r"no colors of 2025: they are not entered.*2018, 2019, 2023"),
        ("california 2023", r"no color table 'california 2023'.*there are california_dashboard"),
        ("california_dashboard", r"Write a name and a year, such as 'california_dashboard 2023'"),
    ],
)
def test_an_unknown_year_or_table_is_refused_and_the_known_ones_are_named(wanted: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        color_table(wanted)


def test_every_grid_says_where_it_is_from_and_whether_that_is_the_department() -> None:
    assert all(grid.source.startswith("https://www.cde.ca.gov/") for grid in GRIDS.values())
    assert {rule for rule, grid in GRIDS.items() if not grid.is_secondary} == {
        f"chronic_absence_{y}" for y in (2018, 2019, 2023)
    }


def grades() -> pd.DataFrame:
    rows = [
        ("a", fall, "ela", grade, pupils, 0.0, score, "reported")
        for fall, score in ((2022, 2440.0), (2023, 2450.0))
        for grade, pupils in (("03", 40.0), ("04", 60.0))
    ]
    rows += [
        ("b", 2022, "ela", "11", 200.0, 0.0, 2583.0, "reported"),
        ("b", 2023, "ela", "11", 200.0, 0.0, 2623.0, "reported"),
    ]
    rows += [
        ("c", 2022, "ela", "03", 50.0, 0.0, 2432.0, "reported"),
        ("c", 2023, "ela", "04", 50.0, 0.0, 2473.0, "reported"),
    ]
    return pd.DataFrame(rows, columns=BY_TABLE["performance_grades"].names)


def results() -> pd.DataFrame:
    rows = [
        (school, fall, "attendance", 200.0, 200.0 - absent, None, "reported")
        for school in ("a", "b")
        for fall, absent in ((2022, 24.0), (2023, 15.0))
    ]
    frame = pd.DataFrame(rows, columns=BY_TABLE["performance"].names)
    return frame.assign(points_share=np.nan)


def facts() -> pd.DataFrame:
    levels = {"serves_elementary": [True, False, True], "serves_middle": False, "serves_high": [False, True, False]}
    return pd.DataFrame(
        {"school_id": ["a", "b", "c"], "sector": "district", "school_status": "open", "is_place": True, **levels}
    )


def test_the_distance_is_the_pupils_mean_over_single_grades() -> None:
    #  a, 2023: 40 at 2450 - 2432 = 18 and 60 at 2450 - 2473 = -23: (720 - 1380) / 100 = -6.6; the year before 10 less
    found = indicator_figures(GRIDS["ela_3_8"], results(), grades(), 2024).set_index("school_id")
    assert found.loc["a", ["now", "before", "pupils"]].tolist() == pytest.approx([-6.6, -16.6, 100])
    assert np.isnan(found.loc["c", "before"])  # other grades than in the year before: no change
    assert "b" not in found.index


def test_schools_by_the_table_of_the_study() -> None:
    ledger = Ledger()
    made = school_colors(results(), grades(), facts(), TABLE, 2024, ledger)
    colors = check(BY_TABLE["school_colors"], made).set_index(["school_id", "subject"])
    assert colors["color"].to_dict() == {
        ("a", "attendance"): "green",
        ("a", "ela"): "yellow",
        ("b", "ela"): "blue",
        ("c", "ela"): "none",
    }
    assert colors.loc[("a", "attendance"), ["color_status_index", "color_change_index"]].tolist() == [7.5, -4.5]
    assert colors["color_rule"].tolist() == ["chronic_absence_2023", "ela_3_8", "ela_11", "ela_3_8"]
    lines = ledger.frame().set_index("subject_name")
    told = lines.loc["schools with a color, ela_3_8"]
    assert (told["total"], told["inside"]) == (2, 1) and "not the state's own colors; cut points" in told["reason"]
    nothing = school_colors(results(), grades(), facts(), None, 2024, Ledger())
    assert check(BY_TABLE["school_colors"], nothing).empty


def test_swapping_the_sectors_changes_no_color() -> None:
    other = facts().assign(sector="charter")
    first, second = (school_colors(results(), grades(), f, TABLE, 2024, Ledger()) for f in (facts(), other))
    pd.testing.assert_frame_equal(first, second)


def test_a_table_with_a_hole_or_bounds_that_fall_is_refused() -> None:
    from pipeline.rules import Grid

    grid = {"source": "s", "secondary": True, "subject": "ela", "measure": "share", "status": dict(zip(STATUS_LEVELS[1:], (1.0, 2.0, 3.0, 4.0), strict=True)), "change": dict(zip(CHANGE_LEVELS[1:], (-2.0, -1.0, 1.0, 2.0), strict=True)), "colors": dict.fromkeys(STATUS_LEVELS, ("red",) * 5)}  # fmt: skip
    Grid.model_validate(grid)
    for broken in (
        {"colors": {"low": ("red",) * 5}},
        {"colors": {**grid["colors"], "low": ("red",) * 4}},  # type: ignore[dict-item]
        {"colors": {**grid["colors"], "low": ("pink",) * 5}},  # type: ignore[dict-item]
        {"status": {"low": 3.0, "medium": 2.0, "high": 3.0, "very_high": 4.0}},
        {"measure": "distance"},
    ):
        with pytest.raises(ValueError, match=r"bounds must rise|colors must|no color|standards by grade"):
            Grid.model_validate({**grid, **broken})
