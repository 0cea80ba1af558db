"""What docs/growth.md says of Millbrook is what the pipeline finds there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import pockets

GUIDE = re.sub(r"\s+", " ", (Path(__file__).resolve().parents[2] / "docs/growth.md").read_text(encoding="utf-8"))
Read = Callable[[str], Any]


def test_the_guide_counts_millbrooks_evidence_and_pockets(millbrook: Read) -> None:
    change = millbrook("school_age_change").query("layer == 'neighborhood' and age_band == '5-17'")
    evidence = change["pocket_evidence"].value_counts()
    assert set(evidence.index) == {"change", "together", "none"}
    assert (
        f"In Millbrook {evidence.drop('none').sum()} of {len(change)} neighborhoods are believed to have changed: {evidence['change']} by "
        f"themselves, {evidence['together']} with their neighbors." in GUIDE
    )
    grown, shrunk = millbrook("growth_pockets").itertuples()
    assert (grown.pocket_kind, shrunk.pocket_kind) == ("growing", "shrinking")
    assert (
        f"1 growing pocket of {grown.pocket_areas:.0f} ({grown.children_change:.0f} ± {grown.children_change_moe:.0f} children aged 5 to 17 more, "
        f"{grown.seats_change:.0f} seats, from {grown.seats_change_low:.0f} to {grown.seats_change_high:.0f})" in GUIDE
    )
    assert (
        f"1 shrinking pocket of {shrunk.pocket_areas:.0f} ({-shrunk.children_change:.0f} ± {shrunk.children_change_moe:.0f} children fewer, "
        f"{-shrunk.seats_change:.0f} seats free)" in GUIDE
    )
    assert f"({grown.public_share:.1%} in Millbrook)" in GUIDE


def test_the_guide_says_what_drives_millbrooks_growth(millbrook: Read) -> None:
    drivers = millbrook("change_drivers").query("layer == 'neighborhood'")
    known = (~drivers["driver"].isin(["not_known"])).sum()
    assert f"({known} of Millbrook's {len(drivers)} have a driver)" in GUIDE
    grown = millbrook("growth_pockets").iloc[0]
    assert grown["driver"] == "housing"
    assert (
        f"driven by new homes ({grown['housing_change']:.0f} of its {grown['children_change']:.0f} children; cohorts growing up bring "
        f"{grown['births_change']:.0f}, other moves {grown['moving_change']:.0f})" in GUIDE
    )


def test_the_guide_says_what_arrives_of_the_lone_neighborhood(millbrook: Read) -> None:
    """The shares over 200 draws are those of ``python -m benchmarks pockets``; how much arrives is known without draws."""
    edge, lone = pockets.arrived_rises(pockets.of_millbrook(millbrook))
    assert f"what arrives of its rise is {lone:.1f} standard errors" in GUIDE
    assert edge == pytest.approx(6.2, abs=0.05)
