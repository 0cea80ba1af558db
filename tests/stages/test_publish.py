"""Publish is the only door: no small pupil count passes it, in whatever table it hides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pipeline import config, stages
from tests.guards.dvc_yaml import ROOT

SMALLEST = 11
FEW = 7.0


@pytest.fixture(scope="module")
def inputs(millbrook: Callable[[str], Any]) -> dict[str, Any]:
    return {name: millbrook(name) for name in stages.find("publish").reads}


@pytest.fixture(scope="module")
def planted(inputs: dict[str, Any]) -> tuple[dict[str, Any], str, str, str]:
    """Millbrook with a school of seven pupils, a site they use alone and a zone in which seven live."""
    tables = dict(inputs)
    now = config.load(ROOT / "params.yaml").study.fall_year
    groups = tables["enrollment_groups"]
    school = groups.loc[(groups["fall_year"] == now) & (groups["student_group"] == "all"), "school_id"].iloc[5]
    here = (groups["school_id"] == school) & (groups["student_group"] == "all")
    tables["enrollment_groups"] = groups.assign(
        **{column: groups[column].mask(here, FEW) for column in ("pupils", "pupils_low", "pupils_high")}
    )
    use = tables["utilization"]
    site = use["site_id"].iloc[0]
    at_site = use["site_id"] == site
    tables["utilization"] = use.assign(
        pupils=use["pupils"].mask(at_site, FEW),
        utilization_ratio=use["utilization_ratio"].mask(at_site, FEW / use["capacity_seats"]),
        surplus_seats=use["surplus_seats"].mask(at_site, use["capacity_seats"] - FEW),
    )
    gap = tables["service_gap"]
    zone = gap["zone_id"].iloc[0]
    tables["service_gap"] = gap.assign(resident_pupils=gap["resident_pupils"].mask(gap["zone_id"] == zone, FEW))
    return tables, school, site, zone


def publish(tables: dict[str, Any]) -> dict[str, Any]:
    stage = stages.find("publish")
    return stage.run(config.only(config.load(ROOT / "params.yaml"), stage.name, stage.sections), tables)


def small(values: pd.Series) -> pd.Series:
    return (values > 0.5) & (values < SMALLEST)


def leaks(out: dict[str, Any]) -> dict[str, int]:
    """Small pupil counts in the published tables, shown or to be computed from what is shown."""

    def number(text: pd.Series) -> pd.Series:
        return pd.to_numeric(text.mask(text.isin(["*", ""])))

    use, zones = out["public_utilization"], out["public_zones"]
    return {
        "enrollment": int(small(number(out["public_enrollment"]["value_text"])).sum()),
        "schools": int(small(number(out["public_schools"]["value_text"])).sum()),
        "outlook": int(small(out["public_outlook"]["pupils_projected"]).sum()),
        "zones": int(small(zones["resident_pupils"]).sum()),
        "zones, seats and gap": int(small(zones["quality_seats"] + zones["service_gap_seats"]).sum()),
        "zones, seats": int(small(zones["quality_seats"]).sum() - (zones["quality_seats"] == 10).sum()),
        "utilization": int(small(use["utilization_ratio"] * use["capacity_seats"]).sum()),
        "surplus": int(small(use["capacity_seats"] - use["surplus_seats"]).sum()),
        "matches": int(small(out["public_matches"]["needed_seats"]).sum()),
        "siting": int(small(out["public_siting"]["covered_seats"]).sum()),
    }


def test_millbrook_publishes_no_small_count(inputs: dict[str, Any]) -> None:
    assert {name: count for name, count in leaks(publish(inputs)).items() if count} == {}


def test_planted_small_counts_do_not_pass(planted: tuple[dict[str, Any], str, str, str]) -> None:
    tables, school, site, zone = planted
    out = publish(tables)
    assert {name: count for name, count in leaks(out).items() if count} == {}
    rows = out["public_enrollment"].set_index("school_id")
    assert set(rows.loc[[school], "value_text"]) == {"*"}
    assert out["public_utilization"].set_index("site_id").loc[[site], "utilization_ratio"].isna().all()
    assert out["public_zones"].set_index("zone_id").loc[[zone], "resident_pupils"].isna().all()
    assert out["disclosure"]["primary_hidden_cells"].sum() > 0


def test_the_check_for_leaks_finds_one(planted: tuple[dict[str, Any], str, str, str]) -> None:
    tables, school, _, _ = planted
    out = publish(tables)
    shown = out["public_enrollment"]
    out["public_enrollment"] = shown.assign(value_text=shown["value_text"].mask(shown["school_id"] == school, "7"))
    assert leaks(out)["enrollment"] > 0


def test_a_hidden_school_takes_another_with_it_every_year(planted: tuple[dict[str, Any], str, str, str]) -> None:
    hidden = publish(planted[0])["public_enrollment"].query("value_text == '*'")
    assert (hidden.groupby("fall_year").size() >= 2).all()


def test_groups_of_pupils_are_not_published(inputs: dict[str, Any]) -> None:
    out = publish(inputs)
    assert all("student_group" not in frame.columns for frame in out.values())
    assert all("pupils_tested" not in frame.columns for name, frame in out.items() if name.startswith("public"))
