"""Areas out of cells: neighbors, pieces and fair division."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.town.areas import borders, districts, mend, neighbors, pieces, regions, tally


def lattice(columns: int, rows: int) -> np.ndarray:
    """Corner nodes of a grid of square cells, column by column from the south-west."""
    i, j = (a.ravel() for a in np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"))
    a = i * (rows + 1) + j
    return np.column_stack([a, a + rows + 1, a + rows + 2, a + 1])


def test_neighbors_of_a_grid_share_a_side() -> None:
    # cells:  1 3 5
    #         0 2 4
    pairs = {tuple(pair) for pair in neighbors(lattice(3, 2)).tolist()}
    assert pairs == {(0, 1), (0, 2), (1, 3), (2, 3), (2, 4), (3, 5), (4, 5)}


def test_two_triangles_of_a_cut_cell_are_neighbors_over_the_cut() -> None:
    # nodes 1-3   cut from 0 to 3: triangle 0,2,3 below and 0,3,1 above
    #       0-2
    assert neighbors(np.array([[0, 2, 3, 3], [0, 3, 1, 1]])).tolist() == [[0, 1]]


def test_borders_are_the_outer_edge_and_the_seam() -> None:
    corners = lattice(2, 1)
    assert len(borders(corners, np.array([0, 0]))) == 6  # the outer edge only
    assert len(borders(corners, np.array([0, 1]))) == 7  # and the seam


def test_mend_gives_a_stray_piece_to_the_neighbor_with_most_sides() -> None:
    # label 0 has a stray cell in the top right corner
    #   0 1 0
    #   0 1 1
    label = np.array([0, 0, 1, 1, 1, 0])
    assert mend(label, neighbors(lattice(3, 2))).tolist() == [0, 0, 1, 1, 1, 1]


def test_mend_gives_forgotten_cells_to_what_lies_beside_them() -> None:
    label = np.array([4, 4, 9, 9, 5, 5])
    forget = np.array([False, False, True, True, False, False])
    assert set(mend(label, neighbors(lattice(3, 2)), forget=forget).tolist()) == {4, 5}


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(2, 9), st.integers(1, 5), st.integers(0, 10_000))
def test_mended_areas_are_in_one_piece_and_none_is_new(columns: int, rows: int, labels: int, seed: int) -> None:
    label = np.random.default_rng(seed).integers(0, labels, columns * rows)
    pairs = neighbors(lattice(columns, rows))
    mended = mend(label, pairs)
    assert set(mended) == set(label)
    assert len(set(pieces(mended, pairs))) == len(set(mended))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_regions_stay_on_their_side(seed: int) -> None:
    rng = np.random.default_rng(seed)
    places, side = rng.uniform(0, 1000, (60, 2)), rng.integers(0, 3, 60)
    region = regions(places, rng.random(60) < 0.1, side, rng)
    for number in np.unique(region):
        assert len(set(side[region == number])) == 1


def test_districts_divide_people_fairly() -> None:
    rng = np.random.default_rng(5)
    places = rng.uniform(0, 5000, (3000, 2))
    weight = np.exp(-np.hypot(*(places - 2500).T) / 1000)
    area, centres = districts(places, weight, 12, rng)
    mass = tally(area, weight, 12) / weight.sum() * 12
    assert centres.shape == (12, 2)
    assert mass.min() > 0.7
    assert mass.max() < 1.4
