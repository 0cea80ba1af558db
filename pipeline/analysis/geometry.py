"""Shapes on the ground: equal-area checks, sound overlays, and points in areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from pipeline.crs import crs_name, unfit_crs
from pipeline.errors import ContractError, Fault

if TYPE_CHECKING:
    import geopandas as gpd

# Overlaps thinner than this are the noise of two files that write one line; 1 mm2 of a zone.
NOISE_M2 = 1e-6
# A part or hole that encloses less is no ground at all.
RING_M2 = 1e-3
GRID_M = 1e-6
# Vertices from which a polygon is worth cutting before an overlay.
LONG_OUTLINE = 500
Shapes = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]


def require_equal_area(*frames: gpd.GeoDataFrame) -> None:
    """Refuse shapes whose areas and lengths cannot be measured or compared.

    Raises
    ------
    ContractError
        If a frame has no CRS, is in degrees or feet, is in a projection that does not keep
        areas (Web Mercator swells California by half), or differs from the first.

    Examples
    --------
    >>> import geopandas as gpd
    >>> require_equal_area(gpd.GeoDataFrame(geometry=[], crs="EPSG:3310"))
    """
    for frame in frames:
        crs, unfit = frame.crs, unfit_crs(frame.crs)
        what = f"nothing can be measured in the CRS of these shapes: {unfit}" if unfit else ""
        if not unfit and crs != frames[0].crs:
            what = f"shapes to be compared are in different systems ({crs_name(frames[0].crs)} and {crs_name(crs)})"
        if what:
            fault = Fault(
                "E-CRS", what, 1, crs_name(crs), "Reproject to the study's equal-area CRS, such as EPSG:3310 or 5070."
            )
            raise ContractError("a layer of shapes", [fault])


def less(shape: Any, other: Any) -> Any:
    """A polygon less another, on a fine grid where the fast overlay does not add up."""
    rest = shapely.difference(shape, other)
    common = common_ground(np.array([shape]), np.array([other]))[0]
    if abs(rest.area + common.area - shape.area) > 1e-9 * shape.area + NOISE_M2:
        rest = shapely.difference(shape, other, grid_size=GRID_M)
    return polygons_of(rest)


def common_ground(first: Shapes, second: Shapes) -> Shapes:
    """Intersections of pairs of polygons, checked: what is common and what is not make the whole.

    GEOS overlays floating-point coordinates fast, but where borders nearly coincide it may, without
    an error, return nothing for a square that lies wholly inside another. Each result is
    therefore held against the difference, and against a point inside the first shape; a pair
    that fails is overlaid again on a grid of a micrometre, which cannot go wrong.

    Parameters
    ----------
    first, second : arrays of polygons
        Pairs, element by element.

    Returns
    -------
    array of geometries
        May hold lines and points where shapes only touch; their area is zero.

    Examples
    --------
    >>> common = common_ground(np.array([shapely.box(0, 0, 2, 2)]), np.array([shapely.box(1, 0, 9, 9)]))
    >>> shapely.area(common).tolist()
    [2.0]
    """
    common = shapely.intersection(first, second)
    whole, inside = shapely.area(first), shapely.area(common)
    outside = shapely.area(shapely.difference(first, second))
    unsound = np.abs(inside + outside - whole) > 1e-9 * whole + NOISE_M2
    slight = np.minimum(inside, outside) <= 1e-6 * whole
    point = shapely.point_on_surface(first[slight])
    unsound[slight] |= shapely.intersects(second[slight], point) != (inside[slight] > outside[slight])
    common[unsound] = shapely.intersection(first[unsound], second[unsound], grid_size=GRID_M)
    return np.asarray(common)


def common_m2(first: Shapes, second: Shapes) -> npt.NDArray[np.float64]:
    """Common ground of pairs of polygons, in square metres.

    Of a pair with a long outline (a shoreline of thousands of vertices) the longer is cut into
    simple pieces first, so that the overlay looks at the vertices nearby and not at all of them.

    >>> common_m2(np.array([shapely.box(0, 0, 2, 2)]), np.array([shapely.box(1, 0, 9, 9)])).tolist()
    [2.0]
    """
    lengths = shapely.get_num_coordinates(first), shapely.get_num_coordinates(second)
    ground = np.zeros(len(first))
    is_long = np.maximum(*lengths) > LONG_OUTLINE
    ground[~is_long] = shapely.area(common_ground(first[~is_long], second[~is_long]))
    for mine, other, chosen in (
        (first, second, is_long & (lengths[0] < lengths[1])),
        (second, first, is_long & (lengths[0] >= lengths[1])),
    ):
        pairs = np.flatnonzero(chosen)
        # the same long shape stands in many pairs: it is cut once
        shapes, row = _distinct(other[pairs])
        parent, pieces = subdivided(shapes)
        pair, piece = shapely.STRtree(pieces).query(mine[pairs], predicate="intersects")
        own = parent[piece] == row[pair]
        pair, piece = pair[own], piece[own]
        parts = shapely.area(pieces[piece])
        shapely.prepare(mine[pairs])
        crossing = ~shapely.covers(mine[pairs][pair], pieces[piece])
        # a piece has the fewer vertices: it is the one whose whole the overlay is held against
        parts[crossing] = shapely.area(common_ground(pieces[piece[crossing]], mine[pairs][pair[crossing]]))
        ground[pairs] = np.bincount(pair, weights=parts, minlength=len(pairs))
    return ground


def _distinct(shapes: Shapes) -> tuple[Shapes, Integers]:
    """The different objects of an array, and for each element which of them it is."""
    _, first, row = np.unique([id(shape) for shape in shapes], return_index=True, return_inverse=True)
    return shapes[first], row


def polygons_of(shape: Any) -> Any:
    """What an overlay leaves that has ground: polygons, without parts and holes of no area.

    Lines and points are dropped, and so are rings that enclose less than 10 cm2: they are the
    rounding of coordinates, and GEOS can take such a hole for the whole shape.

    >>> square = shapely.box(0, 0, 9, 9).difference(shapely.box(4, 4, 4.000001, 8))
    >>> shapely.get_num_interior_rings([square, polygons_of(square)]).tolist()
    [1, 0]
    >>> polygons_of(shapely.LineString([(0, 0), (1, 1)])).is_empty
    True
    """
    parts = [part for part in shapely.get_parts(shape, return_index=False) if part.geom_type == "Polygon"]
    tidy = []
    for part in parts:
        holes = [ring for ring in part.interiors if shapely.Polygon(ring).area > RING_M2]
        if part.area > RING_M2:
            tidy.append(shapely.Polygon(part.exterior, holes) if len(holes) < len(part.interiors) else part)
    return tidy[0] if len(tidy) == 1 else shapely.MultiPolygon(tidy)


def placed(
    points: Shapes, polygons: Shapes, tree: shapely.STRtree | None = None
) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Which polygon each point lies in, and whether it had to be chosen among several.

    A point on a border belongs to the first polygon (so give them in order of their ids),
    never to none and never to two. Missing and empty points lie nowhere. ``tree`` is the
    points' own, for those who ask many layers about the same points.

    Returns
    -------
    position, is_shared : arrays
        Position of the polygon, -1 for none; True where more than one polygon has the point.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> position, is_shared = placed(shapely.points([[1.5, 0.5], [1.0, 0.5], [9.0, 9.0]]), squares)
    >>> position.tolist(), is_shared.tolist()
    ([1, 0, -1], [False, True, False])
    """
    position = np.full(len(points), -1, dtype="int64")
    is_shared = np.zeros(len(points), dtype=bool)
    if len(points) and len(polygons):
        # The polygons ask the tree of points: each is prepared once, however many points there are.
        polygon, point = (tree or shapely.STRtree(points)).query(polygons, predicate="intersects")
        order = np.lexsort((polygon, point))
        polygon, point = polygon[order], point[order]
        first = np.r_[True, point[1:] != point[:-1]] if len(point) else np.array([], dtype=bool)
        position[point[first]] = polygon[first]
        is_shared[point[~first]] = True
    return position, is_shared


