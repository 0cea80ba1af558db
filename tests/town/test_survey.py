"""The survey's tables: sums that hold, errors as large as their margins say, and the Bureau's codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.town.child_poverty import leaves
from pipeline.town.facts import truth
from pipeline.town.survey import TABLES, counts_of_tables, survey_table
from pipeline.town.write import town

CENSUS = Path(__file__).resolve().parents[2] / "data/raw/millbrook/census"
JAM = -100_000_000


def read(table: str, edition: int) -> pd.DataFrame:
    frame = pd.read_csv(CENSUS / f"acsdt5y{edition}-{table}.dat", sep="|", dtype={"GEO_ID": str}).set_index("GEO_ID")
    return frame.where(frame > JAM)


def test_eleven_tables_that_of_incomes_and_that_of_poor_children_in_two_vintages() -> None:
    assert len(TABLES) == 11
    assert len(list(CENSUS.glob("acsdt5y*.dat"))) == 26


@pytest.mark.parametrize(
    ("table", "total", "parts"),
    [
        ("b01001", 1, (2, 26)),
        ("b01001", 2, range(3, 26)),
        ("b17001", 2, (3, 17)),
        ("b17001", 1, (2, 31)),
        ("c17002", 1, range(2, 9)),
        ("b15003", 1, range(2, 26)),
        ("b16002", 1, (2, 3, 6, 9, 12)),
        ("b08201", 1, range(2, 7)),
        ("b25003", 1, (2, 3)),
        ("b25014", 1, (2, 8)),
        ("b11003", 1, (2, 8)),
        ("b18101", 1, (2, 21)),
        ("b23025", 3, (4, 5)),
        ("b19001", 1, range(2, 18)),
        ("b17024", 1, range(2, 132, 13)),
        ("b17024", 15, range(16, 28)),
    ],
)
def test_parts_sum_to_totals(table: str, total: int, parts: range) -> None:
    frame = read(table, 2023).dropna()
    name = table.upper()
    summed = sum(frame[f"{name}_E{n:03d}"] for n in parts)
    assert (summed == frame[f"{name}_E{total:03d}"]).all()
    assert summed.sum() > 0


@pytest.mark.parametrize("edition", [2018, 2023])
def test_block_groups_sum_to_their_tract(edition: int) -> None:
    frame = read("b01001", edition)["B01001_E001"]
    groups = frame[frame.index.str.startswith("1500000US")]
    tracts = frame[frame.index.str.startswith("1400000US")]
    assert groups.groupby(groups.index.str[9:20]).sum().to_dict() == {k[9:]: v for k, v in tracts.items()}


def test_estimates_are_unbiased_and_margins_cover_nine_in_ten() -> None:
    """The mean of many surveys is the truth, and its 90% margins hold it in about 90% of them."""
    geoid = np.array([f"06999000100{n}" for n in range(1, 9)])
    made = town()
    cells = counts_of_tables(made.ground, made.people, 2021)
    share = {name: np.full(8, values.sum() / 60) for name, values in cells.items()}  # eight average block groups
    rng = np.random.default_rng(3)
    rounds = [
        survey_table("b01001", share, geoid, rng).set_index("GEO_ID").filter(like="1500000US", axis=0)
        for _ in range(150)
    ]
    estimates = np.stack([r["B01001_E001"].to_numpy() for r in rounds])
    margins = np.stack([r["B01001_M001"].to_numpy() for r in rounds])
    true = share["persons"][0]
    assert estimates.mean() == pytest.approx(true, rel=0.01)
    assert (np.abs(estimates - true) <= margins).mean() == pytest.approx(0.90, abs=0.04)


def test_the_bureau_s_codes_stand_where_there_is_no_number() -> None:
    texts = [(CENSUS / f"acsdt5y2023-{table}.dat").read_text(encoding="utf-8") for table in TABLES]
    for code in ("-666666666", "-222222222", "-333333333", "-555555555"):
        assert any(f"|{code}" in text for text in texts), code


def test_the_two_tables_of_poverty_tell_of_the_same_children() -> None:
    """Each is a sample of its own: over all tracts they differ by sampling only, and the true counts not at all."""
    one, other = read("b17001", 2023), read("b17024", 2023)
    poor = [one[f"B17001_E{n:03d}"].filter(like="1400000US").sum() for n in (*range(4, 10), *range(18, 24))]
    again = [other[f"B17024_E{first + n:03d}"].sum() for first in (3, 16, 29) for n in range(3)]
    assert sum(again) == pytest.approx(sum(poor), rel=0.05)
    made = town()
    truth = counts_of_tables(made.ground, made.people, 2021)
    lines = leaves(truth)
    assert sum(lines[first + n].sum() for first in (3, 16, 29) for n in range(3)) == pytest.approx(truth["child_poor"].sum())  # fmt: skip
    assert sum(v.sum() for v in lines.values()) == pytest.approx(truth["persons"].sum(), rel=1e-6)


def test_disability_and_the_poverty_of_children_by_age_are_published_for_tracts_only() -> None:
    assert set(read("b17024", 2023).index.str[:9]) == {"1400000US"}
    assert set(read("b18101", 2023).index.str[:9]) == {"1400000US"}
    assert set(read("b01001", 2023).index.str[:9]) == {"1400000US", "1500000US"}


def test_children_really_grow_at_the_edge_and_shrink_in_the_centre() -> None:
    known = truth()
    frame = known.neighborhood_children
    bands = ["children_5_9", "children_10_14", "children_15_17"]
    frame = frame.assign(school_age=frame[bands].sum(axis=1)).set_index(["vintage", "neighborhood_id"])["school_age"]
    change = frame["2019-2023"] / frame["2014-2018"] - 1
    assert len(known.growing) >= 4
    assert change[list(known.growing)].min() > 0.5
    assert change[list(known.shrinking)].max() < -0.05
    others = change.drop([*known.growing, *known.shrinking])
    assert others.abs().max() < 0.15
