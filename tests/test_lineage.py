"""Lineage: which tables and sources something descends from."""

from __future__ import annotations

from types import SimpleNamespace

from pipeline.lineage import FILLS, ancestors, sources_of
from pipeline.origins import Raw, RawFile, SourceEntry
from pipeline.tables import BY_TABLE, INPUTS

#  zones ---> crosswalk ---> zone_profile ---> maps/need.html
#  census_areas --^---------------^      schools ---> (nothing of it)
STEPS = [
    SimpleNamespace(reads=(), writes=("zones",), files=()),
    SimpleNamespace(reads=(), writes=("census_areas",), files=()),
    SimpleNamespace(reads=(), writes=("schools",), files=()),
    SimpleNamespace(reads=("zones", "census_areas"), writes=("crosswalk",), files=()),
    SimpleNamespace(reads=("crosswalk", "census_areas"), writes=("zone_profile",), files=()),
    SimpleNamespace(reads=("zone_profile",), writes=(), files=("maps/need.html",)),
]


def _entry(name: str, feeds: str) -> SourceEntry:
    return SourceEntry(
        id=name,
        feeds=feeds,
        reader="table",
        files=(RawFile(name=f"{name}.csv"),),
        producer="p",
        title="t",
        url="u",
        licence="l",
        vintage="v",
        accessed="a",
    )


RAW = Raw(
    census=(_entry("acs", "area_counts"), _entry("births", "birth_counts")),
    boundaries=(_entry("zones", "zone_shapes"),),
    schools=(_entry("directory", "directory"),),
)


def test_a_map_descends_from_everything_behind_it_and_nothing_else() -> None:
    assert ancestors("maps/need.html", STEPS) == {"zone_profile", "crosswalk", "census_areas", "zones"}
    assert [entry.id for entry in sources_of("maps/need.html", STEPS, RAW)] == ["acs", "zones"]


def test_a_table_that_a_source_fills_descends_from_that_source() -> None:
    assert ancestors("schools", STEPS) == set()
    assert [entry.id for entry in sources_of("schools", STEPS, RAW)] == ["directory"]
    assert sources_of("crosswalk_of_nothing", STEPS, RAW) == ()


def test_steps_that_feed_each_other_do_not_loop() -> None:
    steps = [
        SimpleNamespace(reads=("b",), writes=("a",), files=()),
        SimpleNamespace(reads=("a",), writes=("b",), files=()),
    ]
    assert ancestors("a", steps) == {"b"}


def test_every_input_fills_a_table_of_the_pipeline() -> None:
    assert set(FILLS) == {table.name for table in INPUTS}
    assert all(BY_TABLE[name].stage for name in FILLS.values())
