"""Shapes to their true place: which CRS, near the study's box, whole and valid, in the study's CRS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.ledger import Ledger
from pipeline.sources.faults import Faults, refuse

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pyproj

NEAR_DEGREES = 0.25  # about 25 km: how far from the study's box data may lie
AREA_CHANGE = 0.001  # a repair that changes an area by more is refused
_CANDIDATES = (
    "EPSG:4326",
    "EPSG:4269",
    "EPSG:3857",
    "EPSG:3310",
    "EPSG:5070",
    "EPSG:2226",
    "EPSG:2229",
    "EPSG:2248",
    "EPSG:2263",
    "EPSG:2804",
    "EPSG:26910",
    "EPSG:26911",
    "EPSG:26918",
)


def place_shapes(
    frame: gpd.GeoDataFrame,
    source: pyproj.CRS,
    names: list[str],
    subject: str,
    *,
    target_crs: str,
    box: tuple[float, float, float, float],
    accepted: np.ndarray | None = None,
    outside: str = "refuse",
    ledger: Ledger | None = None,
) -> gpd.GeoDataFrame:
    """Flat, valid shapes in the study's CRS with a column ``__repair__``, or a refusal.

    Parameters
    ----------
    frame
        Shapes without a CRS, whose coordinates are those of ``source``.
    names
        One text for each feature that names it in messages.
    accepted
        Features whose shape may be repaired though its area changes by more than 0.1%.
    outside
        What to do with features more than 25 km from ``box``: ``refuse``, ``drop`` or ``keep``.

    Raises
    ------
    SourceError
        For empty shapes, coordinates that are no numbers or lie at 0, 0, swapped axes, a wrong
        CRS, rings that cannot be repaired, features far away.
    """
    import numpy as np

    may = np.zeros(len(frame), dtype=bool) if accepted is None else accepted
    _refuse_broken(frame, names, subject)
    _refuse_misplaced(frame, source, names, subject, box)
    frame = frame.copy()
    frame["geometry"], frame["__repair__"] = _repair(frame["geometry"].to_numpy(), names, may, subject)
    out = _reproject(frame, source, target_crs, names, may, subject)
    kept = _near_box(out, source, names, subject, box, outside, ledger)
    if ledger is not None:
        by_index = dict(zip(out.index, names, strict=True))
        flattened = int(kept["__repair__"].str.startswith(FLATTENED).sum())
        if flattened:
            ledger.repair(subject, FLATTENED, before=flattened, after=flattened, unit="shapes")
        for at, repair in kept["__repair__"].items():
            rest = repair.removeprefix(FLATTENED).removeprefix("; ")
            if rest:
                ledger.repair(subject, rest, item=by_index[at], unit="shapes")
    return kept.reset_index(drop=True)


FLATTENED = "heights taken away"


def _bounds(frame: gpd.GeoDataFrame) -> np.ndarray:
    import numpy as np

    bounds = frame.geometry.bounds.to_numpy()
    fine = bounds[np.isfinite(bounds).all(axis=1)]
    return np.array([*fine[:, :2].min(axis=0), *fine[:, 2:].max(axis=0)]) if len(fine) else np.full(4, np.nan)


def source_crs(
    frame: gpd.GeoDataFrame,
    declared: pyproj.CRS | None,
    given: str | None,
    target: str,
    box: tuple[float, float, float, float],
    subject: str,
) -> pyproj.CRS:
    """CRS of a file: the one it declares, else the one the study gives; refused if both differ or none is there."""
    import pyproj

    if (
        declared is not None
        and given is not None
        and not declared.equals(pyproj.CRS.from_user_input(given), ignore_axis_order=True)
    ):
        raise refuse(
            subject,
            "E-CRS-TWICE",
            "the file declares its CRS, and the option `crs` another",
            f"{declared.name}, {given}",
            "Take the option away; where the file is wrong, correct the file.",
        )
    if declared is not None:
        return declared
    if given is not None:
        try:
            return pyproj.CRS.from_user_input(given)
        except pyproj.exceptions.CRSError as error:
            raise refuse(
                subject,
                "E-CRS-UNKNOWN",
                f"there is no CRS {given!r}",
                str(error)[:120],
                "Write an EPSG code, such as EPSG:4269.",
            ) from error
    fitting = (
        ", ".join(c for c in dict.fromkeys((*_CANDIDATES, target)) if _fits(_bounds(frame), c, box))
        or "none of the usual ones"
    )
    raise refuse(
        subject,
        "E-CRS-MISSING",
        "the file does not say its CRS (no .prj)",
        f"its coordinates would fit {fitting}",
        "Ask the publisher, then set the option `crs: EPSG:...`.",
    )


def _fits(bounds: np.ndarray, crs: str, box: tuple[float, float, float, float]) -> bool:
    """Whether the middle of the bounds, read in that CRS, lies in the study's box."""
    import numpy as np
    import pyproj

    if not np.isfinite(bounds).all():
        return False
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    west, south, east, north = box
    return bool(
        west - NEAR_DEGREES <= lon <= east + NEAR_DEGREES and south - NEAR_DEGREES <= lat <= north + NEAR_DEGREES
    )


