"""Which units of an outlook may be told of: one answer for all years, ways of counting and scenarios."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.disclosure import complements, is_small
from pipeline.columns import HIDDEN

UNIT = ["unit_kind", "unit_id"]
REST = "rest"  # what the district expects beyond the schools that are listed


def hidden_units(
    totals: pd.DataFrame,
    scenarios: pd.DataFrame,
    public_enrollment: pd.DataFrame,
    public_zones: pd.DataFrame,
    smallest: float,
) -> pd.DataFrame:
    """Schools and zones of which nothing expected may be told, and why.

    A unit is hidden in every year and scenario as soon as it may not be told of in one: what a year
    or a scenario shows would give away what another hides. Hidden are units with few pupils
    expected, schools with a hidden count, zones whose residents are hidden, and the next smallest,
    where the district's total, or that of a level's zones, would give those away.

    Parameters
    ----------
    totals, scenarios : the tables ``outlook_totals`` and ``scenario_outlook``.
    public_enrollment, public_zones : what is hidden there is hidden here.
    smallest : the least count that may be shown.

    Returns
    -------
    One row for each unit: ``unit_kind unit_id is_primary is_extra``.
    """
    if totals.empty:
        return pd.DataFrame({"unit_kind": [], "unit_id": [], "is_primary": [], "is_extra": []}).astype(
            {"unit_kind": "str", "unit_id": "str", "is_primary": "bool", "is_extra": "bool"}
        )
    views = _views(totals, scenarios)
    kind = views.index.get_level_values("unit_kind")
    name = views.index.get_level_values("unit_id")
    level = pd.Series(name, index=views.index).str.split(" ").str[0]
    groups = pd.Series(kind, index=views.index).where(kind != "zone", "zone " + level).astype("str")
    schools = public_enrollment.loc[public_enrollment["value_text"] == HIDDEN, "school_id"]
    zones = public_zones[public_zones["resident_pupils"].isna()]
    guarded = ((kind == "school") & name.isin(schools)) | (
        (kind == "zone") & name.isin(zones["level"] + " " + zones["zone_id"])
    )
    primary, extra = hidden_of(views, groups, pd.Series(guarded, index=views.index), smallest)
    found = pd.DataFrame({"is_primary": primary, "is_extra": extra}).reset_index()
    return found[found["unit_id"] != REST].reset_index(drop=True)


def hidden_of(
    views: pd.DataFrame, groups: pd.Series, guarded: pd.Series, smallest: float
) -> tuple[pd.Series, pd.Series]:
    """Rows to hide in every column, for few pupils in one of them, and to keep those hidden.

    Parameters
    ----------
    views : one row for each unit, one column for each year or other way in which all are counted.
    groups : units of one group have a sum that is known.
    guarded : units that are hidden for another reason.

    Examples
    --------
    >>> views = pd.DataFrame({"2025": [4.0, 30.0, 20.0, 50.0], "2026": [15.0, 12.0, 40.0, 50.0]})
    >>> primary, extra = hidden_of(views, pd.Series("all", views.index), pd.Series(False, views.index), 11)
    >>> primary.tolist(), extra.tolist()
    ([True, False, False, False], [False, False, True, False])
    """
    primary = guarded.copy()
    for column in views:
        primary |= is_small(views[column], smallest)
    extra = pd.Series(False, index=views.index)
    for column in views:
        # a unit with nobody in it hides nobody
        secret = (primary | extra) & (views[column] > 0)
        extra |= complements(views[column], secret, groups, smallest)
    return primary, extra & ~primary


def _views(totals: pd.DataFrame, scenarios: pd.DataFrame) -> pd.DataFrame:
    """Pupils expected by unit in every year, by residence too, and in every scenario, with the rest of the district."""
    plan = totals[[*UNIT, "fall_year", "pupils_projected"]].assign(view="plan")
    homes = totals[[*UNIT, "fall_year", "pupils_by_residence"]].assign(view="residence")
    others = scenarios[[*UNIT, "fall_year", "pupils_projected"]].assign(view=scenarios["scenario"])
    rows = pd.concat([plan, homes.rename(columns={"pupils_by_residence": "pupils_projected"}), others])
    rows["view"] = rows["view"] + " " + rows["fall_year"].astype("str")
    wide = rows.pivot(index=UNIT, columns="view", values="pupils_projected").astype("float64")  # noqa: PD010
    kind = wide.index.get_level_values("unit_kind")
    rest = (wide[kind == "district"].sum(min_count=1) - wide[kind == "school"].sum()).round(3)
    wide.loc[("school", REST), :] = rest.where(rest > 0)
    return wide
