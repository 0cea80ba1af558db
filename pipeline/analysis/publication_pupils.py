"""Pupils in quality seats, as they may be told: all pupils from what is published, groups and zones in tens.

All pupils are added up anew from the published counts and classes of schools, so that these sums
can tell nothing that is not published. Counts of groups by school are not published; of groups
only sums over many schools are told, in tens, and none from which a small one could be computed.
"""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.disclosure import Published, complements, in_tens, is_small, report_line
from pipeline.analysis.quality_enrollment import ALL, attended, quality_change, quality_enrollment
from pipeline.columns import HIDDEN, SECTORS
from pipeline.ledger import Ledger
from pipeline.numerals import number
from pipeline.tables import empty

# Groups that add up to all pupils: one that is hidden would follow from the others.
RACES = (
    *("asian", "black", "filipino", "hispanic", "native_american", "pacific_islander", "two_or_more", "white"),
    "race_not_reported",
)
KEY = ["fall_year", "results_fall", "run_by", "student_group", "layer", "area_id"]
_LEAVES = ["quality", "other"]
WIDEST = 0.1  # a sum with hidden parts is told where its bounds lie within a tenth of it


def published_pupils(
    enrollment: pd.DataFrame, facts: pd.DataFrame, membership: pd.DataFrame, district_id: str, now: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The published counts of public schools, once for each area they lie in, and as group counts.

    Hidden counts stay as suppressed, without bounds.
    """
    number = pd.to_numeric(enrollment["value_text"].mask(enrollment["value_text"].isin([HIDDEN, ""])))
    is_told = number.notna()
    groups = enrollment[["school_id", "fall_year"]].assign(
        student_group=ALL,
        pupils=number.astype("float64"),
        pupils_low=number.astype("float64"),
        pupils_high=number.astype("float64"),
        value_status=enrollment["value_status"].where(
            is_told | enrollment["value_status"].ne("reported"), "not_reported"
        ),
    )
    no_flows = empty("flows", crs="")
    places = attended(groups, no_flows, facts, membership, district_id=district_id, zones_fall=now, now=now)
    return places, groups


def quality_seats(
    places: pd.DataFrame,
    quality: pd.DataFrame,
    table: pd.DataFrame,
    zones: pd.DataFrame,
    smallest: float,
) -> Published:
    """Pupils in quality seats by year, operator, group and area.

    Parameters
    ----------
    places : the first of `published_pupils`.
    quality : the table ``public_quality_years``.
    table : the table ``quality_enrollment``, for groups and for zones of residence.
    zones : the table ``public_zones``: what is hidden there is hidden here.
    smallest : the least count that may be shown.

    Returns
    -------
    The table ``public_quality_seats`` and its line. Schools whose count is hidden are left out of
    the sums of all pupils.
    """
    told = quality_enrollment(places[places["pupils"].notna()], quality)
    told = told[told["run_by"].eq(ALL) | told["layer"].eq("district")]
    groups, hidden = _groups(table, smallest)
    homes, primary, extra = _zones(table, zones, smallest)
    columns = [*KEY, "pupils", "quality_pupils", "unrated_pupils"]
    public = pd.concat(
        [told[columns], *(rows.reindex(columns=columns) for rows in (groups, homes) if len(rows))], ignore_index=True
    )
    reason = f"all pupils: from public_enrollment and public_quality_years; groups and zones in tens, none of fewer than {number(smallest)} pupils in or out of quality seats, nor one that would give such a number away"
    return public, report_line("public_quality_seats", len(public), hidden + primary, extra, reason)


def quality_reasons(
    places: pd.DataFrame, groups: pd.DataFrame, facts: pd.DataFrame, quality: pd.DataFrame
) -> Published:
    """Why pupils in quality seats became more or fewer, from published counts and classes alone.

    A school whose count is hidden in one of the years is in no part of the change.
    """
    change = quality_change(places[places["layer"].eq("district")], groups, facts, quality, Ledger())
    reason = "computed from public_enrollment and public_quality_years"
    return change, report_line("public_quality_change", int(change["pupils_change"].notna().sum()), reason=reason)


def _groups(table: pd.DataFrame, smallest: float) -> tuple[pd.DataFrame, int]:
    """Sums of groups that may be told, in tens, and how many are not."""
    rows = table[table["layer"].eq("district")].reset_index(drop=True)
    width = (
        rows[["pupils_high", "quality_pupils_high"]].to_numpy() - rows[["pupils_low", "quality_pupils_low"]].to_numpy()
    )
    for name in ("pupils", "quality_pupils"):
        rows[name] = (rows[f"{name}_low"] + rows[f"{name}_high"]) / 2
    exact = (width <= WIDEST * rows[["pupils", "quality_pupils"]].to_numpy()).all(axis=1)
    rows = rows.assign(quality=rows["quality_pupils"], other=rows["pupils"] - rows["quality_pupils"])
    everyone = rows[rows["student_group"].eq(ALL)]
    groups = rows[rows["student_group"].ne(ALL)].merge(
        everyone[["fall_year", "run_by", *_LEAVES]],
        on=["fall_year", "run_by"],
        how="left",
        suffixes=("", "_of_all"),
        validate="m:1",
    )
    told = pd.Series(exact[rows["student_group"].ne(ALL)], index=groups.index)
    for leaf in _LEAVES:
        rest = groups[f"{leaf}_of_all"] - groups[leaf]
        # that all of them are of one group says so of each
        told &= ~is_small(groups[leaf], smallest) & ~((rest < smallest) & groups[f"{leaf}_of_all"].gt(0))
    told &= _operators_told(groups, told, smallest)
    for _, year in groups.groupby("fall_year", sort=True):
        told = _races_told(year, told, smallest)
    shown = groups[told]
    shown = shown.assign(pupils=in_tens(shown["pupils"]), quality_pupils=in_tens(shown["quality_pupils"]))
    return shown.drop(columns="unrated_pupils"), int((~told).sum())


def _operators_told(groups: pd.DataFrame, told: pd.Series, smallest: float) -> pd.Series:
    """Rows that may stand beside the others of their group: all operators, or the total alone, or none."""
    fine = pd.Series(True, index=groups.index)
    for _, rows in groups.groupby(["fall_year", "student_group"], sort=True):
        parts = rows[rows["run_by"].isin(SECTORS)]
        whole = rows[rows["run_by"].eq(ALL)]
        rest = whole[_LEAVES].sum() - parts[_LEAVES].sum()  # in schools of no known operator
        if not told[parts.index].all() or is_small(rest.round(6), smallest).any():
            fine[parts.index] = False
        if not told[whole.index].all():
            fine[rows.index] = False
    return fine


def _races_told(year: pd.DataFrame, told: pd.Series, smallest: float) -> pd.Series:
    """Hide the next smallest race until those hidden cannot be had from all pupils less the others."""
    told = told.copy()
    races = year[year["student_group"].isin(RACES)]
    while True:
        more: set[str] = set()
        for _, rows in races.groupby("run_by", sort=True):
            shown = told[rows.index]
            if not shown.any() or shown.all():
                continue
            secret = rows[~shown]
            enough = all(
                (secret[leaf].sum() >= smallest and (secret[leaf] > 0).sum() > 1) or secret[leaf].sum() == 0
                for leaf in _LEAVES
            )
            if not enough:
                more.add(str(rows[shown].sort_values(["pupils", "student_group"])["student_group"].iloc[0]))
        if not more:
            return told
        told[races.index[races["student_group"].isin(more)]] = False


def _zones(table: pd.DataFrame, zones: pd.DataFrame, smallest: float) -> tuple[pd.DataFrame, int, int]:
    """Pupils by the zone they live in, in tens, and how many are hidden, for few pupils and beside them."""
    rows = table[table["layer"].str.startswith("zone ") & table["run_by"].eq(ALL)].reset_index(drop=True)
    known = rows["pupils"].notna() & rows["quality_pupils"].notna()
    level = rows["layer"].str.split(" ").str[1]
    quiet = zones.loc[zones["resident_pupils"].isna(), ["level", "zone_id"]]
    of_hidden = (level + " " + rows["area_id"]).isin(quiet["level"] + " " + quiet["zone_id"])
    other = rows["pupils"] - rows["quality_pupils"]
    primary = known & (of_hidden | is_small(rows["quality_pupils"], smallest) | is_small(other, smallest))
    by = rows["layer"] + " " + rows["fall_year"].astype("str")
    extra = complements(rows["quality_pupils"], primary, by, smallest)
    extra |= complements(other, primary | extra, by, smallest)
    shown = rows[known & ~primary & ~extra]
    shown = shown.assign(pupils=in_tens(shown["pupils"]), quality_pupils=in_tens(shown["quality_pupils"]))
    return shown.drop(columns="unrated_pupils"), int(primary.sum()), int(extra.sum())