def _refuse_broken(frame: gpd.GeoDataFrame, names: list[str], subject: str) -> None:
    import numpy as np
    import shapely

    values = frame.geometry.to_numpy()
    if not len(values):
        raise refuse(subject, "E-NO-ROWS", "the file holds no features", "0 rows", "Check the layer and the export.")
    missing = shapely.is_missing(values) | shapely.is_empty(values)
    coordinates, index = shapely.get_coordinates(values, return_index=True)
    broken = np.zeros(len(values), dtype=bool)
    broken[index[~np.isfinite(coordinates).all(axis=1)]] = True
    faults = Faults()
    faults.add(
        "E-GEOM-EMPTY",
        "a feature has no shape",
        [names[i] for i in np.flatnonzero(missing)],
        "Draw the shape, or leave the row out with `drop`.",
    )
    faults.add(
        "E-COORD-NAN",
        "a shape has a coordinate that is no number",
        [names[i] for i in np.flatnonzero(broken)],
        "Correct the shape.",
    )
    faults.raise_if_any(subject)


def _refuse_misplaced(
    frame: gpd.GeoDataFrame, crs: pyproj.CRS, names: list[str], subject: str, box: tuple[float, float, float, float]
) -> None:
    import numpy as np

    faults = Faults()
    bounds = frame.geometry.bounds.to_numpy()
    null = (np.abs(bounds) < 1e-6).all(axis=1)
    faults.add(
        "E-NULL-ISLAND",
        "a shape lies at 0, 0, which stands for no coordinates",
        [names[i] for i in np.flatnonzero(null)],
        "Locate it, or leave its coordinates empty.",
    )
    if crs.is_geographic:
        west, south, east, north = (bounds[:, i] for i in range(4))
        beyond = (
            (np.abs(bounds[:, [0, 2]]) > 180.0001).any(axis=1) | (np.abs(bounds[:, [1, 3]]) > 90.0001).any(axis=1)
        ) & ~null
        near = _overlaps(np.stack([south, west, north, east], axis=1), box)
        swapped = near & ~_overlaps(bounds, box)
        if beyond.any() and not swapped.any():
            candidates = ", ".join(c for c in _CANDIDATES if _fits(_bounds(frame), c, box)) or "a projected one"
            faults.add(
                "E-CRS-WRONG",
                f"coordinates are no degrees, though the file says {crs.name}",
                [names[i] for i in np.flatnonzero(beyond)],
                f"The coordinates would fit {candidates}: export the file with its true CRS.",
            )
        faults.add(
            "E-AXES-SWAPPED",
            "longitude and latitude are swapped",
            [f"{names[i]}: x {west[i]:.4f}, y {south[i]:.4f}" for i in np.flatnonzero(swapped)],
            "Export the file with longitude first: swapped, it would lie in the study's box.",
        )
        wide = (east - west > 180) & ~beyond
        faults.add(
            "E-ANTIMERIDIAN",
            "a shape is wider than half the globe: it crosses the 180th meridian",
            [names[i] for i in np.flatnonzero(wide)],
            "Cut it at the meridian.",
        )
    faults.raise_if_any(subject)


