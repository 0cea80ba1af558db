"""Sites that cannot be where or what their file says: far from their school, of next century, tiny."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.analysis.plausible import MOST_LOST_SHARE, YEARS_AHEAD, first_of
from pipeline.errors import ContractError, Fault
from pipeline.ledger import Ledger

if TYPE_CHECKING:
    import geopandas as gpd

# A school stands on its site; large grounds have their point up to this far from the door.
FAR_M = 500.0
# Of fewer schools no rule is drawn from their distances.
FEWEST_SCHOOLS = 4
# No building with classrooms is smaller than half of one.
SMALLEST_BUILDING_M2 = 20.0


def check_school_sites(at: pd.DataFrame, schools: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, ledger: Ledger) -> None:
    """Record schools whose own point is far from that of their site; refuse if most are.

    Parameters
    ----------
    at
        The table ``school_sites``.
    schools, sites
        ``school_id`` and ``site_id`` with points in one CRS in metres. A pair of which one has no
        point is not looked at.

    Raises
    ------
    ContractError
        If more than half of at least four schools are more than 500 m from their site.
    """
    pairs = at.merge(_points(schools, "school_id"), on="school_id", validate="1:1")
    pairs = pairs.merge(_points(sites, "site_id"), on="site_id", validate="m:1", suffixes=("", "_site"))
    apart = ((pairs["x"] - pairs["x_site"]) ** 2 + (pairs["y"] - pairs["y_site"]) ** 2) ** 0.5
    pairs = (
        pairs.assign(apart=apart).dropna(subset="apart").sort_values(["apart", "school_id"], ascending=[False, True])
    )
    far = pairs[pairs["apart"] > FAR_M]
    if far.empty:
        return
    row = far.iloc[0]
    farthest = f"school {row['school_id']} is {row['apart']:,.0f} m from its site {row['site_id']}"
    if len(pairs) >= FEWEST_SCHOOLS and len(far) > MOST_LOST_SHARE * len(pairs):
        fault = Fault(
            "E-SITES-SHIFTED",
            f"of {len(pairs)} schools more than half are more than {FAR_M:.0f} m from their site: site_schools seems shifted",
            len(far),
            f"the farthest: {farthest}",
            "Compare the ids of schools and sites in the file of schools at sites with the inventory, and its coordinates with the map.",
        )
        raise ContractError("site_schools", [fault])
    ledger.match(
        f"schools within {FAR_M:.0f} m of their site",
        total=len(pairs),
        matched=len(pairs) - len(far),
        unit="schools",
        reason=f"the farthest: {farthest}",
    )


def check_sites(sites: gpd.GeoDataFrame, now: int, ledger: Ledger) -> None:
    """Refuse buildings built after the study, and note tiny ones and sites at one point.

    Raises
    ------
    ContractError
        If ``year_built`` is more than a year after the study's fall.
    """
    late = sites[(sites["year_built"] > now + YEARS_AHEAD).fillna(False)].sort_values("site_id")
    if len(late):
        first = f"site {late['site_id'].iloc[0]}, year_built {late['year_built'].iloc[0]}"
        remedy = "Correct the year, or declare the code for an unknown year under `absent` of the source."
        what = f"buildings are built after {now + YEARS_AHEAD}, and the study's fall is {now}"
        raise ContractError("site_list", [Fault("E-YEAR-AHEAD", what, len(late), first, remedy)])
    tiny = sites[(sites["building_m2"] > 0) & (sites["building_m2"] < SMALLEST_BUILDING_M2)].sort_values("site_id")
    if len(tiny):
        ledger.note(
            "floor areas",
            f"{len(tiny)} sites have less than {SMALLEST_BUILDING_M2:.0f} m2: is the area in another unit? first: {tiny['building_m2'].iloc[0]:,.1f} m2",
            item=str(tiny["site_id"].iloc[0]),
        )
    points = _points(sites, "site_id").dropna().sort_values("site_id")
    shared = points[points.duplicated(["x", "y"], keep=False)]
    if len(shared):
        x, y = shared[["x", "y"]].iloc[0]
        there = list(shared[shared["x"].eq(x) & shared["y"].eq(y)]["site_id"])
        ledger.note(
            "places of sites",
            f"{len(shared)} sites share their point with another; first: {first_of(there)}",
            item=str(there[0]),
        )


def _points(places: gpd.GeoDataFrame, key: str) -> pd.DataFrame:
    """Ids with ``x`` and ``y`` in metres; empty where there is no point."""
    there = ~(places.geometry.isna() | places.geometry.is_empty).to_numpy()
    found = places.geometry[there]
    return pd.DataFrame({key: places.loc[there, key], "x": found.x, "y": found.y})
