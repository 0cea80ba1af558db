"""TIGER/Line shapes of the Census Bureau: block groups, tracts, blocks and school districts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.columns import CHILD_COUNTS, census_of
from pipeline.errors import ConfigError
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.decennial import children_by_block
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.files import read_shapes_file
from pipeline.sources.values import parse_number, places, subject_of

if TYPE_CHECKING:
    import geopandas as gpd

LEAST_CHILDREN_MATCH, FULL_CHILDREN_MATCH = 0.95, 0.995
_LENGTH = {"block_group": 12, "tract": 11}
# Edition and, where the file says so, census of block groups and tracts
_EDITION = re.compile(r"(?:tl|cb)_(\d{4})_\w+?_(?:bg|tract)(10|20|00)?(?![0-9])")
_SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".xml", ".qix")


def read_tiger_areas(entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    """Shapes of block groups or tracts in the study's CRS.

    Grain: census area x vintage (``area_shapes``). Options: ``area_level`` (``block_group`` or
    ``tract``), ``vintage`` (the figures drawn on these shapes), ``id_field`` (default ``GEOID``),
    ``geoid_prefixes`` (counties to keep of a state's file) and ``crs`` for a file that declares none.
    ``land_m2`` and ``water_m2`` are the Bureau's own areas, empty where the file has none.

    Raises
    ------
    SourceError
        For ids of the wrong length or that stand twice, areas that are no numbers, shapes or a
        CRS that cannot be trusted, and a file whose name (``tl_YYYY_``, ``cb_YYYY_``) says that it is of
        another census than the figures of the vintage.

    References
    ----------
    U.S. Census Bureau, TIGER/Line Shapefiles Technical Documentation, chapter 3.
    """
    chosen = options(entry, area_level="", vintage=entry.vintage, id_field="GEOID", geoid_prefixes=[], crs=None)
    level = str(chosen["area_level"])
    if level not in _LENGTH:
        raise ConfigError(f"source {entry.id}: option area_level must be block_group or tract, not {level!r}.")
    shapes = _shapes(entry, folder, chosen)
    faults = Faults()
    _require_census(entry, str(chosen["vintage"]), faults)
    frame = shapes[["geometry"]].copy()
    frame.insert(0, "area_level", level)
    frame.insert(1, "vintage", str(chosen["vintage"]))
    frame.insert(2, "area_geoid", _geoid(shapes, str(chosen["id_field"]), _LENGTH[level], faults))
    frame["name"] = _first(shapes, "NAMELSAD", "NAME")
    frame["land_m2"] = _number(shapes, entry, faults, "ALAND", "ALAND10", "ALAND20")
    frame["water_m2"] = _number(shapes, entry, faults, "AWATER", "AWATER10", "AWATER20")
    faults.raise_if_any(subject_of(entry))
    return frame


def read_tiger_blocks(entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    """Census blocks with people, homes and, where a table P12 is given, children.

    Grain: census block (``block_shapes``). Layout: ``tl_YYYY_SS_tabblock20`` with ``GEOID20``,
    ``POP20``, ``HOUSING20``. Options: ``vintage`` (default ``2020``), ``children_file`` (one of the
    source's files: table P12 from the Census Data API), ``geoid_prefixes``, ``crs``. A block
    without a row in that file has no known number of children: it stays empty and is recorded.

    Raises
    ------
    SourceError
        As `read_tiger_areas`, for negative people or homes, and if fewer than 95% of the blocks
        where people live are in the file of children.

    References
    ----------
    U.S. Census Bureau, TIGER/Line Shapefiles Technical Documentation, chapter 3 (tabulation blocks).
    """
    chosen = options(entry, vintage="2020", children_file=None, id_field="GEOID20", geoid_prefixes=[], crs=None)
    children_file = chosen["children_file"]
    shapes = _shapes(entry, folder, chosen, skip=(str(children_file),))
    faults = Faults()
    frame = shapes[["geometry"]].copy()
    frame.insert(0, "block_geoid", _geoid(shapes, str(chosen["id_field"]), 15, faults))
    frame["vintage"] = str(chosen["vintage"])
    frame["population"] = _number(shapes, entry, faults, "POP20", "POP10")
    frame["homes"] = _number(shapes, entry, faults, "HOUSING20", "HOUSING10")
    frame["land_m2"] = _number(shapes, entry, faults, "ALAND20", "ALAND10", "ALAND")
    faults.add(
        "E-COLUMNS",
        "blocks have no number of people",
        ["POP20"] if frame["population"].isna().all() else [],
        "Fetch tl_YYYY_SS_tabblock20 of 2020 or later, which carries POP20 and HOUSING20.",
    )
    faults.raise_if_any(subject_of(entry))
    frame[[*CHILD_COUNTS, "children_0_17"]] = float("nan")
    if children_file is not None:
        ages = children_by_block(entry, folder, str(children_file))
        frame[list(ages.columns)] = ages.reindex(frame["block_geoid"]).to_numpy()
        children = ages["children_0_17"]
        _require_children(frame, entry, folder, str(children_file))
        found = children.index.isin(frame["block_geoid"])
        folder.ledger.match(
            f"blocks of {entry.id} in {children_file}",
            total=len(frame),
            matched=int(frame["children_0_17"].notna().sum()),
            unit="blocks",
        )
        folder.ledger.balance(
            f"children in {children_file}",
            total=float(children.sum()),
            inside=float(children[found].sum()),
            unlocated=float(children[~found].sum()),
            unit="children",
            reason="blocks without a shape have no place",
        )
    return frame


def _require_children(frame: pd.DataFrame, entry: SourceEntry, folder: Folder, name: str) -> None:
    """Refuse a file of children that is of other blocks; note one that lacks a few."""
    lived_in = frame[frame["population"] > 0]
    lacking = lived_in[lived_in["children_0_17"].isna()]
    first = str(lacking["block_geoid"].min())
    if len(lacking) > (1 - LEAST_CHILDREN_MATCH) * len(lived_in):
        raise refuse(
            subject_of(entry, name),
            "E-UNMATCHED-BLOCKS",
            f"only {len(lived_in) - len(lacking):,} of {len(lived_in):,} blocks where people live are in the file",
            f"block {first} is not",
            "Ask the Data API for table P12 of every county of the blocks, or keep the study's counties by `geoid_prefixes`.",
        )
    if len(lacking) > (1 - FULL_CHILDREN_MATCH) * len(lived_in):
        what = f"{len(lacking):,} of {len(lived_in):,} blocks where people live are not in the file"
        folder.ledger.note(f"children in {name}", what, item=first)


def read_tiger_district(entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    """The shape of one school district.

    Grain: district part (``district_shapes``). Layout: ``tl_YYYY_SS_unsd`` (or elsd, scsd). Options:
    ``district`` (GEOID: state and NCES number, 7 digits) and ``district_id`` (the study's own id).

    Raises
    ------
    SourceError
        If the file has no such district.

    References
    ----------
    U.S. Census Bureau, TIGER/Line Shapefiles Technical Documentation, chapter 3 (school districts).
    """
    chosen = options(entry, district="", district_id=None, id_field="GEOID", geoid_prefixes=[], crs=None)
    district = str(chosen["district"])
    shapes = _shapes(entry, folder, chosen)
    faults = Faults()
    geoid = _geoid(shapes, str(chosen["id_field"]), 7, faults, unique=False)
    own = geoid == district
    first = ", ".join(geoid.head(3))
    faults.add(
        "E-DISTRICT",
        f"the file has no district {district!r}",
        [] if own.any() else [f"it has {first} ..."],
        "Give the option `district`: the 7 digits of GEOID.",
    )
    faults.raise_if_any(subject_of(entry))
    frame = shapes.loc[own, ["geometry"]].copy()
    frame.insert(0, "district_id", str(chosen["district_id"] or district))
    frame.insert(1, "name", _first(shapes, "NAME", "NAMELSAD")[own])
    return frame


def _shapes(entry: SourceEntry, folder: Folder, chosen: dict[str, Any], skip: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    """All shape files of the source as one, near the study, with their repairs recorded."""
    import geopandas as gpd

    parts = []
    for position, file in enumerate(entry.files):
        if file.name in skip or file.name.lower().endswith(_SIDECARS):
            continue
        # a state's file covers more than the study: what lies far from it is dropped and counted
        part = read_shapes_file(
            folder.file(entry, position),
            entry_id=entry.id,
            crs=chosen["crs"],
            target_crs=folder.crs,
            box=folder.box,
            id_column=chosen["id_field"],
            outside="drop",
            ledger=folder.ledger,
        )
        parts.append(part)
    shapes = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=folder.crs)
    prefixes = tuple(str(prefix) for prefix in chosen["geoid_prefixes"])
    if prefixes:
        field = str(chosen["id_field"])
        near = (
            shapes[field].str.startswith(prefixes) if field in shapes.columns else pd.Series(True, index=shapes.index)
        )
        if (~near).any():
            folder.ledger.loss(
                f"shapes of {entry.id}", "other counties than the study's", count=int((~near).sum()), unit="shapes"
            )
        shapes = shapes[near].reset_index(drop=True)
    return shapes


def _require_census(entry: SourceEntry, vintage: str, faults: Faults) -> None:
    """Refuse areas of 2020 for figures published on those of 2010: most ids are the same, and not all the ground."""
    for file in entry.files:
        edition = _EDITION.match(file.name.lower())
        if edition is None or file.name.lower().endswith(_SIDECARS) or not re.fullmatch(r"(\d{4}-)?\d{4}", vintage):
            continue
        # tl_2020_06_tract10 holds the areas of 2010
        drawn = f"20{edition[2]}" if edition[2] else census_of(edition[1])
        counted = census_of(vintage)
        faults.add(
            "E-GEOGRAPHY",
            f"the areas are those of the census of {drawn}, but figures of {vintage} are published on those of {counted}",
            [file.name] if drawn != counted else [],
            "Fetch the edition of a year of the vintage; or give these shapes the vintage they belong to, and add the "
            "Bureau's relationship file (reader census_relationship), so that the counts are carried over.",
        )


def _geoid(shapes: gpd.GeoDataFrame, field: str, length: int, faults: Faults, *, unique: bool = True) -> pd.Series:
    if field not in shapes.columns:
        has = ", ".join(str(c) for c in shapes.columns if c != "geometry")
        faults.add(
            "E-COLUMNS",
            f"the file has no column {field}",
            [f"it has {has}"],
            "Give the column of the GEOID as the option `id_field`.",
        )
        return pd.Series("", index=shapes.index)
    ids = shapes[field].astype("str")
    faults.add(
        "E-ID-LENGTH",
        f"{field} must have {length} characters",
        places(ids.str.len() != length, ids, field, shapes["__row__"]),
        "Keep the GEOID as text, with its leading zeros; check area_level.",
    )
    if unique:
        faults.add(
            "E-KEY-DUP",
            f"{field} stands twice",
            places(ids.duplicated(keep=False), ids, field, shapes["__row__"]),
            "Do not list files that overlap.",
        )
    return ids


def _first(shapes: gpd.GeoDataFrame, *columns: str) -> pd.Series:
    for column in columns:
        if column in shapes.columns:
            return shapes[column].mask(shapes[column] == "").astype("str")
    return pd.Series(None, index=shapes.index, dtype="str")


def _number(shapes: gpd.GeoDataFrame, entry: SourceEntry, faults: Faults, *columns: str) -> pd.Series:
    for column in columns:
        if column in shapes.columns:
            values, _ = parse_number(
                shapes[column], entry=entry, what=column, absent={}, rows=shapes["__row__"], faults=faults
            )
            numbers = values.astype("float64")
            faults.add(
                "E-NEGATIVE",
                f"{column} must not be negative",
                places(numbers < 0, shapes[column], column, shapes["__row__"]),
                "A negative number is a code: look it up in the documentation.",
            )
            return numbers
    return pd.Series(float("nan"), index=shapes.index)


SOURCES: tuple[Source, ...] = (
    Source(
        "tiger_areas",
        ("area_shapes",),
        "TIGER/Line block groups or tracts (tl_YYYY_SS_bg, tl_YYYY_SS_tract)",
        read_tiger_areas,
    ),
    Source(
        "tiger_blocks",
        ("block_shapes",),
        "TIGER/Line 2020 blocks (tl_YYYY_SS_tabblock20), with table P12 as JSON",
        read_tiger_blocks,
    ),
    Source(
        "tiger_district",
        ("district_shapes",),
        "TIGER/Line school districts (tl_YYYY_SS_unsd, elsd, scsd)",
        read_tiger_district,
    ),
)
