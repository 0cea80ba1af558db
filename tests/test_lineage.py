"""Lineage: which tables and sources something descends from."""

from __future__ import annotations

import pytest

from pipeline.atlas.sheets import SHEETS
from pipeline.lineage import FILLS, MADE_FROM, ancestors, sources_of
from pipeline.origins import Raw, RawFile, SourceEntry
from pipeline.stages import NAMES, find
from pipeline.tables import BY_TABLE, INPUTS


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


def test_a_table_descends_from_everything_behind_it_and_nothing_else() -> None:
    """zones ---> crosswalk ---> zone_profile; schools are behind none of them."""
    made_from = {"crosswalk": "zones census_areas", "zone_profile": "crosswalk", "reach": "schools"}
    assert ancestors(["zone_profile"], made_from) == {"zone_profile", "crosswalk", "census_areas", "zones"}
    assert ancestors(["a"], {"a": "b", "b": "a"}) == {"a", "b"}  # tables that feed each other do not loop


def test_a_table_is_credited_to_its_sources_and_no_others() -> None:
    assert [entry.id for entry in sources_of(["district_profile"], RAW)] == ["acs", "zones", "directory"]
    assert [entry.id for entry in sources_of(["area_facts"], RAW)] == ["acs"]
    assert [entry.id for entry in sources_of(["schools", "births"], RAW)] == ["births", "directory"]
    assert [entry.id for entry in sources_of(["public_missing"], RAW)] == ["acs", "births", "zones", "directory"]
    assert sources_of(["nothing"], RAW) == ()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_made_from_what_is_what_the_stages_read(name: str) -> None:
    """Each table is made from what its stage reads or writes, and each table read is a part of one written."""
    stage = find(name)
    results = [table for table in stage.writes if not table.startswith("ledger_")]
    made_from = {table: set(MADE_FROM.get(table, "").split()) for table in results}
    parents = set().union(*made_from.values())
    beside = {"schools"} if name == "boundaries" else set()  # it reads the directory as a source
    own_ledgers = {"public_missing", "disclosure"}
    stray = set().union(*(parts for table, parts in made_from.items() if table not in own_ledgers))
    assert stray <= {*stage.reads, *stage.writes} | beside
    assert all(parts or table in FILLS.values() for table, parts in made_from.items())
    if results:
        assert {table for table in stage.reads if not table.startswith("ledger_")} <= parents


def test_no_table_is_made_from_one_that_is_not_there() -> None:
    assert {part for parts in MADE_FROM.values() for part in parts.split()} | set(MADE_FROM) <= set(BY_TABLE)


def test_a_sheet_names_the_sources_of_its_numbers_only() -> None:
    """Growth is crossed with need, which rests on results of schools; neither knows of incomes by bracket; all stand under the data's quality."""
    fed = {sheet.key: {FILLS[feeds] for feeds in FILLS} & ancestors(sheet.tables) for sheet in SHEETS}
    assert "area_brackets" not in fed["growth"] and {"census_areas", "births", "performance"} <= fed["growth"]
    assert "performance" not in fed["how_wrong"] and {"enrollment", "births"} <= fed["how_wrong"] & fed["outlook"]
    assert "area_brackets" not in fed["need"] and {"census_areas", "performance", "flows"} <= fed["need"]
    assert fed["quality_of_data"] == set(FILLS.values())


def test_every_input_fills_a_table_of_the_pipeline() -> None:
    assert set(FILLS) == {table.name for table in INPUTS}
    assert all(BY_TABLE[name].stage for name in FILLS.values())
