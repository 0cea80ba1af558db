"""What may be told of forecasts tried on hidden years.

The errors of the naive forecasts of a school follow from its published counts. In a class with few
cases, or with a school whose count is hidden, the mean of all would give away the one that is not
published.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.disclosure import Published, complements, report_line
from pipeline.analysis.tallies import school_class
from pipeline.columns import HIDDEN

FEWEST_CASES = 10
FEWEST_WITH_HIDDEN = 30
DISTRICT = ("district", "district_grade")  # the district's totals are public
SCHOOLS = ("under_200", "200_to_499", "500_and_over", "200_and_over", "same_grades")
SHARES = ["mean_absolute_error_share", "mean_error_change", "weighted_error_share", "median_error_share"]
AGAINST = ["against_no_change_ratio", "against_last_change_ratio"]
COLUMNS = [
    *("method", "horizon_years", "size_class", "first_start", "last_start", "cases", "left_cases"),
    *SHARES,
    *AGAINST,
    *("interval_share", "interval_cases", "is_chosen", "is_judged"),
]
# classes of one column that sum to a class that is told too
_PARTS = (("200_to_499", "500_and_over"), ("grade_under_25", "grade_25_to_99", "grade_100_and_over"))


def backtest(table: pd.DataFrame, groups: pd.DataFrame, public_enrollment: pd.DataFrame) -> Published:
    """The back-test in full: tenths of a percent, whole percents where a school with a hidden count is among the cases.

    Parameters
    ----------
    table : the table ``backtest``.
    groups : the table ``enrollment_groups``, for the size of the schools whose count is hidden.
    public_enrollment : what is hidden there.

    Returns
    -------
    ``public_backtest``: the errors of a class are not shown with fewer than ten cases (30 where a
    hidden school is among them), nor where the difference to a larger class would have fewer, by
    the same rows for all methods. Numbers of cases are.
    """
    table = table.reset_index(drop=True)
    with_hidden = _classes_with_hidden(groups, public_enrollment)
    coarse = table["size_class"].isin(with_hidden)
    least = np.where(coarse, FEWEST_WITH_HIDDEN, FEWEST_CASES)
    rows = table["horizon_years"].astype("str") + " " + table["size_class"]
    few = (table["cases"] < least) & ~table["size_class"].isin(DISTRICT)
    primary = rows.isin(rows[few])
    extra = _by_difference(table, primary)
    extra = rows.isin(rows[extra]) & ~primary
    public = table.assign(
        **{name: table[name].round(3).mask(coarse, table[name].round(2)) for name in SHARES},
        **{name: table[name].round(2).mask(coarse, table[name].round(1)) for name in AGAINST},
        interval_share=table["interval_share"].round(3),
    )
    quiet = primary | extra
    public = public.assign(**{name: public[name].mask(quiet) for name in (*SHARES, *AGAINST, "interval_share")})
    reason = f"errors over at least {FEWEST_CASES} cases, the district's apart; with a school among them whose count is hidden, over {FEWEST_WITH_HIDDEN} and in whole percents"
    line = report_line("public_backtest", int((~quiet).sum()), int(primary.sum()), int(extra.sum()), reason)
    return public[COLUMNS], line


def _classes_with_hidden(groups: pd.DataFrame, public_enrollment: pd.DataFrame) -> set[str]:
    """Size classes in which a school stood in a year whose count is not published."""
    hidden = public_enrollment.loc[public_enrollment["value_text"] == HIDDEN, ["school_id", "fall_year"]]
    counts = groups[groups["student_group"] == "all"].merge(hidden, on=["school_id", "fall_year"], validate="1:1")
    most = counts["pupils"].fillna(counts["pupils_high"]).fillna(0.0)
    found = set(school_class(most.to_numpy(dtype="float64")).tolist())
    return found | ({"200_and_over", "same_grades"} if found - {"under_200"} else set())


def _by_difference(table: pd.DataFrame, primary: pd.Series) -> pd.Series:
    """Rows that would give away a hidden one, or one of few cases that has no row."""
    extra = pd.Series(False, index=table.index)
    by = table["method"] + " " + table["horizon_years"].astype("str")
    for parts in _PARTS:
        inside = table["size_class"].isin(parts)
        extra[inside] |= complements(table.loc[inside, "cases"], primary[inside], by[inside], FEWEST_CASES)
    whole = table[table["size_class"] == "200_and_over"].set_index(["method", "horizon_years"])["cases"]
    same = table["size_class"] == "same_grades"
    key = pd.MultiIndex.from_frame(table.loc[same, ["method", "horizon_years"]])
    others = whole.reindex(key).to_numpy() - table.loc[same, "cases"].to_numpy()
    extra[same] |= (others > 0) & (others < FEWEST_CASES)
    return extra
