"""How far a site is from the community a school serves, and from where the school is now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.enrollment import latest_flows
from pipeline.analysis.pupil_homes import SMALLEST_KNOWN_PUPILS
from pipeline.columns import LEVELS, parted


def community_travel(
    seeking: pd.DataFrame,
    offered: pd.DataFrame,
    *,
    flows: pd.DataFrame,
    block_places: pd.DataFrame,
    school_places: pd.DataFrame,
    site_places: pd.DataFrame,
    fall_year: int,
    detour_factor: float,
) -> pd.DataFrame:
    """Road distance of each seeker to each site: from the homes of its community, and from its place now.

    The community of a school is where its pupils live, if the study counts that
    (`flows`, of at least half of them); else the neighborhoods it says it wants to serve; else it is
    taken to live where the school is now. Pupils of a zone live as its children do,
    those of a target community likewise, all its neighborhoods together::

        D_cs = sum_i p_ci t_is / sum_i p_ci

    Parameters
    ----------
    seeking, offered : DataFrame
        `seekers.seekers`, `hosts.hosts`.
    flows, block_places, school_places, site_places : DataFrame
        Tables of these names. A place without counts of children stands with its people, or with
        one where these are not known either.
    fall_year : int
        Latest fall of the flows used.
    detour_factor : float
        Road metres per metre in a straight line.

    Returns
    -------
    DataFrame
        ``school_id site_id community_m move_m community_basis``, all pairs. Empty distances where a
        place is not known; ``community_basis`` is then ``not_known``.
    """
    sites = site_places.set_index("site_id").reindex(offered["site_id"])
    ends = sites[["east_m", "north_m"]].to_numpy(dtype="float64")
    homes = _Homes(block_places, ends, detour_factor)
    lived = _pupils_by_zone(flows, fall_year)
    schools = school_places.set_index("school_id")[["east_m", "north_m"]]
    parts = []
    for seeker in seeking.itertuples():
        start = (
            schools.reindex([seeker.school_id]).to_numpy(dtype="float64")
            if seeker.is_school
            else np.full((1, 2), np.nan)
        )
        move = _metres(start, ends, detour_factor)[0]
        far, basis = _community(seeker, lived, homes)
        if far is None:
            far, basis = move, "present_place" if seeker.is_school and not np.isnan(start).any() else "not_known"
        parts.append(
            pd.DataFrame(
                {
                    "school_id": seeker.school_id,
                    "site_id": offered["site_id"],
                    "community_m": far,
                    "move_m": move,
                    "community_basis": basis,
                }
            )
        )
    columns = {
        "school_id": "str",
        "site_id": "str",
        "community_m": "float64",
        "move_m": "float64",
        "community_basis": "str",
    }
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
    return table.astype(columns)


def _community(seeker: Any, lived: Mapping[str, pd.DataFrame], homes: _Homes) -> tuple[np.ndarray | None, str]:
    """Mean trip of its pupils to each site and whose trip that is; None where neither homes nor target are known."""
    own = lived.get(seeker.school_id)
    if own is not None:
        total = np.zeros(homes.sites)
        known = pupils = 0.0
        for row in own.itertuples():
            far = homes.of_zone(row.level, row.zone_id)
            pupils += row.pupils
            if far is not None:
                total, known = total + row.pupils * far, known + row.pupils
        if known > 0 and known >= SMALLEST_KNOWN_PUPILS * seeker.needed_seats:
            return total / known, "homes"
    target = homes.of_neighborhoods(parted(seeker.community_ids))
    return (target, "target") if target is not None else (None, "")


def _pupils_by_zone(flows: pd.DataFrame, fall_year: int) -> dict[str, pd.DataFrame]:
    lived = latest_flows(flows, fall_year)
    lived = lived[lived["pupils"] > 0].sort_values(["school_id", "level", "zone_id"], kind="stable")
    return {str(school): rows for school, rows in lived.groupby("school_id", sort=True)}


class _Homes:
    """Mean road distance of the children of an area to each site."""

    def __init__(self, places: pd.DataFrame, ends: np.ndarray, detour_factor: float) -> None:
        weight = places["children_0_17"].fillna(places["population"]).fillna(1.0).to_numpy(dtype="float64")
        trips = _metres(places[["east_m", "north_m"]].to_numpy(dtype="float64"), ends, detour_factor)
        self.sites = len(ends)
        self._moments = trips * weight[:, None]
        self._weight = weight
        self._zones = {level: places.groupby(f"{level}_zone_id", sort=True).indices for level in LEVELS}
        self._neighborhoods = places.groupby("neighborhood_id", sort=True).indices

    def of_zone(self, level: str, zone: str) -> np.ndarray | None:
        """From a zone; None where nobody is known to live in it."""
        return self._mean(self._zones[level].get(zone))

    def of_neighborhoods(self, ids: list[str]) -> np.ndarray | None:
        """From several neighborhoods together."""
        found = [self._neighborhoods[name] for name in sorted(set(ids)) if name in self._neighborhoods]
        return self._mean(np.concatenate(found) if found else None)

    def _mean(self, rows: np.ndarray | None) -> np.ndarray | None:
        if rows is None or not self._weight[rows].sum() > 0:
            return None
        mean: np.ndarray = self._moments[rows].sum(axis=0) / self._weight[rows].sum()
        return mean


def _metres(starts: np.ndarray, ends: np.ndarray, detour_factor: float) -> np.ndarray:
    apart: np.ndarray = np.hypot(starts[:, None, 0] - ends[None, :, 0], starts[:, None, 1] - ends[None, :, 1])
    return apart * detour_factor
