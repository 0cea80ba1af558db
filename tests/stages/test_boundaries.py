"""Stage boundaries: Millbrook's zones have the faults of real ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from tests.stages import bare


def test_no_place_lies_in_two_zones_of_a_level(millbrook: Any) -> None:
    zones = millbrook("zones")
    for _, layer in zones.groupby(["level", "fall_year"]):
        union = shapely.union_all(layer.geometry.to_numpy())
        assert abs(layer.geometry.area.sum() - union.area) < 1.0


def test_slivers_the_disputed_strip_and_the_gap_are_in_the_ledger(millbrook: Any) -> None:
    ledger = millbrook("ledger_boundaries").query("subject_name == 'zone elementary 2024'")
    repairs = ledger.query("entry == 'repair'")["reason"]
    assert repairs.str.contains("sliver of overlap").sum() >= 1
    assert repairs.str.contains("disputed strip").sum() == 1
    gap = ledger.query("entry == 'loss'")
    assert (
        (gap["unit_name"] == "m2").all()
        and gap["reason"].str.contains("stay outside").all()
        and gap["total"].max() > 500
    )


def test_names_are_those_of_the_zones_in_force(millbrook: Any) -> None:
    zones, names = millbrook("zones"), millbrook("zone_names")
    assert set(names["fall_year"]) == {2024} < set(zones["fall_year"])
    assert names["zone_id"].tolist() == zones.query("fall_year == 2024")["zone_id"].tolist()
    assert (
        millbrook("neighborhood_names")["neighborhood_id"].tolist()
        == millbrook("neighborhoods")["neighborhood_id"].tolist()
    )


def test_neighborhoods_lie_in_the_district(millbrook: Any) -> None:
    outline = millbrook("district").geometry.iloc[0]
    shapes = millbrook("neighborhoods").geometry.to_numpy()
    share = shapely.area(shapely.intersection(shapes, outline)) / shapely.area(shapes)
    assert np.all(share > 0.99)


def test_a_study_with_no_outlines_says_what_it_cannot_say() -> None:
    tables = bare.run("boundaries")
    assert tables["zones"].empty and tables["district"].empty and tables["zone_names"].empty
    assert bare.missing(tables["ledger_boundaries"]) == [
        "district",
        "elementary zones 2024",
        "high zones 2024",
        "middle zones 2024",
        "neighborhoods",
    ]
