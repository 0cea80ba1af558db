"""Who runs the schools that pupils attend, and where those of each zone go, as it may be told.

Pupils by the school they attend are added up from the published counts of schools, so that these
sums can tell nothing that is not published. Pupils by the zone they live in are told in tens; a
count of few is hidden, and with it others of its zone and of its school until it cannot be had
from the zone's residents or the school's roll, which are published.
"""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.disclosure import Published, complements, in_tens, is_small, report_line
from pipeline.columns import HIDDEN, SECTORS
from pipeline.numerals import number

UNKNOWN = "not_known"
PUBLIC = ("district", "charter", UNKNOWN)  # a school that no directory lists is one of the district's old ones
BY_SCHOOL, BY_HOME = "school", "residence"
KEY = ["counted_by", "layer", "area_id", "fall_year", "run_by"]
MIDDLE = 4.5  # of the numbers from 20 to 29, that are told as 20, above it
CELL = ["level", "zone_id", "school_id", "fall_year"]


def sectors(
    known: pd.DataFrame,
    facts: pd.DataFrame,
    membership: pd.DataFrame,
    flows: pd.DataFrame,
    zones: pd.DataFrame,
    *,
    district_id: str,
    fall_year: int,
    zones_fall: int,
    smallest: float,
) -> Published:
    """Pupils by who runs the school they attend: of the district year by year, of neighborhoods and of zones.

    Counted by school, the district has the pupils of its schools and a neighborhood those of the
    schools that lie in it, in the study's fall; counted by residence, a zone has those who live in
    it, in tens. Years in which a sector has no count have a row that says so.

    Parameters
    ----------
    known : the table ``public_enrollment``.
    facts, membership, flows : the tables ``school_facts``, ``membership`` and ``flows``.
    zones : the table ``public_zones``: what is hidden there is hidden here.
    fall_year : the study's; later counts are not told.
    zones_fall : the school year of the zones, which names their layer.
    smallest : the least count that may be shown.

    Returns
    -------
    The table ``public_sectors`` and its line. ``sector_share`` is the part in the pupils of
    district and charter schools (and of old ones that no directory lists) where all of these are told; of private ones it is
    empty: they are counted in other years and take pupils from everywhere.
    """
    counted = _counted(known, facts, fall_year)
    whole = _sums(counted.assign(layer="district", area_id=district_id))
    now = counted[counted["fall_year"] == _latest_public(counted)]
    lies = membership.drop_duplicates("school_id")[["school_id", "neighborhood_id"]].dropna()
    near = now.merge(lies, on="school_id", how="inner", validate="m:1").rename(columns={"neighborhood_id": "area_id"})
    homes, primary, extra = _homes(flows, facts, zones, zones_fall, fall_year, smallest)
    public = pd.concat(
        [
            part
            for part in (_with_every_sector(whole), _sums(near.assign(layer="neighborhood")), homes)
            if len(part) or part is homes
        ],
        ignore_index=True,
    )
    public["sector_share"] = _shares(public)
    reason = f"by school: sums of public_enrollment; by residence: in tens, none of fewer than {number(smallest)} pupils, nor one that with a zone's residents would give such a number away"
    columns = [*KEY, "pupils", "sector_share", "told_schools", "hidden_schools", "value_status"]
    return public[columns], report_line("public_sectors", int(public["pupils"].notna().sum()), primary, extra, reason)


def _shares(public: pd.DataFrame) -> pd.Series:
    """Part of each public operator in the pupils told; of a zone, whose numbers are in tens, from the middles of these.

    Where the pupils of one of them are hidden or not counted there is none: the others are not all.
    """
    is_public = public["run_by"].isin(PUBLIC)
    told = public["pupils"].where(is_public) + MIDDLE * public["counted_by"].eq(BY_HOME)
    area = [public[name] for name in KEY[:-1]]
    total = told.groupby(area).transform("sum")
    incomplete = (is_public & told.isna()).groupby(area).transform("any")
    return (told / total.where(total > 0)).mask(incomplete).round(2)


