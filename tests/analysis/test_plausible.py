"""Tables that contradict each other: years ahead, zones nobody knows, births without people, sites far off."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from pipeline.analysis import plausible, plausible_sites
from pipeline.errors import ContractError, LedgerError
from pipeline.ledger import Ledger

NO_FLOWS = pd.DataFrame({"fall_year": pd.Series(dtype="int64")})


def roll(*years: int) -> pd.DataFrame:
    return pd.DataFrame({"school_id": "a", "fall_year": list(years)})


def told(ledger: Ledger, entry: str) -> list[str]:
    frame = ledger.frame()
    return [f"{r.subject_name}: {r.reason} {r.item}".strip() for r in frame[frame["entry"] == entry].itertuples()]


# years


def test_pupils_two_years_ahead_are_refused_and_one_year_ahead_stays() -> None:
    plausible.check_years(roll(2024, 2025), NO_FLOWS, 2024, Ledger())
    with pytest.raises(
        ContractError, match=r"E-YEAR-AHEAD.*after 2025.*study's fall is 2024 \(once; first: school a, fall 2026\)"
    ):
        plausible.check_years(roll(2024, 2026), NO_FLOWS, 2024, Ledger())


def test_flows_of_another_year_are_told_to_be_unused() -> None:
    ledger = Ledger()
    plausible.check_years(roll(2023, 2024), pd.DataFrame({"fall_year": [2022, 2024, 2025]}), 2024, ledger)
    assert told(ledger, "note") == [
        "flows: school years: 2 rows of the falls 2022, 2025 are not used: the latest fall up to 2024 is 2024"
    ]


def test_flows_of_a_year_without_enrollment_are_told() -> None:
    ledger = Ledger()
    plausible.check_years(roll(2024), pd.DataFrame({"fall_year": [2019]}), 2024, ledger)
    assert "no pupils are counted in fall 2019" in told(ledger, "note")[0]


def test_flows_that_are_all_of_the_future_are_used_nowhere() -> None:
    ledger = Ledger()
    plausible.check_years(roll(2024), pd.DataFrame({"fall_year": [2030]}), 2024, ledger)
    assert told(ledger, "note") == [
        "flows: school years: 1 rows of the falls 2030 are not used: the latest fall up to 2024 is in no file"
    ]


def test_flows_of_the_present_need_no_word() -> None:
    ledger = Ledger()
    plausible.check_years(roll(2024), pd.DataFrame({"fall_year": [2024]}), 2024, ledger)
    assert ledger.frame().empty


def test_schools_that_open_after_the_study_are_noted() -> None:
    ledger = Ledger()
    schools = pd.DataFrame({"school_id": ["a", "b"], "name": ["Ash", "Birch"]})
    schools["opened_fall"] = pd.array([2026, None], dtype="Int64")
    plausible.record_openings(schools, 2024, ledger)
    assert told(ledger, "note") == [
        "schools that open later: 1 open after the study's fall 2024 by the directory; first: Ash in 2026 a"
    ]


# zones


def test_zones_of_schools_that_nobody_lists_and_schools_of_two_zones_are_told() -> None:
    zones = pd.DataFrame(
        {
            "level": "high",
            "fall_year": [2024, 2024, 2024, 2024, 2023],
            "zone_id": ["1", "2", "3", "4", "5"],
            "school_id": ["a", "a", "ghost", None, "old"],
        }
    )
    ledger = Ledger()
    plausible.record_zone_schools(zones, pd.DataFrame({"school_id": ["a"]}), 2024, ledger)
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (3, 2, 1)
    assert line["reason"] == "not in the directory: ghost of high zone 3"
    assert told(ledger, "note") == ["schools with several zones of one level: 1; first: a has the high zones 1, 2 a"]


def test_zones_that_name_no_school_are_no_match() -> None:
    ledger = Ledger()
    zones = pd.DataFrame({"level": ["high"], "fall_year": [2024], "zone_id": ["1"], "school_id": [None]})
    plausible.record_zone_schools(zones, pd.DataFrame({"school_id": ["a"]}), 2024, ledger)
    assert ledger.frame().empty


def flows(**pupils: float) -> pd.DataFrame:
    """Pupils of the high-school zones z1, z2 ... in fall 2024."""
    frame = pd.DataFrame({"level": "high", "zone_id": list(pupils), "fall_year": 2024, "pupils": list(pupils.values())})
    return frame.assign(pupils_low=frame["pupils"], pupils_high=frame["pupils"])


ZONES = pd.DataFrame({"level": "high", "zone_id": ["z1", "z2"]})


def test_flows_of_which_most_pupils_live_in_no_zone_are_refused() -> None:
    with pytest.raises(
        LedgerError,
        match=r"flows, high: 51 of 101 pupils live in 1 zones .* the 2 zones in force\. First: Z9; zones in force: z1, z2\..*`codes`",
    ):
        plausible.check_flow_zones(flows(z1=50, Z9=51), ZONES, 2024, Ledger())


def test_flows_of_which_half_live_in_no_zone_are_told() -> None:
    ledger = Ledger()
    plausible.check_flow_zones(flows(z1=50, Z9=50), ZONES, 2024, ledger)
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["reason"]) == (2, 1, "50 pupils live in zones not in force: Z9")


def test_only_the_year_in_use_and_levels_with_zones_are_held_to_them() -> None:
    old = flows(Z9=500).assign(fall_year=2023)
    elsewhere = flows(Z9=500).assign(level="middle")
    ledger = Ledger()
    plausible.check_flow_zones(pd.concat([old, elsewhere, flows(z1=5)]), ZONES, 2024, ledger)
    assert ledger.frame()["subject_name"].tolist() == ["zones of residence in force, high"]
    nothing = Ledger()
    plausible.check_flow_zones(flows(Z9=5), ZONES.iloc[:0], 2024, nothing)
    assert nothing.frame().empty


# sites


def places(key: str, **x: float | None) -> gpd.GeoDataFrame:
    """Points on a line, metres from its start; without a number there is no point."""
    shapes = [None if metres is None else Point(metres, 0) for metres in x.values()]
    return gpd.GeoDataFrame({key: list(x)}, geometry=shapes, crs=3310)


# a at 1, b at 2 ...: each school stands 100 m from its site, the sites 10 km apart
SITES = places("site_id", s1=0, s2=10_000, s3=20_000, s4=30_000)
SCHOOLS = places("school_id", a=100, b=10_100, c=20_100, d=30_100)
RIGHT = pd.DataFrame({"school_id": list("abcd"), "site_id": ["s1", "s2", "s3", "s4"]})


def test_schools_at_their_sites_need_no_word() -> None:
    ledger = Ledger()
    plausible_sites.check_school_sites(RIGHT, SCHOOLS, SITES, ledger)
    assert ledger.frame().empty


def test_schools_shifted_by_one_row_are_refused() -> None:
    shifted = RIGHT.assign(site_id=["s2", "s3", "s4", "s1"])
    with pytest.raises(
        ContractError,
        match=r"E-SITES-SHIFTED.*of 4 schools.*seems shifted.*4 times.*school d is 30,100 m from its site s1",
    ):
        plausible_sites.check_school_sites(shifted, SCHOOLS, SITES, Ledger())


def test_a_school_far_from_its_site_is_told_with_the_distance() -> None:
    ledger = Ledger()
    plausible_sites.check_school_sites(RIGHT.assign(site_id=["s1", "s2", "s4", "s3"]), SCHOOLS, SITES, ledger)
    line = ledger.frame().iloc[0]
    assert (line["entry"], line["total"], line["inside"]) == ("match", 4, 2)
    assert line["reason"] == "the farthest: school d is 10,100 m from its site s3"


def test_places_that_are_not_known_are_not_far() -> None:
    ledger = Ledger()
    schools = places("school_id", a=None, b=10_100, c=20_100, d=30_100)
    plausible_sites.check_school_sites(RIGHT, schools, places("site_id", s1=0, s2=None, s3=20_000, s4=99_000), ledger)
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"]) == (2, 1)


def buildings(**columns: list[float | None]) -> gpd.GeoDataFrame:
    frame = places("site_id", s1=0, s2=10, s3=20)
    frame["year_built"] = pd.array(columns.get("year_built", [1960, None, 2025]), dtype="Int64")
    frame["building_m2"] = columns.get("building_m2", [900.0, None, 0.0])
    return frame


def test_buildings_of_the_future_are_refused() -> None:
    with pytest.raises(
        ContractError, match=r"site_list.*[\s\S]*E-YEAR-AHEAD.*after 2025.*once; first: site s1, year_built 2062"
    ):
        plausible_sites.check_sites(buildings(year_built=[2062, None, 2025]), 2024, Ledger())


def test_sound_buildings_need_no_word() -> None:
    ledger = Ledger()
    plausible_sites.check_sites(buildings(), 2024, ledger)
    assert ledger.frame().empty


def test_tiny_buildings_and_sites_at_one_point_are_noted() -> None:
    ledger = Ledger()
    sites = buildings(building_m2=[19.9, 20.0, 0.0]).set_geometry([Point(1, 1), Point(2, 2), Point(1, 1)], crs=3310)
    plausible_sites.check_sites(sites, 2024, ledger)
    assert told(ledger, "note") == [
        "floor areas: 1 sites have less than 20 m2: is the area in another unit? first: 19.9 m2 s1",
        "places of sites: 2 sites share their point with another; first: s1, s3 s1",
    ]
