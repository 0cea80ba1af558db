"""How far a site is from the community a school serves.

    N1 (zone z1)   s1                  N2 (zone z2)
-----o--------------o-------------------o-----------  x
     0            1000                3000
"""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.analysis.community_travel import community_travel
from tests.analysis.colocation import asking, offering

PLACES = pd.DataFrame(
    {"neighborhood_id": ["N1", "N2"], "elementary_zone_id": ["z1", "z2"], "middle_zone_id": None, "high_zone_id": None,
     "east_m": [0.0, 3000.0], "north_m": 0.0, "population": [10.0, 10.0], "children_0_17": [1.0, 3.0]}
)  # fmt: skip
SITES = pd.DataFrame({"site_id": ["s1", "s2"], "east_m": [1000.0, None], "north_m": [0.0, None]})


def flows(**pupils: float) -> pd.DataFrame:
    rows = {
        "level": "elementary",
        "zone_id": list(pupils),
        "school_id": "a",
        "fall_year": 2024,
        "pupils": list(pupils.values()),
    }
    return pd.DataFrame(rows).assign(pupils_low=lambda f: f["pupils"], pupils_high=lambda f: f["pupils"])


def travel(lived: pd.DataFrame, places: pd.DataFrame = PLACES, **seeker: object) -> pd.DataFrame:
    schools = pd.DataFrame({"school_id": ["a"], "east_m": [500.0], "north_m": [0.0]})
    return community_travel(
        asking({"a": 4.0}).assign(**seeker),
        offering({"s1": 5.0, "s2": 5.0}),
        flows=lived,
        block_places=places,
        school_places=schools,
        site_places=SITES,
        fall_year=2024,
        detour_factor=1.5,
    )


def test_the_distance_is_the_mean_over_its_pupils_homes() -> None:
    found = travel(flows(z1=75.0, z2=25.0)).iloc[0]
    assert found["community_m"] == pytest.approx(1.5 * (0.75 * 1000 + 0.25 * 2000))
    assert found["move_m"] == pytest.approx(1.5 * 500)
    assert found["community_basis"] == "homes"


def test_homes_of_too_few_of_its_pupils_do_not_speak_for_it() -> None:
    # 40 of 100 pupils: the community it wants to serve speaks, its children together; else its place now
    few = flows(z1=40.0)
    aimed = travel(few, community_ids="N1; N2").iloc[0]
    assert aimed["community_basis"] == "target"
    assert aimed["community_m"] == pytest.approx(1.5 * (0.25 * 1000 + 0.75 * 2000))
    named = PLACES.replace({"neighborhood_id": {"N1": "Upper Fells Point"}})
    assert travel(few, named, community_ids="Upper Fells Point; N2").iloc[0]["community_m"] == aimed["community_m"]
    here = travel(few).iloc[0]
    assert (here["community_basis"], here["community_m"]) == ("present_place", pytest.approx(750.0))


def test_a_program_without_place_or_community_and_a_site_without_place_are_not_known() -> None:
    assert travel(few := flows(z1=40.0), is_school=False)["community_basis"].tolist() == ["not_known"] * 2
    assert travel(few)["community_m"].isna().tolist() == [False, True]
