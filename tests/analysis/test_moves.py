"""Net migration and drivers over all layers: pairs of vintages, and what cannot be told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.age_bands import AGES
from pipeline.analysis.growth import Layer
from pipeline.analysis.moves import moves
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.test_migration import DEATHS

VINTAGES = ("2007-2011", "2012-2016", "2019-2023")
CHANGE = pd.DataFrame({"area_id": ["n"]})
PAIR = {"before": "2012-2016", "now": "2019-2023", "high_cv": 0.12, "medium_cv": 0.4}


def layers(counts: float = 100.0, homes: float = 50.0) -> list[Layer]:
    frame = pd.DataFrame({"vintage": VINTAGES, **dict.fromkeys(AGES, counts), **{f"{band}_moe": 5.0 for band in AGES}})
    frame = frame.assign(occupied_homes=homes, occupied_homes_moe=2.0)
    areas = [("neighborhood", "neighborhood_id"), ("district", "district_id")]
    return [Layer(layer, key, frame.assign(**{key: "n"}), {}) for layer, key in areas]


def test_every_layer_and_pair_is_told_and_the_longer_step_is_said_to_be_approximate() -> None:
    ledger = Ledger()
    migration, drivers = moves(layers(), CHANGE, deaths=DEATHS, **PAIR, ledger=ledger)
    check(BY_TABLE["net_migration"], migration)
    rows = check(BY_TABLE["change_drivers"], drivers)
    assert set(zip(rows["layer"], rows["vintage_to"], strict=True)) == {
        (layer, vintage) for layer in ("neighborhood", "district") for vintage in VINTAGES[1:]
    }
    assert rows.set_index(["layer", "vintage_to"])["ages"].to_dict()["district", "2019-2023"] == "7-17"
    said = " ".join(ledger.frame()["reason"])
    assert "2012-2016 and 2019-2023 lie 7 years apart" in said and "2007-2011 and 2012-2016" not in said


def test_without_homes_or_a_life_table_the_ledger_says_what_is_among_the_moves() -> None:
    ledger = Ledger()
    _, drivers = moves(layers(homes=np.nan), CHANGE, deaths=[], **PAIR, ledger=ledger)
    assert drivers["housing_change"].isna().all() and drivers["moving_change"].notna().all()
    said = " ".join(ledger.frame()["reason"])
    assert "new homes are among the moves" in said and "deaths are among those who left" in said


def test_without_bands_or_a_comparison_there_is_nothing_and_why_is_said_once() -> None:
    ledger = Ledger()
    for table in moves(layers(np.nan), CHANGE, deaths=DEATHS, **PAIR, ledger=ledger):
        assert table.empty
    assert "moves are not told from births" in ledger.frame()["reason"].item()
    silent = Ledger()
    migration, drivers = moves(layers(), empty("school_age_change", ""), deaths=DEATHS, **PAIR, ledger=silent)
    assert check(BY_TABLE["net_migration"], migration).empty and check(BY_TABLE["change_drivers"], drivers).empty
    assert silent.frame().empty
