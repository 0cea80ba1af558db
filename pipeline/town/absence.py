"""Chronic absence and stability of pupils by school, of three school years, as the state publishes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.town import files
from pipeline.town.areas import Floats
from pipeline.town.choice import FALLS
from pipeline.town.schools import Schools

YEARS = (2021, 2022, 2023)
# Eleven are shown, ten are not.
_MOST_HIDDEN = 10
_ABSENCE = ("ChronicAbsenteeismEligibleCumulativeEnrollment", "ChronicAbsenteeismCount", "ChronicAbsenteeismRate")
_STABILITY = ("AdjustedCumulativeEnrollment", "StabilityCount", "StabilityRate")


def absent_share(schools: Schools, fall: int) -> Floats:
    """True share of pupils who miss a tenth of the days or more: high after the pandemic, and where life is hard."""
    recovery = 0.035 * (fall - YEARS[0])
    return np.asarray(np.clip(0.09 + 0.42 * schools.hardship - 0.25 * schools.table["effect"] - recovery, 0.01, 0.9))


def staying_share(schools: Schools) -> Floats:
    """True share of pupils who stay from their first day to the last of the year."""
    return np.asarray(np.clip(0.975 - 0.24 * schools.hardship, 0.5, 0.995))


def write_absence(schools: Schools, folder: files.Out, rng: np.random.Generator) -> None:
    """Two files for each year, tabs between fields, ten pupils or fewer starred."""
    for fall in YEARS:
        at = FALLS.index(fall)
        there = np.flatnonzero((schools.table["sector"] != "private") & (schools.pupils[:, at].sum(axis=1) > 0))
        # who was on roll at any time of the year: more than on the count day
        enrolled = rng.poisson(schools.pupils[there, at].sum(axis=1) * 1.06)
        absent = rng.binomial(enrolled, absent_share(schools, fall)[there])
        staying = rng.binomial(enrolled, staying_share(schools)[there])
        year = f"{(fall + 1) % 100:02d}"
        for name, titles, counts in (
            (f"chronicabsenteeism{year}.txt", _ABSENCE, absent),
            (f"stability{year}.txt", _STABILITY, staying),
        ):
            frame = _frame(schools.table, there, fall, titles, enrolled, counts)
            folder.text(name, frame, delimiter="\t", encoding="latin-1", end="\r\n")


def _frame(
    table: pd.DataFrame,
    there: np.ndarray,
    fall: int,
    titles: tuple[str, str, str],
    enrolled: np.ndarray,
    counts: np.ndarray,
) -> pd.DataFrame:
    year = f"{fall}-{(fall + 1) % 100:02d}"
    whole = [year, "D", "99", "99999", "0000000", "Millbrook", "Millbrook Unified", "", "All", "TA"]
    rows = [[*whole, *_shown(int(enrolled.sum()), int(counts.sum()))]]
    for school, all_, some in zip(there.tolist(), enrolled.tolist(), counts.tolist(), strict=True):
        row = table.iloc[school]
        about = [year, "S", "99", "99999", row["school_id"][7:], "Millbrook", "Millbrook Unified", row["name"]]
        flag = "Y" if row["sector"] == "charter" else "N"
        rows.append([*about, flag, "TA", *_shown(all_, some)])
    head = ["AcademicYear", "AggregateLevel", "CountyCode", "DistrictCode", "SchoolCode", "CountyName", "DistrictName", "SchoolName", "CharterYN", "ReportingCategory"]  # fmt: skip
    return pd.DataFrame(rows, columns=[*head, *titles])


def _shown(enrolled: int, count: int) -> list[str]:
    if enrolled <= _MOST_HIDDEN:
        return ["*", "*", "*"]
    return [str(enrolled), str(count), f"{100 * count / enrolled:.1f}"]
