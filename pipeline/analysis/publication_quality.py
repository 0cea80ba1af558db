"""What may be told of a school's rating: classes, chances in tenths, results in steps of five points.

A class rests on many pupils and tells little of each. Its chance, and a result, can be turned
back into how many pupils met the standard; both are told only in steps, and only of schools
where enough pupils met it and enough did not.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.cut_points import lowest_level
from pipeline.analysis.disclosure import Published, is_small, report_line
from pipeline.analysis.targets import path_target
from pipeline.numerals import number

STEP_PUPILS = 100.0  # from so many pupils on a step of five points holds at least five of them
POINT_PUPILS = 500.0  # and so does a step of one point
FEWEST_SCHOOLS = 3  # of fewer one knows the others' result from one's own
PERCENT_SUBJECTS = ("attendance", "graduation")  # figures that are shares of pupils; the others are mean scores


def has_few_results(share: pd.Series, pupils: pd.Series, smallest: float) -> pd.Series:
    """Whether fewer than ``smallest`` pupils were tested, met the standard or missed it.

    Nobody is few here: that all pupils of a school missed the standard says so of each of them.
    Where the number tested is not known, the result is no count of pupils (points of a rating).

    Examples
    --------
    >>> has_few_results(pd.Series([0.5, 0.02, 0.99, 0.5]), pd.Series([100.0, 100.0, 100.0, 8.0]), 11).tolist()
    [False, True, True, True]
    """
    return (pupils < smallest) | (share * pupils < smallest) | ((1 - share) * pupils < smallest)


def chance_in_tenths(probability: pd.Series) -> pd.Series:
    """A probability to the nearest tenth; 0.05 stands for less than that and 0.95 for more.

    Examples
    --------
    >>> chance_in_tenths(pd.Series([0.0, 0.31, 0.949, 1.0])).tolist()
    [0.05, 0.3, 0.9, 0.95]
    """
    return ((probability * 10 + 1e-9).round() / 10).clip(0.05, 0.95)


def in_five_points(share: pd.Series) -> pd.Series:
    """A share to the nearest five points; 5% stands for less as well and 95% for more.

    Examples
    --------
    >>> in_five_points(pd.Series([0.0, 0.33, 0.99])).tolist()
    [0.05, 0.35, 0.95]
    """
    return ((share * 20 + 1e-9).round() / 20).clip(0.05, 0.95)


def told_quality(quality: pd.DataFrame, smallest: float) -> tuple[pd.DataFrame, pd.Series]:
    """What is told of each school's rating, and which ratings rest on too few pupils to be told.

    Parameters
    ----------
    quality : the table ``school_quality``.
    smallest : the least count that may be shown.

    Returns
    -------
    ``school_id quality_class class_probability_share is_quality growth_class path_status``, and the
    mask of those not told. The chance is that of the school's own class.
    """
    few = is_small(quality["pupils_tested"], smallest)
    own = pd.Series(np.nan, index=quality.index)
    for name in ("strong", "middle", "weak"):
        own = own.mask(quality["quality_class"].eq(name), quality[f"{name}_probability_share"])
    quiet = has_few_results(quality["status_share"], quality["pupils_tested"], smallest)
    told = quality[["school_id"]].assign(
        quality_class=quality["quality_class"].mask(few, "not_rated"),
        class_probability_share=chance_in_tenths(own).mask(few | quiet),
        is_quality=quality["is_quality"] & ~few,
        growth_class=quality["growth_class"].mask(few, "not_known"),
        path_status=quality["path_status"].mask(few, "not_known"),
    )
    return told, few


def quality_years(years: pd.DataFrame, smallest: float) -> Published:
    """The class of each school in every year with results, by the latest year's cuts."""
    few = is_small(years["pupils_tested"], smallest)
    public = years[["school_id", "fall_year"]].assign(
        quality_class=years["quality_class"].mask(few, "not_rated"), is_quality=years["is_quality"] & ~few
    )
    reason = f"classes; not those that rest on fewer than {number(smallest)} tested pupils"
    return public, report_line("public_quality_years", int((~few).sum()), int(few.sum()), 0, reason)


