"""Counts of a vintage without shapes, carried to the drawn areas of another census."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from pipeline.analysis.areas import COUNT_COLUMNS, inhabited_measure
from pipeline.analysis.crosswalk import allocate
from pipeline.analysis.sound_counts import FULL_MATCH
from pipeline.analysis.sound_vintages import LEVELS, require_listed, require_near
from pipeline.analysis.uncertainty import years_of
from pipeline.analysis.vintages import COLUMNS, vintage_crosswalk
from pipeline.columns import CENSUS_COUNTS, census_of
from pipeline.errors import ContractError, Fault
from pipeline.numerals import number

if TYPE_CHECKING:
    from pipeline.ledger import Ledger


def carried_counts(
    shapes: gpd.GeoDataFrame,
    counts: pd.DataFrame,
    relations: pd.DataFrame,
    block_relations: pd.DataFrame,
    blocks: pd.DataFrame,
    *,
    evidence: Sequence[str],
    ledger: Ledger,
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts of a vintage that has no shapes, brought to the areas of another census that has.

    Where counts of tracts or block groups come without shapes of their vintage, and a relationship
    file leads to areas of another census that are drawn, the counts and their margins are carried
    there by `vintage_crosswalk` and `allocate`, and the vintage takes those shapes. Where several
    vintages of the other census are drawn, the one that ends closest serves.

    Parameters
    ----------
    shapes, counts, relations, block_relations : DataFrame
        Input tables ``area_shapes``, ``area_counts``, ``area_relations`` and ``block_relations``.
    blocks : DataFrame
        Table ``census_blocks``; its counts are evidence of where people live.
    evidence : sequence of str
        Kinds of evidence of the study, best first.
    ledger : Ledger
        Takes the match of ids with the relationship file, a balance of children (in = arrived +
        outside + in areas that stay empty) and what was carried how.

    Returns
    -------
    shapes, counts, crosswalk
        Both input tables with the carried vintages on their new areas, and table
        ``vintage_crosswalk``: from the earlier to the later census of every relationship file, and
        any other way that was used.

    Raises
    ------
    ContractError
        If a relationship file is of other counties than the study's, or if less than 99.5% of the areas of a
        vintage are in the file of its census, or of the areas that take part have counts: with the first that is not.
    """
    require_near(relations, block_relations, shapes, counts)
    crosswalks: dict[tuple[str, str, str], pd.DataFrame] = {}
    blocks = blocks[blocks["vintage"] == blocks["vintage"].max()]

    def between(level: str, source: str, target: str) -> pd.DataFrame:
        key = (level, source, target)
        if key not in crosswalks:
            found = vintage_crosswalk(
                relations, block_relations, blocks, level=level, source=source, target=target, evidence=evidence
            )
            crosswalks[key] = found
        return crosswalks[key]

    pairs = _pairs(relations, block_relations)
    for level, earlier, later in sorted(pairs):
        found = between(level, earlier, later)
        for side, census in (("source_id", earlier), ("target_id", later)):
            for frame, what in ((shapes, "shapes"), (counts, "counts")):
                of_level = frame[frame["area_level"] == level]
                for vintage, rows in of_level.groupby("vintage", sort=True):
                    if census_of(str(vintage)) == census:
                        require_listed(rows["area_geoid"], found[side], f"{what} of {level} {vintage}", census, ledger)
    drawn = set(map(tuple, shapes[["area_level", "vintage"]].drop_duplicates().to_numpy().tolist()))
    for level, vintage in (
        counts[["area_level", "vintage"]].drop_duplicates().sort_values(["area_level", "vintage"]).to_numpy().tolist()
    ):
        source = census_of(vintage)
        ways = {b if a == source else a for name, a, b in pairs if name == level and source in (a, b)}
        others = [v for name, v in drawn if name == level and census_of(v) in ways]
        if (level, vintage) in drawn or not others:
            continue
        lent = min(others, key=lambda other: (abs(years_of(other)[1] - years_of(vintage)[1]), other))
        is_own = (counts["area_level"] == level) & (counts["vintage"] == vintage)
        stand = shapes[(shapes["area_level"] == level) & (shapes["vintage"] == lent)]
        found = between(level, source, census_of(lent))
        arrived = _carried(found, counts[is_own], stand, f"{level} {vintage}", census_of(lent), ledger)
        counts = pd.concat([counts[~is_own], arrived], ignore_index=True)
        shapes = gpd.GeoDataFrame(
            pd.concat([shapes, stand.assign(vintage=vintage)], ignore_index=True), geometry="geometry", crs=shapes.crs
        )
    tables = list(crosswalks.values())
    crosswalk = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=COLUMNS)
    return shapes, counts, crosswalk.sort_values(COLUMNS[:4], ignore_index=True)


