"""Who runs a school moves no number of quality, access or gap: district and charter labels change places.

Private schools keep theirs: their pupils are no demand of the public schools.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import config, stages
from pipeline.analysis.boundaries import outlines
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check

ROOT = Path(__file__).resolve().parents[2]
SWAP = {"district": "charter", "charter": "district", "private": "private"}
# From the labels to the gap, in the order of the pipeline; need reads quality too.
STAGES = ("quality", "need", "outlook", "utilization", "seats")


@pytest.fixture(scope="module")
def settings() -> config.Study:
    return config.load(ROOT / "studies/millbrook.yaml")


@pytest.fixture(scope="module")
def both(millbrook: Callable[[str], Any], settings: config.Study) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the stages write with Millbrook's labels as they are, and with all of them swapped."""
    return run_all(millbrook, settings, swapped=False), run_all(millbrook, settings, swapped=True)


def run_all(millbrook: Callable[[str], Any], settings: config.Study, *, swapped: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name in STAGES:
        stage = stages.find(name)
        given = {table: made[table] if table in made else labelled(millbrook(table), swapped) for table in stage.reads}
        outputs = stage.run(config.only(settings, name, stage.sections), given)
        made |= {table: check(BY_TABLE[table], outputs[table]) for table in stage.writes}
    return made


def labelled(table: Any, swapped: bool) -> Any:
    if swapped and "sector" in table.columns:
        table = table.assign(sector=table["sector"].map(SWAP).astype("str"))
    return table


def test_both_labels_are_there_to_be_swapped(millbrook: Callable[[str], Any]) -> None:
    sectors = millbrook("school_facts")["sector"]
    assert {"district", "charter"} <= set(sectors)
    assert (sectors != labelled(millbrook("school_facts"), True)["sector"]).sum() >= 30


def tables_of(*names: str) -> list[str]:
    return [
        table
        for name in names
        for table in stages.find(name).writes
        if not table.startswith("ledger_") and table not in ("quality_enrollment", "quality_change")
    ]


@pytest.mark.parametrize("table", tables_of(*STAGES))
def test_no_number_moves_when_district_and_charter_labels_are_swapped(
    table: str, both: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    before, after = (made[table] for made in both)
    pd.testing.assert_frame_equal(before, after)


@pytest.mark.parametrize("table", ["quality_enrollment", "quality_change"])
def test_pupils_in_quality_seats_change_their_label_and_nothing_else(
    table: str, both: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    before, after = (made[table] for made in both)
    assert set(before["run_by"]) == {"all", "district", "charter"}
    back = after.assign(run_by=after["run_by"].map({**SWAP, "all": "all"}).astype("str"))
    pd.testing.assert_frame_equal(before, check(BY_TABLE[table], back))


@pytest.mark.parametrize("stage", STAGES)
def test_the_ledgers_say_the_same(stage: str, both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    before, after = (made[f"ledger_{stage}"] for made in both)
    pd.testing.assert_frame_equal(before, after)


def test_zones_by_the_nearest_school_do_not_move(millbrook: Callable[[str], Any], settings: config.Study) -> None:
    """The labels are swapped before zones are drawn, so that those of citywide charters are among them."""
    schools = millbrook("schools")
    directory = schools.drop(columns="location_status")
    drawn = [drawn_zones(labelled(directory, swapped), millbrook, settings) for swapped in (False, True)]
    assert len(drawn[0]) > 20
    pd.testing.assert_frame_equal(
        pd.DataFrame(drawn[0].drop(columns="geometry")), pd.DataFrame(drawn[1].drop(columns="geometry"))
    )
    assert drawn[0].geometry.geom_equals(drawn[1].geometry).all()


def drawn_zones(directory: Any, millbrook: Callable[[str], Any], settings: config.Study) -> Any:
    zones = millbrook("zones")
    found, _, _ = outlines(
        zones.iloc[:0].drop(columns="is_approximate"),
        millbrook("neighborhoods").drop(columns="is_approximate"),
        millbrook("district"),
        millbrook("census_areas"),
        directory,
        zones_kind="nearest_school",
        fall_year=settings.zones.fall_year,
        levels=settings.zones.levels,
        bands=settings.bands.model_dump(),
        neighborhoods_kind="published",
        area_level="tract",
        vintage="",
        district_id=settings.study.district_id,
        title="Millbrook",
        sliver_m2=settings.geography.sliver_m2,
        overlap_share=settings.geography.overlap_share,
        ledger=Ledger(),
    )
    return found
