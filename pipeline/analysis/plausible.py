"""Tables that are sound each by itself and cannot be true together: years, zones and schools.

What is surely wrong is refused, with the first example and what to do. What may be true is a
line of the ledger, for a person to judge.
"""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.enrollment import middle
from pipeline.errors import ContractError, Fault, LedgerError
from pipeline.ledger import Ledger

# A count of the coming fall may be there before the study is moved on; two years ahead it is a wrong label.
YEARS_AHEAD = 1
# More than this share of what must be found and is not: the ids are of something else.
MOST_LOST_SHARE = 0.5
_SHOWN = 5


def check_years(enrollment: pd.DataFrame, flows: pd.DataFrame, now: int, ledger: Ledger) -> None:
    """Refuse pupils counted in years to come, and record flows of years that are not used.

    Parameters
    ----------
    enrollment
        ``school_id``, ``fall_year``: the table ``enrollment_groups``.
    flows
        Input table ``flow_counts``. Those of the latest fall up to the study's are used.
    now
        The study's fall.

    Raises
    ------
    ContractError
        If enrollment is of a fall more than one year after the study's.

    Examples
    --------
    >>> check_years(pd.DataFrame({"school_id": ["a"], "fall_year": [2042]}), pd.DataFrame({"fall_year": []}), 2024, Ledger())
    Traceback (most recent call last):
    ...
    pipeline.errors.ContractError: enrollment cannot be used:
      - [E-YEAR-AHEAD] pupils are counted in falls after 2025, and the study's fall is 2024 (once; first: school a, fall 2042). Correct the year in the file or the source's `vintage`, or set study.fall_year to the present.
    """
    ahead = enrollment[enrollment["fall_year"] > now + YEARS_AHEAD].sort_values(["fall_year", "school_id"])
    if len(ahead):
        fault = Fault(
            "E-YEAR-AHEAD",
            f"pupils are counted in falls after {now + YEARS_AHEAD}, and the study's fall is {now}",
            len(ahead),
            f"school {ahead['school_id'].iloc[0]}, fall {ahead['fall_year'].iloc[0]}",
            "Correct the year in the file or the source's `vintage`, or set study.fall_year to the present.",
        )
        raise ContractError("enrollment", [fault])
    years = sorted(int(year) for year in flows["fall_year"].unique())
    used = max((year for year in years if year <= now), default=None)
    unused = [year for year in years if year != used]
    if unused:
        rows = int(flows["fall_year"].isin(unused).sum())
        ledger.note(
            "flows: school years",
            f"{rows} rows of the falls {', '.join(map(str, unused))} are not used: the latest fall up to {now} is"
            + (f" {used}" if used is not None else " in no file"),
        )
    if used is not None and not enrollment["fall_year"].eq(used).any():
        ledger.note(
            "flows: school years",
            f"no pupils are counted in fall {used}, of which the flows are: where pupils live and how many there are come from different years",
        )


def record_openings(schools: pd.DataFrame, now: int, ledger: Ledger) -> None:
    """Note the schools that open after the study's fall, by their directory."""
    later = schools[(schools["opened_fall"] > now).fillna(False)].sort_values("school_id")
    if len(later):
        ledger.note(
            "schools that open later",
            f"{len(later)} open after the study's fall {now} by the directory; first: {later['name'].iloc[0]} in {later['opened_fall'].iloc[0]}",
            item=str(later["school_id"].iloc[0]),
        )


def record_zone_schools(zones: pd.DataFrame, schools: pd.DataFrame, fall_year: int, ledger: Ledger) -> None:
    """Record how many zones in force name a school that the directory lists, and schools with two zones.

    Parameters
    ----------
    zones
        The table ``zones``; those without a ``school_id`` name none and are not counted.
    schools
        The table ``schools``.
    fall_year
        School year of the zones in force.

    Examples
    --------
    >>> zones = pd.DataFrame({"level": "high", "fall_year": 2024, "zone_id": ["1", "2"], "school_id": ["a", "x"]})
    >>> ledger = Ledger()
    >>> record_zone_schools(zones, pd.DataFrame({"school_id": ["a"]}), 2024, ledger)
    >>> ledger.frame()[["total", "inside", "reason"]].to_numpy().tolist()
    [[2.0, 1.0, 'not in the directory: x of high zone 2']]
    """
    named = zones[zones["fall_year"].eq(fall_year) & zones["school_id"].notna()].sort_values(["level", "zone_id"])
    if named.empty:
        return
    unknown = named[~named["school_id"].isin(schools["school_id"])]
    listed = [f"{s} of {lv} zone {z}" for s, lv, z in _rows(unknown, "school_id", "level", "zone_id")]
    ledger.match(
        "zones whose school is in the directory",
        total=len(named),
        matched=len(named) - len(unknown),
        unit="zones",
        reason=f"not in the directory: {first_of(listed)}" if listed else "",
    )
    twice = named[named.duplicated(["level", "school_id"], keep=False)]
    if len(twice):
        level, school = twice[["level", "school_id"]].iloc[0]
        own = twice[twice["level"].eq(level) & twice["school_id"].eq(school)]["zone_id"]
        ledger.note(
            "schools with several zones of one level",
            f"{len(twice.drop_duplicates(['level', 'school_id']))}; first: {school} has the {level} zones {first_of(list(own))}",
            item=str(school),
        )


def check_flow_zones(flows: pd.DataFrame, zones: pd.DataFrame, now: int, ledger: Ledger) -> None:
    """Record by level how many zones of residence exist; refuse flows of which most pupils live in none.

    Parameters
    ----------
    flows
        The table ``flows``; the latest fall up to ``now`` is looked at.
    zones
        ``level``, ``zone_id`` of the zones in force. Levels without zones are not looked at.
    now
        The study's fall.

    Raises
    ------
    LedgerError
        If more than half of the pupils of a level live in zones that are not in force.
    """
    lived = flows[(flows["fall_year"] <= now) & flows["level"].isin(zones["level"])]
    lived = lived[lived["fall_year"].eq(lived["fall_year"].max())]
    lived = lived.assign(pupils=middle(lived))
    for level, rows in lived.groupby("level", sort=True):
        in_force = sorted(zones.loc[zones["level"].eq(level), "zone_id"])
        ids = sorted(rows["zone_id"].unique())
        unknown = [zone for zone in ids if zone not in set(in_force)]
        pupils = float(rows["pupils"].sum())
        lost = float(rows.loc[rows["zone_id"].isin(unknown), "pupils"].sum())
        if lost > MOST_LOST_SHARE * pupils:
            raise LedgerError(
                f"flows, {level}: {lost:,.0f} of {pupils:,.0f} pupils live in {len(unknown)} zones that are not among the {len(in_force)} zones in force. "
                f"First: {first_of(unknown)}; zones in force: {first_of(in_force)}. Map the zone ids of the flows to those of the "
                "boundary file (`codes`, `pad` or `prefix` of the source), or give the boundary file of that year."
            )
        ledger.match(
            f"zones of residence in force, {level}",
            total=len(ids),
            matched=len(ids) - len(unknown),
            unit="zones",
            reason=f"{lost:,.0f} pupils live in zones not in force: {first_of(unknown)}" if unknown else "",
        )


def _rows(frame: pd.DataFrame, *columns: str) -> list[tuple[str, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


def first_of(ids: list[str]) -> str:
    """The first few of a list, in words."""
    return ", ".join(map(str, ids[:_SHOWN])) + (" ..." if len(ids) > _SHOWN else "")
