"""Edges split at the lines of a grid: each row of an outline adds up to nothing, exactly."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from pipeline.analysis.grids import Grid
from pipeline.analysis.outlines import by_column, by_row, edges_of

GRID = Grid(0.0, 60.0, 0.7, 0.3, rows=200, columns=80, crs="EPSG:3310")


@pytest.mark.parametrize("seed", range(20))
def test_heights_of_an_outline_add_up_to_exactly_nothing_in_every_row(seed: int) -> None:
    """Not to nearly nothing: what would be left over carries to every cell further east."""
    generator = np.random.default_rng(seed)
    angle = np.sort(generator.uniform(0, 2 * np.pi, 50))
    radius = generator.uniform(2, 40, 50)
    zone = shapely.Polygon(np.c_[28 + radius * np.cos(angle), 30 + radius * np.sin(angle)])
    pieces = by_column(by_row(edges_of(np.array([zone]), np.array([0]), GRID), GRID), GRID)
    assert len(np.unique(pieces.line)) > 100
    assert np.bincount(pieces.line, weights=pieces.height).tolist() == [0.0] * (pieces.line.max() + 1)
    assert np.abs(pieces.ground).max() <= np.abs(pieces.height).max() * 42


def test_an_edge_of_three_rows_and_two_columns_makes_four_pieces() -> None:
    """From the corner of the grid down three rows and across two columns."""
    grid = Grid(0, 3, 1, 1, rows=3, columns=2, crs="EPSG:3310")
    edges = edges_of(np.array([shapely.Polygon([(0, 3), (2, 0), (0, 0)])]), np.array([0]), grid)
    slope = by_column(by_row(type(edges)._make(part[edges.u1 > edges.u0] for part in edges), grid), grid)
    slopes = slope.height != 0
    assert sorted(zip(slope.line[slopes].tolist(), slope.column[slopes].tolist(), strict=True)) == [
        (0, 0.0), (1, 0.0), (1, 1.0), (2, 1.0),
    ]  # fmt: skip
    assert np.abs(slope.height[slopes]).sum() == 3
