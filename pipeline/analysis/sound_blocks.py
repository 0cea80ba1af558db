"""Blocks against one another and against their census areas: no ground twice, none left out, of one census."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.common_area import common_areas
from pipeline.analysis.known_places import COMPLETE_SHARE
from pipeline.analysis.rings import Floats, Rings
from pipeline.columns import census_of
from pipeline.errors import ContractError, Fault

# A long straight side bends when it is reprojected, by less than this of a block's ground.
MOST_COMMON = 1e-3


def require_disjoint(outlines: Rings, block_geoid: pd.Series) -> None:
    """Refuse blocks that overlap each other: who lives on the common ground would be counted twice.

    Parameters
    ----------
    outlines : Rings
        Valid polygons of the blocks in an equal-area CRS, in metres.
    block_geoid : Series
        Their numbers.

    Raises
    ------
    ContractError
        If two blocks have more than a thousandth of the smaller one in common: how many pairs, and the first.

    Examples
    --------
    >>> import shapely
    >>> squares = Rings.of(np.array([shapely.box(0, 0, 10, 10), shapely.box(9, 0, 20, 10)]))
    >>> require_disjoint(squares, pd.Series(["060010001001000", "060010001001001"]))
    Traceback (most recent call last):
    ...
    pipeline.errors.ContractError: the census blocks cannot be used:
      - [E-OVERLAP] blocks overlap: who lives there would be counted twice (once; first: 060010001001000 and 060010001001001 have 10 m2 in common, 10.0% of the smaller). Clear the overlap, or leave the copy out.
    """
    one, other, common = common_areas(outlines, outlines)
    pair = one < other
    one, other, common = one[pair], other[pair], common[pair]
    whole = outlines.areas()
    share = common / np.minimum(whole[one], whole[other])
    wrong = np.flatnonzero(share > MOST_COMMON)
    if len(wrong):
        first = wrong[0]
        names = " and ".join(sorted(block_geoid.iloc[[one[first], other[first]]]))
        example = f"{names} have {common[first]:,.0f} m2 in common, {share[first]:.1%} of the smaller"
        what = "blocks overlap: who lives there would be counted twice"
        fault = Fault("E-OVERLAP", what, len(wrong), example, "Clear the overlap, or leave the copy out.")
        raise ContractError("the census blocks", [fault])


def require_covered(outlines: Rings, block_geoid: pd.Series, grounds: Rings, areas: pd.DataFrame) -> None:
    """Refuse census areas with people whose own blocks leave more than a tenth of their ground uncovered.

    The rule of a district (`known_places.COMPLETE_SHARE`): blocks of a part cannot stand for the whole.

    Parameters
    ----------
    outlines, grounds : Rings
        Valid polygons of the blocks and of the areas in one equal-area CRS, in metres; blocks do not overlap.
    block_geoid : Series
        Numbers of the blocks, which begin with the number of their area.
    areas : DataFrame
        ``area_geoid``, ``population`` and ``children_0_17`` in the order of ``grounds``; areas without either are passed over.

    Raises
    ------
    ContractError
        How many areas, the first and what share of it its blocks cover.
    """
    covered = covered_shares(outlines, block_geoid, grounds, areas["area_geoid"])
    nobody = (areas["population"] == 0) & (areas["children_0_17"] == 0)
    lacking = np.flatnonzero((covered < COMPLETE_SHARE) & ~nobody.to_numpy())
    if len(lacking):
        row = lacking[0]
        example = f"{areas['area_geoid'].iloc[row]}: {covered[row]:.1%} of its ground"
        what = f"blocks cover less than {COMPLETE_SHARE:.0%} of their census area, and cannot stand for the whole of it"
        remedy = "Give all blocks of each area, and areas of the census that the blocks are of: an id may stay while the ground moves."
        raise ContractError("the census blocks", [Fault("E-COVER", what, len(lacking), example, remedy)])


def covered_shares(outlines: Rings, block_geoid: pd.Series, grounds: Rings, area_geoid: pd.Series) -> Floats:
    """Share of each area's ground (0 to 1) that lies under its own blocks; an area without ground is covered.

    Examples
    --------
    >>> import shapely
    >>> block, area = (Rings.of(np.array([shapely.box(0, 0, 10, height)])) for height in (5, 20))
    >>> covered_shares(block, pd.Series(["060010001001000"]), area, pd.Series(["060010001001"])).tolist()
    [0.25]
    """
    block, area, common = common_areas(outlines, grounds)
    own = _names(area_geoid)[area]
    digits = area_geoid.str.len().to_numpy()[area]
    is_own = np.zeros(len(area), dtype=bool)
    for length in np.unique(digits):
        is_own |= (digits == length) & (_names(block_geoid.str[:length])[block] == own)
    found = np.bincount(area[is_own], weights=common[is_own], minlength=len(grounds))
    whole = grounds.areas()
    return np.asarray(np.divide(found, whole, out=np.ones(len(whole)), where=whole > 0), dtype="float64")


def require_one_census(block_vintages: pd.Series, areas: pd.DataFrame) -> None:
    """Refuse census areas published on the areas of another census than the blocks are of.

    Parameters
    ----------
    block_vintages : Series
        Census of each block, such as '2020'.
    areas : DataFrame
        ``area_level``, ``vintage`` and ``area_geoid``.

    Raises
    ------
    ContractError
        If blocks are of several censuses, or naming each layer of areas that is of another, with its first id.

    References
    ----------
    U.S. Census Bureau, ACS Geography Boundaries by Year (see `columns.census_of`).

    Examples
    --------
    >>> areas = pd.DataFrame({"area_level": ["tract"], "vintage": ["2009-2013"], "area_geoid": ["06001000100"]})
    >>> require_one_census(pd.Series(["2010"]), areas)
    """
    censuses = sorted({census_of(vintage) for vintage in block_vintages.unique()})
    if len(censuses) > 1:
        what, remedy = f"blocks are of several censuses: {', '.join(censuses)}", "Give each census a folder of its own."
        raise ContractError("the census blocks", [Fault("E-GEOGRAPHY", what, len(block_vintages), censuses[0], remedy)])
    faults = [
        Fault(
            "E-GEOGRAPHY",
            f"{level} {vintage} is published on the areas of {census_of(str(vintage))}, the blocks are of {censuses[0]}: "
            "an id that both have need not be the same ground",
            len(rows),
            str(rows["area_geoid"].min()),
            f"Give blocks of {census_of(str(vintage))} with their `vintage`, or figures on the areas of {censuses[0]}.",
        )
        for (level, vintage), rows in areas.groupby(["area_level", "vintage"], sort=True)
        if census_of(str(vintage)) != censuses[0]
    ]
    if faults:
        raise ContractError("the census areas", faults)


def _names(ids: pd.Series) -> npt.NDArray[np.object_]:
    return np.asarray(ids, dtype=object)
