"""The answer of the sheet of who goes where, and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.periods import latest
from pipeline.atlas.spec import About
from pipeline.atlas.words import LABELS
from pipeline.columns import LEVELS
from pipeline.numerals import chance, count_of, listed, number, percent, school_year

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
PUBLIC = ("district", "charter", "not_known")


def _years(tables: Tables) -> pd.DataFrame:
    """Pupils told of public schools by fall and operator: 0 of one that has no school in a fall, empty where no count is told."""
    rows = tables["public_sectors"]
    rows = rows[rows["layer"].eq("district") & rows["run_by"].isin(PUBLIC)]
    by_fall = rows.groupby(["fall_year", "run_by"])["pupils"]
    # a sum of nothing known is empty, and of no row at all 0
    return by_fall.sum(min_count=1).unstack(fill_value=0.0).reindex(columns=list(PUBLIC), fill_value=0.0)  # noqa: PD010


def answer(tables: Tables, about: About) -> str:
    """What part of the pupils attends charter schools now and at first, and between which zones that part varies.

    Now and at first are the last and the first fall in which the pupils of both operators are told.
    """
    every = _years(tables)
    counted = every[every[["district", "charter"]].gt(0).any(axis=1)]
    if counted.empty:
        return "This study has no published enrollment by school, so that nobody can say who runs the schools that pupils attend."
    if not counted["charter"].sum() > 0:
        now = int(counted.index.max())
        return f"All {number(counted.loc[now].sum())} pupils counted at public schools in {school_year(now)} attend schools that the district runs, for no charter school of it has a count."
    years = counted.dropna(subset=["district", "charter"])
    if years.empty:
        return "In no year are the pupils of the district's own schools and those of charter schools both published, so that nobody can say what part attends which."
    sums, now, first = years.sum(axis=1), int(years.index.max()), int(years.index.min())
    share = (years["charter"] / sums).round(4)
    then = f" ({chance(share[first])} in {school_year(first)})" if first < now else ""
    return f"Of {number(sums[now])} pupils counted at public schools in {school_year(now)}, {number(years.loc[now, 'charter'])} ({chance(share[now])}) attend charter schools{then}{_between_zones(tables, about)}."


def _between_zones(tables: Tables, about: About) -> str:
    """From where to where the share of charter schools runs among the zones of the level with most zones told."""
    rows = tables["public_sectors"]
    rows = rows[rows["counted_by"].eq("residence") & rows["run_by"].eq("charter") & rows["sector_share"].notna()]
    rows = latest(rows, about)
    if len(rows) < 2:
        return ""
    layer = rows["layer"].value_counts().sort_index().idxmax()
    level = str(layer).split()[1]
    here = rows[rows["layer"].eq(layer)].sort_values(["sector_share", "area_id"], kind="stable")
    zones = tables["public_zones"]
    named = zones[zones["level"].eq(level)].set_index("zone_id")["name"].dropna()
    low, high = (
        f"{chance(row['sector_share'])} in {named.get(row['area_id'], row['area_id'])}"
        for row in (here.iloc[0], here.iloc[-1])
    )
    return f"; of those who live in {level} school zones it is from {low} to {high}"


def more(tables: Tables, about: About) -> tuple[str, ...]:
    """Pupils at their zone's own school, private schools, and what is in no count."""
    return tuple(
        text for text in (_own_school(tables), _flows(tables), _private(tables, about), _hidden(tables, about)) if text
    )


def _own_school(tables: Tables) -> str:
    known = tables["public_capture"]
    known = known[known["capture_ratio"].notna()]
    parts = [
        f"{percent(rows['capture_ratio'].median())} ({level})"
        for level in LEVELS
        if len(rows := known[known["level"].eq(level)])
    ]
    return (
        f"In the middle zone of each level about {listed(parts)} of the pupils go to the zone's own school."
        if parts
        else ""
    )


def _flows(tables: Tables) -> str:
    if tables["public_sectors"]["counted_by"].eq("residence").any():
        return ""
    return "Where the pupils of each zone go is not known: this study has no file of pupils by home and school."


def _private(tables: Tables, about: About) -> str:
    rows = tables["public_sectors"]
    private = rows[rows["layer"].eq("district") & rows["run_by"].eq("private")]
    told = private[private["pupils"].notna()]
    if told.empty:
        return "How many pupils private schools have is not known: this study has no count of them."
    row = told.loc[told["fall_year"].idxmax()]
    year = int(row["fall_year"])
    since = "" if year == about.fall_year else f"; for {school_year(about.fall_year)} no count is known"
    return f"{count_of(row['told_schools'], 'private school', 'private schools')} had {number(row['pupils'])} pupils in {school_year(year)}{since}."


def _hidden(tables: Tables, about: About) -> str:
    rows = tables["public_sectors"]
    whole = rows[rows["layer"].eq("district") & rows["run_by"].isin(PUBLIC)]
    now = whole[whole["fall_year"].eq(whole["fall_year"].max())]
    schools = int(now["hidden_schools"].sum())
    if not schools:
        return ""
    return f"{count_of(schools, 'school has', 'schools have')} a count that is not shown; {'its' if schools == 1 else 'their'} pupils are in none of these sums."


def reading(tables: Tables, about: About) -> tuple[tuple[str, str], ...]:
    """What is counted where, in tens, and what is in no count."""
    run = LABELS["run_by"]
    return (
        (
            "Where they live",
            f"Pupils of district and charter schools by the attendance zone they live in, in tens. A zone with a part of fewer than {about.smallest_cell or 'a few'} pupils shows neither part: with the zone's pupils, which are published, one would tell the other. Shares are taken from the middle of each ten, in whole percent.",
        ),
        (
            "The zone's own school",
            "Share of a zone's pupils who attend the school the zone is drawn for, in steps of five points. The others choose another district school, a charter school, or have a place for special needs elsewhere: why, no file says.",
        ),
        (
            "Where they attend",
            "Pupils of the schools that lie in a neighborhood, wherever they live. A neighborhood without a school has none.",
        ),
        (
            "From zone to school",
            "Pairs of a zone and a school, in tens. A pair that is not listed has few pupils or none, or would give such a pair away; what is listed does not add up to the zone's pupils.",
        ),
        (
            run["private"],
            "Counted by the federal survey of private schools every other year, at the school: where their pupils live is not known, and they are no part of any share.",
        ),
        (
            "In no count",
            "Children taught at home, and those who live here and attend schools of another district. The district's children less its pupils would be no measure of them: the survey's margin is wider than they are many.",
        ),
    )
