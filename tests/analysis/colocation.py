"""Schools that ask and sites that offer, drawn by hand for the tests of co-location."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.colocation_pairs import candidate_pairs
from pipeline.columns import LEVELS

NO_EXCLUSIONS = pd.DataFrame(
    {c: pd.Series(dtype="str") for c in ("site_id", "school_id", "reason", "documented_in", "documented_on")}
)
LIMITS = {"travel_m": 8000.0, "smallest_school": 80.0}
WEIGHTS = {"travel": 0.5, "grade": 0.2, "load": 0.2, "move": 0.1}


def asking(rooms: dict[str, float], level: str = "elementary", pupils: float | None = None) -> pd.DataFrame:
    """Schools by the rooms they need, of one level, with 25 pupils to a room."""
    frame = pd.DataFrame({"school_id": list(rooms), "needed_rooms": [float(n) for n in rooms.values()]})
    seats = frame["needed_rooms"] * 25 if pupils is None else pupils
    frame = frame.assign(
        name=frame["school_id"], needed_seats=seats, rooms_basis="grades", is_school=True, community_ids=""
    )
    return frame.assign(
        **{f"{each}_pupils": seats if each == level else 0.0 for each in LEVELS},
        **{f"serves_{each}": each == level for each in LEVELS},
    )


def offering(rooms: dict[str, float], level: str = "elementary") -> pd.DataFrame:
    """Sites by their free rooms, half full, with schools of one level."""
    frame = pd.DataFrame({"site_id": list(rooms), "surplus_rooms": [float(n) for n in rooms.values()]})
    frame = frame.astype({"site_id": "str", "surplus_rooms": "float64"}).assign(
        surplus_seats=frame["surplus_rooms"] * 25,
        matched_school_id="host",
        is_rooms_derived=False,
        is_empty=False,
        host_pupils=250.0,
        host_capacity_seats=1000.0,
    )
    return frame.assign(**{f"serves_{each}": each == level for each in LEVELS})


def trips(metres: dict[str, dict[str, float]]) -> pd.DataFrame:
    """Distances of each school to each site, the same from its community and from its place."""
    rows = [(school, site, far) for school, row in metres.items() for site, far in row.items()]
    frame = pd.DataFrame(rows, columns=["school_id", "site_id", "community_m"])
    frame = frame.astype({"school_id": "str", "site_id": "str", "community_m": "float64"})
    return frame.assign(move_m=frame["community_m"], community_basis="homes")


def pairs_of(
    schools: pd.DataFrame,
    sites: pd.DataFrame,
    far: pd.DataFrame,
    exclusions: pd.DataFrame = NO_EXCLUSIONS,
    apart: int = 0,
    at: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """All pairs under the limits of these tests."""
    return candidate_pairs(schools, sites, far, exclusions, levels_apart=apart, school_sites=at, **LIMITS)


def random_case(seed: int, schools: int = 5, sites: int = 3) -> pd.DataFrame:
    """Pairs of a few schools and sites with rooms and distances drawn at random."""
    rng = np.random.default_rng(seed)
    who, where = [f"c{n}" for n in range(schools)], [f"s{n}" for n in range(sites)]
    far = rng.integers(200, 9000, (schools, sites)).astype(float)
    return pairs_of(
        asking(dict(zip(who, rng.integers(4, 12, schools), strict=True))),
        offering(dict(zip(where, rng.integers(4, 20, sites), strict=True))),
        trips({s: dict(zip(where, far[n], strict=True)) for n, s in enumerate(who)}),
    )
