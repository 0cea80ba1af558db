"""A state's colors of schools: a table of status and change, by rounded figures.

Nothing here reads who runs a school: the sector is not among the columns in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.columns import BY_NAME, LEVELS
from pipeline.ledger import Ledger
from pipeline.tables import empty

# From the lowest; "not_known" stands last among the values.
STATUS_LEVELS = BY_NAME["status_level"].values[:-1]
CHANGE_LEVELS = BY_NAME["change_level"].values[:-1]
COLORS = BY_NAME["color"].values[:-1]
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ColorGrid:
    """The levels and colors of one indicator.

    ``status`` and ``change`` are the figures from which the second to the fifth level begin;
    ``colors`` has a row for each level of status, from the lowest, and in it a color for each
    level of change, from the one that falls furthest. ``measure`` is ``share`` (percent with the
    outcome), ``absence`` (percent without) or ``distance`` (points from ``standards`` by grade).
    With ``levels`` only schools are colored that serve these and no other levels.
    """

    rule: str
    subject: str
    measure: str
    levels: tuple[str, ...]
    standards: Mapping[str, float]
    status: tuple[float, ...]
    change: tuple[float, ...]
    colors: tuple[tuple[str, ...], ...]
    fewest: int
    small_pupils: int
    small_takes_three: bool
    is_secondary: bool
    source: str


@dataclass(frozen=True)
class ColorTable:
    """The grids of one state and year."""

    name: str
    year: int
    grids: tuple[ColorGrid, ...]


def tenths(values: pd.Series) -> pd.Series:
    """Figures rounded to one decimal, halves away from zero, as a person rounds them.

    >>> tenths(pd.Series([2.45, -5.05, 0.25, 20.049999])).tolist()
    [2.5, -5.1, 0.3, 20.0]
    """
    return pd.Series(np.sign(values) * np.floor(values.abs() * 10 + 0.5 + _ROUNDING) / 10 + 0.0, index=values.index)


def performance_colors(figures: pd.DataFrame, grid: ColorGrid) -> pd.DataFrame:
    """Levels and color of each row by one grid.

    Figures are rounded to one decimal before they are classed, and the change is that of the
    rounded figures.

    Parameters
    ----------
    figures
        ``now before`` (percent or points; empty where not known), ``pupils pupils_before``.
    grid
        Levels and colors.

    Returns
    -------
    pandas.DataFrame
        ``color_status_index color_change_index status_level change_level color`` on the index in.
        Fewer pupils than ``grid.fewest`` have no level; without the year before, or with fewer
        pupils than that in it, there is a status level and no color. Of fewer than
        ``small_pupils`` a significant change counts as an ordinary one, or there is no color.

    >>> grid = ColorGrid("x", "ela", "share", (), {}, (20.0, 40.0, 60.0, 80.0), (-5.0, -0.9, 1.0, 5.0), (("red",) * 5,) * 4 + (("blue",) * 5,), 30, 0, False, False, "")
    >>> rows = pd.DataFrame({"now": [79.96, 50.0], "before": [79.0, None], "pupils": 90.0, "pupils_before": 90.0})
    >>> performance_colors(rows, grid)[["status_level", "change_level", "color"]].to_numpy().tolist()
    [['very_high', 'increased', 'blue'], ['medium', 'not_known', 'none']]
    """
    enough = figures["pupils"] >= grid.fewest
    now = tenths(figures["now"].astype("float64")).where(enough)
    before = tenths(figures["before"].astype("float64")).where(enough & (figures["pupils_before"] >= grid.fewest))
    change = tenths(now - before)
    status_at, change_at = _level(now, grid.status), _level(change, grid.change)
    small = figures["pupils"] < grid.small_pupils
    if grid.small_takes_three:
        change_at = np.where(small & (change_at >= 0), np.clip(change_at, 1, 3), change_at)
    known = (status_at >= 0) & (change_at >= 0) & (grid.small_takes_three | ~small.to_numpy())
    table = np.array(grid.colors, dtype=object)
    return pd.DataFrame(
        {
            "color_status_index": now,
            "color_change_index": change,
            "status_level": pd.Series(np.array([*STATUS_LEVELS, "not_known"])[status_at], figures.index, "str"),
            "change_level": pd.Series(np.array([*CHANGE_LEVELS, "not_known"])[change_at], figures.index, "str"),
            "color": pd.Series(np.where(known, table[status_at, change_at], "none"), figures.index, "str"),
        }
    )


def _level(values: pd.Series, bounds: tuple[float, ...]) -> np.ndarray:
    """Place of each figure among the levels; -1 where it is not known."""
    at = np.searchsorted(np.asarray(bounds) - _ROUNDING, values.to_numpy(), side="right")
    return np.where(values.isna(), -1, at)


def indicator_figures(grid: ColorGrid, results: pd.DataFrame, grades: pd.DataFrame, now: int) -> pd.DataFrame:
    """The figures that a grid classes, of the latest fall up to ``now`` and of the fall before it.

    Parameters
    ----------
    grid
        What is measured.
    results, grades
        The tables ``performance`` and ``performance_grades``. The distance from standard is the
        pupils' mean over the grid's grades, from single grades only; where other grades are shown
        in the year before, there is no change.

    Returns
    -------
    pandas.DataFrame
        ``school_id fall_year now before pupils pupils_before``.
    """
    source = grades if grid.measure == "distance" else results
    rows = source[source["subject"].eq(grid.subject) & source["value_status"].eq("reported")]
    rows = rows[(rows["fall_year"] <= now) & (rows["pupils_tested"] > 0)]
    if grid.measure == "distance":
        rows = rows[rows["grade"].isin(list(grid.standards)) & rows["mean_score"].notna()].sort_values("grade")
        value = rows["mean_score"] - rows["grade"].map(dict(grid.standards)).astype("float64")
        made_of = rows["grade"]
    else:
        rows = rows[rows["pupils_meeting"].notna()]
        share = 100 * rows["pupils_meeting"] / rows["pupils_tested"]
        value, made_of = (100 - share if grid.measure == "absence" else share), rows["subject"]
    rows = rows.assign(points=value * rows["pupils_tested"], made_of=made_of)
    grouped = rows.groupby(["school_id", "fall_year"], sort=True)
    found = grouped[["points", "pupils_tested"]].sum().assign(made_of=grouped["made_of"].agg(" ".join)).reset_index()
    found = found.assign(value=found["points"] / found["pupils_tested"])
    falls = found["fall_year"]
    latest = found[falls.eq(falls.max())]
    earlier = found[falls.eq(falls.max() - 1)]
    both = latest.merge(earlier, on="school_id", how="left", suffixes=("", "_before"), validate="1:1")
    return pd.DataFrame(
        {
            "school_id": both["school_id"],
            "fall_year": both["fall_year"],
            "now": both["value"],
            "before": both["value_before"].where(both["made_of"].eq(both["made_of_before"])),
            "pupils": both["pupils_tested"],
            "pupils_before": both["pupils_tested_before"],
        }
    )


def school_colors(
    results: pd.DataFrame, grades: pd.DataFrame, facts: pd.DataFrame, table: ColorTable | None, now: int, ledger: Ledger
) -> pd.DataFrame:
    """Color of each open school in each subject by a state's table: the table ``school_colors``.

    The figures come from public files. A state's own colors rest on more (pupils enrolled all
    year, lowest scores for pupils who were not tested), so that these need not be the same; the
    ledger says so, and of which year table and results are.

    Parameters
    ----------
    results, grades, facts
        The tables ``performance``, ``performance_grades`` and ``school_facts``.
    table
        From `pipeline.rules.color_table`; none: no school is colored.
    now
        The study's fall.
    ledger
        Takes, by rule, how many schools have a color.

    Returns
    -------
    pandas.DataFrame
        A school whose grades fall under two grids of a subject stands under the first.
    """
    parts = [empty("school_colors", crs="")]
    open_places = facts[facts["is_place"] & facts["school_status"].ne("closed")]
    taken: dict[str, set[str]] = {}
    for grid in table.grids if table else ():
        figures = indicator_figures(grid, results, grades, now)
        seen = taken.setdefault(grid.subject, set())
        fits = set(open_places.loc[_serves_only(open_places, grid.levels), "school_id"]) - seen
        figures = figures[figures["school_id"].isin(fits)].reset_index(drop=True)
        if figures.empty:
            continue
        seen |= set(figures["school_id"])
        colored = performance_colors(figures, grid).assign(
            school_id=figures["school_id"],
            subject=grid.subject,
            fall_year=figures["fall_year"],
            color_rule=grid.rule,
            pupils_tested=figures["pupils"],
        )
        parts.append(colored)
        _record(colored, grid, table, ledger)
    return pd.concat(parts[1:] or parts, ignore_index=True)


def _serves_only(facts: pd.DataFrame, levels: tuple[str, ...]) -> pd.Series:
    """Schools that serve some of these levels and no other; all schools where none is named."""
    if not levels:
        return pd.Series(True, index=facts.index)
    inside = facts[[f"serves_{level}" for level in levels]].any(axis=1)
    others = [f"serves_{level}" for level in LEVELS if level not in levels]
    return inside & ~facts[others].any(axis=1)


def _record(colored: pd.DataFrame, grid: ColorGrid, table: ColorTable | None, ledger: Ledger) -> None:
    spring = int(colored["fall_year"].iloc[0]) + 1
    name, year = (table.name, table.year) if table else ("", 0)
    has_color = int(colored["color"].ne("none").sum())
    lacking = "; the others lack the year before, or pupils" if has_color < len(colored) else ""
    second = "; cut points and colors from secondary sources" if grid.is_secondary else ""
    ledger.match(
        f"schools with a color, {grid.rule}",
        total=len(colored),
        matched=has_color,
        unit="schools",
        reason=f"computed from public files of spring {spring} by the tables of {name} {year}: not the state's own colors{second}{lacking}",
    )