def _counted(known: pd.DataFrame, facts: pd.DataFrame, fall_year: int) -> pd.DataFrame:
    """Published counts with the operator of each school: a number, a hidden one or none."""
    rows = known[known["fall_year"].le(fall_year) & known["value_status"].ne("not_applicable")]
    rows = rows.merge(facts[["school_id", "sector"]], on="school_id", how="left", validate="m:1")
    return rows.assign(
        run_by=rows["sector"].where(rows["sector"].isin(SECTORS), UNKNOWN),
        pupils=pd.to_numeric(rows["value_text"].mask(rows["value_text"].isin([HIDDEN, ""]))).astype("float64"),
        counted_by=BY_SCHOOL,
    )


def _latest_public(counted: pd.DataFrame) -> float:
    return float(counted.loc[counted["run_by"].isin(PUBLIC) & counted["pupils"].notna(), "fall_year"].max())


def _sums(rows: pd.DataFrame) -> pd.DataFrame:
    """Sums of the schools told, with how many are told and how many hidden."""
    known = rows.assign(
        told_schools=rows["pupils"].notna().astype("float64"),
        hidden_schools=rows["value_text"].eq(HIDDEN).astype("float64"),
    )
    grouped = known.groupby(KEY, sort=True)
    sums = grouped[["told_schools", "hidden_schools"]].sum()
    sums["pupils"] = grouped["pupils"].sum(min_count=1)
    sums = sums.reset_index()
    status = sums["told_schools"].map(lambda told: "reported" if told else "not_reported")
    # schools whose count is hidden are missing from the sum
    return sums.assign(value_status=status.mask(sums["hidden_schools"] > 0, "suppressed"))


def _with_every_sector(whole: pd.DataFrame) -> pd.DataFrame:
    """The district's years with a row for each operator that has any: where none is counted it says so."""
    if whole.empty:
        return whole
    falls = sorted(whole.loc[whole["run_by"].isin(PUBLIC), "fall_year"].unique())
    runs = [run for run in (*SECTORS, UNKNOWN) if whole["run_by"].eq(run).any()]
    area = whole["area_id"].iloc[0]
    every = pd.MultiIndex.from_product([[BY_SCHOOL], ["district"], [area], falls, runs], names=KEY)
    index = every.union(pd.MultiIndex.from_frame(whole[KEY]))
    full = whole.set_index(KEY).reindex(index)
    none = full["told_schools"].isna()
    # old schools that no directory lists are gone, not uncounted
    full = full[~(none & (full.index.get_level_values("run_by") == UNKNOWN))]
    return full.fillna({"told_schools": 0.0, "hidden_schools": 0.0, "value_status": "not_reported"}).reset_index()


def _lived(flows: pd.DataFrame, facts: pd.DataFrame, zones: pd.DataFrame, fall_year: int) -> pd.DataFrame:
    """Pupils by zone and school with the operator, up to the study's fall, and whether the zone is hidden."""
    rows = flows[flows["fall_year"].le(fall_year) & flows["value_status"].ne("not_applicable")]
    rows = rows.merge(facts[["school_id", "sector"]], on="school_id", how="left", validate="m:1")
    told = zones.loc[zones["resident_pupils"].notna(), ["level", "zone_id"]]
    return rows.assign(
        run_by=rows["sector"].where(rows["sector"].isin(SECTORS), UNKNOWN),
        pupils=rows["pupils"].where(rows["value_status"].eq("reported")),
        of_hidden_zone=~pd.MultiIndex.from_frame(rows[["level", "zone_id"]]).isin(pd.MultiIndex.from_frame(told)),
    ).reset_index(drop=True)


def _protected(
    counts: pd.Series, primary: pd.Series, totals: dict[str, tuple[pd.Series, int]], smallest: float
) -> pd.Series:
    """Further counts to hide, until no total gives a hidden one away.

    ``totals`` has, for each kind, which total a count is part of and how many hidden ones it needs:
    two where the total is told exactly, one where it is told in tens.
    """
    extra = pd.Series(False, index=counts.index)
    while True:
        more = pd.Series(False, index=counts.index)
        for group, cells in totals.values():
            more |= complements(counts, primary | extra | more, group, smallest, cells)
        if not more.any():
            return extra
        extra |= more


