from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from pipeline.atlas.frames import annex_frame, expand_fields, expand_layers, places_frame, spread_wide
from pipeline.atlas.periods import latest
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.spec import Wide
from tests.atlas.published import ABOUT

NEED, GROWTH, OUTLOOK, HOW_WRONG, SEATS, ACCESS, SCHOOLS, ENROLLMENT, FACILITIES, RFP, SHARING, SITING, QUALITY = SHEETS


def test_the_heaviest_indicator_comes_first(tables: dict[str, Any]) -> None:
    places = NEED.places[0]
    fields = expand_fields(places, places_frame(places, tables, ABOUT))
    found = [field.key for field in fields if field.each == "indicator"]
    assert found == [
        "indicator|child_poverty",
        "indicator|no_diploma",
        "indicator|limited_english",
        "indicator|no_vehicle",
    ]
    assert fields[-1].label == "Homes without a vehicle"


def test_only_the_pair_of_vintages_of_the_study_is_shown(tables: dict[str, Any]) -> None:
    change = tables["public_growth"]
    older = change.assign(vintage_from="2009-2013", vintage_to="2014-2018", children_change=9999.0)
    both = pd.concat([older, change])
    assert set(latest(both, ABOUT)["vintage_to"]) == {"2019-2023"}
    # a study that names no earlier vintage: the last pair there is
    assert set(latest(both, replace(ABOUT, before=None))["vintage_to"]) == {"2019-2023"}


def test_utilization_is_that_of_the_year_now(tables: dict[str, Any]) -> None:
    rows = tables["public_utilization"]
    assert set(latest(rows, ABOUT)["fall_year"]) == {2024}
    assert set(latest(rows, replace(ABOUT, fall_year=2030))["fall_year"]) == {2026}
    assert set(latest(rows, replace(ABOUT, fall_year=2000))["fall_year"]) == {2024}


def test_a_neighborhood_with_the_id_of_a_zone_keeps_its_name(tables: dict[str, Any]) -> None:
    zones = tables["public_zones"]
    level, zone = zones["level"].iloc[0], zones["zone_id"].iloc[0]
    places = tables["public_neighborhoods"]
    twins = {
        **tables,
        "public_neighborhoods": places.assign(
            neighborhood_id=places["neighborhood_id"].replace({"n00": zone}),
            name=places["name"].mask(places["neighborhood_id"] == "n00", "Heron Landing"),
        ),
        "public_zones": zones.assign(name=zones["name"].mask(zones["zone_id"] == zone, "Cottonwood Elementary")),
        "public_interpolation": tables["public_interpolation"].assign(layer=["neighborhood", f"zone {level} 2024"], area_id=zone),
        "public_quality_seats": tables["public_quality_seats"].replace({"area_id": {"n00": zone, "e1": zone}}),
    }  # fmt: skip
    names = {"Heron Landing", f"Cottonwood Elementary ({level})"}
    for key in ("quality_areas", "interpolation"):
        annex = next(annex for sheet in SHEETS for annex in sheet.annexes if annex.key == key)
        assert set(annex_frame(annex, twins, ABOUT)["area_name"]) == names


def test_zones_of_the_last_school_year_are_taken() -> None:
    long = pd.DataFrame(
        {
            "layer": ["zone middle 2023", "zone middle 2024", "neighborhood"],
            "area_id": ["m1", "m1", "m1"],
            "age_band": "5-17",
            "children_change": [1.0, 2.0, 3.0],
            "vintage_from": "2014-2018",
            "vintage_to": "2019-2023",
        }
    )
    wide = Wide(
        "public_growth", "area_id", "age_band", ("children_change",), where=(("layer", "zone middle*"),), is_latest=True
    )
    assert spread_wide(wide, long, ABOUT).to_dict("index") == {"m1": {"children_change|5-17": 2.0}}


def test_a_repeated_key_is_refused_not_averaged() -> None:
    long = pd.DataFrame(
        {"neighborhood_id": ["n1", "n1"], "level": ["middle", "middle"], "relative_access_ratio": [1.0, 2.0]}
    )
    with pytest.raises(ValueError, match="duplicate"):
        spread_wide(Wide("public_access", "neighborhood_id", "level", ("relative_access_ratio",)), long, ABOUT)


def test_layers_without_a_value_are_not_offered(tables: dict[str, Any]) -> None:
    places = FACILITIES.places[0]
    frame = places_frame(places, tables, ABOUT)
    keys = [layer.key for layer in expand_layers(places, expand_fields(places, frame))]
    assert keys == ["status", "utilization|given", "utilization|functional", "condition"]


def test_annexes_name_the_places_they_speak_of(tables: dict[str, Any]) -> None:
    matches = annex_frame(SHARING.annexes[0], tables, ABOUT)
    assert matches["second_site_name"].iloc[0] == tables["public_sites"]["name"][7]
    assert matches["name"].tolist() == ["Aspen School", "Cedar School"]
    assert matches["site_name"].iloc[0] == "Birch Campus" and pd.isna(matches["site_name"].iloc[1])
    further = {annex.key: annex for annex in GROWTH.annexes}
    moved = annex_frame(next(one for one in OUTLOOK.annexes if one.key == "what_if_units"), tables, ABOUT)
    assert moved["unit_name"].tolist() == [tables["public_schools"]["name"][2]]
    pockets = annex_frame(further["pockets"], tables, ABOUT)
    assert pockets["area_names"].tolist() == ["Sequoia Hill, Spruce Grove, Sycamore Hill", "Alder Grove, Ash Hill"]
    # the area where another way of placing the children would change most comes first
    spread = annex_frame(QUALITY.annexes[2], tables, ABOUT)
    assert spread["next_count"].tolist() == [260.0, 400.0]
    assert (
        spread["area_name"].tolist()
        == tables["public_neighborhoods"].set_index("neighborhood_id").loc[spread["area_id"], "name"].tolist()
    )
    assert annex_frame(QUALITY.annexes[3], tables, ABOUT)["location_status"].tolist() == ["virtual"]
