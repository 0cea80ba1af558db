"""Bands, drivers, migration, outlook and the cross with need on Millbrook, held to its truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.age_bands import LIMITS
from pipeline.analysis.growth import Layer
from pipeline.analysis.population_error import MethodError
from pipeline.analysis.population_outlook import layer_outlook
from pipeline.columns import parted
from pipeline.town import truth
from pipeline.town.areas import tally
from pipeline.town.people import NOW, YEARS
from pipeline.town.write import town

Read = Callable[[str], Any]
PAIR = ("2014-2018", "2019-2023")


def true_children(low: int, high: int, years: tuple[int, ...]) -> pd.Series:
    """True children of some single ages by neighborhood, mean of some years."""
    people = town().people
    at = [YEARS.index(year) for year in years]
    by_area = people.by_age[:, low:high][:, :, at].sum(axis=1).mean(axis=1)
    inside = people.neighborhood >= 0
    cells = (by_area[people.home_area] * people.weight)[inside]
    sums = tally(people.neighborhood[inside], cells, len(by_area))
    return pd.Series(sums, index=[f"N{n + 1:02d}" for n in range(len(by_area))])


@pytest.mark.parametrize("band", ["10-13", "14-17"])
def test_bands_spread_within_published_ones_hold_the_true_single_ages(millbrook: Read, band: str) -> None:
    rows = millbrook("school_age_change").query("layer == 'neighborhood' and age_band == @band").set_index("area_id")
    apart = (rows["children_to"] - true_children(*LIMITS[band], NOW).reindex(rows.index)).abs()
    assert len(rows) == 40
    assert (apart <= rows["children_to_moe"]).mean() >= 0.75
    assert set(rows["band_basis"]) == {"even_spread"}


def test_drivers_add_up_to_the_change_in_every_layer(millbrook: Read) -> None:
    drivers = millbrook("change_drivers")
    change = millbrook("school_age_change").query("age_band == '5-17'")
    both = drivers.merge(change, on=["layer", "area_id", "vintage_from", "vintage_to"], validate="1:1")
    assert len(both) == len(drivers) > 70 and {"neighborhood", "district"} <= set(both["layer"])
    parts = both[["births_change", "housing_change", "moving_change"]].sum(axis=1)
    np.testing.assert_allclose(parts, both["children_change"], rtol=0, atol=1e-6)


def test_the_growing_edge_grows_by_families_who_come_most_of_them_into_new_homes(millbrook: Read) -> None:
    """Planted: families move in at 8% a year, births rise by 7.5% a year."""
    first = millbrook("growth_pockets").iloc[0]
    assert first["pocket_id"] == "2023-growing-01"
    assert set(parted(first["area_ids"])) <= set(truth().growing)
    assert first["housing_change"] + first["moving_change"] > first["births_change"] > 0
    assert first["driver"] == "housing"
    moved = millbrook("net_migration").query("layer == 'neighborhood' and age_band == '5-17'").set_index("area_id")
    # the survey areas of N09 reach beyond it: the blocks of 2020 put some of its later children there before they came
    edge = moved.loc[[area for area in truth().growing if area != "N09"]]
    assert (edge["migrants_change"] > 0).all() and (edge["migrants_z"] > 1.645).sum() >= 3
    steady = moved.drop(index=[*truth().growing, *truth().shrinking])
    # families hardly move there: the residual is within its 90% margin about as often as it should be
    assert (steady["migrants_change"].abs() <= steady["migrants_change_moe"]).mean() >= 0.8


def test_seats_of_a_pocket_are_fewer_than_its_children(millbrook: Read) -> None:
    pockets = millbrook("growth_pockets")
    np.testing.assert_allclose(pockets["seats_change"], pockets["children_change"] * pockets["public_share"])
    assert pockets["public_share"].between(0.8, 0.95).all()
    low, high = pockets["seats_change_low"], pockets["seats_change_high"]
    assert ((low < pockets["seats_change"]) & (pockets["seats_change"] < high)).all()


def test_the_outlook_of_2025_holds_what_the_town_will_be(millbrook: Read) -> None:
    """Four years on from the middle of the later vintage; the town's history is known to 2025."""
    profile = millbrook("neighborhood_profile")
    stated = MethodError(dict.fromkeys(LIMITS, 0.13), 5.0, "stated")
    rows = layer_outlook(
        Layer("neighborhood", "neighborhood_id", profile, {}), before=PAIR[0], now=PAIR[1], caps=(0.904, 1.276), error=stated,
        totals={}, horizons=(4.0,),
    )  # fmt: skip
    assert set(rows["year"]) == {2025}
    held, errors, same = [], {}, {}
    now = millbrook("school_age_change").query("layer == 'neighborhood'")
    for band in ("5-9", "10-13", "14-17", "5-17"):
        of_band = rows[rows["age_band"] == band].set_index("area_id")
        true = true_children(*LIMITS[band], (2025,)).reindex(of_band.index)
        held.append(true.between(of_band["children_projected_low"], of_band["children_projected_high"]).mean())
        errors[band] = (of_band["children_projected"] - true).abs().sum() / true.sum()
        today = now[now["age_band"] == band].set_index("area_id")["children_to"].reindex(of_band.index)
        same[band] = (today - true).abs().sum() / true.sum()
    assert min(held) >= 0.7
    assert errors["5-17"] < same["5-17"]


def test_growth_crossed_with_need_has_every_neighborhood(millbrook: Read) -> None:
    crossed = millbrook("growth_need").set_index("neighborhood_id")
    need = millbrook("need").set_index("neighborhood_id")
    assert set(crossed.index) == set(need.index)
    assert (crossed["need_class"] == need["need_class"].reindex(crossed.index)).all()
    high = crossed.index[crossed["need_class"] == "high"]
    assert set(crossed.loc[high, "cross_class"]) <= {"both_high", "need_only"}
    assert set(crossed.index[crossed["change_class"] == "growing"]) <= set(truth().growing)
