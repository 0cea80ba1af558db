"""Places of a district's rows: shapes of the kind a table holds, or points from coordinates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.columns import BY_NAME
from pipeline.origins import SourceEntry
from pipeline.sources import Folder
from pipeline.sources.faults import Faults
from pipeline.sources.geofiles import feature_names
from pipeline.sources.mapping import Mapped
from pipeline.sources.placing import place_shapes, source_crs
from pipeline.sources.values import parse_number
from pipeline.tables import POLYGONS, Table

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj

# Options of layers: how their shapes are found, placed and repaired.
SHAPE_OPTIONS: dict[str, Any] = {
    "layer": None,
    "crs": None,
    "outside": "refuse",
    "accept_repair": (),
    "shapes": None,
    "point_on": None,
}
_KINDS = {"polygons": ("Polygon", "MultiPolygon", "GeometryCollection"), "points": ("Point", "MultiPoint")}


def place_rows(
    rows: gpd.GeoDataFrame,
    declared: pyproj.CRS | None,
    entry: SourceEntry,
    table: Table,
    chosen: Mapping[str, Any],
    subject: str,
    folder: Folder,
) -> gpd.GeoDataFrame:
    """Features of the kind the table holds, placed; others are refused unless ``shapes`` leaves them out.

    Where a table may lack places, a feature without a shape stays, counted as absent.
    """
    import geopandas as gpd
    import shapely

    theirs = next(
        (entry.columns[c] for c in table.names if BY_NAME[c].kind == "key" and entry.columns.get(c) in rows.columns),
        None,
    )
    wanted = chosen["shapes"] or (
        "points" if table.is_spatial and table.geometry_types != POLYGONS and chosen["point_on"] is None else "polygons"
    )
    values = rows.geometry.to_numpy()
    nothing = shapely.is_missing(values) | shapely.is_empty(values)
    kinds = pd.Series(rows.geom_type.to_numpy(), index=rows.index)
    matters = bool(chosen["shapes"]) or (table.is_spatial and chosen["point_on"] is None)
    other = ~kinds.isin(_KINDS[wanted]) & ~nothing & matters
    names = feature_names(rows, theirs)
    if other.any():
        if chosen["shapes"] is None:
            faults = Faults()
            faults.add(
                "E-GEOM-TYPE",
                f"a shape is not of the kind this table holds ({wanted})",
                [f"{n}: {k}" for n, k, o in zip(names, kinds, other, strict=True) if o],
                f"If the others are labels or symbols, leave them out with the option `shapes: {wanted}`.",
            )
            faults.raise_if_any(subject)
        listed = ", ".join(f"{n:,} {k}" for k, n in kinds[other].value_counts().sort_index().items())
        folder.ledger.loss(subject, f"shapes of another kind left out: {listed}", count=int(other.sum()), unit="shapes")
        rows, nothing = rows[~other], nothing[~other.to_numpy()]
    placeless = nothing & (not table.is_spatial or "geometry" not in table.required)
    located = rows[~placeless].reset_index(drop=True)
    source = source_crs(located, declared, chosen["crs"], folder.crs, folder.box, subject)
    names = feature_names(located, theirs)
    accepted = located[theirs].isin([str(i) for i in chosen["accept_repair"]]).to_numpy() if theirs else None
    placed = place_shapes(
        located,
        source,
        names,
        subject,
        target_crs=folder.crs,
        box=folder.box,
        accepted=accepted,
        outside=chosen["outside"],
        ledger=folder.ledger,
    )
    if chosen["point_on"] == "representative":
        placed["geometry"] = placed.geometry.representative_point()
    singles = placed.geom_type == "MultiPoint"
    if singles.any():
        placed["geometry"] = gpd.GeoSeries(
            [
                shapely.get_geometry(g, 0) if g.geom_type == "MultiPoint" and len(g.geoms) == 1 else g
                for g in placed.geometry
            ],
            crs=placed.crs,
        )
    if not placeless.any():
        return placed
    folder.ledger.absence(
        subject, "features without a shape: kept without a place", count=int(placeless.sum()), unit="shapes"
    )
    unplaced = gpd.GeoDataFrame(
        rows[placeless].drop(columns="geometry").assign(__repair__=""),
        geometry=gpd.GeoSeries([None] * int(placeless.sum()), index=rows.index[placeless], crs=folder.crs),
    )
    return pd.concat([placed, unplaced], ignore_index=True).sort_values("__row__", kind="stable").reset_index(drop=True)


def place_points(work: Mapped, word: Mapping[str, Any] | None, outside: str, folder: Folder) -> pd.Series:
    """Points from columns of coordinates; rows without any stay without a place, counted.

    ``absent`` of the option ``point`` names tokens that mean "no coordinates" (an empty cell
    always does). 0, 0 is refused unless it is named there.
    """
    import geopandas as gpd
    import shapely

    rows = work.rows
    empty = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    if not word:
        return empty
    tokens = {str(t).strip() for t in word.get("absent", ())} | {""}
    x_name, y_name = word["longitude"], word["latitude"]
    none = pd.concat([_is_none(rows[c], tokens) for c in (x_name, y_name)], axis=1)
    half = none.any(axis=1) & ~none.all(axis=1)
    work.faults.add(
        "E-COORD",
        "one coordinate is there and the other is not",
        [f"row {r}" for r in rows.loc[half, "__row__"]],
        "Fill both, or empty both.",
    )
    some = rows[~none.any(axis=1)]
    numbers = {
        c: parse_number(some[c], entry=work.entry, what=c, absent={}, rows=some["__row__"], faults=work.faults)[0]
        for c in (x_name, y_name)
    }
    fine = numbers[x_name].notna() & numbers[y_name].notna()
    some = some[fine]
    absent = int(none.all(axis=1).sum())
    if absent:
        work.ledger.absence(work.subject, "rows without coordinates: kept without a place", count=absent, unit="rows")
    if some.empty:
        return empty
    key = next((c for c in work.table.key if c in work.entry.columns), None)
    names = [
        f"row {r}" + (f" ({key}={v})" if key else "")
        for r, v in zip(some["__row__"], some[work.entry.columns[key]] if key else some["__row__"], strict=True)
    ]
    points = shapely.points(numbers[x_name][fine].astype("float64"), numbers[y_name][fine].astype("float64"))
    frame = gpd.GeoDataFrame(
        pd.DataFrame({"__row__": some["__row__"], "__at__": some.index}).reset_index(drop=True), geometry=points
    )
    source = source_crs(frame, None, word.get("crs", "EPSG:4326"), folder.crs, folder.box, work.subject)
    placed = place_shapes(
        frame, source, names, work.subject, target_crs=folder.crs, box=folder.box, outside=outside, ledger=folder.ledger
    )
    empty.loc[placed["__at__"]] = pd.Series(list(placed.geometry), index=placed["__at__"], dtype=object)
    return empty


def _is_none(cells: pd.Series, tokens: set[str]) -> pd.Series:
    """Cells that mean "no coordinate"; where "0" is declared so, 0.0 and 0.000 count too."""
    none = cells.isin(list(tokens))
    return none | cells.str.fullmatch(r"0+(\.0*)?") if "0" in tokens else none
