"""Where quality begins: cut points for each level, and the probability of each class.

Nothing here reads who runs a school: the sector is not among the columns in.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.status import probability_above
from pipeline.columns import LEVELS
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.numerals import number, trimmed

# Fewer rated schools than this have no quarters.
SMALLEST_FOR_QUARTERS = 4
POOL = "all"  # schools of all levels together
# A cut for all levels, one for some of them (quarters for the others), or none.
Cut = float | Mapping[str, float] | None


def quarters(shrunk: pd.Series) -> tuple[float, float]:
    """The upper and the lower quarter of some schools' status; empty (nan) of too few, or where all are alike.

    >>> quarters(pd.Series([0.1, 0.2, 0.3, 0.4, 0.5])), quarters(pd.Series([0.1]))
    ((0.4, 0.2), (nan, nan))
    """
    known = shrunk.dropna()
    if len(known) < SMALLEST_FOR_QUARTERS or known.max() - known.min() <= 1e-9:
        return float("nan"), float("nan")
    # half-way between two schools, so that neither stands on the line
    upper, lower = (float(known.quantile(share, interpolation="midpoint")) for share in (0.75, 0.25))
    return upper, lower


def fixed_cut(level: pd.Series, cut: Cut) -> pd.Series:
    """The study's own cut of each school, empty where it fixes none for the school's level.

    >>> fixed_cut(pd.Series(["high", "middle"]), {"high": 0.4}).tolist(), fixed_cut(pd.Series(["all"]), 0.5).tolist()
    ([0.4, nan], [0.5])
    """
    if isinstance(cut, Mapping):
        return level.map(dict(cut)).astype("float64")
    return pd.Series(np.nan if cut is None else cut, index=level.index, dtype="float64")


def cut_points(
    shrunk: pd.Series,
    level: pd.Series,
    cut_share: Cut,
    weak_share: Cut,
    classed: pd.Series | None = None,
) -> pd.DataFrame:
    """The status from which each school is strong, and below which it is weak.

    Where the study fixes none (for that level), the upper and lower quarter of the district's rated schools of
    the same level (`lowest_level`), all sectors together, as schools are drawn towards the mean
    of their level. A level without quarters of its own takes those of all schools.

    Parameters
    ----------
    shrunk, level
        Shrunk status and level of the schools that the quarters are of.
    cut_share, weak_share
        The section ``quality`` of the study: a number for all levels, by level, or none.
    classed
        Levels of the schools to be classed, where they are others than these.

    Returns
    -------
    pandas.DataFrame
        By school ``cut``, ``weak`` (empty where there are no quarters) and ``cut_of``: the
        level the quarters are of, or ``all``; where both are the study's own it says nothing.

    References
    ----------
    IFF (2012), "Quality Schools: Every Child, Every School, Every Neighborhood": tiers are
    quartiles of all schools studied, levels together. Here each level has its own: high
    schools sit another test in another year of life, and under one cut a whole level can be
    without a quality seat, or hold nearly all of them, for that reason alone.

    >>> cut_points(pd.Series([0.1, 0.2, 0.3, 0.4, 0.9]), pd.Series(["middle"] * 4 + ["high"]), None, 0.2).round(2).to_numpy().tolist()[3:]
    [[0.35, 0.2, 'middle'], [0.4, 0.2, 'all']]
    """
    own = {name: quarters(rows) for name, rows in shrunk.groupby(level)}
    whole = {str(name) for name, (upper, _) in own.items() if not np.isnan(upper)}
    classed = level if classed is None else classed
    cut_of = classed.where(classed.isin(list(whole)), POOL).astype("str")
    found = own | {POOL: quarters(shrunk)}
    upper, lower = (cut_of.map({name: pair[end] for name, pair in found.items()}).astype("float64") for end in (0, 1))
    return pd.DataFrame(
        {
            "cut": fixed_cut(classed, cut_share).fillna(upper),
            "weak": fixed_cut(classed, weak_share).fillna(lower),
            "cut_of": cut_of,
        }
    )


def quality_classes(believed: pd.DataFrame, cut: pd.Series | float, weak: pd.Series | float) -> pd.Series:
    """Class of each school: what is more likely than not.

    Strong where the school's true status is more likely above the cut than not, weak where it
    is more likely below the lower cut; schools without a number of pupils by their share
    itself. Without a cut, or without a status, a school is not rated.

    >>> believed = pd.DataFrame({"shrunk_share": [0.7, 0.5, 0.3, None], "a": [70.0, None, None, None], "b": [30.0, None, None, None]})
    >>> quality_classes(believed, 0.6, 0.4).tolist()
    ['strong', 'middle', 'weak', 'not_rated']
    """
    shrunk, counted = believed["shrunk_share"], believed["a"].notna()
    is_above, is_not_weak = (
        (probability_above(believed["a"], believed["b"], line) >= 0.5).where(counted, shrunk >= line)
        for line in (cut, weak)
    )
    is_below = ~is_not_weak & ~np.isnan(weak)
    classes = np.select([shrunk.isna() | np.isnan(cut), is_above, is_below], ["not_rated", "strong", "weak"], "middle")
    return pd.Series(classes, index=believed.index, dtype="str")


def class_probabilities(believed: pd.DataFrame, cuts: pd.DataFrame) -> pd.DataFrame:
    """Probability that a school's true status is strong, in the middle or weak; the three sum to 1.

    Parameters
    ----------
    believed
        From `pipeline.analysis.status.shrink`: the beta parameters ``a`` and ``b``.
    cuts
        From `cut_points`.

    Returns
    -------
    pandas.DataFrame
        ``strong_probability_share middle_probability_share weak_probability_share``, empty where
        pupils are not counted or there is no cut.

    >>> believed, cuts = pd.DataFrame({"a": [60.0], "b": [40.0]}), pd.DataFrame({"cut": [0.6], "weak": [0.5]})
    >>> class_probabilities(believed, cuts).round(3).to_numpy().tolist()
    [[0.505, 0.473, 0.022]]
    """
    strong = probability_above(believed["a"], believed["b"], cuts["cut"])
    weak = 1 - probability_above(believed["a"], believed["b"], cuts["weak"])
    middle = (1 - strong - weak).clip(0, 1)
    parts = {"strong": strong, "middle": middle, "weak": weak.where(strong.notna())}
    return pd.DataFrame({f"{name}_probability_share": part for name, part in parts.items()})


def lowest_level(facts: pd.DataFrame) -> pd.Series:
    """The lowest level a school serves, or ``all`` where none is known: whom it is compared with.

    >>> lowest_level(pd.DataFrame({"serves_elementary": [False, False], "serves_middle": [True, False], "serves_high": [True, False]})).tolist()
    ['middle', 'all']
    """
    return pd.Series(
        np.select([facts[f"serves_{level}"] for level in LEVELS], LEVELS, POOL), index=facts.index, dtype="str"
    )


def require_ordered(level: pd.Series, cuts: pd.DataFrame, weak_share: Cut) -> None:
    """Refuse a lower cut of the study that lies above the upper one, where that is the quarter of the schools.

    Parameters
    ----------
    level
        Levels of the rated schools.
    cuts
        From `cut_points`, by the same index.
    weak_share
        The study's own lower cut.

    Raises
    ------
    ConfigError
        Names the levels, and of the first both cuts.

    >>> cuts = pd.DataFrame({"cut": [0.5, 0.7], "weak": [0.6, 0.6]})
    >>> require_ordered(pd.Series(["high", "middle"]), cuts, 0.6)
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigError: params.yaml, quality.weak_share lies above the cut from which a school is strong in 1 level (first: high, weak below 0.6 and strong from 0.5). Lower it, or set quality.cut_share too.
    """
    of_rated = cuts.loc[level.index]
    beyond = level[fixed_cut(level, weak_share).gt(of_rated["cut"])]
    names = sorted(beyond.unique())
    if names:
        row = of_rated.loc[beyond.index[beyond.eq(names[0])][0]]
        raise ConfigError(
            f"params.yaml, quality.weak_share lies above the cut from which a school is strong in {len(names)} level{'s' if len(names) > 1 else ''} (first: {names[0]}, weak below {trimmed(row['weak'], 3)} and strong from {trimmed(row['cut'], 3)}). Lower it, or set quality.cut_share too."
        )


def record_cuts(level: pd.Series, cuts: pd.DataFrame, cut_share: Cut, weak_share: Cut, ledger: Ledger) -> None:
    """Say, for each level with rated schools, by which cut points they are classed, and whose quarters these are."""
    for name, rows in cuts.loc[level.index].groupby(level, sort=True):
        cut, weak, cut_of = rows["cut"].iloc[0], rows["weak"].iloc[0], rows["cut_of"].iloc[0]
        by_quarters = any(fixed_cut(pd.Series([name]), fixed).isna().all() for fixed in (cut_share, weak_share))
        whose = "of the study"
        if by_quarters:
            whose = f"quarters of its {len(rows)} rated schools"
        if by_quarters and cut_of == POOL:
            whose = f"quarters of all rated schools, since its {len(rows)} are fewer than {SMALLEST_FOR_QUARTERS} or all alike"
        text = f"strong from {number(cut, 3)}, weak below {number(weak, 3)}: {whose}"
        if np.isnan(cut):
            text = f"fewer than {SMALLEST_FOR_QUARTERS} rated schools, or all alike: no quarters, so no class. Set quality.cut_share and quality.weak_share."
        ledger.note(f"quality cut, {name}", text)
