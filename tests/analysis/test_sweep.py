"""The quality cut moved: never more seats under a higher cut, and the study's own answer in the middle."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.quality import school_quality, window
from pipeline.analysis.sweep import cut_sweep, record_sweep, schools_above
from pipeline.ledger import Ledger
from pipeline.tables import empty

CHANGES = (-0.3, -0.1, 0.0, 0.1, 0.3)
RULES: Any = {"cut_share": None, "weak_share": None, "probability_share": 0.5}


def town(shares: list[float], tested: list[float | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """``school_facts`` and ``performance``: odd schools serve middle grades as well."""
    ids = [f"s{i:02d}" for i in range(len(shares))]
    facts = pd.DataFrame({"school_id": ids, "is_place": True, "school_status": "open", "serves_elementary": True})
    facts = facts.assign(serves_middle=[i % 2 == 1 for i in range(len(ids))], serves_high=False)
    results = pd.DataFrame({"school_id": ids, "fall_year": 2023, "subject": "ela", "pupils_tested": tested})
    results["pupils_meeting"] = (results["pupils_tested"] * shares).round()
    results["points_share"] = np.where(results["pupils_tested"].isna(), shares, np.nan)
    return facts, results.assign(value_status="reported")


def rated(facts: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    seen = window(results, facts, Ledger(), now=2024, subjects=("ela",), target_years=5)
    grades, targets = (empty(name, "") for name in ("performance_grades", "quality_targets"))
    return school_quality(
        seen, results, grades, targets, Ledger(), subjects=("ela",), growth_margin_share=0.02, **RULES
    )


SCHOOL = st.tuples(st.floats(0.05, 0.95), st.one_of(st.none(), st.integers(3, 400).map(float)))


@given(st.lists(SCHOOL, min_size=1, max_size=10))
@settings(max_examples=25)
def test_at_the_studys_cut_the_same_schools_are_good_and_a_higher_cut_adds_none(
    schools: list[tuple[float, float | None]],
) -> None:
    facts, results = town([share for share, _ in schools], [tested for _, tested in schools])
    quality = rated(facts, results)
    above = schools_above(quality, facts, CHANGES, **RULES)
    assert above[0.0].tolist() == quality["is_quality"].tolist()
    for lower, higher in pairwise(CHANGES):
        assert not (above[higher] & ~above[lower]).any()


def test_seats_and_gap_at_every_cut_by_hand() -> None:
    #  cut 0.5: a (0.7) is good; 0.3 lower b (0.4) and c (0.3) too; 0.3 higher none.  x has a and c, y has b
    above = pd.DataFrame(
        {"level": "high", "cut": 0.5, -0.3: [True, True, True], 0.0: [True, False, False], 0.3: False},
        index=list("abc"),
    )
    placed = pd.DataFrame(
        {"school_id": list("abc"), "level": "high", "zone_id": ["x", "y", "x"], "quality_seats": [50.0, 70.0, 20.0]}
    )
    placed = placed.assign(citywide_seats=0.0, citywide_pupils=0.0, seats_method="given")
    gap = pd.DataFrame(
        {
            "level": ["high", "high", "middle"],
            "zone_id": ["x", "y", "m"],
            "resident_pupils": [80.0, 75.0, 9.0],
            "service_gap_rank": [2.0, 1.0, np.nan],
        }
    )
    table = cut_sweep(above, placed, gap, (-0.3, 0.0, 0.3), rated=["high"])
    assert set(table["level"]) == {"high"}
    assert table["cut_share"].tolist() == pytest.approx([0.2, 0.5, 0.8])
    assert table["quality_schools"].tolist() == [3, 1, 0]
    assert table["quality_seats"].tolist() == [140, 50, 0]
    assert table["unmet_seats"].tolist() == [10 + 5, 30 + 75, 155]
    assert table["zones_without_seats"].tolist() == [0, 1, 2]
    assert table["rank_shift"].tolist() == [1, 0, 1]
    ledger = Ledger()
    record_sweep(table, ledger)
    assert "140 to 0 quality seats, 15 to 155 unmet" in ledger.frame()["reason"].iloc[0]


def test_a_cut_beyond_the_scale_stands_at_its_end() -> None:
    facts, results = town([0.2, 0.4, 0.6, 0.9], [100.0] * 4)
    quality = rated(facts, results)
    above = schools_above(quality, facts, (-0.99, 0.99), **RULES)
    assert above[-0.99].all() and not above[0.99].any()


def test_a_school_without_results_is_good_under_no_cut() -> None:
    facts, results = town([0.2, 0.4, 0.6, 0.9, 0.9], [100.0] * 5)
    quality = rated(facts, results[results["school_id"].ne("s04")])
    above = schools_above(quality, facts, (-0.99, 0.0), **RULES)
    assert not above.loc["s04"][[-0.99, 0.0]].any() and above.loc["s03", 0.0]


def test_without_zones_or_rated_levels_there_is_nothing_to_sweep() -> None:
    above = pd.DataFrame({"level": ["high"], "cut": 0.5, 0.0: True}, index=["a"])
    placed = pd.DataFrame(
        {
            "school_id": ["a"],
            "level": "high",
            "zone_id": "x",
            "quality_seats": 1.0,
            "citywide_seats": 0.0,
            "citywide_pupils": 0.0,
            "seats_method": "given",
        }
    )
    gap = pd.DataFrame({"level": ["high"], "zone_id": "x", "resident_pupils": 2.0, "service_gap_rank": 1.0})
    assert cut_sweep(above, placed, gap.iloc[:0], (0.0,), rated=["high"]).empty
    assert cut_sweep(above, placed, gap, (0.0,), rated=[]).empty
