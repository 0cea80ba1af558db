"""What is told of growth: census figures in full, seats so that pupils of few schools cannot be worked out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipeline.analysis import publication_growth as public
from pipeline.columns import parted
from pipeline.tables import BY_TABLE, check, empty

CRS = "EPSG:3310"
NOW = {"vintage_from": "2014-2018", "vintage_to": "2019-2023"}
THEN = {"vintage_from": "2009-2013", "vintage_to": "2014-2018"}


def change_rows(
    evidence: dict[str, str], pair: dict[str, str] = NOW, layer: str = "neighborhood"
) -> list[dict[str, Any]]:
    return [
        {"layer": layer, "area_id": area, "age_band": "5-17", **pair, "children_from": 100.0, "children_from_moe": 20.0}
        | {"children_to": 150.0, "children_to_moe": 22.0, "children_change": 50.0, "children_change_moe": 30.0}
        | {
            "change_z": 2.7,
            "is_significant": test == "change",
            "reliability_class": "medium",
            "band_basis": "published",
        }
        | {
            "change_spot_z": np.nan,
            "change_spot_class": "too_few_to_test",
            "together_z": np.nan,
            "pocket_evidence": test,
        }
        for area, test in evidence.items()
    ]


def pocket(name: str, areas: str, change: float, share: float, pair: dict[str, str] = NOW) -> dict[str, Any]:
    return {
        "pocket_id": name,
        "pocket_kind": "growing" if change > 0 else "shrinking",
        "pocket_areas": float(len(parted(areas))),
        "area_ids": areas,
        "age_band": "5-17",
        **pair,
        "children_from": 2000.0,
        "children_from_moe": 80.0,
        "children_to": 2000.0 + change,
        "children_to_moe": 85.0,
        "children_to_low": 1915.0 + change,
        "children_to_high": 2085.0 + change,
        "children_change": change,
        "children_change_moe": 110.0,
        "public_share": share,
        "seats_change": share * change,
        "seats_change_low": share * (change - 110.0),
        "seats_change_high": share * (change + 110.0),
        "ages": "5-17",
        **{f"{part}_change{end}": 10.0 for part in ("births", "housing", "moving") for end in ("", "_moe")},
        "driver": "not_known",
        "reliability_class": "medium",
    }


def told_pockets(pockets: list[dict[str, Any]], change: list[dict[str, Any]]) -> pd.DataFrame:
    table, line = public.pockets(pd.DataFrame(pockets), pd.DataFrame(change))
    assert line["public_table"] == "public_pockets" and line["primary_hidden_cells"] == 0
    return check(BY_TABLE["public_pockets"], table).set_index("pocket_id")


def test_a_pocket_counts_its_areas_by_the_test_that_they_are_believed_by() -> None:
    found = told_pockets(
        [pocket("p1", "a; b; c", 300.0, 0.9), pocket("p2", "d", -150.0, 0.9), pocket("p0", "a; d", 90.0, 0.9, THEN)],
        change_rows({"a": "change", "b": "together", "c": "change", "d": "cluster", "e": "none"})
        + change_rows({"a": "together", "d": "together"}, THEN)
        # a zone of the same number is another place
        + change_rows({"a": "cluster"}, layer="zone elementary 2024"),
    )
    counts = found[["areas_changed", "areas_clustered", "areas_together"]]
    assert counts.loc["p1"].tolist() == [2, 0, 1]
    assert counts.loc["p2"].tolist() == [0, 1, 0]
    assert counts.loc["p0"].tolist() == [0, 0, 2]
    assert (counts.sum(axis=1) == found["pocket_areas"]).all()


def test_areas_with_blanks_in_their_ids_are_counted_too() -> None:
    change = change_rows({"Upper Fells Point": "change", "Canton": "cluster"})
    found = told_pockets([pocket("p1", "Canton; Upper Fells Point", 300.0, 0.9)], change)
    assert found.loc["p1", ["pocket_areas", "areas_changed", "areas_clustered"]].tolist() == [2.0, 1.0, 1.0]


def test_pockets_of_every_pair_of_vintages_are_told() -> None:
    change = change_rows({"a": "change"}) + change_rows({"a": "change"}, THEN)
    found = told_pockets([pocket("p1", "a", 300.0, 0.9), pocket("p0", "a", 90.0, 0.9, THEN)], change)
    assert set(found["vintage_to"]) == {"2019-2023", "2014-2018"}


def test_seats_are_in_tens_and_the_share_in_whole_percent() -> None:
    """Five thousand pupils more or less by four are told alike, but where a rounding parts them by one step."""
    rng = np.random.default_rng(5)
    rows, shares, changes = change_rows({"a": "change"}), rng.uniform(0.3, 0.99, 200), rng.uniform(-900, 900, 200)
    pairs = list(enumerate(zip(changes, shares, strict=True)))
    told = told_pockets([pocket(f"p{i:03d}", "a", change, share) for i, (change, share) in pairs], rows)
    other = told_pockets([pocket(f"p{i:03d}", "a", change, share + 4 / 5000) for i, (change, share) in pairs], rows)
    assert np.allclose(told["public_share"] * 100, (told["public_share"] * 100).round(), atol=1e-9)
    for column in ("seats_change", "seats_change_low", "seats_change_high"):
        assert (told[column] % 10 == 0).all()
        apart = (told[column] - other[column]).abs()
        assert apart.isin([0, 10]).all() and (apart == 0).mean() > 0.9
    assert (told["seats_change"] - shares * changes).abs().max() <= 5 + 1e-6


def test_without_a_share_no_seats_are_told() -> None:
    row = pocket("p1", "a", 300.0, 0.9) | dict.fromkeys(
        ("public_share", "seats_change", "seats_change_low", "seats_change_high"), np.nan
    )
    found = told_pockets([row], change_rows({"a": "change"}))
    assert found[["public_share", "seats_change"]].isna().all(axis=None) and found["children_change"].notna().all()


def test_moves_are_called_beyond_chance_after_correcting_for_all_areas_of_a_kind() -> None:
    """Of forty areas without moves some exceed their margin; corrected, none does, and a true one among them stays."""
    z = ndtri((np.arange(40) + 0.5) / 40)
    z[7] = 6.0
    base = pd.DataFrame(
        {
            "layer": "neighborhood",
            "area_id": [f"n{i:02d}" for i in range(40)],
            "age_band": "5-17",
            **NOW,
            "ages": "5-17",
        }
    ).assign(migrants_change=10 * z, migrants_change_moe=16.45, migrants_z=z, band_basis="published")
    rows = base.assign(reliability_class="low")
    zones = rows.iloc[:3].assign(layer="zone high 2024", migrants_z=[0.1, 2.2, np.nan])
    table, _ = public.migration(pd.concat([rows, zones], ignore_index=True), 0.1)
    told = check(BY_TABLE["public_migration"], table)
    assert (np.abs(z) > 1.645).sum() > 1
    local = told[told["layer"] == "neighborhood"]
    assert local.loc[local["is_significant"], "area_id"].tolist() == ["n07"]
    # three zones are three comparisons, whatever happens in neighborhoods; an unknown one is none
    assert told.loc[told["layer"] != "neighborhood", "is_significant"].tolist() == [False, True, False]


def test_the_outlook_stands_beside_the_vintage_it_starts_from() -> None:
    change = pd.DataFrame(change_rows({"a": "none", "b": "none", "c": "none"}) + change_rows({"a": "none"}, THEN))
    outlook = pd.DataFrame(
        {
            "layer": "neighborhood",
            "area_id": ["a", "b", "c", "x"],
            "age_band": "5-17",
            "year": 2031,
            "children_projected": [160.0, 210.0, 100.0, 70.0],
            "children_projected_low": [120.0, 151.0, np.nan, 60.0],
            "children_projected_high": [200.0, 270.0, np.nan, 80.0],
            "method": "synthetic",
            "error_basis": ["stated", "back_test", "none", "stated"],
        }
    )
    table, _ = public.population(outlook, change, "2019-2023")
    told = check(BY_TABLE["public_population"], table).set_index("area_id")
    assert told["children_projected_change"].fillna(-1).tolist() == [10.0, 60.0, -50.0, -1.0]
    # 150 children of now lie within 120 to 200 and outside 151 to 270; without an interval nothing is said
    assert told["is_beyond_interval"].tolist() == [False, True, False, False]
    assert told["vintage_to"].fillna("").tolist() == ["2019-2023"] * 3 + [""]


def test_growth_of_a_study_without_surveys_is_published_empty() -> None:
    names = (
        "school_age_change",
        "growth_pockets",
        "change_drivers",
        "net_migration",
        "growth_need",
        "population_outlook",
    )
    told = public.growth_side({name: empty(name, CRS) for name in names}, now="2019-2023", rate=0.1)
    assert len(told) == 6
    for name, (table, line) in told.items():
        assert len(check(BY_TABLE[name], table)) == 0 and line["shown_cells"] == 0


def test_census_figures_are_told_as_they_are() -> None:
    change = pd.DataFrame(change_rows({"a": "change", "b": "none"}))
    tables = {
        "school_age_change": change,
        **{
            name: empty(name, CRS)
            for name in ("growth_pockets", "change_drivers", "net_migration", "growth_need", "population_outlook")
        },
    }
    told, line = public.growth_side(tables, now="2019-2023", rate=0.1)["public_growth"]
    assert told["children_change"].tolist() == change["children_change"].tolist()
    assert told["pocket_evidence"].tolist() == ["change", "none"] and "band_basis" in told
    assert "Census Bureau" in line["reason"]
