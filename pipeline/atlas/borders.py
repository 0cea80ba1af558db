"""Borders as the pages draw them: one coverage, closed, simplified and set on a grid, and what that changed.

Only drawings pass here: no number of the atlas depends on a drawn border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipeline.numerals import count_of, number

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

DETAIL = 1500  # a border may move by this part of the study's extent: less than a pixel on a screen
GRID = 100_000  # steps of a degree: about one metre
OVERLAP = 0.001  # of the ground: from here on areas overlap by their nature, not by careless drawing

Shapes = "npt.NDArray[np.object_]"


@dataclass(frozen=True)
class Closed:
    """What was changed before areas could be drawn side by side; ``tolerance_m`` is how far a border may move."""

    areas: int = 0
    tolerance_m: float = 0.0
    unclean: int = 0  # areas whose border ran over a neighbor's, or beside it
    gaps: int = 0  # holes between areas that were closed
    lost: int = 0  # areas too narrow to be drawn
    overlap_share: float = 0.0  # of the ground that lies in two areas at once
    is_coverage: bool = True

    def words(self, nouns: tuple[str, str]) -> str:
        """A sentence for the sheet's own record; empty where nothing was changed but the detail.

        >>> Closed(9, 21.0, unclean=4, gaps=3).words(("zone", "zones"))
        'The borders of 4 of 9 zones run over a neighbor\\u2019s or beside it as published. For drawing they were joined, and 3 gaps no wider than 21 m closed. No number depends on it.'
        """
        if not self.is_coverage:
            return f"These {count_of(self.areas, *nouns)} overlap as published ({number(100 * self.overlap_share, 1)}% of their ground lies in more than one), so each is drawn by itself and some lie over others. No number depends on it."
        parts = []
        if self.unclean:
            gaps = f", and {count_of(self.gaps, 'gap', 'gaps')} no wider than {number(self.tolerance_m)} m closed"
            parts.append(
                f"The borders of {number(self.unclean)} of {count_of(self.areas, *nouns)} run over a neighbor\u2019s or beside it as published. For drawing they were joined{gaps if self.gaps else ''}."
            )
        if self.lost:
            parts.append(f"{count_of(self.lost, *nouns)} too narrow to be drawn: see the table.")
        return " ".join([*parts, "No number depends on it."]) if parts else ""


def as_drawn(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Closed]:
    """Areas in degrees on the grid of the pages, and what was closed between them.

    Areas that leave nothing out and nothing double become a valid coverage: neighbors share their borders vertex
    for vertex. Areas that overlap by their nature (zones of which a home may lie in two) are simplified one by one.

    Raises
    ------
    ValueError
        Where the result is no valid coverage; it is meant never to happen.
    """
    shapes = frame.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not there.any():
        return frame.to_crs(4326), Closed(len(frame))
    present = shapes[there]
    west, south, east, north = main_box(present)
    tolerance = float(max(east - west, north - south)) / DETAIL
    sound, closed = fitted(present, tolerance)
    small = simpler(sound, tolerance, is_coverage=closed.is_coverage)
    degrees = type(frame.geometry)(small, crs=frame.crs).to_crs(4326).to_numpy()
    fine = on_grid(degrees, is_coverage=closed.is_coverage)
    lost = int((shapely.is_missing(fine) | shapely.is_empty(fine)).sum())
    out = np.full(len(shapes), None, dtype=object)
    out[there] = np.where(shapely.is_empty(fine), None, fine)
    counted = Closed(len(frame), tolerance, closed.unclean, closed.gaps, lost, closed.overlap_share, closed.is_coverage)
    drawn = type(frame)(
        frame.drop(columns=frame.geometry.name), geometry=type(frame.geometry)(out, index=frame.index, crs=4326)
    )
    return drawn[frame.columns], counted


def assert_coverage(shapes: Any) -> None:
    """Refuse shapes of which one is invalid, or of which two overlap or share a border only in part."""
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    broken = ~shapely.is_valid(shapes)
    if broken.any():
        raise ValueError(
            f"{broken.sum()} drawn areas are invalid, the first by {shapely.is_valid_reason(shapes[broken][0])}."
        )
    if not shapely.coverage_is_valid(shapes):
        edges = shapely.coverage_invalid_edges(shapes)
        raise ValueError(
            f"{(~shapely.is_empty(edges)).sum()} drawn areas do not fit their neighbors, the first along {edges[~shapely.is_empty(edges)][0].wkt[:80]}."
        )


def fitted(shapes: Any, tolerance: float) -> tuple[Any, Closed]:
    """Areas in full detail that fit each other, and how they were made to."""
    if shapely.is_valid(shapes).all() and shapely.coverage_is_valid(shapes):
        around = shapely.coverage_union_all(shapes)
        holes = [shapely.Polygon(hole) for part in shapely.get_parts(around) for hole in part.interiors]
        if not any(2 * hole.area < tolerance * hole.length for hole in holes):
            return shapes, Closed()
    shapes = np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes, method="structure"))
    whole = shapely.union_all(shapes)
    overlap = max(0.0, (shapely.area(shapes).sum() - whole.area) / whole.area)
    if overlap > OVERLAP:
        return shapes, Closed(overlap_share=overlap, is_coverage=False)
    unclean = int((~shapely.is_empty(shapely.coverage_invalid_edges(shapes, gap_width=tolerance))).sum())
    clean = shapely.coverage_clean(shapes, gap_width=tolerance)
    kept = shapely.coverage_union_all(clean)
    gaps = max(0, _holes(whole) - _holes(kept))
    return clean, Closed(unclean=unclean, gaps=gaps)


def simpler(shapes: Any, tolerance: float, *, is_coverage: bool) -> Any:
    """Areas that fit each other with fewer vertices; those of no coverage one by one."""
    if is_coverage:
        return shapely.coverage_simplify(shapes, tolerance)
    small = shapely.simplify(shapes, tolerance)
    usable = shapely.is_valid(small) & ~shapely.is_empty(small)
    return np.where(usable, small, shapes)


def _holes(shape: Any) -> int:
    return int(shapely.get_num_interior_rings(shapely.get_parts(shape)).sum())


def on_grid(shapes: Any, *, is_coverage: bool = True, grid: int = GRID) -> Any:
    """Shapes with every vertex on a grid of so many steps to a unit (a degree); where rounding folds or crosses borders they are noded anew.

    The noded borders are cut into faces, and each face goes to the area it lay in: what comes out is a coverage
    by construction, its vertices on the grid still. An area that has no face left is empty. Whether they fit is
    asked of whole numbers, and refused where they do not: see `assert_coverage`.
    """
    if not is_coverage:
        return shapely.set_precision(shapes, 1 / grid)
    steps = shapely.remove_repeated_points(shapely.transform(shapes, lambda xy: np.rint(xy * grid)))
    fits = shapely.is_valid(steps).all() and not shapely.is_empty(steps).any() and shapely.coverage_is_valid(steps)
    if not fits:
        steps = _noded(steps, shapely.transform(shapes, lambda xy: xy * grid))
        assert_coverage(steps)
    return shapely.transform(steps, lambda xy: np.rint(xy) / grid)


def _noded(steps: Any, owners: Any) -> Any:
    rings = shapely.get_rings(shapely.get_parts(steps))
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    lines = shapely.linestrings(vertices, indices=ring)
    borders = shapely.union_all(lines, grid_size=1.0)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(borders)))
    face, owner = shapely.STRtree(owners).query(shapely.point_on_surface(faces), predicate="intersects")
    first = np.unique(face, return_index=True)[1]  # a face on two areas' border goes to the first
    out = np.full(len(steps), shapely.Polygon(), dtype=object)
    face, owner = face[first], owner[first]
    order = np.argsort(owner, kind="stable")
    areas, starts = np.unique(owner[order], return_index=True)
    for area, own in zip(areas, np.split(face[order], starts)[1:], strict=True):
        out[area] = shapely.coverage_union_all(faces[own])
    return out


def main_box(shapes: Any) -> npt.NDArray[np.float64]:
    """The box of all parts but a far-off few: an island out at sea must not shrink the city to a dot.

    Up to one part in fifty is left out of the box, where that makes it smaller by a third.
    """
    boxes = shapely.bounds(shapely.get_parts(shapes))
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    whole = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
    centre = np.median(boxes.reshape(-1, 2, 2).mean(axis=1), axis=0)
    away = np.abs(boxes.reshape(-1, 2, 2) - centre).max(axis=(1, 2))
    near = boxes[np.argsort(away, kind="stable")[: len(boxes) - len(boxes) // 50]]
    reach = 0.25 * (near[:, 2:].max(axis=0) - near[:, :2].min(axis=0))
    around = (boxes[:, :2] <= near[:, 2:].max(axis=0) + reach) & (boxes[:, 2:] >= near[:, :2].min(axis=0) - reach)
    near = boxes[around.all(axis=1)]
    main = np.concatenate([near[:, :2].min(axis=0), near[:, 2:].max(axis=0)])
    shrinks = max(main[2] - main[0], main[3] - main[1]) < 0.67 * max(whole[2] - whole[0], whole[3] - whole[1])
    return main if shrinks else whole