def _pairs(relations: pd.DataFrame, block_relations: pd.DataFrame) -> set[tuple[str, str, str]]:
    """Level, earlier and later census of every relation there is; blocks serve both levels."""
    ends = ["geography_from", "geography_to"]
    found = set(map(tuple, relations[["area_level", *ends]].drop_duplicates().to_numpy().tolist()))
    for pair in block_relations[ends].drop_duplicates().to_numpy().tolist():
        found |= {(level, *pair) for level in LEVELS}
    return found


def _carried(
    crosswalk: pd.DataFrame, counts: pd.DataFrame, shapes: pd.DataFrame, subject: str, census: str, ledger: Ledger
) -> pd.DataFrame:
    """Rows of ``area_counts`` on the drawn areas of another census, held to the counts that went in."""
    drawn = set(shapes["area_geoid"])
    reached = drawn & set(crosswalk["target_id"])
    _require_full(drawn, reached, f"drawn areas of {census} are in the relationship file", "Fetch the file", ledger)
    touching = set(crosswalk.loc[crosswalk["target_id"].isin(drawn), "source_id"])
    links = crosswalk[crosswalk["source_id"].isin(touching)]
    given = counts[counts["area_geoid"].isin(touching)]
    what = f"areas that reach into the drawn areas of {census} have counts of {subject}"
    _require_full(touching, set(given["area_geoid"]), what, "Fetch the counts", ledger)
    table = given.rename(columns={"area_geoid": "source_id"}).set_index("source_id")[COUNT_COLUMNS]
    table = table.astype("float64").reindex(sorted(touching)).rename_axis("source_id").reset_index()
    names = [name for name in CENSUS_COUNTS if table[name].notna().any()]
    arrived = allocate(links, table, names).set_index("target_id")
    arrived = arrived[arrived.index.isin(drawn)]
    measure = inhabited_measure(table)
    if measure is not None:
        value = table.set_index("source_id")[measure]
        part = (links["weight"] * value.reindex(links["source_id"]).to_numpy()).fillna(0.0)
        is_drawn, is_empty = (
            links["target_id"].isin(drawn),
            links["target_id"].isin(arrived.index[arrived[measure].isna()]),
        )
        ledger.balance(
            f"{subject} to the areas of {census}",
            total=float(value.sum()),
            inside=float(arrived[measure].sum()),
            outside=float(part[~is_drawn].sum()),
            unlocated=float(part[is_empty].sum()),
            unit=measure,
            reason="carried by the relationship file; outside: in areas that are not drawn",
        )
    kinds = links.drop_duplicates("source_id")["method"].value_counts().sort_index()
    used = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    ledger.missing_input(
        f"shapes of {subject}",
        f"its counts are carried to the areas of {census} by the relationship file ({used}); TIGER/Line has the shapes of its own",
    )
    level, vintage = counts[["area_level", "vintage"]].iloc[0]
    return (
        arrived.rename_axis("area_geoid")
        .reset_index()
        .assign(area_level=level, vintage=vintage)
        .reindex(columns=counts.columns)
    )


def _require_full(all_ids: set[str], found: set[str], what: str, remedy: str, ledger: Ledger) -> None:
    """Record how many of some areas were found, and refuse less than 99.5% of them."""
    ledger.match(what, total=len(all_ids), matched=len(found), unit="areas")
    if len(found) < FULL_MATCH * len(all_ids):
        lacking = all_ids - found
        remedy = f"{remedy} of every county of the study, of the census their vintage is published on."
        fault = Fault(
            "E-UNMATCHED",
            f"only {number(len(found))} of {number(len(all_ids))} {what}",
            len(lacking),
            f"area_geoid={min(lacking)}",
            remedy,
        )
        raise ContractError("the census areas", [fault])