def _homes(
    flows: pd.DataFrame, facts: pd.DataFrame, zones: pd.DataFrame, zones_fall: int, fall_year: int, smallest: float
) -> tuple[pd.DataFrame, int, int]:
    """Pupils of each zone by operator, in tens, and how many are hidden: for few pupils, and beside these."""
    lived = _lived(flows, facts, zones, fall_year)
    grouped = lived.groupby(["level", "zone_id", "fall_year", "run_by"], sort=True)
    sums = pd.DataFrame(
        {
            "pupils": grouped["pupils"].sum(min_count=1).where(grouped["pupils"].count() == grouped.size()),
            "least": grouped["pupils_low"].sum(min_count=1),
            "of_hidden_zone": grouped["of_hidden_zone"].any(),
        }
    ).reset_index()
    counts = sums["pupils"].fillna(sums["least"])
    primary = sums["pupils"].isna() | sums["of_hidden_zone"] | is_small(sums["pupils"], smallest)
    year = sums["level"] + " " + sums["fall_year"].astype("str")
    totals = {"zone": (year + " " + sums["zone_id"], 2), "level": (year + " " + sums["run_by"], 2)}
    extra = _protected(counts, primary, totals, smallest)
    hidden = primary | extra
    public = sums.assign(
        counted_by=BY_HOME,
        layer="zone " + sums["level"].astype("str") + f" {zones_fall}",
        area_id=sums["zone_id"],
        pupils=in_tens(sums["pupils"]).mask(hidden),
        # how many schools they go to is not told: it would say how many pupils there are at least
        told_schools=float("nan"),
        hidden_schools=float("nan"),
        value_status=pd.Series("reported", index=sums.index, dtype="str").mask(hidden, "suppressed"),
    )
    columns = [*KEY, "pupils", "told_schools", "hidden_schools", "value_status"]
    return public[columns], int(primary.sum()), int(extra.sum())


def flows(
    table: pd.DataFrame,
    facts: pd.DataFrame,
    shapes: pd.DataFrame,
    zones: pd.DataFrame,
    known: pd.DataFrame,
    *,
    fall_year: int,
    zones_fall: int,
    smallest: float,
) -> Published:
    """Pupils by the zone they live in and the school they attend, in tens, where that may be told.

    Pairs that are not told have no row: nobody can see whether few pupils or none stand behind
    them. Hidden are counts of few, every count of a zone or a school that is hidden itself, and the
    next smallest of a zone, of a school and of a zone's schools of one operator until the hidden
    ones can be had neither from the zone's residents or its sums by operator nor from the school's roll.

    Parameters
    ----------
    table, facts, shapes : the tables ``flows``, ``school_facts`` and ``zones``.
    zones, known : the tables ``public_zones`` and ``public_enrollment``.
    """
    lived = _lived(table, facts, zones, fall_year)
    quiet = known.loc[known["value_text"].eq(HIDDEN), ["school_id", "fall_year"]]
    of_hidden_school = pd.MultiIndex.from_frame(lived[["school_id", "fall_year"]]).isin(pd.MultiIndex.from_frame(quiet))
    counts = lived["pupils"].fillna(lived["pupils_low"])
    primary = lived["pupils"].isna() | lived["of_hidden_zone"] | of_hidden_school | is_small(lived["pupils"], smallest)
    year = lived["fall_year"].astype("str") + " "
    zone, school = year + lived["level"] + " " + lived["zone_id"], year + lived["school_id"]
    totals = {"zone": (zone, 2), "school": (school, 2), "operator": (zone + " " + lived["run_by"], 1)}
    extra = _protected(counts, primary, totals, smallest)
    shown = lived[~primary & ~extra & (lived["pupils"] > 0)]
    own = shapes.loc[
        shapes["fall_year"].eq(zones_fall) & shapes["school_id"].notna(), ["level", "zone_id", "school_id"]
    ]
    is_home = pd.MultiIndex.from_frame(shown[["level", "zone_id", "school_id"]]).isin(pd.MultiIndex.from_frame(own))
    public = shown.assign(pupils=in_tens(shown["pupils"]), is_home=is_home)[[*CELL, "run_by", "is_home", "pupils"]]
    reason = f"in tens; pairs of a zone and a school with 1 to {number(smallest - 1)} pupils have no row, nor those that would give these away"
    return public, report_line("public_flows", len(public), int(primary.sum()), int(extra.sum()), reason)
