"""Baltimore's list of surplus buildings: each is a site, or is left out by name, and all have a place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pipeline import config

ROOT = Path(__file__).resolve().parents[2]


def test_all_34_surplus_buildings_are_placed_or_left_out_by_name(shared_data: Callable[[str], Path]) -> None:
    listed = json.loads(shared_data("baltimore/surplus_schools.geojson").read_text(encoding="utf-8"))["features"]
    names = [feature["properties"]["building_name"] for feature in listed]
    entry = next(e for e in config.load(ROOT / "studies/baltimore.yaml").raw.facilities if e.id == "surplus_schools")
    placed, left = set(entry.codes["site_status"]), set(entry.drop["building_name"])
    assert len(names) == len(set(names)) == 34
    assert placed | left == set(names) and not placed & left
    assert (len(placed), len(left)) == (15, 19)
    assert all(feature["geometry"]["type"] == "Point" for feature in listed)