def colors(table: pd.DataFrame, smallest: float) -> Published:
    """A state's colors of schools; where the figure is a share of few pupils neither level nor color is told.

    A mean score is of all pupils tested; a share of the absent, or of those who left without a
    diploma, is of few where it is low: its level would say how many.
    """
    percent = table["subject"].isin(PERCENT_SUBJECTS)
    share = (table["color_status_index"] / 100).clip(0, 1)
    few = is_small(table["pupils_tested"], smallest)
    few |= percent & has_few_results(share, table["pupils_tested"], smallest)
    public = table[["school_id", "subject", "fall_year", "color_rule"]].assign(
        status_level=table["status_level"].mask(few, "not_known"),
        change_level=table["change_level"].mask(few, "not_known"),
        color=table["color"].mask(few, "none"),
    )
    reason = (
        f"levels and colors; not where fewer than {number(smallest)} pupils were tested, or are on one side of a share"
    )
    return public, report_line("public_colors", int((~few).sum()), int(few.sum()), 0, reason)


def targets(
    table: pd.DataFrame,
    years: pd.DataFrame,
    facts: pd.DataFrame,
    smallest: float,
    *,
    target_share: float,
    target_years: int,
    path: str,
) -> Published:
    """Five-year paths with their benchmarks, drawn anew from the base as it is told.

    Of the district, and of a level of three schools or more, shares are told to the whole
    percent. A school's are told in steps of five points where at least a hundred pupils were
    tested and enough of them met and missed the standard; its benchmarks follow from the base
    told, since six true benchmarks would tell the base to a point. Chances are in tenths.

    Parameters
    ----------
    table, years, facts : the tables ``quality_targets``, ``quality_years`` and ``school_facts``.
    smallest : the least count that may be shown.
    target_share, target_years, path : the section ``quality`` of the study.
    """
    key = ["unit_id", "fall_year"]
    rows = table.merge(_tested(table, years, facts), on=["unit_kind", *key], how="left", validate="1:1")
    first = rows.groupby(["unit_kind", "unit_id"])["fall_year"].transform("min")
    base = rows.loc[rows["fall_year"] == first, ["unit_kind", "unit_id", "pupils_tested", "schools"]]
    rows = rows.merge(base, on=["unit_kind", "unit_id"], how="left", suffixes=("", "_base"), validate="m:1")
    of_school = rows["unit_kind"].eq("school")
    few = of_school & is_small(rows["pupils_tested"], smallest)
    shown = {}
    for column, of in (("status_share", ""), ("base_share", "_base")):
        pupils, share = rows[f"pupils_tested{of}"], rows[column]
        quiet = has_few_results(share, pupils, smallest) | ~(pupils >= STEP_PUPILS)
        quiet |= ~of_school & ~(rows[f"schools{of}"] >= FEWEST_SCHOOLS)
        whole = (share * 100).round() / 100
        shown[column] = whole.where(~of_school & (pupils >= POINT_PUPILS), in_five_points(share)).mask(quiet)
    chance = rows["on_track_probability_share"]
    unsure = shown["base_share"].isna() | has_few_results(rows["status_share"], rows["pupils_tested"], smallest)
    unsure |= ~of_school & shown["status_share"].isna()
    walked = path_target(
        shown["base_share"],
        years=rows["fall_year"] - first,
        target_share=target_share,
        target_years=target_years,
        path=path,
    )
    public = rows[["unit_kind", *key]].assign(
        base_share=shown["base_share"],
        target_share=walked.where(shown["base_share"].notna()).round(4),
        status_share=shown["status_share"],
        on_track_probability_share=chance_in_tenths(chance).mask(unsure),
        path_status=rows["path_status"].mask(few, "not_known"),
        is_interim=rows["is_interim"],
    )
    hidden = int((rows["status_share"].notna() & public["status_share"].isna()).sum())
    reason = f"shares in steps of five points where {number(STEP_PUPILS)} pupils were tested and enough met and missed the standard; of the district and of levels of {FEWEST_SCHOOLS} schools or more to the whole percent"
    return public, report_line("public_targets", int(public["status_share"].notna().sum()), hidden, 0, reason)


def _tested(table: pd.DataFrame, years: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Pupils tested and schools with results of each school, level and district, by fall.

    Returns ``unit_kind unit_id fall_year pupils_tested schools``.
    """
    level_of = pd.Series(lowest_level(facts).to_numpy(), index=facts["school_id"])
    rows = years[["fall_year", "pupils_tested"]].assign(schools=1.0)
    parts = [rows.assign(unit_kind="school", unit_id=years["school_id"])]
    parts.append(rows.assign(unit_kind="level", unit_id=years["school_id"].map(level_of)))
    districts = table.loc[table["unit_kind"].eq("district"), "unit_id"].unique()
    parts += [rows.assign(unit_kind="district", unit_id=name) for name in districts]
    key = ["unit_kind", "unit_id", "fall_year"]
    return pd.concat(parts, ignore_index=True).groupby(key, sort=True).sum(min_count=1).reset_index()