def _overlaps(bounds: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    west, south, east, north = box
    d = NEAR_DEGREES
    return (
        (bounds[:, 0] <= east + d)
        & (bounds[:, 2] >= west - d)
        & (bounds[:, 1] <= north + d)
        & (bounds[:, 3] >= south - d)
    )


def _repair(values: np.ndarray, names: list[str], accepted: np.ndarray, subject: str) -> tuple[np.ndarray, list[str]]:
    """Flat, valid shapes and what was done; refuses where an area would change by more than 0.1%."""
    import numpy as np
    import shapely

    notes = [""] * len(values)
    # GDAL's reader turns measures into heights or drops them, so that heights are all there can be
    for i in np.flatnonzero(shapely.has_z(values)):
        notes[i] = FLATTENED
    values = shapely.force_2d(values)
    faults = Faults()
    refused = []
    for i in np.flatnonzero(~shapely.is_valid(values) | (shapely.get_type_id(values) == 7)):
        before, reason = values[i], shapely.is_valid_reason(values[i])
        made = (
            _polygons(shapely.make_valid(before, method="structure", keep_collapsed=False))
            if before.area or "oint" not in before.geom_type
            else before
        )
        change = abs(made.area - before.area)
        if made.is_empty or (change > AREA_CHANGE * max(made.area, before.area) and not accepted[i]):
            refused.append(
                f"{names[i]}: {reason}; its area would change from {abs(before.area):,.6g} to {made.area:,.6g}"
            )
            continue
        values[i] = made
        kind = (
            "polygons taken out of a collection"
            if before.geom_type == "GeometryCollection"
            else f"invalid ring repaired ({reason})"
        )
        notes[i] = "; ".join(
            filter(
                None,
                [
                    notes[i],
                    f"{kind}, area {abs(before.area):.6g} before, {made.area:.6g} after (in the file's square units)",
                ],
            )
        )
    faults.add(
        "E-GEOM-INVALID",
        "a shape is not valid and cannot be repaired without changing it",
        refused,
        "Correct the shape at that place: a ring must not cross itself, parts must not overlap. If the repaired shape is right, name its id under the option `accept_repair`.",
    )
    faults.raise_if_any(subject)
    return values, notes


def _polygons(shape: Any) -> Any:
    """The polygons of a shape as one; points and lines left over from a repair are dropped."""
    import shapely

    parts = shapely.get_parts(shape)
    nested = [
        p
        for part in parts
        for p in (shapely.get_parts(part) if part.geom_type.startswith(("Multi", "Geometry")) else [part])
    ]
    rings = [p for p in nested if p.geom_type == "Polygon"]
    if not rings:
        return shape
    whole = rings[0] if len(rings) == 1 else shapely.MultiPolygon(rings)
    return whole if whole.is_valid else shapely.union_all(rings)


def _reproject(
    frame: gpd.GeoDataFrame, source: pyproj.CRS, target: str, names: list[str], accepted: np.ndarray, subject: str
) -> gpd.GeoDataFrame:
    import numpy as np
    import shapely
    from pyproj.transformer import TransformerGroup

    if "1927" in source.to_wkt() and not TransformerGroup(source, target).best_available:
        raise refuse(
            subject,
            "E-CRS-GRID",
            f"{source.name} is on the datum of 1927, and its grids are not installed: places could be 10-20 m off",
            source.name,
            "Get the file in NAD83 or WGS84, or install the PROJ grids.",
        )
    out = frame.set_crs(source).to_crs(target)
    values = out.geometry.to_numpy()
    coordinates, index = shapely.get_coordinates(values, return_index=True)
    lost = np.unique(index[~np.isfinite(coordinates).all(axis=1)])
    if len(lost):
        raise refuse(
            subject,
            "E-CRS-WRONG",
            f"coordinates do not lie where {source.name} is used",
            names[lost[0]],
            "The file says a wrong CRS: export it again with its true one.",
        )
    shapes, notes = _repair(values, names, accepted, subject)
    repaired = [i for i, note in enumerate(notes) if note]
    if repaired:
        import geopandas as gpd

        out["geometry"] = gpd.GeoSeries(shapes, index=out.index, crs=target)
        out["__repair__"] = [
            a if not b else "; ".join(filter(None, [a, b])) for a, b in zip(out["__repair__"], notes, strict=True)
        ]
    return out


def _near_box(
    frame: gpd.GeoDataFrame,
    source: pyproj.CRS,
    names: list[str],
    subject: str,
    box: tuple[float, float, float, float],
    outside: str,
    ledger: Ledger | None,
) -> gpd.GeoDataFrame:
    import numpy as np

    degrees = frame.geometry.to_crs("EPSG:4326")
    near = _overlaps(degrees.bounds.to_numpy(), box)
    if not near.any():
        b = _bounds(degrees.to_frame("geometry"))
        where = f"west {b[0]:.3f}, south {b[1]:.3f}, east {b[2]:.3f}, north {b[3]:.3f}"
        raise refuse(
            subject,
            "E-CRS-WRONG",
            f"nothing in the file lies near the study's box ({', '.join(map(str, box))})",
            where,
            f"Check the CRS (the file says {source.name}), the file, and geography.box of the study.",
        )
    far = np.flatnonzero(~near)
    if len(far) and outside == "refuse":
        faults = Faults()
        centre = degrees.iloc[far].bounds
        faults.add(
            "E-FAR-AWAY",
            "a shape lies more than 25 km from the study's box",
            [f"{names[i]} at {x:.4f}, {y:.4f}" for i, x, y in zip(far, centre["minx"], centre["miny"], strict=True)],
            "Correct it; if the file covers more than the district, set the option `outside: drop`.",
        )
        faults.raise_if_any(subject)
    if len(far) and outside == "drop":
        if ledger is not None:
            ledger.loss(
                subject,
                "shapes more than 25 km from the study's box left out",
                count=len(far),
                unit="shapes",
                item=names[far[0]],
            )
        return frame[near]
    return frame
