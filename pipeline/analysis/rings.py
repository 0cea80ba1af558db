"""Polygons as flat arrays: coordinates and where each ring, part and shape begins.

The layout is GeoArrow's, so that a GeoParquet file with GeoArrow coordinates is one of these
without a geometry being built, and compiled code can walk it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pipeline.errors import ContractError, Fault

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rings:
    """Polygons and multipolygons as coordinates and offsets.

    Shape ``i`` has the parts ``shape_offsets[i]`` to ``shape_offsets[i + 1]``, a part has rings
    (the first is its shell, the others are holes), a ring has vertices, the first repeated at
    the end. Rings may turn either way.

    Parameters
    ----------
    x, y : array of float64 (vertices)
        In the unit of the CRS.
    ring_offsets, part_offsets, shape_offsets : array of int64
        Where each ring begins among the vertices, each part among the rings, each shape among
        the parts; one more than there are, so that the last is the number of those below.

    Examples
    --------
    >>> squares = Rings.of(np.array([shapely.box(0, 0, 2, 1), shapely.box(5, 5, 6, 6)]))
    >>> len(squares), squares.areas().tolist(), squares.bounds().tolist()
    (2, [2.0, 1.0], [[0.0, 0.0, 2.0, 1.0], [5.0, 5.0, 6.0, 6.0]])
    """

    x: Floats
    y: Floats
    ring_offsets: Integers
    part_offsets: Integers
    shape_offsets: Integers

    @classmethod
    def of(cls, shapes: npt.NDArray[Any]) -> Rings:
        """Take the coordinates out of shapely polygons.

        Raises
        ------
        ContractError
            If a shape is missing, empty or no polygon.
        """
        kinds = shapely.get_type_id(shapes)
        wrong = np.flatnonzero(~np.isin(kinds, (3, 6)) | shapely.is_empty(shapes))
        if len(wrong):
            fault = Fault(
                "E-GEOM-TYPE",
                "shape is missing, empty or no polygon",
                len(wrong),
                f"position {wrong[0]}",
                "Take the polygons out of it, or drop it with a record.",
            )
            raise ContractError("shapes to be flattened", [fault])
        if not len(shapes):
            nothing = np.zeros(1, dtype="int64")
            return cls(np.empty(0), np.empty(0), nothing, nothing, nothing)
        kind, coordinates, offsets = shapely.to_ragged_array(shapes, include_z=False)
        rings, parts = (np.asarray(offset, dtype="int64") for offset in offsets[:2])
        whole = kind == shapely.GeometryType.POLYGON
        shape_offsets = np.arange(len(shapes) + 1) if whole else np.asarray(offsets[2], dtype="int64")
        x, y = np.ascontiguousarray(coordinates.T)
        return cls(x, y, rings, parts, shape_offsets)

    def __len__(self) -> int:
        return len(self.shape_offsets) - 1

    @property
    def parts(self) -> int:
        """How many parts there are in all."""
        return len(self.part_offsets) - 1

    @property
    def shape_of_part(self) -> Integers:
        """Position of the shape that each part belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.shape_offsets))

    def part_bounds(self) -> Floats:
        """West, south, east and north of each part, from its shell."""
        first = self.ring_offsets[self.part_offsets[:-1]]
        stop = self.ring_offsets[self.part_offsets[:-1] + 1]
        if not len(first):
            return np.empty((0, 4))
        # holes lie between one shell and the next: every second stretch is a shell
        stretches = np.column_stack([first, stop]).ravel()
        last = stretches[-1] == len(self.x)
        stretches = stretches[:-1] if last else stretches
        sides = [ufunc.reduceat(values, stretches)[::2] for ufunc, values in self._sides()]
        return np.column_stack(sides)

    def bounds(self) -> Floats:
        """West, south, east and north of each shape."""
        parts = self.part_bounds()
        if not len(parts):
            return np.empty((0, 4))
        sides = (np.minimum, np.minimum, np.maximum, np.maximum)
        return np.column_stack([s.reduceat(parts[:, k], self.shape_offsets[:-1]) for k, s in enumerate(sides)])

    @cached_property
    def ring_areas(self) -> Floats:
        """Signed area of each ring: positive where it turns counter-clockwise."""
        begin = self.ring_offsets[:-1]
        if not len(begin):
            return np.empty(0)
        # width times mean height of each edge; heights from the layer's middle, so that few digits are lost
        middle = 0.5 * (self.y.min() + self.y.max())
        under = np.empty(len(self.x))
        np.add(self.y[:-1], self.y[1:], out=under[:-1])
        under[:-1] -= 2.0 * middle
        under[:-1] *= np.diff(self.x)
        under[self.ring_offsets[1:] - 1] = 0.0  # from one ring to the next is no edge
        return np.asarray(-0.5 * np.add.reduceat(under, begin))

    @cached_property
    def ring_signs(self) -> Integers:
        """By what a ring's own turning is multiplied so that shells add ground and holes take it away."""
        is_shell = np.zeros(len(self.ring_offsets) - 1, dtype=bool)
        is_shell[self.part_offsets[:-1]] = True
        return np.where((self.ring_areas >= 0) == is_shell, 1, -1)

    def areas(self) -> Floats:
        """Area of each shape: shells less holes."""
        if not len(self):
            return np.empty(0)
        signed = self.ring_areas * self.ring_signs
        return np.asarray(np.add.reduceat(signed, self.part_offsets[self.shape_offsets[:-1]]))

    def take(self, positions: npt.NDArray[Any]) -> Rings:
        """Some of the shapes, in the order of ``positions`` (or of a mask)."""
        chosen = np.flatnonzero(positions) if positions.dtype == bool else np.asarray(positions, dtype="int64")
        parts, shape_offsets = _stretches(self.shape_offsets, chosen)
        rings, part_offsets = _stretches(self.part_offsets, parts)
        vertices, ring_offsets = _stretches(self.ring_offsets, rings)
        return Rings(self.x[vertices], self.y[vertices], ring_offsets, part_offsets, shape_offsets)

    def shapes(self) -> npt.NDArray[np.object_]:
        """The same as shapely (multi)polygons."""
        coordinates = np.column_stack([self.x, self.y])
        offsets = (self.ring_offsets, self.part_offsets, self.shape_offsets)
        if not len(self):
            return np.empty(0, dtype=object)
        if (np.diff(self.shape_offsets) == 1).all():
            return np.asarray(
                shapely.from_ragged_array(shapely.GeometryType.POLYGON, coordinates, offsets[:2]), dtype=object
            )
        return np.asarray(shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, coordinates, offsets))

    def _sides(self) -> tuple[tuple[np.ufunc, Floats], ...]:
        return (np.minimum, self.x), (np.minimum, self.y), (np.maximum, self.x), (np.maximum, self.y)


def _stretches(offsets: Integers, chosen: Integers) -> tuple[Integers, Integers]:
    """Members of the chosen groups, group by group, and the offsets of the new groups."""
    lengths = np.diff(offsets)[chosen]
    new = np.concatenate([[0], np.cumsum(lengths)]).astype("int64")
    members = np.arange(new[-1]) + np.repeat(offsets[chosen] - new[:-1], lengths)
    return members, new
