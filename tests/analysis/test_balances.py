"""Balances that can fail: each step is broken once, on purpose, and the ledger must refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import demand, housing, inventory, membership, siting, zone_seats
from pipeline.columns import GRADES
from pipeline.errors import LedgerError
from pipeline.ledger import Ledger

#  north and south are the zones in force; a and b stand in them, c in none
ZONES = pd.DataFrame({"level": "elementary", "zone_id": ["north", "south"]})
SCHOOLS = pd.DataFrame(
    {"school_id": ["a", "b", "c"], "sector": "district", "is_citywide": False, "fall_year": 2024, "level": "elementary"}
)
PLACES = pd.DataFrame(
    {"school_id": ["a", "b", "c"], "level": "elementary", "zone_id": ["north", "south", None], "match": "inside"}
)


def flows(*pupils: float | None) -> pd.DataFrame:
    """Pupils of school a who live in north, south, and in a zone that is not in force."""
    zones = ["north", "south", "elsewhere"]
    cells = pd.DataFrame({"school_id": "a", "level": "elementary", "zone_id": zones, "fall_year": 2024})
    known = pd.Series(pupils, dtype="float64")
    status = np.where(known.isna(), "not_reported", "reported")
    return cells.assign(pupils=known, pupils_low=known, pupils_high=known, value_status=status)


def residents(ledger: Ledger) -> None:
    demand.residents_counted(ZONES, flows(30.0, 20.0, 5.0), SCHOOLS, 2024, ledger)


def quality_seats(ledger: Ledger) -> None:
    good = SCHOOLS[["school_id", "level"]].assign(quality_seats=[300.0, 200.0, 50.0], seats_method="given")
    zone_seats.seats_by_zone(good, ZONES, SCHOOLS, PLACES, flows(30.0, 20.0, 5.0), 2024, ledger)


def unmet_seats(ledger: Ledger) -> None:
    gap = ZONES.assign(unmet_seats=[100.0, 40.0])
    links = {"source_layer": "zone elementary 2024", "target_layer": "neighborhood", "source_id": "north"}
    crosswalk = pd.DataFrame({**links, "target_id": ["m", "n"], "carrier": "children", "weight": [0.5, 0.25]})
    members = PLACES[["level", "zone_id"]].assign(neighborhood_id=["n", None, None])
    siting.unmet_by_neighborhood(gap, crosswalk, members, fall_year=2024, ledger=ledger)


def new_homes(ledger: Ledger) -> None:
    coming = ZONES.assign(grade="KG", ahead=1, pupils=[12.0, 6.0])
    now = np.zeros((1, len(GRADES)))
    now[0, GRADES.index("KG")] = 20.0
    settings = {"ids": np.array(["a"], dtype=object), "now": now, "horizon": 2}
    housing.school_housing(coming, PLACES, SCHOOLS, ledger=ledger, **settings)


def rooms(ledger: Ledger) -> None:
    listed = pd.DataFrame({"site_id": ["1", "2", "7"], "rooms": [12.0, 8.0, 3.0]})
    inventory.rooms_of_sites(listed, pd.DataFrame({"site_id": ["1", "2"]}), ledger)


def shorter(honest: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given, **named: honest(*given, **named).iloc[1:]


def halved(honest: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given, **named: honest(*given, **named) / 2


@pytest.mark.parametrize(
    ("step", "parts", "where", "name", "mutant"),
    [
        (residents, [55, 50, 5, 0], pd.Series, "to_frame", halved),
        (quality_seats, [550, 500, 50, 0], pd.DataFrame, "merge", shorter),
        (unmet_seats, [140, 75, 65, 0], pd.DataFrame, "merge", shorter),
        (new_homes, [18, 12, 0, 6], np, "divide", halved),
        (rooms, [23, 20, 3, 0], pd.DataFrame, "reset_index", shorter),
    ],
)
def test_mutation_what_a_step_loses_is_refused(
    step: Callable[[Ledger], None],
    parts: list[float],
    where: Any,
    name: str,
    mutant: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = Ledger()
    step(ledger)
    line = ledger.frame().query("entry == 'balance'")[["total", "inside", "outside", "unlocated"]]
    assert line.values.tolist() == [parts]
    with monkeypatch.context() as broken:
        broken.setattr(where, name, mutant(getattr(where, name)))
        with pytest.raises(LedgerError, match="are lost"):
            step(Ledger())


def test_pupils_of_a_zone_whose_sum_is_not_known_have_no_place() -> None:
    """North has 30 pupils and a cell of which nothing is known: its sum is empty."""
    cells = pd.concat([flows(30.0, 20.0, 5.0), flows(None, 0.0, 0.0)], ignore_index=True)
    ledger = Ledger()
    sums = demand.residents_counted(ZONES, cells, SCHOOLS, 2024, ledger)
    assert sums["resident_pupils"].isna().tolist() == [False, True, False]
    line = ledger.frame().query("entry == 'balance'")[["total", "inside", "outside", "unlocated"]]
    assert line.values.tolist() == [[55, 20, 5, 30]]


@pytest.mark.parametrize("match", [["inside"], ["inside", "somewhere"]])
def test_mutation_a_school_that_no_zone_and_no_word_accounts_for_is_refused(match: list[str]) -> None:
    """Two schools: one row is lost, or says something that is neither in nor out."""
    found = pd.DataFrame({"zone_id": None, "match": match, "border_distance_m": np.nan})
    with pytest.raises(LedgerError, match=r"schools in high zones.*are lost"):
        membership._record(found, SCHOOLS[:2], "high", 3, Ledger())