def subdivided(shapes: Shapes, largest: int = 128) -> tuple[Integers, Shapes]:
    """Cut large polygons into pieces of at most ``largest`` vertices, for fast overlays.

    Returns
    -------
    parent, pieces : arrays
        For each piece the position of the shape it comes from; pieces of one shape meet in
        lines only, so areas add up.
    """
    parents, done = [], []
    parent, pieces = np.arange(len(shapes)), np.asarray(shapes, dtype=object)
    while len(pieces):
        small = shapely.get_num_coordinates(pieces) <= largest
        parents.append(parent[small])
        done.append(pieces[small])
        parent, pieces = parent[~small], pieces[~small]
        if not len(pieces):
            break
        west, south, east, north = shapely.bounds(pieces).T
        wide = east - west >= north - south
        x, y = (west + east) / 2, (south + north) / 2
        halves = (
            shapely.box(west, south, np.where(wide, x, east), np.where(wide, north, y)),
            shapely.box(np.where(wide, x, west), np.where(wide, south, y), east, north),
        )
        parent = np.r_[parent, parent]
        pieces = np.r_[shapely.intersection(pieces, halves[0]), shapely.intersection(pieces, halves[1])]
        pieces, part = shapely.get_parts(pieces, return_index=True)
        keep = shapely.area(pieces) > 0
        parent, pieces = parent[part][keep], pieces[keep]
    if not done:
        return np.array([], dtype="int64"), np.array([], dtype=object)
    return np.concatenate(parents), np.concatenate(done)
