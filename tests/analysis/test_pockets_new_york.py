"""New York 2007-2011, 2012-2016, 2019-2023: which changes survive correction, and the pockets they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from pipeline import config
from pipeline.analysis import growth
from pipeline.analysis.area_groups import COUNTS
from pipeline.analysis.change_evidence import change_evidence, together_scores
from pipeline.analysis.neighbors import adjacency
from pipeline.analysis.pockets import growth_pockets
from pipeline.columns import BY_NAME
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.test_growth import NEW_YORK, new_york_counts

CLASSES = {"high_cv": 0.12, "medium_cv": 0.4}
# Pocket, neighborhoods, change of children 5 to 17 and its 90% margin, to whole children.
POCKETS = [
    ("2023-growing-01", "BK0201; BK0202; BK0601; BK0602; BK0701; BK0702; BK1001; BK1061", 8994, 2557, "births"),
    ("2023-growing-02", "QN0401; QN0504; QN0601; QN0602", 7917, 2473, "births"),
    ("2023-growing-03", "BK1101; BK1202", 7340, 2463, "births"),
    ("2023-growing-04", "MN0402; MN0502; MN0603; MN0701", 4132, 2007, "births"),
    ("2023-growing-05", "BK1301; BK1302", 3224, 1616, "moving"),
    ("2023-growing-06", "QN0201", 1679, 644, "births"),
    ("2023-shrinking-01", "BK0902; BK1401; BK1701; BK1702; BK1703; BK1801; BK1802; BK1803", -12667, 3037, "moving"),
    ("2023-shrinking-02", "BK0401; BK0402; QN0502", -8810, 1962, "moving"),
    ("2023-shrinking-03", "QN0903; QN1001", -3734, 1378, "births"),
    ("2023-shrinking-04", "QN0102", -1334, 452, "not_known"),
    ("2016-shrinking-01", "BK0501; BK0502; BK0802; BK1602", -6199, 2170, "moving"),
]


@pytest.fixture(scope="module")
def found(
    tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes with their evidence, and pockets, of the real neighborhoods; each is a census area of its own."""
    counts = new_york_counts(tmp_path_factory.mktemp("new_york"), shared_data)
    study = config.load(NEW_YORK)
    shapes = gpd.read_file(shared_data("nyc-councilcount/nta-boundaries.geojson")).to_crs(study.geography.crs)
    pairs, _ = adjacency(shapes.rename(columns={"nta2020": "area_id"})[["area_id", "geometry"]])
    borders = pairs.assign(layer="neighborhood")
    hoods = counts[counts["area_level"] == "neighborhood"].rename(columns={"area_geoid": "neighborhood_id"})
    links = pd.DataFrame({"source_id": hoods["neighborhood_id"], "source_layer": "neighborhood " + hoods["vintage"]})
    links = links.assign(target_id=links["source_id"], target_layer="neighborhood", weight=1.0)
    links = pd.concat([links.assign(carrier=c) for c in sorted({BY_NAME[c].carrier for c in COUNTS})])
    vintages, settings = study.vintages, study.growth
    layers = growth.compared_layers(
        hoods, empty("zone_profile", ""), empty("district_profile", ""), counts, control=vintages.control,
        control_count=vintages.control_count, ledger=Ledger(),
    )  # fmt: skip
    change = growth.changes(
        layers, before=vintages.before, now=vintages.now, alpha=settings.alpha, **CLASSES, ledger=Ledger()
    )
    factors = layers[0].factors
    together = together_scores(change, borders, counts, links, layer="neighborhood", factors=factors)
    change = change_evidence(change, borders, layer="neighborhood", rate=settings.alpha, together=together)
    assert settings.survival is not None
    pockets = growth_pockets(
        change, borders, counts, links, layer="neighborhood", age_band="5-17", smallest=settings.smallest_seats, factors=factors,
        public={}, deaths=settings.survival.deaths, **CLASSES,
    )  # fmt: skip
    return check(BY_TABLE["school_age_change"], change), check(BY_TABLE["growth_pockets"], pockets)


def test_how_many_neighborhoods_changed_beyond_chance(found: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    change = found[0].query("layer == 'neighborhood' and age_band == '5-17'")
    of_pair = change.groupby("vintage_to")
    assert of_pair["change_z"].count().to_dict() == {"2012-2016": 198, "2019-2023": 199}
    assert of_pair["is_significant"].sum().to_dict() == {"2012-2016": 4, "2019-2023": 20}
    by_chance = change["change_z"].abs() > 1.645
    assert by_chance.groupby(change["vintage_to"]).sum().to_dict() == {"2012-2016": 39, "2019-2023": 49}
    evidence = change.groupby("vintage_to")["pocket_evidence"].value_counts()
    assert evidence["2019-2023"].to_dict() == {
        "none": 164,
        "not_tested": 63,
        "together": 17,
        "change": 14,
        "cluster": 4,
    }
    assert evidence["2012-2016"].to_dict() == {"none": 194, "not_tested": 58, "together": 4}


def test_the_pockets_of_both_pairs_of_vintages(found: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    rows = found[1][["pocket_id", "area_ids", "children_change", "children_change_moe", "driver"]]
    assert [tuple(row) for row in rows.round(0).to_numpy().tolist()] == sorted(POCKETS)
    assert set(found[1]["ages"]) == {"7-17", "5-17"}
    assert found[1]["reliability_class"].isin(["high", "medium"]).all()
