"""The back-test on the enrollment of real cities: the tables of docs/outlook.md."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.analysis.backtest import AS_CHOSEN, Tested, backtest
from pipeline.analysis.methods import METHODS
from pipeline.analysis.progression import Settings
from pipeline.analysis.rolls import Rolls, rolls
from pipeline.analysis.tallies import BY_FORECAST, GROUPS
from pipeline.ledger import Ledger

SHORT = dict(
    zip(
        (*METHODS, AS_CHOSEN),
        ("no change", "last change", "pooled", "mean", "median", "recent", "shrunk", "held", "half-way", "as chosen"),
        strict=True,
    )
)


def measure() -> None:
    """Print the tables from the files under SCHOOLSHED_DATA."""
    root = os.environ.get("SCHOOLSHED_DATA")
    if not root:
        print("SCHOOLSHED_DATA is not set: the real files are not here")
        return
    print("\n\n".join(tables(Path(root)).values()))


def tables(root: Path) -> dict[str, str]:
    """Tables in Markdown by what they show."""
    baltimore, new_york = of_baltimore(root / "baltimore"), of_new_york(root / "nyc-nycschools")
    study, whole = (backtest(baltimore.pupils, baltimore.years, Settings(leave_out=out)) for out in ((2020,), ()))
    return {
        "baltimore": as_errors(study),
        "baltimore intervals": as_intervals(study),
        "baltimore with 2020": as_errors(whole),
        "new york": as_errors(backtest(new_york.pupils, new_york.years, Settings(leave_out=(2020,)))),
    }


def as_errors(tested: Tested) -> str:
    """Mean absolute percentage error by group, years ahead and method; cases, and schools gone by then.

    The least error of a row is in bold.
    """
    table = tested.table.set_index(["size_class", "horizon_years", "method"]).sort_index()
    names = [name for name in SHORT if name in table.index.get_level_values(2)]
    lines = [
        f"| Forecast of | Years | Cases | Gone | {' | '.join(SHORT[name] for name in names)} |",
        f"| --- | --- | --- | --- |{' --- |' * len(names)}",
    ]
    for group in (name for name in GROUPS if name not in BY_FORECAST):
        for years in sorted(set(table.index.get_level_values(1))):
            if (group, years, names[0]) not in table.index:
                continue
            rows = table.loc[(group, years)]
            errors = rows["mean_absolute_error_share"].reindex(names)
            cells = [f"**{e:.1%}**" if e == errors.min() else f"{e:.1%}" for e in errors]
            first = rows.loc[names[0]]
            lines.append(
                f"| `{group}` | {years} | {first['cases']:,.0f} | {first['left_cases']:,.0f} | {' | '.join(cells)} |"
            )
    return "\n".join(lines)


def as_intervals(tested: Tested) -> str:
    """How often the 80% intervals held, and other errors, of the study's method and of the rule that chooses it."""
    lines = [
        "| Forecast of | Years | Cases with an interval | Held | Held, as chosen then | Bias | Weighted error | Median error |",
        "| --- |" + " --- |" * 7,
    ]
    table = tested.table.set_index(["size_class", "horizon_years", "method"]).sort_index()
    for group in GROUPS:
        for years in sorted(set(table.index.get_level_values(1))):
            if (group, years, tested.method) not in table.index:
                continue
            row, then = table.loc[(group, years, tested.method)], table.loc[(group, years, AS_CHOSEN)]
            held = ["" if pd.isna(r["interval_share"]) else f"{r['interval_share']:.1%}" for r in (row, then)]
            lines.append(
                f"| `{group}` | {years} | {row['interval_cases']:,.0f} | {held[0]} | {held[1]} | {row['mean_error_change']:+.1%} | {row['weighted_error_share']:.1%} | {row['median_error_share']:.1%} |"
            )
    return "\n".join(lines)


def of_baltimore(folder: Path) -> Rolls:
    """Enrollment of Baltimore, falls 2002 to 2024; counts under ten are empty in the file."""
    raw = pd.read_csv(folder / "bcpss_enrollment.csv", dtype="str")
    raw = raw[(raw["race"] == "All") & (raw["school_number"] != "0")]
    counts = pd.DataFrame(
        {
            "school_id": raw["school_number"],
            "fall_year": raw["year"].astype("int64") - 1,
            "student_group": "all",
            "grade": raw["grade"].replace("K", "KG").where(raw["grade"].isin(["PK", "K"]), raw["grade"].str.zfill(2)),
            "pupils": raw["enrolled_count"].astype("float64"),
        }
    )
    totals = counts[raw["grade"].isna()].drop_duplicates(["school_id", "fall_year"])
    grades = counts[raw["grade"].notna()].drop_duplicates(["school_id", "fall_year", "grade"])
    hidden = grades["pupils"].isna()
    grades = grades.assign(
        pupils_low=grades["pupils"].mask(hidden, 1.0),
        pupils_high=grades["pupils"].mask(hidden, 9.0),
        value_status=np.where(hidden, "suppressed", "reported"),
    )
    return rolls(grades, totals, first_year=None, last_year=2024, ledger=Ledger())


def of_new_york(folder: Path) -> Rolls:
    """Enrollment of New York City, falls 2016 to 2020."""
    raw = pd.read_csv(folder / "school-demographics.csv", dtype={"dbn": "str"}, encoding_errors="replace")
    raw = raw.drop_duplicates(["dbn", "ay"])
    names = {"grade_3k_pk_half_day_full": "PK", "grade_k": "KG"} | {f"grade_{g}": f"{g:02d}" for g in range(1, 13)}
    counts = raw.melt(["dbn", "ay"], list(names), "grade", "pupils").astype({"pupils": "float64"})
    counts = counts.assign(grade=counts["grade"].map(names)).rename(columns={"dbn": "school_id", "ay": "fall_year"})
    counts = counts.assign(
        student_group="all", pupils_low=counts["pupils"], pupils_high=counts["pupils"], value_status="reported"
    )
    none = counts.iloc[:0][["school_id", "fall_year", "student_group", "pupils"]]
    return rolls(counts, none, first_year=None, last_year=2020, ledger=Ledger())
