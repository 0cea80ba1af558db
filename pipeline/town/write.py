"""Make the town and write its files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from pipeline.town import facilities as places
from pipeline.town import files, raster
from pipeline.town.absence import write_absence
from pipeline.town.census import Census, census, write_areas, write_births, write_count, write_empty_ground
from pipeline.town.child_poverty import write_child_poverty
from pipeline.town.directory import write_directory, write_flows, write_private
from pipeline.town.ground import Ground, ground
from pipeline.town.incomes import write_incomes
from pipeline.town.people import People, people
from pipeline.town.proposals import write_proposals
from pipeline.town.pupils import pupils, write_census_day, write_enrollment
from pipeline.town.relationship import write_relations
from pipeline.town.results import write_results
from pipeline.town.schools import Schools, schools
from pipeline.town.state import write_state
from pipeline.town.survey import write_survey
from pipeline.town.zones import Zones, write_zones, zones

SEED = 20240815
ROOMS = ("census", "boundaries", "schools", "facilities")
README = """These files are fictional.

Millbrook, its river, people and schools are made by `python -m pipeline town`
(pipeline/town). The files have the layouts of the official ones they stand for
(U.S. Census Bureau, California Department of Education, NCES, WorldPop), so that
the demonstration uses the same readers as a real district. None of their numbers
describes a real place, school or person. Where each file comes from and what it
stands for is said in studies/millbrook.yaml.
"""


@dataclass(frozen=True)
class Town:
    """Everything the files are written from."""

    ground: Ground
    people: People
    census: Census
    zones: Zones
    schools: Schools | None  # Millbrook only
    facilities: places.Facilities | None


def _stream(part: str) -> np.random.Generator:
    """A stream of chance for each part, so that a change in one leaves the others as they are."""
    return np.random.default_rng([SEED, *part.encode()])


@lru_cache(maxsize=2)
def town(size: int | None = None) -> Town:
    """Make the town; nothing is written."""
    land = ground(size, _stream("ground"))
    persons = people(land, size, _stream("people"))
    areas = census(land, persons, _stream("census"))
    drawn = zones(land, persons, size, _stream("zones"))
    if size is not None:
        return Town(land, persons, areas, drawn, None, None)
    founded = schools(land, persons, drawn, _stream("schools"))
    return Town(land, persons, areas, drawn, founded, places.facilities(land, persons, founded, _stream("facilities")))


def write(size: int | None, folder: Path) -> Path:
    """Write the raw files of the town into ``folder``."""
    made = town(size)
    out = {}
    for room in ROOMS[: 2 if size else 4]:
        (folder / room).mkdir(parents=True, exist_ok=True)
        out[room] = files.Out(folder / room)
    (folder / "README.md").write_text(README, encoding="utf-8", newline="\n")
    write_areas(made.ground, made.census, out["census"])
    write_empty_ground(made.ground, out["census"])
    write_relations(made.ground, made.census, out["census"])
    write_count(made.census, out["census"], _stream("count"))
    write_survey(made.ground, made.people, made.census, out["census"], _stream("survey"))
    write_incomes(made.ground, made.people, made.census, out["census"], _stream("incomes"))
    write_child_poverty(made.ground, made.people, made.census, out["census"], _stream("child poverty"))
    write_zones(made.ground, made.people, made.zones, _zone_schools(made), out["boundaries"])
    if made.schools is None or made.facilities is None:
        return folder
    write_state(out["census"], _stream("state"))
    write_births(made.ground, made.people, made.census, out["census"], _stream("births"))
    raster.write_rasters(made.ground, made.people, out["census"], _stream("raster"))
    grouped = pupils(made.schools, _stream("pupils"))
    write_directory(made.schools, out["schools"])
    write_private(made.schools, out["schools"])
    write_flows(made.schools, out["schools"])
    write_enrollment(made.schools, grouped, out["schools"])
    write_census_day(made.schools, grouped, out["schools"])
    write_results(made.schools, out["schools"], _stream("results"))
    write_absence(made.schools, out["schools"], _stream("absence"))
    places.write_facilities(made.facilities, out["facilities"])
    write_proposals(made.facilities, made.schools, out["facilities"], _stream("proposals"))
    return folder


def _zone_schools(made: Town) -> dict[str, list[str]]:
    """Id and name of the school of each zone, by level."""
    out: dict[str, list[str]] = {}
    for level, spots in made.zones.places.items():
        if made.schools is None:
            out[level] = [f"9999999{made.zones.zone_id(level, zone):0>7}" for zone in range(len(spots))]
            out[f"{level} name"] = [f"{level.capitalize()} school {zone + 1}" for zone in range(len(spots))]
            continue
        table = made.schools.table
        own = table[table["level"].eq(level) & table["zone"].ge(0)].sort_values("zone")
        out[level], out[f"{level} name"] = own["school_id"].tolist(), own["name"].tolist()
    return out
