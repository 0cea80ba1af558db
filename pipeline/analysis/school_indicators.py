"""Indicators of the schools, by where their pupils live: results, growth, absence, who they are, access.

Each is told of a school by a share of its pupils; nothing here reads who runs it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

from pipeline.analysis.indicator_values import LONG, together
from pipeline.analysis.pupil_homes import by_home
from pipeline.analysis.status import wilson_interval
from pipeline.analysis.uncertainty import Z90
from pipeline.columns import LEVELS
from pipeline.ledger import Ledger

_KNOWN = ["school_id", "share", "share_moe", "pupils"]
# Groups whose union are the unduplicated pupils.
NEEDED_GROUPS, SMALL_GROUP = ("low_income", "english_learner"), "foster"


def below_standard(quality: pd.DataFrame) -> pd.DataFrame:
    """Pupils below standard: one less the status, with the 90% interval of the school's result.

    >>> below_standard(pd.DataFrame({"school_id": ["a"], "status_share": [0.4], "status_low_share": [0.3], "status_high_share": [0.5], "pupils_tested": [60.0]})).round(3).to_numpy().tolist()
    [['a', 0.6, 0.1, 60.0]]
    """
    rows = quality[quality["status_share"].notna()]
    half = (rows["status_high_share"] - rows["status_low_share"]) / 2
    return _known(rows["school_id"], 1 - rows["status_share"], half, rows["pupils_tested"])


def low_growth(quality: pd.DataFrame) -> pd.DataFrame:
    """How probable it is that the school's growth is below that of the middle pupil of the district.

    The middle is the median of the schools' growth by pupils tested, all sectors together. A
    growth that may be chance is near one half, so that chance does not become need; the margin
    is that of a yes or no of this probability. Without a margin of the growth it is yes or no.

    >>> table = pd.DataFrame({"school_id": ["a", "b", "c"], "growth_change": [-0.1, 0.0, 0.1], "growth_change_moe": [0.1645] * 3, "pupils_tested": [50.0] * 3})
    >>> low_growth(table)["share"].round(3).tolist()
    [0.841, 0.5, 0.159]
    """
    rows = quality[quality["growth_change"].notna()].sort_values(["growth_change", "school_id"])
    growth = rows["growth_change"].to_numpy(dtype="float64")
    pupils = rows["pupils_tested"].to_numpy(dtype="float64")
    pupils = pupils if np.isfinite(pupils).all() and pupils.sum() > 0 else np.ones(len(rows))
    middle = float(growth[np.searchsorted(np.cumsum(pupils), pupils.sum() / 2)]) if len(rows) else np.nan
    error = (rows["growth_change_moe"] / Z90).to_numpy(dtype="float64")
    apart = middle - growth
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(error > 0, ndtr(apart / error), (np.sign(apart) + 1) / 2)
    moe = np.where(error > 0, Z90 * np.sqrt(share * (1 - share)), np.nan)
    return _known(rows["school_id"], share, moe, rows["pupils_tested"]).sort_values("school_id", ignore_index=True)


def one_less(performance: pd.DataFrame, subject: str, now: int) -> pd.DataFrame:
    """Pupils of whom a measure does not hold, in its latest year up to ``now``.

    ``attendance`` counts pupils who are not chronically absent, ``stability`` those who stayed at
    their school all year. The margin is that of a share of so few; where only points are known,
    there is none.
    """
    rows = performance[
        performance["subject"].eq(subject)
        & performance["fall_year"].le(now)
        & performance["value_status"].eq("reported")
    ]
    rows = rows[rows["fall_year"].eq(rows["fall_year"].max())].sort_values("school_id")
    pupils = rows["pupils_tested"].where(rows["pupils_tested"] > 0).astype("float64")
    share = (rows["pupils_meeting"] / pupils).astype("float64").fillna(rows["points_share"].astype("float64"))
    low, high = wilson_interval(share, pupils)
    known = share.notna()
    return _known(rows["school_id"][known], 1 - share[known], ((high - low) / 2)[known], pupils[known])


def unduplicated(groups: pd.DataFrame, now: int) -> pd.DataFrame:
    """Low-income, English-learner and foster pupils, each counted once, in the latest year up to ``now``.

    Where the number itself is not published, it lies between the largest group and the sum of
    the groups: the middle is taken, and half of the width for the margin. A school of which not
    even bounds of low-income pupils and English learners are known has no row.

    References
    ----------
    California Education Code 42238.02 (b): unduplicated pupils.

    >>> groups = pd.DataFrame({"school_id": "a", "fall_year": 2024, "student_group": ["all", "low_income", "english_learner"], "pupils": [100.0, 60.0, None], "pupils_low": [100.0, 60.0, 1.0], "pupils_high": [100.0, 60.0, 10.0], "value_status": ["reported", "reported", "suppressed"]})
    >>> unduplicated(groups, 2024).round(3).to_numpy().tolist()
    [['a', 0.65, 0.05, 100.0]]
    """
    wanted = (*NEEDED_GROUPS, SMALL_GROUP, "unduplicated")
    rows = groups[groups["fall_year"].le(now)]
    rows = rows[rows["fall_year"].eq(rows.loc[rows["student_group"].isin(wanted), "fall_year"].max())]
    low, high = (
        rows.assign(bound=rows["pupils"].astype("float64").fillna(rows[column].astype("float64")))
        .pivot_table(index="school_id", columns="student_group", values="bound", aggfunc="first")
        .reindex(columns=["all", *wanted])
        for column in ("pupils_low", "pupils_high")
    )
    own = low["unduplicated"].notna() & high["unduplicated"].notna()
    parts = [*NEEDED_GROUPS, SMALL_GROUP]
    whole = low["all"].where((low["all"] > 0) & low["all"].eq(high["all"]))
    least = low["unduplicated"].where(own, low[parts].max(axis=1)) / whole
    most = high["unduplicated"].where(own, high[parts].sum(axis=1)) / whole
    bounded = own | (low[list(NEEDED_GROUPS)].notna() & high[list(NEEDED_GROUPS)].notna()).all(axis=1)
    least, most = least.clip(0, 1), most.clip(0, 1)
    known = bounded & whole.notna()
    return _known(whole.index[known], ((least + most) / 2)[known], ((most - least) / 2)[known], whole[known])


def poor_access(access: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """Children for whom no quality seat is within reach, all levels together, by neighborhood.

    One less the seats within reach per child (``seat_access``), nothing below zero; levels weigh
    by their children. It has no margin of its own.

    >>> access = pd.DataFrame({"neighborhood_id": "n", "level": ["elementary", "high"], "access_ratio": [0.4, 1.7]})
    >>> levels = pd.DataFrame({"neighborhood_id": "n", "level": ["elementary", "high"], "children": [30.0, 10.0]})
    >>> poor_access(access, levels)[["neighborhood_id", "indicator_share"]].round(2).to_numpy().tolist()
    [['n', 0.45]]
    """
    rows = access[access["access_ratio"].notna()].merge(levels, on=["neighborhood_id", "level"], validate="1:1")
    rows = rows.assign(lacking=rows["children"] * (1 - rows["access_ratio"].clip(upper=1.0)))
    sums = rows.groupby("neighborhood_id")[["lacking", "children"]].sum()
    sums = sums[sums["children"] > 0]
    share = (sums["lacking"] / sums["children"]).to_numpy()
    return pd.DataFrame({"neighborhood_id": sums.index, "indicator_share": share, "indicator_share_moe": np.nan})


def school_values(
    homes: pd.DataFrame,
    reach: pd.DataFrame,
    facts: pd.DataFrame,
    levels: pd.DataFrame,
    ledger: Ledger,
    *,
    quality: pd.DataFrame,
    performance: pd.DataFrame,
    groups: pd.DataFrame,
    access: pd.DataFrame,
    now: int,
) -> pd.DataFrame:
    """All indicators of the schools that can be computed, as `indicator_values.census_values`.

    Parameters
    ----------
    homes, levels
        As `pupil_homes.pupils_by_home` and `pupil_homes.level_weights`.
    reach, facts, quality, performance, groups, access
        The tables ``reach``, ``school_facts``, ``school_quality``, ``performance``,
        ``enrollment_groups`` and ``seat_access``.
    """
    told = {
        "below_standard": below_standard(quality),
        "low_growth": low_growth(quality),
        "chronic_absence": one_less(performance, "attendance", now),
        "unduplicated": unduplicated(groups, now),
        "mobility": one_less(performance, "stability", now),
    }
    found = {name: by_home(known, homes, reach, facts, levels) for name, known in told.items()}
    found["poor_access"] = poor_access(access, levels)
    parts = [rows.assign(indicator=name)[LONG] for name, rows in found.items() if len(rows)]
    counted = [level for level in LEVELS if level in set(homes["level"])]
    nearest = [level for level in LEVELS if level not in counted]
    if parts and counted:
        ledger.note("indicators of pupils", f"{', '.join(counted)}: by the schools that each zone's pupils attend")
    if parts and nearest:
        ledger.note(
            "indicators of pupils",
            f"{', '.join(nearest)}: by the three nearest schools, since it is not counted where pupils live",
        )
    return together(*parts)


def _known(school: object, share: object, moe: object, pupils: object) -> pd.DataFrame:
    columns = (np.asarray(values) for values in (school, share, moe, pupils))
    table = pd.DataFrame(dict(zip(_KNOWN, columns, strict=True)))
    return table.astype({"school_id": "str", "share": "float64", "share_moe": "float64", "pupils": "float64"})
