"""What happens to the answer as the quality cut moves: seats, unmet seats and the order of the zones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.analysis.cut_points import Cut, cut_points, lowest_level
from pipeline.analysis.status import probability_above, shrink
from pipeline.analysis.zone_seats import KEY, is_in_zone, sum_by_zone
from pipeline.columns import LEVELS
from pipeline.ledger import Ledger
from pipeline.numerals import number

_COLUMNS = ["level", "cut_change", "cut_share", "quality_schools", "quality_seats", "unmet_seats", "zones_without_seats", "rank_shift"]  # fmt: skip


def sure_by_cut(told: pd.DataFrame, level: str) -> str:
    """How far missing seats of a level carry against the choice of the quality cut: high or medium.

    High where the nearest lower cut that is told leaves at least half of them; medium where it leaves fewer, or where
    none is told. The lines to quote and the recommendations take it alike.

    >>> told = pd.DataFrame({"level": "high", "cut_change": [-0.1, -0.05, 0.0], "unmet_seats": [None, 150.0, 200.0]})
    >>> sure_by_cut(told, "high"), sure_by_cut(told.iloc[1:].assign(unmet_seats=[90.0, 200.0]), "high"), sure_by_cut(told, "middle")
    ('high', 'medium', 'medium')
    """
    rows = told[(told["level"] == level) & told["unmet_seats"].notna()].sort_values("cut_change")
    own, lower = rows[rows["cut_change"].abs() < 1e-9], rows[rows["cut_change"] < -1e-9]
    if own.empty or lower.empty:
        return "medium"
    return "high" if lower["unmet_seats"].iloc[-1] >= own["unmet_seats"].iloc[0] / 2 else "medium"


def schools_above(
    quality: pd.DataFrame,
    facts: pd.DataFrame,
    changes: Sequence[float],
    *,
    cut_share: Cut,
    weak_share: Cut,
    probability_share: float,
) -> pd.DataFrame:
    """Which schools would be quality schools if the cut stood higher or lower.

    What is believed of each school, and its own cut, are rebuilt from the numbers of
    ``school_quality`` as `quality.school_quality` made them. The cut of every school is moved
    by the same amount, since each level may have its own.

    Parameters
    ----------
    quality, facts
        The tables ``school_quality`` and ``school_facts``.
    changes
        By how much the cut is moved, as shares; moved below 0 it is 0, above 1 it is 1.
    cut_share, weak_share, probability_share
        The section ``quality`` of the study.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``school_id``: ``level`` (the lowest it serves), ``cut``, and one column of
        truth values for each change. A school above a cut is above every lower one.

    >>> rows = pd.DataFrame({"school_id": ["a", "b"], "status_share": [0.4, 0.7], "pupils_tested": [200.0, 200.0]})
    >>> facts = pd.DataFrame({"school_id": ["a", "b"], "serves_elementary": True, "serves_middle": False, "serves_high": False})
    >>> schools_above(rows, facts, (-0.2, 0.0, 0.2), cut_share=0.55, weak_share=0.4, probability_share=0.5)[[-0.2, 0.0, 0.2]].to_numpy().tolist()
    [[True, False, False], [True, True, False]]
    """
    rated = quality[["school_id", "status_share", "pupils_tested"]].merge(
        facts, on="school_id", how="left", validate="1:1"
    )
    level = lowest_level(rated)
    believed = shrink(rated["status_share"], rated["pupils_tested"], level)
    own = cut_points(believed["shrunk_share"], level, cut_share, weak_share)["cut"]
    table = pd.DataFrame({"level": level, "cut": own})
    for change in changes:
        cut = (own + change).clip(0.0, 1.0)
        chance = probability_above(believed["a"], believed["b"], cut)
        by_share = believed["shrunk_share"] >= cut
        table[change] = (chance >= probability_share).where(chance.notna(), by_share) & own.notna()
    return table.set_index(rated["school_id"])


def cut_sweep(
    above: pd.DataFrame, placed: pd.DataFrame, gap: pd.DataFrame, changes: Sequence[float], *, rated: Sequence[str]
) -> pd.DataFrame:
    """The service gap of each level at every cut, with all else as the study has it.

    Parameters
    ----------
    above
        `schools_above`.
    placed
        `zone_seats.placed_seats` of all public schools, good or not.
    gap
        The table ``service_gap``: zones, pupils, and the order at the study's own cut.
    changes
        As for ``above``; 0 is the study's cut.
    rated
        Levels with rated schools; the others have no row.

    Returns
    -------
    pandas.DataFrame
        The table ``cut_sweep``. ``rank_shift`` is how many places a zone moves on average from
        its place at the study's cut. At the change 0 seats and unmet seats are those of
        ``service_gap``; seats never rise with the cut.

    >>> above = pd.DataFrame({"level": "high", "cut": 0.5, -0.1: [True, True], 0.0: [True, False]}, index=["a", "b"])
    >>> placed = pd.DataFrame({"school_id": ["a", "b"], "level": "high", "zone_id": ["x", "y"], "quality_seats": [50.0, 70.0],
    ...     "citywide_seats": 0.0, "citywide_pupils": 0.0, "seats_method": "given"})
    >>> gap = pd.DataFrame({"level": "high", "zone_id": ["x", "y"], "resident_pupils": [80.0, 60.0], "service_gap_rank": [2.0, 1.0]})
    >>> cut_sweep(above, placed, gap, (-0.1, 0.0), rated=["high"])[["quality_seats", "unmet_seats", "rank_shift"]].to_numpy().tolist()
    [[120.0, 30.0, 1.0], [50.0, 90.0, 0.0]]
    """
    zones = gap[gap["level"].isin(rated)].sort_values(KEY).reset_index(drop=True)
    inside = placed[is_in_zone(placed, zones)]
    key = pd.MultiIndex.from_frame(zones[KEY])
    first = zones.groupby("level")["resident_pupils"]
    parts: list[pd.DataFrame] = []
    for change in changes:
        good = inside[inside["school_id"].isin(above.index[above[change]])]
        seats = sum_by_zone(good).set_index(KEY)["quality_seats"].reindex(key).fillna(0.0)
        short = zones["resident_pupils"] - seats.to_numpy()
        place = short.groupby(zones["level"]).rank(method="min", ascending=False)
        here = zones[["level"]].assign(
            quality_seats=seats.to_numpy(),
            unmet_seats=short.clip(lower=0),
            zones_without_seats=seats.to_numpy() == 0,
            shift=(place - zones["service_gap_rank"]).abs(),
        )
        by_level = here.groupby("level", sort=True)
        parts.append(
            pd.DataFrame(
                {
                    "cut_change": float(change),
                    "quality_schools": good.groupby("level")["school_id"].nunique(),
                    "quality_seats": by_level["quality_seats"].sum(),
                    # where no zone's pupils are known, neither is what they lack
                    "unmet_seats": by_level["unmet_seats"].sum().where(first.count() > 0),
                    "zones_without_seats": by_level["zones_without_seats"].sum(),
                    "rank_shift": by_level["shift"].mean(),
                },
                index=pd.Index(by_level.groups, name="level"),
            ).reset_index()
        )
    if not parts or zones.empty:
        return pd.DataFrame(columns=_COLUMNS)
    table = pd.concat(parts, ignore_index=True)
    own = {level: _own_cut(above, placed, level) for level in LEVELS}
    table["cut_share"] = (table["level"].map(own).astype("float64") + table["cut_change"]).clip(0.0, 1.0)
    return table.fillna({"quality_schools": 0.0}).sort_values(["level", "cut_change"], ignore_index=True)[_COLUMNS]


def _own_cut(above: pd.DataFrame, placed: pd.DataFrame, level: str) -> float:
    """The study's cut of a level: that of the schools it is the lowest of, else of those with seats in it."""
    seated = placed.loc[placed["level"].eq(level), "school_id"]
    for rows in (above[above["level"].eq(level)], above[above.index.isin(seated)]):
        known = rows["cut"].dropna()
        if len(known):
            return float(known.iloc[0])
    return np.nan


def record_sweep(table: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by level, how far seats and unmet seats lie apart between the lowest and the highest cut."""
    for level, rows in table.groupby("level", sort=True):
        low, high = rows.iloc[0], rows.iloc[-1]
        ledger.note(
            f"quality cut moved, {level}",
            f"from {number(low['cut_share'], 2)} to {number(high['cut_share'], 2)}: {number(low['quality_seats'])} to {number(high['quality_seats'])} quality seats, {number(low['unmet_seats'])} to {number(high['unmet_seats'])} unmet; zones move by {number(rows['rank_shift'].max(), 1)} places at most on average",
        )
