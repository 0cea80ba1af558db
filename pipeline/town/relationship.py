"""Relationship files of Millbrook: which block groups and tracts of 2020 and 2010 share ground."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.town import files
from pipeline.town.areas import Floats, tally
from pipeline.town.census import Census
from pipeline.town.ground import Ground


def write_relations(ground: Ground, census: Census, folder: files.Out) -> None:
    """Files ``tab20_blkgrp20_blkgrp10_st06.txt`` and ``tab20_tract20_tract10_st06.txt`` in the Bureau's layout."""
    land = tally(ground.block, ground.area_m2 * ~ground.is_water, ground.blocks)
    water = tally(ground.block, ground.area_m2 * ground.is_water, ground.blocks)
    for name, word, digits in (("blkgrp", "BLKGRP", 12), ("tract", "TRACT", 11)):
        now, then = (np.array([g[:digits] for g in geoid]) for geoid in (census.group_geoid, census.old_group_geoid))
        rows = pd.DataFrame({"now": now, "then": then, "land": land, "water": water})
        parts = rows.groupby(["now", "then"], as_index=False)[["land", "water"]].sum()
        frame = pd.concat(
            [
                _side(parts["now"], now, land, water, word, 20),
                _side(parts["then"], then, land, water, word, 10),
                parts[["land", "water"]].round().astype("int64").set_axis(["AREALAND_PART", "AREAWATER_PART"], axis=1),
            ],
            axis=1,
        )
        folder.text(f"tab20_{name}20_{name}10_st06.txt", frame, delimiter="|", encoding="utf-8-sig")


def _side(
    geoid: pd.Series, geoid_of_block: np.ndarray, land: Floats, water: Floats, word: str, year: int
) -> pd.DataFrame:
    """The seven columns about an area of one census."""
    of_area = pd.DataFrame({"land": land, "water": water}).groupby(geoid_of_block).sum().round().astype("int64")
    tract = geoid.str[5:9].astype(int).astype(str) + ("." + geoid.str[9:11]).replace(".00", "")
    name = "Census Tract " + tract if word == "TRACT" else "Block Group " + geoid.str[11:]
    order = {area: number for number, area in enumerate(of_area.index)}
    columns = {
        "OID": geoid.map(order).map(f"2079{year}{{:07d}}".format),
        "GEOID": geoid,
        "NAMELSAD": name,
        "AREALAND": of_area["land"].reindex(geoid).to_numpy(),
        "AREAWATER": of_area["water"].reindex(geoid).to_numpy(),
        "MTFCC": "G5020" if word == "TRACT" else "G5030",
        "FUNCSTAT": "S",
    }
    return pd.DataFrame(columns).add_suffix(f"_{word}_{year}")
