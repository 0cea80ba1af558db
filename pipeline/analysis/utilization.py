"""Utilization of sites, now and as far as the enrollment outlook goes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.ledger import Ledger

COLUMNS = [
    "site_id", "capacity_definition", "fall_year", "capacity_seats", "pupils",
    "utilization_ratio", "utilization_low_ratio", "utilization_high_ratio", "surplus_seats",
    "surplus_rooms", "surplus_rooms_low", "surplus_rooms_high",
]  # fmt: skip
_WHY = {
    "not_given": "the inventory gives none",
    "no_rooms_known": "no rooms are known",
    "other_grades": "the rule does not speak of grades taught there",
}
_USE = ["site_id", "fall_year", "pupils", "preschool_pupils", "below", "above"]


def horizon_year(outlook: pd.DataFrame, years: int) -> int | None:
    """The last fall that decides about room to offer: so many years into the outlook, which may reach further.

    >>> horizon_year(pd.DataFrame({"fall_year": [2025, 2026, 2034]}), 5)
    2029
    """
    return int(outlook["fall_year"].min()) + years - 1 if len(outlook) else None


def use_now(use: pd.DataFrame, fall_year: int) -> pd.DataFrame:
    """Pupils at each site now, as rows of site and fall.

    ``below`` and ``above`` say how far the number may lie off on either side (suppressed
    cells); ``preschool_pupils`` are those that room-based capacities do not seat.
    """
    return pd.DataFrame(
        {
            "site_id": use.index,
            "fall_year": fall_year,
            "pupils": use["pupils"].to_numpy(),
            "preschool_pupils": (use["pupils"] - use["pupils_without_preschool"]).to_numpy(),
            "below": use["half_width"].to_numpy(),
            "above": use["half_width"].to_numpy(),
        }
    )


def use_ahead(
    school_sites: pd.DataFrame, totals: pd.DataFrame, by_grade: pd.DataFrame, use: pd.DataFrame, pupils: pd.DataFrame
) -> pd.DataFrame:
    """Pupils to expect at each site in each year of the outlook, all its schools together.

    The schools' intervals are joined as independent: half widths by the root of their summed
    squares. A site whose pupils are not known now, or one of whose schools with pupils has no
    outlook, has none; an empty closed site stays empty.

    Parameters
    ----------
    school_sites, totals, by_grade : DataFrame
        Tables ``school_sites``, ``outlook_totals`` and ``enrollment_outlook``.
    use : DataFrame
        `capacity.site_use`.
    pupils : DataFrame
        `capacity.pupils_now`.
    """
    ahead = totals[totals["unit_kind"] == "school"].rename(columns={"unit_id": "school_id"})
    preschool = by_grade[(by_grade["unit_kind"] == "school") & (by_grade["grade"] == "PK")].rename(
        columns={"unit_id": "school_id"}
    )
    ahead = ahead.merge(
        preschool[["school_id", "fall_year", "pupils_projected"]].rename(
            columns={"pupils_projected": "preschool_pupils"}
        ),
        on=["school_id", "fall_year"],
        how="left",
        validate="one_to_one",
    )
    # a school without a preschool row has no preschool pupils
    ahead["preschool_pupils"] = ahead["preschool_pupils"].where(ahead["preschool_pupils"].notna(), 0.0)
    here = school_sites.merge(ahead, on="school_id", how="inner", validate="one_to_many")
    here["below"] = (here["pupils_projected"] - here["pupils_projected_low"]) ** 2
    here["above"] = (here["pupils_projected_high"] - here["pupils_projected"]) ** 2
    here["untested"] = here["below"].isna().astype("float64")
    numbers = ["pupils_projected", "preschool_pupils", "below", "above", "untested"]
    sums = (
        here.groupby(["site_id", "fall_year"])[numbers]
        .sum()
        .reset_index()
        .rename(columns={"pupils_projected": "pupils"})
    )
    for side in ("below", "above"):
        sums[side] = np.sqrt(sums[side]).where(sums["untested"] == 0)
    full = pupils.index[pupils["pupils"] > 0]
    blind = school_sites.loc[school_sites["school_id"].isin(full.difference(ahead["school_id"])), "site_id"]
    known = use.index[use["pupils"].notna()].difference(blind)
    falls = np.sort(totals["fall_year"].unique())
    vacant = use.index[(use["pupils"] == 0)].difference(pd.Index(sums["site_id"].unique()))
    still = pd.DataFrame(
        {
            "site_id": np.repeat(vacant.to_numpy(), len(falls)),
            "fall_year": np.tile(falls, len(vacant)),
            "pupils": 0.0,
            "preschool_pupils": 0.0,
            "below": 0.0,
            "above": 0.0,
        }
    )
    return pd.concat([sums[sums["site_id"].isin(known)], still], ignore_index=True)[_USE]


def utilization(capacity: pd.DataFrame, use: pd.DataFrame) -> pd.DataFrame:
    """How full each site is by each definition of its capacity, year by year.

    Surplus seats are capacity less pupils where that is positive: a crowded site never cancels
    the free seats of another. Preschool pupils count against a given capacity, not against
    those that leave preschool rooms out. Nothing is said where pupils are not known, and no
    ratio over a capacity of zero. Surplus rooms are surplus seats over the pupils for each room
    of the definition; their low end is that of the most pupils.

    Parameters
    ----------
    capacity : DataFrame
        Table ``capacity_definitions``; only rows with seats count.
    use : DataFrame
        `use_now` and `use_ahead` together.

    Returns
    -------
    DataFrame
        Table ``utilization``.

    Examples
    --------
    >>> capacity = pd.DataFrame({"site_id": ["1", "2"], "capacity_definition": "given", "capacity_seats": [400.0, 200.0], "pupils_per_room": 25.0})
    >>> use = pd.DataFrame({"site_id": ["1", "2"], "fall_year": 2024, "pupils": [300.0, 250.0], "preschool_pupils": 0.0, "below": 0.0, "above": 0.0})
    >>> utilization(capacity, use)[["utilization_ratio", "surplus_seats", "surplus_rooms"]].to_numpy().tolist()
    [[0.75, 100.0, 4.0], [1.25, 0.0, 0.0]]
    """
    table = capacity.dropna(subset=["capacity_seats"]).merge(use, on="site_id", how="inner", validate="many_to_many")
    table["pupils"] = table["pupils"] - table["preschool_pupils"].where(table["capacity_definition"] != "given", 0.0)
    seats = table["capacity_seats"].where(table["capacity_seats"] > 0)
    spread = (table["below"] > 0) | (table["above"] > 0)
    table["utilization_ratio"] = table["pupils"] / seats
    table["utilization_low_ratio"] = ((table["pupils"] - table["below"]).clip(lower=0.0) / seats).where(spread)
    table["utilization_high_ratio"] = ((table["pupils"] + table["above"]) / seats).where(spread)
    table["surplus_seats"] = (table["capacity_seats"] - table["pupils"]).clip(lower=0.0)
    table["surplus_rooms"] = table["surplus_seats"] / table["pupils_per_room"]
    for end, pupils in (("low", table["pupils"] + table["above"]), ("high", table["pupils"] - table["below"])):
        free = (table["capacity_seats"] - pupils.clip(lower=0.0)).clip(lower=0.0)
        table[f"surplus_rooms_{end}"] = (free / table["pupils_per_room"]).where(spread)
    return table[COLUMNS].sort_values(COLUMNS[:3], kind="stable").reset_index(drop=True)


def years_of_use(now: pd.DataFrame, ahead: pd.DataFrame) -> pd.DataFrame:
    """Present and expected use together; where the outlook starts before the study's fall, the count goes first.

    >>> use = {"site_id": ["1"], "preschool_pupils": 0.0, "below": 0.0, "above": 0.0}
    >>> now = pd.DataFrame({**use, "fall_year": 2024, "pupils": 300.0})
    >>> ahead = pd.DataFrame({**use, "fall_year": 2024, "pupils": 290.0})
    >>> years_of_use(now, ahead)["pupils"].tolist()
    [300.0]
    """
    both = pd.concat([now[_USE], ahead[_USE]], ignore_index=True) if len(ahead) else now[_USE]
    return both.drop_duplicates(["site_id", "fall_year"], keep="first").reset_index(drop=True)


def record(
    sites: pd.DataFrame,
    school_sites: pd.DataFrame,
    pupils: pd.DataFrame,
    capacity: pd.DataFrame,
    surplus: pd.DataFrame,
    ledger: Ledger,
) -> None:
    """Say how many pupils have a building, which sites lack a number, and why sites are not offered."""
    known = pupils["pupils"].dropna()
    housed = known[known.index.isin(school_sites["school_id"])]
    if len(known):
        reason = "pupils of schools that are tied to a site of the inventory; the others are in no building known here"
        ledger.match(
            "pupils at sites", total=float(known.sum()), matched=float(housed.sum()), unit="pupils", reason=reason
        )
    if sites.empty:
        ledger.missing_input(
            "sites",
            "no utilization is computed; an inventory of buildings is to be had from the district's facilities office",
        )
    lacking = capacity[capacity["capacity_seats"].isna()]
    for (definition, status), rows in lacking.groupby(["capacity_definition", "capacity_status"]):
        ledger.absence(
            "capacity",
            f"sites without a capacity by the definition '{definition}': {_WHY[str(status)]}",
            count=float(len(rows)),
            unit="sites",
            item=str(rows["site_id"].min()),
        )
    for status, count in surplus["surplus_status"].value_counts().sort_index().items():
        ledger.note("surplus_sites", f"{count} sites: {status}")
